package ber

import (
	"bufio"
	"errors"
	"io"
	"slices"
)

const (
	// maxDepth bounds nesting: CMS with a time stamp in a counter-signature needs about 30.
	maxDepth = 64
	// buffer is the read-ahead. Larger reads go around it.
	buffer = 4 << 10
	// step is how much of an element is taken at once, so that a length that lies costs no more
	// memory than there is input.
	step = 64 << 10
)

// Decoder reads BER from a stream. It is not safe for concurrent use. After an error it gives
// the same error again.
type Decoder struct {
	r     *bufio.Reader // nil when the input is at hand
	mem   []byte        // what is left of input at hand
	off   int64
	stack []frame
	err   error
}

type frame struct {
	start int64
	end   int64 // offset after the contents; -1: indefinite
}

// NewDecoder reads from r, ahead of what is asked for.
func NewDecoder(r io.Reader) *Decoder {
	return &Decoder{r: bufio.NewReaderSize(r, buffer)}
}

// NewBytesDecoder reads input at hand. What [Decoder.Raw] returns then is part of it.
func NewBytesDecoder(input []byte) *Decoder { return &Decoder{mem: input} }

// look gives up to n octets ahead, fewer only at the end of the input.
func (d *Decoder) look(n int) ([]byte, error) {
	if d.r == nil {
		return d.mem[:min(n, len(d.mem))], nil
	}
	b, err := d.r.Peek(n)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b, nil
}

// Offset is the position in the input of what is read next.
func (d *Decoder) Offset() int64 { return d.off }

// peek reads the next header without consuming it.
func (d *Decoder) peek() (Header, error) {
	if d.err != nil {
		return Header{}, d.err
	}
	b, err := d.look(maxHeader)
	if err != nil {
		d.err = err
		return Header{}, err
	}
	h, err := parseHeader(b, d.off)
	if err != nil {
		d.err = err
		return h, err
	}
	if f := d.top(); f.end >= 0 && h.Length >= 0 && h.Length > f.end-d.off-int64(h.Size) {
		return h, d.fail(malformed(d.off, "element reaches beyond the one around it"))
	}
	return h, nil
}

func (d *Decoder) fail(err error) error {
	if d.err == nil {
		d.err = err
	}
	return d.err
}

func (d *Decoder) top() frame {
	if len(d.stack) == 0 {
		return frame{end: -1}
	}
	return d.stack[len(d.stack)-1]
}

// Next is the header of the next element, which stays unread. ok is false at the end of the
// element that was entered last, or of the input.
func (d *Decoder) Next() (h Header, ok bool, err error) {
	if d.err != nil {
		return Header{}, false, d.err
	}
	if f := d.top(); f.end >= 0 && d.off >= f.end {
		return Header{}, false, nil
	}
	if len(d.stack) == 0 {
		if b, err := d.look(1); err == nil && len(b) == 0 {
			return Header{}, false, nil
		}
	}
	h, err = d.peek()
	if err != nil {
		return h, false, err
	}
	if h.endOfContents() {
		if len(d.stack) > 0 && d.top().end < 0 {
			return h, false, nil
		}
		return h, false, d.fail(malformed(d.off, "end of contents where none is open"))
	}
	return h, true, nil
}

// Enter descends into the next element, which must be constructed and have this class and tag.
func (d *Decoder) Enter(class byte, number uint32, what string) (Header, error) {
	h, ok, err := d.Next()
	if err != nil {
		return h, err
	}
	if !ok || !h.Is(class, number, true) {
		return h, d.fail(malformed(d.off, "%s expected", what))
	}
	if len(d.stack) >= maxDepth {
		return h, d.fail(limited(d.off, "nested more than %d deep", maxDepth))
	}
	if err := d.skip(int64(h.Size)); err != nil {
		return h, err
	}
	f := frame{start: h.Offset, end: -1}
	if h.Length >= 0 {
		f.end = d.off + h.Length
	}
	d.stack = append(d.stack, f)
	return h, nil
}

// Leave ends the element that was entered last; nothing may be left in it.
func (d *Decoder) Leave() error {
	_, ok, err := d.Next()
	if err != nil {
		return err
	}
	f := d.top()
	if ok {
		return d.fail(malformed(d.off,
			"more in the element at offset %d than belongs there", f.start))
	}
	d.stack = d.stack[:len(d.stack)-1]
	if f.end < 0 {
		return d.skip(2)
	}
	return nil
}

func (d *Decoder) skip(n int64) error {
	if d.r == nil {
		d.mem, d.off = d.mem[n:], d.off+n // n octets were looked at
		return nil
	}
	got, err := d.r.Discard(int(n))
	d.off += int64(got)
	if err != nil {
		return d.fail(d.ended(err))
	}
	return nil
}

