package pkcs12

import "encoding/binary"

const (
	maxDepth    = 32      // RFC 7292 needs 12; nesting bombs
	maxElements = 1 << 16 // a file with a key and ten certificates has about 200 that are seen here
)

// element is one BER value. A constructed one has children, a primitive one content.
type element struct {
	tag      byte
	content  []byte
	children []element
	length   int // of the content in DER
}

const (
	tagOctetString            = 0x04
	constructed               = 0x20
	tagConstructedOctetString = tagOctetString | constructed
)

// derOf returns the DER of one BER value: definite and shortest lengths, octet strings in one
// piece. PKCS #12 is specified in BER, and older programs write it (X.690, 8.1.3.6 and 8.7.3).
// Everything that is already DER comes out as it went in. Values inside octet strings are not
// touched.
func derOf(part string, ber []byte) ([]byte, error) {
	p := berReader{part: part, input: ber}
	e, err := p.element(0)
	if err != nil {
		return nil, err
	}
	if p.at != len(ber) {
		return nil, p.malformed("octets after the value")
	}
	return e.appendTo(make([]byte, 0, len(ber))), nil
}

type berReader struct {
	part  string
	input []byte
	at    int
	count int
}

func (p *berReader) malformed(reason string) error {
	return &MalformedError{p.part, p.at, reason}
}

// element reads one value at p.at.
func (p *berReader) element(depth int) (element, error) {
	if p.count++; p.count > maxElements {
		return element{}, &LimitError{Limit: "elements", Max: maxElements}
	}
	if depth > maxDepth {
		return element{}, &LimitError{Limit: "depth", Max: maxDepth}
	}
	if len(p.input)-p.at < 2 {
		return element{}, p.malformed("cut short")
	}
	e := element{tag: p.input[p.at]}
	if e.tag&0x1f == 0x1f {
		return e, p.malformed("tag number above 30")
	}
	p.at++
	length, indefinite, err := p.length()
	if err != nil {
		return e, err
	}
	if e.tag&constructed == 0 {
		if indefinite {
			return e, p.malformed("primitive value of indefinite length")
		}
		e.content = p.input[p.at : p.at+length]
		e.length = length
		p.at += length
		return e, nil
	}
	if err := p.childrenOf(&e, length, indefinite, depth); err != nil {
		return e, err
	}
	return e, p.join(&e)
}

// length reads length octets (X.690, 8.1.3) and checks that so many octets are there.
func (p *berReader) length() (n int, indefinite bool, err error) {
	first := p.input[p.at]
	p.at++
	switch {
	case first < 0x80:
		n = int(first)
	case first == 0x80:
		return 0, true, nil
	default:
		octets := int(first & 0x7f)
		if octets > 8 || octets > len(p.input)-p.at {
			return 0, false, p.malformed("length of the length")
		}
		var value uint64
		for _, b := range p.input[p.at : p.at+octets] {
			value = value<<8 | uint64(b)
		}
		p.at += octets
		if value > uint64(len(p.input)) {
			return 0, false, p.malformed("cut short")
		}
		n = int(value)
	}
	if n > len(p.input)-p.at {
		return 0, false, p.malformed("cut short")
	}
	return n, false, nil
}

func (p *berReader) childrenOf(e *element, length int, indefinite bool, depth int) error {
	// A view that ends where the value ends, so that no child reaches beyond it.
	outer, end := p.input, p.at+length
	if !indefinite {
		p.input = p.input[:end]
	}
	for indefinite || p.at < end {
		if indefinite && len(p.input)-p.at >= 2 && p.input[p.at] == 0 && p.input[p.at+1] == 0 {
			p.at += 2
			break
		}
		child, err := p.element(depth + 1)
		if err != nil {
			return err
		}
		e.children = append(e.children, child)
		e.length += 1 + lengthOctets(child.length) + child.length
	}
	p.input = outer
	return nil
}

// join makes a constructed octet string primitive.
func (p *berReader) join(e *element) error {
	if e.tag != tagConstructedOctetString {
		return nil
	}
	joined := make([]byte, 0, e.length)
	for _, child := range e.children {
		if child.tag != tagOctetString {
			return p.malformed("octet string made of something else")
		}
		joined = append(joined, child.content...)
	}
	*e = element{tag: tagOctetString, content: joined, length: len(joined)}
	return nil
}

func lengthOctets(n int) int {
	octets := 1
	if n >= 0x80 {
		for ; n > 0; n >>= 8 {
			octets++
		}
	}
	return octets
}

func (e element) appendTo(out []byte) []byte {
	out = append(out, e.tag)
	if octets := lengthOctets(e.length); octets == 1 {
		out = append(out, byte(e.length))
	} else {
		var big [8]byte
		binary.BigEndian.PutUint64(big[:], uint64(e.length))
		out = append(append(out, 0x80|byte(octets-1)), big[8-(octets-1):]...)
	}
	if e.children == nil {
		return append(out, e.content...)
	}
	for _, child := range e.children {
		out = child.appendTo(out)
	}
	return out
}
