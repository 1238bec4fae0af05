package der

import (
	"fmt"
	"math"
)

// A Tag is an identifier octet: class, constructed bit and a low tag number (X.690, 8.1.2).
type Tag uint8

// The universal tags that X.509 uses.
const (
	Boolean         Tag = 0x01
	Integer         Tag = 0x02
	BitString       Tag = 0x03
	OctetString     Tag = 0x04
	Null            Tag = 0x05
	OID             Tag = 0x06
	Enumerated      Tag = 0x0a
	UTF8String      Tag = 0x0c
	NumericString   Tag = 0x12
	PrintableString Tag = 0x13
	T61String       Tag = 0x14
	IA5String       Tag = 0x16
	UTCTime         Tag = 0x17
	GeneralizedTime Tag = 0x18
	VisibleString   Tag = 0x1a
	UniversalString Tag = 0x1c
	BMPString       Tag = 0x1e
	Sequence        Tag = 0x30
	Set             Tag = 0x31
)

const (
	constructed  = 0x20
	contextClass = 0x80
	highNumber   = 0x1f // the tag number follows in further octets
)

// Primitive is the context-specific tag [n] of a primitive value, also of an IMPLICIT string.
func Primitive(n uint8) Tag { return Tag(contextClass | n) }

// Constructed is the context-specific tag [n] of a constructed value, also of an EXPLICIT one.
func Constructed(n uint8) Tag { return Tag(contextClass | constructed | n) }

// IsConstructed reports whether the contents are further elements.
func (t Tag) IsConstructed() bool { return t&constructed != 0 }

// A SyntaxError says which field is not DER, or not what its standard asks for, and where.
type SyntaxError struct {
	Field   string // as the standard calls it, as in "tbsCertificate.serialNumber"
	Offset  int    // of the octet at which reading stopped, from the document's first
	Problem string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at octet %d: %s", e.Field, e.Offset, e.Problem)
}

// A Reader reads elements one after the other. The zero value is empty.
type Reader struct {
	rest []byte
	at   int // offset of rest in the document
	err  **SyntaxError
}

// NewReader returns a reader of a whole document.
func NewReader(document []byte) Reader {
	return Reader{rest: document, err: new(*SyntaxError)}
}

// At returns a reader of octets that lie at an offset of a larger document, with an error of its
// own.
func At(octets []byte, offset int) Reader {
	return Reader{rest: octets, at: offset, err: new(*SyntaxError)}
}

// Err returns the first error of the document, a *SyntaxError, or nil.
func (r *Reader) Err() error {
	if r.err == nil || *r.err == nil {
		return nil
	}
	return *r.err
}

// Failed reports whether the document has an error.
func (r *Reader) Failed() bool { return r.err != nil && *r.err != nil }

// Empty reports whether nothing is left to read, also because of an error.
func (r *Reader) Empty() bool { return len(r.rest) == 0 || r.Failed() }

// Rest returns the octets not read yet.
func (r *Reader) Rest() []byte { return r.rest }

// Offset returns where in the document the next octet lies.
func (r *Reader) Offset() int { return r.at }

// Fail records an error at the reader's place, unless there is one already.
func (r *Reader) Fail(field, problem string) { r.FailAt(field, r.at, problem) }

// FailAt records an error at another place of the document, unless there is one already.
func (r *Reader) FailAt(field string, offset int, problem string) {
	if r.err == nil {
		r.err = new(*SyntaxError)
	}
	if *r.err == nil {
		*r.err = &SyntaxError{Field: field, Offset: offset, Problem: problem}
	}
}

// Peek reports whether the next element has that tag.
func (r *Reader) Peek(tag Tag) bool {
	return len(r.rest) > 0 && Tag(r.rest[0]) == tag && !r.Failed()
}

// End demands that everything was read.
func (r *Reader) End(field string) {
	if !r.Empty() {
		r.Fail(field, "octets after the last element")
	}
}

// Read reads an element with that tag and returns a reader of its contents.
func (r *Reader) Read(field string, tag Tag) Reader {
	_, contents := r.Element(field, tag)
	return contents
}

