package xmldsig

import (
	"bytes"
	"cmp"
	"io"
	"slices"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// A transform is one step of a reference's processing model (XMLDSig 1.1, 4.4.3.2).
type transform struct {
	kind     transformKind
	method   c14n.Method
	prefixes []string
	node     xmltree.Node // ds:Transform
	terms    []term       // xpath
	filters  []filter     // filter2
}

type transformKind uint8

const (
	enveloped transformKind = iota + 1
	canonical
	fromBase64
	xpath
	filter2
)

func (r *Reference) readTransforms(list xmltree.Node) error {
	if list.IsZero() {
		return nil
	}
	for n := list.FirstElement(); !n.IsZero(); n = n.NextElement() {
		if !n.Is(Namespace, "Transform") {
			return malformed("Transforms", "has an unexpected child "+shorten(n.Local()))
		}
		if len(r.transforms) == maxTransforms {
			return malformed("Transforms", "has too many Transform elements")
		}
		t, err := readTransform(n)
		if err != nil {
			return err
		}
		r.transforms = append(r.transforms, t)
	}
	if len(r.transforms) == 0 {
		return malformed("Transforms", "is empty")
	}
	return nil
}

func readTransform(n xmltree.Node) (transform, error) {
	uri, _ := n.Attr("Algorithm")
	t := transform{node: n}
	var err error
	switch uri {
	case transformEnveloped:
		t.kind = enveloped
	case transformBase64:
		t.kind = fromBase64
	case transformXPath:
		t.kind = xpath
		t.terms, err = readXPath(n)
	case transformFilter2:
		t.kind = filter2
		t.filters, err = readFilters(n)
	default:
		if _, known := c14n.FromURI(uri); !known {
			return t, &Unsupported{Kind: "transform", Feature: uri}
		}
		t.kind = canonical
		t.method, t.prefixes, err = readCanonicalization(n)
	}
	if err == nil && (t.kind == enveloped || t.kind == fromBase64) && !n.FirstElement().IsZero() {
		err = malformed("Transform", "has an unexpected child")
	}
	return t, err
}

// nodeSet is a subtree, or document, less other subtrees.
type nodeSet struct {
	apex     xmltree.Node
	omit     []xmltree.Node // in document order, none within another
	without  []name         // elements that are left out wherever they stand
	comments bool
}

// data is what flows between transforms: a node set, octets, or a stream that nobody has read yet.
type data struct {
	set    *nodeSet
	octets []byte
	stream func() (io.ReadCloser, error)
	name   string
	origin xmltree.Node   // the element whose content the octets are, if they are an element's
	left   []xmltree.Node // what was left out of origin
}

// errNothing is the refusal of a reference that selects nothing (XMLDSig best practices, 2.6).
var errNothing = &Malformed{Where: "Reference", Reason: "its transforms select nothing"}

// run follows the transforms up to the octets to be digested.
func (c *checker) run(r *Reference) (*Source, error) {
	d, err := c.dereference(r)
	if err != nil {
		return nil, err
	}
	for i, t := range r.transforms {
		last := i == len(r.transforms)-1
		if t.kind == canonical && last {
			return c.canonicalSource(d, t.method, t.prefixes)
		}
		if d, err = c.apply(d, t); err != nil {
			return nil, err
		}
	}
	if d.set != nil {
		return c.defaultSource(d)
	}
	return c.octetSource(d), nil
}

// defaultSource digests a node set for which no canonicalisation is named: Canonical XML 1.0
// (4.4.3.2).
func (c *checker) defaultSource(d data) (*Source, error) {
	s, err := c.canonicalSource(d, c14n.Inclusive10, nil)
	if err == nil {
		s.writeAs = func(w io.Writer, m c14n.Method) error {
			as, err := c.canonicalSource(d, m, nil)
			if err != nil {
				return err
			}
			return as.write(w)
		}
	}
	return s, err
}

func (c *checker) octetSource(d data) *Source {
	s := &Source{Name: d.name}
	if !d.origin.IsZero() {
		s.Apex, s.Omit, s.Inner = d.origin, d.left, true
	}
	if d.stream == nil {
		octets := d.octets
		s.write = func(w io.Writer) error {
			_, err := w.Write(octets)
			return err
		}
		return s
	}
	s.write = func(w io.Writer) error {
		in, err := d.stream()
		if err != nil {
			return err
		}
		defer in.Close()
		_, err = io.Copy(w, in)
		return err
	}
	return s
}

func (c *checker) canonicalSource(d data, m c14n.Method, prefixes []string) (*Source, error) {
	set, err := c.asNodes(d)
	if err != nil {
		return nil, err
	}
	if set.apex.IsZero() {
		return nil, errNothing
	}
	if !set.comments {
		m = m.WithoutComments()
	}
	apex, o := set.apex, c14n.Options{Omit: set.omit, Prefixes: prefixes}
	for _, gone := range set.omit {
		if gone.Contains(apex) || gone.Contains(apex.Document().Root()) {
			return nil, errNothing
		}
	}
	if err := c.spend(overhead(apex)); err != nil {
		return nil, err
	}
	s := &Source{Apex: apex, Omit: set.omit, Name: d.name, without: set.without}
	s.write = func(w io.Writer) error { return c14n.Canonicalize(w, m, apex, o) }
	if d.set == nil { // octets read as a document: what counts is where they came from
		s.Apex, s.Omit = d.origin, d.left
	}
	return s, nil
}

func (c *checker) apply(d data, t transform) (data, error) {
	switch t.kind {
	case canonical:
		s, err := c.canonicalSource(d, t.method, t.prefixes)
		if err != nil {
			return d, err
		}
		var out bytes.Buffer
		if err := s.write(c.Metered(&out)); err != nil {
			return d, err
		}
		return data{octets: out.Bytes(), name: d.name, origin: s.Apex, left: s.Omit}, nil
	case fromBase64:
		return c.decode(d)
	}
	if d.set == nil && !d.origin.IsZero() {
		return d, &Unsupported{Kind: "transform", Feature: "selection after a canonicalisation"}
	}
	set, err := c.asNodes(d)
	if err != nil {
		return d, err
	}
	switch t.kind {
	case enveloped:
		err = set.removeSignature(t.node)
	case xpath:
		err = c.applyTerms(set, t)
	case filter2:
		err = c.applyFilters(set, t)
	}
	return data{set: set, name: d.name}, err
}

// readingCost is what reading an octet costs, in octets digested.
const readingCost = 8

// asNodes reads octets as a document where a node set is wanted (4.4.3.2).
func (c *checker) asNodes(d data) (*nodeSet, error) {
	if d.set != nil {
		return d.set, nil
	}
	octets, err := c.readAll(d)
	if err != nil {
		return nil, err
	}
	if err := c.spend(readingCost * len(octets)); err != nil {
		return nil, err
	}
	doc, err := xmltree.Parse(octets, c.Limits)
	if err != nil {
		return nil, err
	}
	return &nodeSet{apex: doc.Node(), comments: true}, nil
}

// decode is the base64 transform (6.6.2): of octets, or of the text of a node set.
func (c *checker) decode(d data) (data, error) {
	var text []byte
	var err error
	origin := d.origin
	if d.set != nil {
		if d.set.apex.IsZero() {
			return d, errNothing
		}
		origin = d.set.apex
		text, err = c.textOf(d.set)
	} else {
		text, err = c.readAll(d)
	}
	if err == nil {
		err = c.spend(len(text))
	}
	if err != nil {
		return d, err
	}
	decoded, err := DecodeBase64(text)
	if err != nil {
		return d, malformed("Reference", "its content is not base64")
	}
	return data{octets: decoded, name: d.name, origin: origin}, nil
}

// textOf is the string value of a set that is one element without child elements. Base64 with
// elements inside it does not occur in the field, and is refused.
func (c *checker) textOf(s *nodeSet) ([]byte, error) {
	top := s.apex
	if !top.IsElement() {
		top = top.FirstElement()
	}
	if !top.FirstElement().IsZero() {
		return nil, &Unsupported{Kind: "transform",
			Feature: "base64 of an element with child elements"}
	}
	start, end := top.Inner()
	if err := c.spend(end - start); err != nil {
		return nil, err
	}
	return top.AppendText(nil), nil
}

func (c *checker) readAll(d data) ([]byte, error) {
	if d.stream == nil {
		return d.octets, nil
	}
	in, err := d.stream()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	limit := int64(xmltree.DefaultSize)
	if c.Limits.Size > 0 {
		limit = int64(c.Limits.Size)
	}
	octets, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(octets)) > limit {
		err = &LimitError{Limit: "Size"}
	}
	return octets, err
}

