package xmldsig

import (
	"strings"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// XPath is not evaluated. Signatures in the field use a handful of expressions that select whole
// subtrees; these are recognised, everything else is refused as unsupported:
//
//	transform XPath (XMLDSig 1.1, 6.6.3), terms joined by "and":
//	    not(ancestor-or-self::p:Name)
//	    ancestor-or-self::p:Name
//	    count(ancestor-or-self::ds:Signature | here()/ancestor::ds:Signature[1]) >
//	        count(ancestor-or-self::ds:Signature)
//	transform XPath Filter 2, intersect and subtract of
//	    /   //p:Name   /descendant::p:Name   id('x')/p:Child/p:Child  id('x')/node()
//	    here()/ancestor::ds:Signature[1]

// maxExpression bounds an XPath expression; the longest of those above has 130 characters.
const maxExpression = 1000

// name is an expanded name.
type name struct{ space, local string }

func (m name) matches(n xmltree.Node) bool { return n.Is(m.space, m.local) }

// term is one condition of an XPath transform.
type term struct {
	kind termKind
	name name
}

type termKind uint8

const (
	within  termKind = iota + 1 // ancestor-or-self::name
	without                     // not(ancestor-or-self::name)
	notOwn                      // the enveloped idiom
)

func unsupportedXPath(expression string) error {
	return &Unsupported{Kind: "transform", Feature: "XPath " + shorten(expression)}
}

// readXPath reads the only child of a ds:Transform that is an XPath transform.
func readXPath(transform xmltree.Node) ([]term, error) {
	n := transform.FirstElement()
	if !n.Is(Namespace, "XPath") || !n.NextElement().IsZero() || !n.FirstElement().IsZero() {
		return nil, malformed("Transform", "has not exactly one XPath")
	}
	x, err := newExpression(n)
	if err != nil {
		return nil, err
	}
	var terms []term
	for {
		t, ok := x.term()
		if !ok {
			return nil, unsupportedXPath(x.whole)
		}
		terms = append(terms, t)
		if x.end() {
			return terms, nil
		}
		if !x.accept("and") {
			return nil, unsupportedXPath(x.whole)
		}
	}
}

// expression is an XPath expression cut into tokens, with the element whose namespaces it uses.
type expression struct {
	whole  string
	tokens []string
	node   xmltree.Node
}

func newExpression(n xmltree.Node) (*expression, error) {
	whole := trimSpace(n.Text())
	if len(whole) > maxExpression {
		return nil, unsupportedXPath(whole)
	}
	return &expression{whole: whole, tokens: tokens(whole), node: n}, nil
}

// tokens cuts an expression at white space and punctuation; names with their prefix, literals with
// their quotes and the two-character marks stay whole.
func tokens(s string) []string {
	var out []string
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case isSpace(c):
			i++
		case c == '\'' || c == '"':
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 {
				return append(out, s[i:])
			}
			out = append(out, s[i:i+end+2])
			i += end + 2
		case strings.HasPrefix(s[i:], "::") || strings.HasPrefix(s[i:], "//"):
			out = append(out, s[i:i+2])
			i += 2
		case isMark(c):
			out = append(out, s[i:i+1])
			i++
		default:
			end := i
			for end < len(s) && !isSpace(s[end]) && !isMark(s[end]) &&
				!strings.HasPrefix(s[end:], "::") {
				end++
			}
			if end == i {
				end++
			}
			out = append(out, s[i:end])
			i = end
		}
	}
	return out
}

// isMark reports the punctuation of XPath but for the colon, quotes included.
func isMark(c byte) bool { return strings.IndexByte("()[]/|>=<@*+,.!$'\"", c) >= 0 }

func (x *expression) end() bool { return len(x.tokens) == 0 }

// accept takes the tokens if they come next, separated by single spaces in want.
func (x *expression) accept(want string) bool {
	parts := strings.Split(want, " ")
	if len(x.tokens) < len(parts) {
		return false
	}
	for i, p := range parts {
		if x.tokens[i] != p {
			return false
		}
	}
	x.tokens = x.tokens[len(parts):]
	return true
}

