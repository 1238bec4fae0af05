package cades

import (
	"bufio"
	"bytes"
	"crypto"
	"encoding/base64"
	"errors"
	"io"

	"github.com/rubrica/rubrica/signing/internal/cms"
)

// source is a signature that can be read more than once: BER, or BER in base64, with the lines of
// PEM around it or without.
type source struct {
	doc    io.ReaderAt
	size   int64
	armour bool
	mem    []byte // the whole document, when it is small
}

// peekSize is what is looked at to tell base64 from BER.
const peekSize = 64

func newSource(doc io.ReaderAt, size int64) (*source, error) {
	s := &source{doc: doc, size: size}
	n := int64(peekSize)
	if size <= smallContent {
		n = size
	}
	head := make([]byte, max(n, 0))
	if got, err := doc.ReadAt(head, 0); err != nil && (!errors.Is(err, io.EOF) || got < len(head)) {
		return nil, err
	}
	if s.armour = isArmour(head[:min(peekSize, len(head))]); !s.armour && n == size {
		s.mem = head
	}
	return s, nil
}

// Armoured says whether the first octets of a file look like a signature in base64, with the
// lines of PEM or without. All of this package reads such files; what it writes is BER.
func Armoured(head []byte) bool { return isArmour(head[:min(peekSize, len(head))]) }

// isArmour tells base64: PEM, or what a SEQUENCE of more than 127 octets looks like in it.
func isArmour(head []byte) bool {
	head = bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n")
	for _, kind := range []string{"PKCS7", "CMS", "PKCS #7 SIGNED DATA"} {
		if bytes.HasPrefix(head, []byte("-----BEGIN "+kind+"-----")) {
			return true
		}
	}
	return bytes.HasPrefix(head, []byte("MI")) && len(bytes.Trim(head, base64Alphabet+"\r\n")) == 0
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

// reader starts at the front of the BER.
func (s *source) reader() io.Reader {
	whole := io.NewSectionReader(s.doc, 0, s.size)
	if !s.armour {
		return whole
	}
	return base64.NewDecoder(base64.StdEncoding, &unarmour{r: bufio.NewReader(whole)})
}

// unarmour leaves only what base64 means: no lines that begin with a hyphen, no white space, and
// nothing after the end line.
type unarmour struct {
	r     *bufio.Reader
	begun bool
	ended bool
}

func (u *unarmour) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && !u.ended {
		c, err := u.r.ReadByte()
		if err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
		switch {
		case c == '-':
			if u.begun {
				u.ended = true
			} else if _, err := u.r.ReadSlice('\n'); err != nil {
				u.ended = true
			}
		case c > ' ' && c < 0x7f:
			u.begun = true
			p[n] = c
			n++
		}
	}
	if n == 0 && u.ended {
		return 0, io.EOF
	}
	return n, nil
}

// read reads the signature; content inside is digested under further hashes too.
func (s *source) read(o cms.ReadOptions) (*cms.SignedData, error) {
	if s.mem != nil {
		return cms.ReadBytes(s.mem, o)
	}
	return cms.Read(s.reader(), o)
}

// around is a reader of encapContentInfo alone.
func (s *source) around(d *cms.SignedData) (io.Reader, error) {
	size := d.ContentEnd - d.ContentStart
	if !s.armour {
		return io.NewSectionReader(s.doc, d.ContentStart, size), nil
	}
	r := s.reader()
	if _, err := io.CopyN(io.Discard, r, d.ContentStart); err != nil {
		return nil, err
	}
	return io.LimitReader(r, size), nil
}

// rewrite writes d around the content of the source.
func (s *source) rewrite(dst io.Writer, d *cms.SignedData) error {
	r, err := s.around(d)
	if err != nil {
		return err
	}
	return d.WriteCopy(dst, r)
}

// open reads a signature for those who change it, with its content digested under h too.
func open(doc io.ReaderAt, size int64, h crypto.Hash, content func() (io.ReadCloser, error)) (
	*source, *cms.SignedData, cms.Content, error) {
	src, err := newSource(doc, size)
	if err != nil {
		return nil, nil, nil, err
	}
	d, err := src.read(cms.ReadOptions{Hashes: []crypto.Hash{h}})
	if err != nil {
		return nil, nil, nil, err
	}
	if d.Trailing {
		return nil, nil, nil, &FormatError{What: "data after the signature"}
	}
	if d.Attached {
		return src, d, d, nil
	}
	if content == nil {
		return src, d, cms.Digests(nil), nil
	}
	all, err := digestDetached(content, append([]crypto.Hash{h}, d.Hashes...))
	return src, d, all, err
}

// digestDetached reads detached content once.
func digestDetached(content func() (io.ReadCloser, error), hashes []crypto.Hash) (cms.Content,
	error) {
	r, err := content()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return cms.DigestContent(r, hashes)
}

// CopyContent writes the content of an attached signature to dst: the PDF of a .pdf.p7m. It
// judges nothing; [Validate] does. Errors: [ErrNoContent] for a detached signature.
func CopyContent(dst io.Writer, doc io.ReaderAt, size int64) error {
	src, err := newSource(doc, size)
	if err != nil {
		return err
	}
	d, err := src.read(cms.ReadOptions{Content: dst})
	if err != nil {
		return err
	}
	if !d.Attached {
		return ErrNoContent
	}
	return nil
}
