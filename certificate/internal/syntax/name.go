package syntax

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/rubrica/rubrica/certificate/internal/der"
)

// Name is a distinguished name (RFC 5280, 4.1.2.4): the whole RDNSequence element.
type Name []byte

// ReadName reads a Name. Every RDN has an attribute at least; values may be of any type.
func ReadName(r *der.Reader, field string) Name {
	raw, rdns := r.Element(field, der.Sequence)
	for !rdns.Empty() {
		rdn := rdns.Read(field, der.Set)
		if rdn.Empty() {
			rdn.Fail(field, "relative distinguished name without attribute")
		}
		readAttributes(&rdn, field)
	}
	if r.Failed() {
		return nil
	}
	return raw
}

func readAttributes(rdn *der.Reader, field string) {
	for !rdn.Empty() {
		attribute := rdn.Read(field, der.Sequence)
		attribute.OID(field)
		attribute.Any(field)
		attribute.End(field)
	}
}

// Empty reports whether the name has no attribute.
func (n Name) Empty() bool { return len(n) <= 2 }

// Attribute is one attribute of a name.
type Attribute struct {
	Type  []byte  // OID, contents octets
	Tag   der.Tag // of the value
	Value []byte  // contents octets
	First bool    // begins a new RDN
}

// Attributes calls yield for each attribute in the order written, until it says false. The name
// must have been read before.
func (n Name) Attributes(yield func(Attribute) bool) {
	whole := der.NewReader(n)
	rdns := whole.Read("name", der.Sequence)
	for !rdns.Empty() {
		rdn := rdns.Read("name", der.Set)
		for first := true; !rdn.Empty(); first = false {
			seq := rdn.Read("name", der.Sequence)
			a := Attribute{Type: seq.OID("name"), First: first}
			var value der.Reader
			a.Tag, _, value = seq.Any("name")
			a.Value = value.Rest()
			if whole.Failed() || !yield(a) {
				return
			}
		}
	}
}

// Text returns the value as UTF-8, decoded by its type. ok is false when the octets are not of
// that type, or the type is no string; the text is then what could be made of it.
func (a Attribute) Text() (text string, ok bool) { return DecodeString(a.Tag, a.Value) }

// DecodeString decodes the contents octets of an ASN.1 string. T61String is read as Latin-1, as
// everybody does.
func DecodeString(tag der.Tag, value []byte) (text string, ok bool) {
	switch tag {
	case der.UTF8String:
		return string(value), utf8.Valid(value)
	case der.PrintableString:
		return lenient(value), printable(value)
	case der.IA5String, der.NumericString, der.VisibleString:
		return lenient(value), ascii(value)
	case der.T61String:
		return latin1(value), true
	case der.BMPString:
		return decodeBMP(value)
	case der.UniversalString:
		return decodeUniversal(value)
	}
	return "", false
}

// lenient reads what calls itself ASCII: as such, or as UTF-8, or as Latin-1.
func lenient(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return latin1(b)
}

func latin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

func decodeBMP(b []byte) (string, bool) {
	if len(b)%2 != 0 {
		return "", false
	}
	ok := true
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(b[2*i:])
		ok = ok && !utf16.IsSurrogate(rune(units[i]))
	}
	return string(utf16.Decode(units)), ok
}

func decodeUniversal(b []byte) (string, bool) {
	if len(b)%4 != 0 {
		return "", false
	}
	runes := make([]rune, len(b)/4)
	for i := range runes {
		code := binary.BigEndian.Uint32(b[4*i:])
		if code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
			return "", false
		}
		runes[i] = rune(code)
	}
	return string(runes), true
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// printable reports whether b is a PrintableString (X.680, 41.4), or one with the *, & and @ that
// authorities have always put there.
func printable(b []byte) bool {
	for _, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case bytes.IndexByte([]byte(" '()+,-./:=?*&@_"), c) >= 0:
		default:
			return false
		}
	}
	return true
}

// Equal compares two names as RFC 5280, 7.1 does.
func (n Name) Equal(other Name) bool {
	return bytes.Equal(n, other) || bytes.Equal(n.Canonical(), other.Canonical())
}

