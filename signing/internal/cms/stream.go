package cms

import (
	"io"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
)

// segment is the length of the pieces that streamed content is written in: long enough that their
// headers and the calls cost nothing.
const segment = 256 << 10

// Stream writes a signature around content whose length is not known before it ends, in one
// pass: the parts around the content have indefinite lengths, the content is an OCTET STRING in
// segments (X.690, 8.7.3). Write takes the content, Close the signature over it.
type Stream struct {
	w       io.Writer
	version int
	buf     []byte // room for a header, then content
	n       int    // octets of content in buf
	err     error
}

// streamHead is room for the header of a segment: identifier and up to four octets of length.
const streamHead = 5

// NewStream begins a signature by p: its content type, digest algorithm and way to name the signer
// decide what stands before the content.
func NewStream(w io.Writer, p Parameters) (*Stream, error) {
	digestAlg, err := algorithm.HashIdentifier(p.Hash)
	if err != nil {
		return nil, err
	}
	if len(p.ContentType) == 0 {
		p.ContentType = OIDData
	}
	s := &Stream{w: w, version: 1, buf: make([]byte, streamHead+segment)}
	if p.KeyID || !p.ContentType.Equal(OIDData) {
		s.version = 3
	}
	head := append([]byte{0x30, 0x80}, OID(OIDSignedData)...)
	head = append(head, 0xa0, 0x80, 0x30, 0x80)
	head = append(head, smallInteger(s.version)...)
	head = append(head, ber.Set(digestAlg)...)
	head = append(head, 0x30, 0x80)
	head = append(head, OID(p.ContentType)...)
	head = append(head, 0xa0, 0x80, 0x24, 0x80)
	_, err = w.Write(head)
	return s, err
}

// Buffer is where content may be put next, to save a copy; [Stream.Filled] takes it.
func (s *Stream) Buffer() []byte { return s.buf[streamHead+s.n:] }

// Filled says that n octets of [Stream.Buffer] are content.
func (s *Stream) Filled(n int) error {
	s.n += n
	if s.n == segment {
		s.flush()
	}
	return s.err
}

// Write implements io.Writer.
func (s *Stream) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 && s.err == nil {
		n := copy(s.Buffer(), p)
		p = p[n:]
		_ = s.Filled(n)
	}
	return total - len(p), s.err
}

func (s *Stream) flush() {
	if s.n == 0 || s.err != nil {
		return
	}
	var room [8]byte
	head := ber.AppendHeader(room[:0], ber.Universal, ber.TagOctetString, false, int64(s.n))
	start := streamHead - len(head)
	copy(s.buf[start:], head)
	_, s.err = s.w.Write(s.buf[start : streamHead+s.n])
	s.n = 0
}

// Close ends the content and writes what follows it. The signature must be as the parameters
// said.
func (s *Stream) Close(d *SignedData) error {
	if s.flush(); s.err != nil {
		return s.err
	}
	if d.wantVersion() != s.version {
		return badFormat("a streamed signature cannot carry this revocation data")
	}
	_, after := d.around()
	tail := make([]byte, 0, len(after)+12)
	tail = append(tail, 0, 0, 0, 0, 0, 0) // the string, [0] and encapContentInfo
	tail = append(tail, after...)
	tail = append(tail, 0, 0, 0, 0, 0, 0) // SignedData, [0] and ContentInfo
	_, s.err = s.w.Write(tail)
	return s.err
}
