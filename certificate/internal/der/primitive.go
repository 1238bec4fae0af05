package der

import (
	"math/big"
)

// Bool reads a BOOLEAN: 0x00 or 0xff (X.690, 11.1).
func (r *Reader) Bool(field string) bool { return r.boolean(field, Boolean) }

// ImplicitBool reads a BOOLEAN under another tag.
func (r *Reader) ImplicitBool(field string, tag Tag) bool { return r.boolean(field, tag) }

func (r *Reader) boolean(field string, tag Tag) bool {
	contents := r.Read(field, tag)
	if r.Failed() {
		return false
	}
	if len(contents.rest) != 1 || contents.rest[0] != 0 && contents.rest[0] != 0xff {
		contents.Fail(field, "not a DER boolean")
		return false
	}
	return contents.rest[0] == 0xff
}

// Integer reads an INTEGER and returns its contents octets, checked to be the shortest.
func (r *Reader) Integer(field string) []byte { return r.integer(field, Integer) }

// ImplicitInteger reads an INTEGER, or an ENUMERATED, under another tag.
func (r *Reader) ImplicitInteger(field string, tag Tag) []byte { return r.integer(field, tag) }

func (r *Reader) integer(field string, tag Tag) []byte {
	contents := r.Read(field, tag)
	b := contents.rest
	if r.Failed() {
		return nil
	}
	if len(b) == 0 {
		contents.Fail(field, "integer without octets")
		return nil
	}
	if len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		contents.Fail(field, "integer not in its shortest form")
		return nil
	}
	return b
}

// Small reads a non-negative INTEGER. A value above max yields max + 1, so that a counter that is
// larger than anything sensible stays comparable.
func (r *Reader) Small(field string, max int) int { return r.small(field, Integer, max) }

// ImplicitSmall is Small under another tag.
func (r *Reader) ImplicitSmall(field string, tag Tag, max int) int {
	return r.small(field, tag, max)
}

func (r *Reader) small(field string, tag Tag, max int) int {
	at := r.at
	b := r.integer(field, tag)
	if r.Failed() {
		return 0
	}
	if b[0] >= 0x80 {
		r.FailAt(field, at, "negative")
		return 0
	}
	n := 0
	for _, o := range b {
		if n = n<<8 | int(o); n > max {
			return max + 1
		}
	}
	return n
}

// BigInt returns the value of an INTEGER's contents octets.
func BigInt(contents []byte) *big.Int {
	n := new(big.Int).SetBytes(contents)
	if len(contents) > 0 && contents[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(contents))))
	}
	return n
}

// IntegerContents returns the contents octets of the INTEGER n, the inverse of BigInt.
func IntegerContents(n *big.Int) []byte {
	switch n.Sign() {
	case 0:
		return []byte{0}
	case 1:
		b := n.Bytes()
		if b[0] >= 0x80 {
			b = append([]byte{0}, b...)
		}
		return b
	}
	size := new(big.Int).Not(n).BitLen()/8 + 1
	b := make([]byte, size)
	new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size))).FillBytes(b)
	return b
}

// OID reads an OBJECT IDENTIFIER and returns its contents octets, checked to be the shortest.
func (r *Reader) OID(field string) []byte { return r.ImplicitOID(field, OID) }

// ImplicitOID reads an OBJECT IDENTIFIER under another tag.
func (r *Reader) ImplicitOID(field string, tag Tag) []byte {
	contents := r.Read(field, tag)
	if r.Failed() {
		return nil
	}
	if !ValidOID(contents.rest) {
		contents.Fail(field, "not an object identifier")
		return nil
	}
	if len(contents.rest) > maxOID {
		contents.Fail(field, "an object identifier of more than 128 octets")
		return nil
	}
	return contents.rest
}

// maxOID bounds the octets of an object identifier: writing a number of thousands of digits takes
// time that grows with their square, and no arc in use comes near.
const maxOID = 128

// ValidOID reports whether b is the contents of an OBJECT IDENTIFIER (X.690, 8.19).
func ValidOID(b []byte) bool {
	if len(b) == 0 || b[len(b)-1] >= 0x80 {
		return false
	}
	start := true
	for _, o := range b {
		if start && o == 0x80 {
			return false
		}
		start = o < 0x80
	}
	return true
}

// Octets reads an OCTET STRING.
func (r *Reader) Octets(field string) []byte {
	contents := r.Read(field, OctetString)
	return contents.rest
}

// Null reads a NULL.
func (r *Reader) Null(field string) {
	contents := r.Read(field, Null)
	contents.End(field)
}

// Bits reads a BIT STRING: its octets and how many bits of the last are unused. Unused bits must
// be zero (X.690, 11.2.1).
func (r *Reader) Bits(field string) (bits []byte, unused int) {
	return r.ImplicitBits(field, BitString)
}

// ImplicitBits reads a BIT STRING under another tag.
func (r *Reader) ImplicitBits(field string, tag Tag) (bits []byte, unused int) {
	contents := r.Read(field, tag)
	b := contents.rest
	if r.Failed() {
		return nil, 0
	}
	if len(b) == 0 || b[0] > 7 || len(b) == 1 && b[0] != 0 {
		contents.Fail(field, "not a bit string")
		return nil, 0
	}
	bits, unused = b[1:], int(b[0])
	if unused > 0 && bits[len(bits)-1]&(1<<unused-1) != 0 {
		contents.Fail(field, "unused bits that are not zero")
		return nil, 0
	}
	return bits, unused
}

// WholeBits reads a BIT STRING of whole octets, as signatures and keys are.
func (r *Reader) WholeBits(field string) []byte {
	at := r.at
	bits, unused := r.Bits(field)
	if unused != 0 {
		r.FailAt(field, at, "bit string that is not whole octets")
		return nil
	}
	return bits
}

// NamedBits reads a BIT STRING with named bits as a number whose bit i is the named bit i. The
// encoding must end with a bit that is set (X.690, 11.2.2). Of 16 bits and more, those from the
// sixteenth on are checked and dropped.
func (r *Reader) NamedBits(field string, tag Tag) uint16 {
	at := r.at
	flags, canonical := r.flags(field, tag)
	if !canonical {
		r.FailAt(field, at, "named bits that end with zero")
	}
	return flags
}

// Flags is NamedBits for what old encoders wrote with zero bits at the end, as key usages.
func (r *Reader) Flags(field string, tag Tag) uint16 {
	flags, _ := r.flags(field, tag)
	return flags
}

func (r *Reader) flags(field string, tag Tag) (flags uint16, canonical bool) {
	bits, unused := r.ImplicitBits(field, tag)
	if r.Failed() || len(bits) == 0 {
		return 0, true
	}
	for i := range min(8*len(bits), 16) {
		if bits[i/8]>>(7-i%8)&1 == 1 {
			flags |= 1 << i
		}
	}
	return flags, bits[len(bits)-1]>>unused&1 == 1
}

// Element returns an element with that tag and those contents.
func Element(tag Tag, contents []byte) []byte {
	n := len(contents)
	out := append(make([]byte, 0, n+6), byte(tag))
	switch {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 1<<8:
		out = append(out, 0x81, byte(n))
	case n < 1<<16:
		out = append(out, 0x82, byte(n>>8), byte(n))
	case n < 1<<24:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		out = append(out, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, contents...)
}
