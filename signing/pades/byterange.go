package pades

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// byteRange is where the signed octets of a signature are: two runs around its Contents (12.8.1).
type byteRange [4]int64

func (b byteRange) end() int64 { return b[2] + b[3] }

// A gap is the place in an update where ranges and contents are filled in.
type gap struct {
	ranges   *pdf.Placeholder
	contents *pdf.Placeholder
	size     int64 // of the file before the update
}

// newGap makes placeholders for a signature of up to octets octets in a file of that size.
func newGap(size int64, octets int) *gap {
	digits := len(strconv.FormatInt(size+int64(octets)*2+1<<26, 10))
	return &gap{size: size,
		ranges:   &pdf.Placeholder{Text: []byte("[0" + strings.Repeat(" ", 3*(digits+1)) + "]")},
		contents: &pdf.Placeholder{Text: emptyContents(2*octets + 2)}}
}

// emptyContents is a hexadecimal string of zeros, length characters with its delimiters.
func emptyContents(length int) []byte {
	b := bytes.Repeat([]byte("0"), length)
	b[0], b[length-1] = '<', '>'
	return b
}

// close writes the ranges into the laid out update and returns them.
func (g *gap) close(update []byte) byteRange {
	first := g.contents.Offset
	second := first + int64(len(g.contents.Text))
	b := byteRange{0, first, second, g.size + int64(len(update)) - second}
	at := g.ranges.Offset - g.size
	field := update[at : at+int64(len(g.ranges.Text))]
	text := fmt.Sprintf("[0 %d %d %d", b[1], b[2], b[3])
	copy(field, text+strings.Repeat(" ", len(field)-len(text)-1)+"]")
	return b
}

// fill writes a CMS into the contents; false when it does not fit.
func fill(update []byte, contents gapPlace, der []byte) bool {
	if 2*len(der)+2 > contents.length {
		return false
	}
	const hexDigits = "0123456789abcdef"
	at := contents.start + 1
	for _, c := range der {
		update[at], update[at+1] = hexDigits[c>>4], hexDigits[c&15]
		at += 2
	}
	return true
}

// A gapPlace is where Contents, delimiters included, stands in an update.
type gapPlace struct{ start, length int }

// copySigned writes all octets of r, then those of the update, to dst; the digest gets the same
// without the contents.
func copySigned(dst io.Writer, digest io.Writer, r io.ReaderAt, size int64, update []byte,
	c gapPlace) error {
	w := digest
	if dst != nil {
		w = io.MultiWriter(digest, dst)
		if size >= copyAhead {
			w = tee{digest, dst}
		}
	}
	if err := copyOctets(w, r, 0, size); err != nil {
		return err
	}
	for _, part := range [][]byte{update[:c.start], update[c.start+c.length:]} {
		if _, err := digest.Write(part); err != nil {
			return err
		}
	}
	return nil
}

const (
	copyBlock = 256 << 10 // large enough to hide system calls, small enough for a cache
	copyAhead = 16 << 20  // from where on reading ahead pays
)

// copyOctets writes n octets of r from an offset to w. Longer runs are read ahead while what was
// read is being digested.
func copyOctets(w io.Writer, r io.ReaderAt, at, n int64) error {
	if n < copyAhead {
		return copyPlain(w, r, at, n)
	}
	full, free := make(chan filled, 1), make(chan []byte, 2)
	stop := make(chan struct{})
	defer close(stop)
	free <- make([]byte, copyBlock)
	free <- make([]byte, copyBlock)
	go readAhead(r, at, n, full, free, stop)
	for b := range full {
		if b.err != nil {
			return b.err
		}
		if _, err := w.Write(b.data); err != nil {
			return err
		}
		free <- b.data[:copyBlock]
	}
	return nil
}

// A filled block was read, or could not be.
type filled struct {
	data []byte
	err  error
}

func readAhead(r io.ReaderAt, at, n int64, full chan<- filled, free <-chan []byte,
	stop <-chan struct{}) {
	defer close(full)
	for n > 0 {
		var buf []byte
		select {
		case buf = <-free:
		case <-stop:
			return
		}
		part := buf[:min(n, copyBlock)]
		err := readAt(r, part, at)
		select {
		case full <- filled{part, err}:
		case <-stop:
			return
		}
		if err != nil {
			return
		}
		at, n = at+int64(len(part)), n-int64(len(part))
	}
}

func copyPlain(w io.Writer, r io.ReaderAt, at, n int64) error {
	buf := make([]byte, min(n, copyBlock))
	for n > 0 {
		part := buf[:min(n, int64(len(buf)))]
		if err := readAt(r, part, at); err != nil {
			return err
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
		at, n = at+int64(len(part)), n-int64(len(part))
	}
	return nil
}

// readAt fills p.
func readAt(r io.ReaderAt, p []byte, at int64) error {
	got, err := r.ReadAt(p, at)
	if got == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("pades: reading the document at %d: %w", at, err)
}

// A tee writes to a document while it digests the same octets.
type tee struct {
	digest, dst io.Writer
}

// Write implements io.Writer. dst is written to by one call at a time.
func (t tee) Write(p []byte) (int, error) {
	if len(p) < copyBlock {
		if _, err := t.digest.Write(p); err != nil {
			return 0, err
		}
		return t.dst.Write(p)
	}
	written := make(chan error, 1)
	go func() {
		n, err := t.dst.Write(p)
		if err == nil && n < len(p) {
			err = io.ErrShortWrite
		}
		written <- err
	}()
	_, err := t.digest.Write(p)
	if failed := <-written; failed != nil {
		err = failed
	}
	return len(p), err
}