// Element reads an element with that tag: all its octets, and a reader of its contents.
func (r *Reader) Element(field string, tag Tag) ([]byte, Reader) {
	if r.Failed() {
		return nil, Reader{err: r.err}
	}
	if len(r.rest) == 0 {
		r.Fail(field, "missing")
		return nil, Reader{err: r.err}
	}
	if Tag(r.rest[0]) != tag {
		r.Fail(field, "another type than expected")
		return nil, Reader{err: r.err}
	}
	return r.next(field)
}

// Optional reads an element with that tag if it is the next.
func (r *Reader) Optional(field string, tag Tag) (Reader, bool) {
	if !r.Peek(tag) {
		return Reader{err: r.err}, false
	}
	_, contents := r.next(field)
	return contents, !r.Failed()
}

// Any reads an element of any tag. Of a tag number above 30 only the first octet is returned. A
// universal type must have the form that DER gives it: strings are primitive (X.690, 10.2).
func (r *Reader) Any(field string) (Tag, []byte, Reader) {
	if r.Empty() {
		r.Fail(field, "missing")
		return 0, nil, Reader{err: r.err}
	}
	tag := Tag(r.rest[0])
	if !tag.formIsRight() {
		r.Fail(field, "primitive type in constructed form, or the reverse")
		return 0, nil, Reader{err: r.err}
	}
	element, contents := r.next(field)
	return tag, element, contents
}

func (t Tag) formIsRight() bool {
	if t&0xc0 != 0 || t&highNumber == highNumber {
		return true
	}
	switch t & highNumber {
	case 8, 11, 16, 17: // EXTERNAL, EMBEDDED PDV, SEQUENCE, SET
		return t.IsConstructed()
	}
	return !t.IsConstructed()
}

// next reads the element that begins here, whatever its tag.
func (r *Reader) next(field string) ([]byte, Reader) {
	header, length, problem := header(r.rest)
	if problem != "" {
		r.Fail(field, problem)
		return nil, Reader{err: r.err}
	}
	end := header + length
	if end > len(r.rest) {
		r.Fail(field, "longer than what holds it")
		return nil, Reader{err: r.err}
	}
	element := r.rest[:end:end]
	contents := Reader{rest: element[header:], at: r.at + header, err: r.err}
	r.rest, r.at = r.rest[end:], r.at+end
	return element, contents
}

// header reads identifier and length octets (X.690, 8.1 and 10.1) and returns their number and the
// length of the contents.
func header(b []byte) (size, length int, problem string) {
	size = 1
	if len(b) > 0 && b[0]&highNumber == highNumber {
		if size = highTag(b); size == 0 {
			return 0, 0, "bad tag"
		}
	}
	if len(b) <= size {
		return 0, 0, "cut short"
	}
	first := b[size]
	size++
	if first < 0x80 {
		return size, int(first), ""
	}
	octets := int(first & 0x7f)
	switch {
	case octets == 0:
		return 0, 0, "indefinite length"
	case octets > 4:
		return 0, 0, "length of more than four octets"
	case len(b) < size+octets:
		return 0, 0, "cut short"
	}
	var n uint64
	for _, o := range b[size : size+octets] {
		n = n<<8 | uint64(o)
	}
	if n < 0x80 || n>>(8*(octets-1)) == 0 {
		return 0, 0, "length not in its shortest form"
	}
	if n > math.MaxInt32 {
		return 0, 0, "longer than 2 GiB"
	}
	return size + octets, int(n), ""
}

// highTag returns the number of identifier octets of a tag number above 30, or 0 when it is not in
// its shortest form (X.690, 8.1.2.4).
func highTag(b []byte) int {
	const most = 5 // octets of a tag number: 2^28 kinds of element are enough for anyone
	for i := 1; i < len(b) && i <= most; i++ {
		if i == 1 && (b[i] == 0x80 || b[i] < highNumber) {
			return 0
		}
		if b[i] < 0x80 {
			return i + 1
		}
	}
	return 0
}

// Skip passes over octets that the caller has looked at: whole elements.
func (r *Reader) Skip(n int) { r.rest, r.at = r.rest[n:], r.at+n }
