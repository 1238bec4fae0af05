package ber

// Classes of tags (X.690, 8.1.2.2).
const (
	Universal byte = iota
	Application
	Context
	Private
)

// Universal tag numbers that matter here.
const (
	TagBitString   = 3
	TagOctetString = 4
	TagSequence    = 16
	TagSet         = 17
)

// Header is the identifier and length of an element.
type Header struct {
	Class       byte
	Constructed bool
	Number      uint32 // of the tag
	Length      int64  // of the contents in octets; -1: indefinite
	Size        int    // octets of the header itself
	Offset      int64  // of the identifier in the input
}

// Is says whether the element has this class, number and form.
func (h Header) Is(class byte, number uint32, constructed bool) bool {
	return h.Class == class && h.Number == number && h.Constructed == constructed
}

func (h Header) endOfContents() bool {
	return h.Class == Universal && h.Number == 0 && !h.Constructed && h.Length == 0 && h.Size == 2
}

// maxHeader is the longest header read: 5 octets of tag and 9 of length.
const maxHeader = 14

// maxTag keeps tag numbers in 28 bits; no standard read here goes above 30.
const maxTagOctets = 4

// parseHeader reads a header from the front of b, which begins at off in the input.
func parseHeader(b []byte, off int64) (Header, error) {
	if len(b) == 0 {
		return Header{}, malformed(off, "the input ends where an element should begin")
	}
	h := Header{Class: b[0] >> 6, Constructed: b[0]&0x20 != 0, Number: uint32(b[0] & 0x1f),
		Offset: off}
	n := 1
	if h.Number == 0x1f {
		h.Number = 0
		for {
			if n >= len(b) {
				return h, malformed(off, "the input ends within a tag")
			}
			if n > maxTagOctets {
				return h, limited(off, "tag number too large")
			}
			c := b[n]
			n++
			h.Number = h.Number<<7 | uint32(c&0x7f)
			if c&0x80 == 0 {
				break
			}
		}
		if h.Number < 0x1f { // X.690, 8.1.2.4: low numbers have the short form
			return h, malformed(off, "tag number in the long form")
		}
	}
	h, err := parseLength(h, b, n)
	if err == nil && h.Class == Universal && h.Number == 0 && !h.endOfContents() { // X.690, 8.1.5
		return h, malformed(off, "the reserved tag 0 on what is no end of contents")
	}
	return h, err
}

func parseLength(h Header, b []byte, n int) (Header, error) {
	if n >= len(b) {
		return h, malformed(h.Offset, "the input ends within a length")
	}
	first := b[n]
	n++
	switch {
	case first < 0x80:
		h.Length = int64(first)
	case first == 0x80:
		if !h.Constructed { // X.690, 8.1.3.2
			return h, malformed(h.Offset, "indefinite length of a primitive element")
		}
		h.Length = -1
	case first == 0xff: // X.690, 8.1.3.5
		return h, malformed(h.Offset, "reserved length octet")
	default:
		count := int(first & 0x7f)
		if n+count > len(b) {
			return h, malformed(h.Offset, "the input ends within a length")
		}
		if count > 8 {
			return h, limited(h.Offset, "length of %d octets", count)
		}
		var v uint64
		for _, c := range b[n : n+count] {
			v = v<<8 | uint64(c)
		}
		if v > 1<<62 {
			return h, limited(h.Offset, "element of %d octets", v)
		}
		h.Length, n = int64(v), n+count
	}
	h.Size = n
	return h, nil
}

// AppendHeader appends a header in DER: the shortest tag, the shortest definite length.
func AppendHeader(out []byte, class byte, number uint32, constructed bool, length int64) []byte {
	id := class << 6
	if constructed {
		id |= 0x20
	}
	if number < 0x1f {
		out = append(out, id|byte(number))
	} else {
		out = append(out, id|0x1f)
		shift := 28
		for shift > 0 && number>>shift == 0 {
			shift -= 7
		}
		for ; shift > 0; shift -= 7 {
			out = append(out, byte(number>>shift)|0x80)
		}
		out = append(out, byte(number)&0x7f)
	}
	if length < 0x80 {
		return append(out, byte(length))
	}
	size := 8
	for length>>(8*(size-1)) == 0 {
		size--
	}
	out = append(out, 0x80|byte(size))
	for i := size - 1; i >= 0; i-- {
		out = append(out, byte(length>>(8*i)))
	}
	return out
}

// HeaderSize is how many octets [AppendHeader] takes for a low tag number.
func HeaderSize(length int64) int {
	var room [16]byte
	return len(AppendHeader(room[:0], Universal, TagSequence, true, length))
}