// Canonical returns octets that are equal for two names if and only if RFC 5280, 7.1 takes the
// names for equal: strings of whatever type are prepared by RFC 4518 (case folded, NFKC, spaces
// compressed), attributes of an RDN sorted. Each RDN is self-delimiting, so that a name lies
// within a subtree if and only if its canonical form begins with that of the base.
func (n Name) Canonical() []byte {
	out := make([]byte, 0, 2*len(n))
	var rdn [][]byte
	for a := range n.Attributes {
		if a.First {
			out, rdn = appendRDN(out, rdn), rdn[:0]
		}
		rdn = append(rdn, appendAttribute(make([]byte, 0, len(a.Type)+len(a.Value)+6), a))
	}
	return appendRDN(out, rdn)
}

func appendRDN(out []byte, attributes [][]byte) []byte {
	if len(attributes) == 0 {
		return out
	}
	slices.SortFunc(attributes, bytes.Compare)
	size := 0
	for _, a := range attributes {
		size += len(a)
	}
	out = binary.BigEndian.AppendUint32(out, uint32(size))
	for _, a := range attributes {
		out = append(out, a...)
	}
	return out
}

func appendAttribute(out []byte, a Attribute) []byte {
	out = append(out, byte(len(a.Type)))
	out = append(out, a.Type...)
	at := len(out)
	out = append(out, 0, 0, 0, 0, 0)
	out[at] = byte(der.UTF8String)
	if prepared, ok := appendASCII(out, a); ok {
		out = prepared
	} else if text, ok := a.Text(); ok && a.Tag != der.T61String {
		out = append(out, prepare(text)...)
	} else {
		out[at] = byte(a.Tag) // no string that RFC 5280, 7.1 prepares: octets as they are
		out = append(out, a.Value...)
	}
	binary.BigEndian.PutUint32(out[at+1:], uint32(len(out)-at-5))
	return out
}

// appendASCII is prepare for the common case of printable ASCII.
func appendASCII(out []byte, a Attribute) ([]byte, bool) {
	switch a.Tag {
	case der.UTF8String, der.PrintableString, der.IA5String, der.NumericString,
		der.VisibleString:
	default:
		return nil, false
	}
	pending := false
	start := len(out)
	for _, c := range a.Value {
		switch {
		case c == ' ':
			pending = len(out) > start
			continue
		case c < ' ' || c >= 0x7f:
			return nil, false
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		if pending {
			out, pending = append(out, ' '), false
		}
		out = append(out, c)
	}
	return out, a.Tag != der.PrintableString || printable(a.Value)
}

// prepare is RFC 4518, 2: map, fold, normalise, and compress insignificant spaces.
func prepare(text string) string {
	mapped := make([]rune, 0, len(text))
	for _, r := range text {
		switch mapRune(r) {
		case mapNothing:
		case mapSpace:
			mapped = append(mapped, ' ')
		default:
			mapped = append(mapped, r)
		}
	}
	folded := norm.NFKC.String(cases.Fold().String(norm.NFKC.String(string(mapped))))
	out := make([]byte, 0, len(folded))
	pending := false
	for i := range len(folded) {
		if folded[i] == ' ' {
			pending = len(out) > 0
			continue
		}
		if pending {
			out, pending = append(out, ' '), false
		}
		out = append(out, folded[i])
	}
	return string(out)
}

type mapping uint8

const (
	mapSame mapping = iota
	mapSpace
	mapNothing
)

// mapRune is RFC 4518, 2.2.
func mapRune(r rune) mapping {
	switch {
	case r >= 0x09 && r <= 0x0d, r == 0x85, r == 0xa0, r == 0x1680, r >= 0x2000 && r <= 0x200a,
		r == 0x2028, r == 0x2029, r == 0x202f, r == 0x205f, r == 0x3000:
		return mapSpace
	case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0xad, r == 0x034f, r == 0x06dd, r == 0x070f,
		r == 0x1806, r >= 0x180b && r <= 0x180e, r >= 0x200b && r <= 0x200f,
		r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2063, r >= 0x206a && r <= 0x206f,
		r >= 0xfe00 && r <= 0xfe0f, r == 0xfeff, r >= 0xfff9 && r <= 0xfffc,
		r >= 0x1d173 && r <= 0x1d17a, r == 0xe0001, r >= 0xe0020 && r <= 0xe007f:
		return mapNothing
	}
	return mapSame
}
