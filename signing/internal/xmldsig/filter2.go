package xmldsig

import "github.com/rubrica/rubrica/signing/internal/xmltree"

// filter is one XPath element of an XPath Filter 2 transform (XML-Signature XPath Filter 2.0, 3.3).
type filter struct {
	intersect bool
	start     filterStart
	id        string // of start byID
	steps     []name // children, from the element of byID
	only      bool   // then its content, which must be a single element
	name      name   // of start anywhere
}

type filterStart uint8

const (
	wholeDocument filterStart = iota + 1 // /
	anywhere                             // //name
	byID                                 // id('x')/child/child
	ownSignature                         // here()/ancestor::ds:Signature[1]
)

func readFilters(transform xmltree.Node) ([]filter, error) {
	var filters []filter
	for n := transform.FirstElement(); !n.IsZero(); n = n.NextElement() {
		if !n.Is(namespaceFilter2, "XPath") || !n.FirstElement().IsZero() {
			return nil, malformed("Transform", "has something other than XPath")
		}
		if len(filters) == maxTransforms {
			return nil, malformed("Transform", "has too many XPath elements")
		}
		f, err := readFilter(n)
		if err != nil {
			return nil, err
		}
		filters = append(filters, f)
	}
	if len(filters) == 0 {
		return nil, malformed("Transform", "has no XPath")
	}
	return filters, nil
}

func readFilter(n xmltree.Node) (filter, error) {
	x, err := newExpression(n)
	if err != nil {
		return filter{}, err
	}
	var f filter
	switch kind, _ := n.Attr("Filter"); kind {
	case "intersect":
		f.intersect = true
	case "subtract":
	case "union":
		return f, unsupportedXPath("union " + x.whole)
	default:
		return f, malformed("XPath", "has no Filter of intersect, subtract or union")
	}
	if !f.location(x) || !x.end() {
		return f, unsupportedXPath(x.whole)
	}
	return f, nil
}

// location reads one of the location paths that are known.
func (f *filter) location(x *expression) bool {
	var ok bool
	switch {
	case x.accept("//"), x.accept("/ descendant ::"), x.accept("/ descendant-or-self ::"):
		f.start = anywhere
		f.name, ok = x.name()
	case x.accept("/"):
		f.start, ok = wholeDocument, true
	case x.accept("id ("):
		f.start = byID
		if !x.end() && len(x.tokens[0]) > 2 && (x.tokens[0][0] == '\'' || x.tokens[0][0] == '"') {
			f.id = x.tokens[0][1 : len(x.tokens[0])-1]
			x.tokens = x.tokens[1:]
			ok = x.accept(")")
		}
		for ok && !f.only && x.accept("/") {
			if f.only = x.accept("node ( )"); f.only {
				continue
			}
			var step name
			if step, ok = x.name(); ok {
				f.steps = append(f.steps, step)
			}
		}
	default:
		f.start, ok = ownSignature, x.hereSignature()
	}
	return ok
}

// applyFilters follows the filters in order.
func (c *checker) applyFilters(s *nodeSet, t transform) error {
	for _, f := range t.filters {
		err := c.spend(s.apex.Size())
		if err != nil {
			return err
		}
		switch {
		case f.start == wholeDocument && f.intersect:
		case f.start == wholeDocument:
			s.apex = xmltree.Node{}
		case f.start == anywhere && f.intersect:
			err = s.intersect(f.name)
		case f.start == anywhere:
			err = s.subtract(f.name)
		case f.start == ownSignature && f.intersect:
			err = unsupportedXPath("intersect with the signature itself")
		case f.start == ownSignature:
			err = s.removeSignature(t.node)
		default:
			err = c.applyByID(s, f)
		}
		if err != nil {
			return err
		}
		if s.apex.IsZero() {
			return errNothing
		}
	}
	return nil
}

func (c *checker) applyByID(s *nodeSet, f filter) error {
	n, err := s.apex.Document().ByID(f.id)
	if err != nil {
		return malformed("XPath", "names an identifier that no element has")
	}
	if err := c.spend(n.Size()); err != nil {
		return err
	}
	for _, step := range f.steps {
		parent := n
		n = parent.Child(step.space, step.local)
		if n.IsZero() {
			return errNothing
		}
		for next := n.NextElement(); !next.IsZero(); next = next.NextElement() {
			if step.matches(next) {
				return unsupportedXPath("that selects several subtrees")
			}
		}
	}
	if f.only {
		start, end := n.Inner()
		if err := c.spend(end - start); err != nil {
			return err
		}
		content := n.FirstElement()
		if content.IsZero() || !content.NextElement().IsZero() || n.Text() != "" {
			return unsupportedXPath("that selects several subtrees")
		}
		n = content
	}
	switch {
	case !f.intersect:
		s.remove(n)
	case n.Contains(s.apex): // all of the set is kept
	case s.apex.Contains(n) && !s.removed(n):
		s.narrow(n)
	default:
		s.apex = xmltree.Node{}
	}
	return nil
}
