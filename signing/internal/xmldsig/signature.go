package xmldsig

import (
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// A Signature is a ds:Signature element taken apart.
type Signature struct {
	Node       xmltree.Node
	ID         string
	SignedInfo xmltree.Node
	ValueNode  xmltree.Node // ds:SignatureValue
	KeyInfo    xmltree.Node // zero when absent
	Objects    []xmltree.Node

	Method     string // identifier of the signature algorithm
	Scheme     algorithm.Scheme
	References []*Reference
	Value      []byte // the signature value as written: r‖s for ECDSA

	canonicalization c14n.Method
	prefixes         []string
}

// Named limits of one signature.
const (
	maxReferences = 10_000 // a manifest of a large archive; more are a flood
	maxTransforms = 16     // real references have at most four
	maxObjects    = 10_000
)

// Read takes a ds:Signature element apart (XMLDSig 1.1, section 4). The result is never nil and
// holds what could be read; the error is [*Malformed] or [*Unsupported] and stands for the first
// fault of the signature as a whole. Faults of one reference stay in that reference.
func Read(node xmltree.Node) (*Signature, error) {
	s := &Signature{Node: node}
	s.ID, _ = node.Attr("Id")
	c := children{next: node.FirstElement(), space: Namespace}
	s.SignedInfo = c.take("SignedInfo")
	s.ValueNode = c.take("SignatureValue")
	s.KeyInfo = c.take("KeyInfo")
	for o := c.take("Object"); !o.IsZero(); o = c.take("Object") {
		if len(s.Objects) == maxObjects {
			return s, malformed("Signature", "has too many Objects")
		}
		s.Objects = append(s.Objects, o)
	}
	switch {
	case s.SignedInfo.IsZero():
		return s, malformed("Signature", "does not begin with SignedInfo")
	case s.ValueNode.IsZero():
		return s, malformed("Signature", "has no SignatureValue after SignedInfo")
	case !c.next.IsZero():
		return s, malformed("Signature", "has an unexpected child "+shorten(c.next.Local()))
	}
	err := s.readSignedInfo()
	value, valueErr := s.ValueNode.Base64()
	if valueErr != nil {
		return s, first(err, malformed("SignatureValue", "is not base64"))
	}
	s.Value = value
	return s, err
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// children walks the child elements of one namespace in the order of a schema.
type children struct {
	next  xmltree.Node
	space string
}

// take returns the next child if it has that name, else the zero node.
func (c *children) take(local string) xmltree.Node {
	n := c.next
	if n.IsZero() || !n.Is(c.space, local) {
		return xmltree.Node{}
	}
	c.next = n.NextElement()
	return n
}

// readSignedInfo reads XMLDSig 1.1, 4.4. References are read even when an algorithm is refused, so
// that a report can say what was meant to be signed.
func (s *Signature) readSignedInfo() error {
	c := children{next: s.SignedInfo.FirstElement(), space: Namespace}
	canonicalization, method := c.take("CanonicalizationMethod"), c.take("SignatureMethod")
	if canonicalization.IsZero() || method.IsZero() {
		return malformed("SignedInfo", "lacks CanonicalizationMethod or SignatureMethod")
	}
	for n := c.take("Reference"); !n.IsZero(); n = c.take("Reference") {
		if len(s.References) == maxReferences {
			return malformed("SignedInfo", "has too many References")
		}
		s.References = append(s.References, readReference(n))
	}
	if !c.next.IsZero() {
		return malformed("SignedInfo", "has an unexpected child "+shorten(c.next.Local()))
	}
	if len(s.References) == 0 {
		return malformed("SignedInfo", "has no Reference: nothing is signed")
	}
	var err error
	s.canonicalization, s.prefixes, err = readCanonicalization(canonicalization)
	return first(err, s.readMethod(method))
}

// readCanonicalization reads a CanonicalizationMethod, or a Transform that is one (4.4.1).
func readCanonicalization(n xmltree.Node) (c14n.Method, []string, error) {
	uri, _ := n.Attr("Algorithm")
	m, ok := c14n.FromURI(uri)
	if !ok {
		return 0, nil, &Unsupported{Kind: "canonicalization", Feature: uri}
	}
	prefixes, err := readPrefixList(n, m)
	return m, prefixes, err
}

// readPrefixList reads InclusiveNamespaces (Exclusive XML Canonicalization 1.0, section 3).
func readPrefixList(n xmltree.Node, m c14n.Method) ([]string, error) {
	child := n.FirstElement()
	if child.IsZero() {
		return nil, nil
	}
	if !m.Exclusive() || !child.Is(namespaceExclusive, "InclusiveNamespaces") ||
		!child.NextElement().IsZero() {
		return nil, malformed(n.Local(), "has an unexpected child "+shorten(child.Local()))
	}
	list, _ := child.Attr("PrefixList")
	return fields(list), nil
}

// fields splits at XML white space.
func fields(s string) []string {
	var out []string
	for i := 0; i < len(s); {
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		start := i
		for i < len(s) && !isSpace(s[i]) {
			i++
		}
		if i > start {
			out = append(out, s[start:i])
		}
	}
	return out
}

// readMethod reads SignatureMethod (4.4.2), with the parameters of RSASSA-PSS (RFC 9231, 2.3.9).
func (s *Signature) readMethod(n xmltree.Node) error {
	s.Method, _ = n.Attr("Algorithm")
	if s.Method == signaturePSS {
		var err error
		s.Scheme, err = readPSS(n)
		return err
	}
	var err error
	if s.Scheme, err = schemeOf(s.Method); err != nil {
		return err
	}
	if child := n.FirstElement(); !child.IsZero() {
		return malformed("SignatureMethod", "has an unexpected child "+shorten(child.Local()))
	}
	return nil
}