// removeSignature is the enveloped-signature transform (6.6.4): the ds:Signature that contains the
// transform itself.
func (s *nodeSet) removeSignature(transform xmltree.Node) error {
	own := enclosingSignature(transform)
	if own.IsZero() {
		return malformed("Transform", "stands in no Signature")
	}
	if s.apex.Document() != own.Document() {
		return malformed("Transform", "removes the signature from another document")
	}
	s.remove(own)
	return nil
}

func enclosingSignature(n xmltree.Node) xmltree.Node {
	for ; !n.IsZero(); n = n.Parent() {
		if n.Is(Namespace, "Signature") {
			return n
		}
	}
	return xmltree.Node{}
}

// remove takes a subtree out of the set.
func (s *nodeSet) remove(n xmltree.Node) {
	if n.Contains(s.apex) {
		s.apex = xmltree.Node{}
		return
	}
	if !s.apex.Contains(n) || s.removed(n) {
		return
	}
	from := s.firstFrom(n)
	to := from
	for to < len(s.omit) && n.Contains(s.omit[to]) {
		to++
	}
	s.omit = slices.Replace(s.omit, from, to, n)
}

// maxOmitted bounds the subtrees that a node set leaves out: parallel signatures, not a flood.
const maxOmitted = 1000

// removed reports whether a node is within a subtree that is left out.
func (s *nodeSet) removed(n xmltree.Node) bool {
	i := s.firstFrom(n)
	return i < len(s.omit) && s.omit[i] == n || i > 0 && s.omit[i-1].Contains(n)
}

// firstFrom is the place among the subtrees left out of the first that does not begin before n.
func (s *nodeSet) firstFrom(n xmltree.Node) int {
	i, _ := slices.BinarySearchFunc(s.omit, n, func(o, n xmltree.Node) int {
		return cmp.Compare(o.Position(), n.Position())
	})
	return i
}