func (d *Decoder) ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed(d.off, "the input ends within an element")
	}
	return err
}

// Raw reads the next element whole, in its original octets, when it has at most limit octets.
func (d *Decoder) Raw(limit int) ([]byte, error) {
	h, ok, err := d.Next()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, d.fail(malformed(d.off, "an element is missing"))
	}
	if d.r == nil {
		return d.rawAtHand(h, limit)
	}
	start := h.Offset
	var out []byte
	open := 0
	for {
		n := int64(h.Size)
		if h.Length >= 0 {
			n += h.Length
		}
		if n > int64(limit-len(out)) {
			return nil, d.fail(limited(start, "element of more than %d octets", limit))
		}
		if out, err = d.take(out, int(n)); err != nil {
			return nil, err
		}
		switch {
		case h.endOfContents():
			open--
		case h.Length < 0:
			if open++; open+len(d.stack) > maxDepth {
				return nil, d.fail(limited(start, "nested more than %d deep", maxDepth))
			}
		}
		if open == 0 {
			return out, nil
		}
		if h, err = d.peek(); err != nil {
			return nil, err
		}
	}
}

// rawAtHand is Raw without a copy.
func (d *Decoder) rawAtHand(h Header, limit int) ([]byte, error) {
	n, err := elementSize(d.mem, d.off)
	if err != nil {
		return nil, d.fail(err)
	}
	if f := d.top(); f.end >= 0 && int64(n) > f.end-d.off {
		return nil, d.fail(malformed(d.off, "element reaches beyond the one around it"))
	}
	if n > limit {
		return nil, d.fail(limited(h.Offset, "element of more than %d octets", limit))
	}
	out := d.mem[:n:n]
	return out, d.skip(int64(n))
}

// take appends the next n octets of the input, in steps.
func (d *Decoder) take(out []byte, n int) ([]byte, error) {
	for n > 0 {
		now := min(n, step)
		at := len(out)
		out = slices.Grow(out, now)[:at+now]
		got, err := io.ReadFull(d.r, out[at:])
		d.off += int64(got)
		if err != nil {
			return nil, d.fail(d.ended(err))
		}
		n -= now
	}
	return out, nil
}

// Octets is the value of the next element as a stream. The element must be an OCTET STRING,
// primitive or made of segments (X.690, 8.7.3). The stream must be read to io.EOF before the
// decoder goes on.
func (d *Decoder) Octets() (io.Reader, error) {
	h, ok, err := d.Next()
	if err != nil {
		return nil, err
	}
	if !ok || h.Class != Universal || h.Number != TagOctetString {
		return nil, d.fail(malformed(d.off, "OCTET STRING expected"))
	}
	s := &octets{d: d, depth: len(d.stack)}
	if h.Constructed {
		_, err = d.Enter(Universal, TagOctetString, "OCTET STRING")
		return s, err
	}
	s.left = h.Length
	return s, d.skip(int64(h.Size))
}

type octets struct {
	d     *Decoder
	depth int   // of the stack around the string
	left  int64 // in the current segment
}

func (s *octets) Read(p []byte) (int, error) {
	if s.d.err != nil {
		return 0, s.d.err
	}
	for s.left == 0 {
		if len(s.d.stack) == s.depth {
			return 0, io.EOF
		}
		if err := s.segment(); err != nil {
			return 0, err
		}
	}
	if int64(len(p)) > s.left {
		p = p[:s.left]
	}
	if s.d.r == nil {
		n := copy(p, s.d.mem)
		if n == 0 && len(p) > 0 {
			return 0, s.d.fail(s.d.ended(io.EOF))
		}
		s.left -= int64(n)
		return n, s.d.skip(int64(n))
	}
	n, err := s.d.r.Read(p)
	s.left -= int64(n)
	s.d.off += int64(n)
	if err != nil {
		return n, s.d.fail(s.d.ended(err))
	}
	return n, nil
}

// segment steps to the next segment, or out of the string.
func (s *octets) segment() error {
	h, ok, err := s.d.Next()
	switch {
	case err != nil:
		return err
	case !ok:
		return s.d.Leave()
	case h.Class != Universal || h.Number != TagOctetString:
		return s.d.fail(malformed(s.d.off, "OCTET STRING expected"))
	case h.Constructed:
		_, err = s.d.Enter(Universal, TagOctetString, "OCTET STRING")
		return err
	}
	s.left = h.Length
	return s.d.skip(int64(h.Size))
}