// name takes a qualified name. A name without prefix is in no namespace (XPath 1.0, 2.3).
func (x *expression) name() (name, bool) {
	if x.end() {
		return name{}, false
	}
	prefix, local, prefixed := strings.Cut(x.tokens[0], ":")
	if !prefixed {
		prefix, local = "", prefix
	}
	if local == "" || !nameLike(local) || !nameLike(prefix+"a") {
		return name{}, false
	}
	space := ""
	if prefixed {
		var bound bool
		if space, bound = x.node.Namespace(prefix); !bound || prefix == "" {
			return name{}, false
		}
	}
	x.tokens = x.tokens[1:]
	return name{space, local}, true
}

// nameLike accepts what can be a local name; the tokens are free of punctuation already.
func nameLike(s string) bool {
	c := s[0]
	return c != '-' && (c < '0' || c > '9') && !isMark(c) && strings.IndexByte(s, ':') < 0
}

func (x *expression) ancestorOrSelf() (name, bool) {
	if !x.accept("ancestor-or-self ::") {
		return name{}, false
	}
	return x.name()
}

func (x *expression) term() (term, bool) {
	if x.accept("not (") {
		n, ok := x.ancestorOrSelf()
		return term{without, n}, ok && x.accept(")")
	}
	if x.accept("count (") {
		return term{kind: notOwn}, x.envelopedIdiom()
	}
	n, ok := x.ancestorOrSelf()
	return term{within, n}, ok
}

// envelopedIdiom reads the rest of the expression that XMLDSig 1.1, 6.6.4 gives for the enveloped
// signature, its operands in either order.
func (x *expression) envelopedIdiom() bool {
	first := x.isSignature(x.ancestorOrSelf) && x.accept("|") && x.hereSignature()
	if !first {
		first = x.hereSignature() && x.accept("|") && x.isSignature(x.ancestorOrSelf)
	}
	return first && x.accept(") > count (") && x.isSignature(x.ancestorOrSelf) && x.accept(")")
}

func (x *expression) isSignature(read func() (name, bool)) bool {
	n, ok := read()
	return ok && n == name{Namespace, "Signature"}
}

func (x *expression) hereSignature() bool {
	return x.accept("here ( ) / ancestor ::") && x.isSignature(x.name) && x.accept("[ 1 ]")
}

// applyTerms filters a node set. A condition on ancestor-or-self is true of a whole subtree.
func (c *checker) applyTerms(s *nodeSet, t transform) error {
	for _, condition := range t.terms {
		err := c.spend(s.apex.Size())
		if err != nil {
			return err
		}
		switch condition.kind {
		case notOwn:
			err = s.removeSignature(t.node)
		case without:
			err = s.subtract(condition.name)
		case within:
			err = s.intersect(condition.name)
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

// subtract removes all elements of a name, and everything if the apex is inside one.
func (s *nodeSet) subtract(m name) error {
	s.without = append(s.without, m)
	for n := s.apex; !n.IsZero(); n = n.Parent() {
		if m.matches(n) {
			s.apex = xmltree.Node{}
			return nil
		}
	}
	for n := range s.apex.Descendants(m.space, m.local) {
		if s.remove(n); len(s.omit) > maxOmitted {
			return &LimitError{Limit: "subtrees left out"}
		}
	}
	return nil
}

// intersect keeps what is inside an element of a name.
func (s *nodeSet) intersect(m name) error {
	for n := s.apex; !n.IsZero(); n = n.Parent() {
		if m.matches(n) {
			return nil
		}
	}
	var found xmltree.Node
	for n := range s.apex.Descendants(m.space, m.local) {
		if s.removed(n) || !found.IsZero() && found.Contains(n) {
			continue
		}
		if !found.IsZero() {
			return &Unsupported{Kind: "transform", Feature: "XPath that selects several subtrees"}
		}
		found = n
	}
	s.narrow(found)
	return nil
}

// narrow makes a subtree of the set the whole set.
func (s *nodeSet) narrow(n xmltree.Node) {
	s.apex = n
	omit := s.omit
	s.omit = nil
	for _, o := range omit {
		if !n.IsZero() && (n.Contains(o) || o.Contains(n)) {
			s.remove(o)
		}
	}
}
