package xades

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// Namespaces of XAdES.
const (
	namespace132 = "http://uri.etsi.org/01903/v1.3.2#"
	namespace141 = "http://uri.etsi.org/01903/v1.4.1#"
	namespace122 = "http://uri.etsi.org/01903/v1.2.2#"
	namespace111 = "http://uri.etsi.org/01903/v1.1.1#"
)

// scope is what canonicalisation adds to the start tag of an element of the new signature: the
// namespaces in scope where the signature stands, and the xml: attributes of its ancestors
// (Canonical XML 1.0, 2.4). Exclusive canonicalisation adds only what the element uses.
type scope struct {
	method     c14n.Method
	ds         string // declarations for an element of ds: that uses nothing else
	xades      string // declarations for an element of xades: with ds: inside
	attributes string // xml: attributes, after the element's own
}

type declaration struct{ prefix, uri string }

// scopeAt reads what is in scope inside parent; the zero node stands for a document of its own.
// wrapped says that elements of xades: will stand between parent and the signature.
func (t *Template) scopeAt(parent xmltree.Node, wrapped bool) (scope, error) {
	if t.method.Exclusive() || !wrapped && (parent.IsZero() || bare(parent)) {
		return t.bareScope, nil
	}
	return newScope(t.method, parent, wrapped)
}

// bare reports that nothing is in scope at a node: no namespace, no xml: attribute.
func bare(n xmltree.Node) bool {
	if len(n.Document().Index().Decls) > 2 { // the two that every document has
		return false
	}
	for ; n.IsElement(); n = n.Parent() {
		for a := range n.Attrs() {
			if a.Space() != "" {
				return false
			}
		}
	}
	return true
}

func newScope(m c14n.Method, parent xmltree.Node, wrapped bool) (scope, error) {
	s := scope{method: m,
		ds:    ` xmlns:ds="` + xmldsig.Namespace + `"`,
		xades: ` xmlns:xades="` + namespace132 + `"`}
	switch {
	case m.Exclusive():
		return s, nil
	case parent.IsZero() && !wrapped:
		s.xades = ` xmlns:ds="` + xmldsig.Namespace + `" xmlns:xades="` + namespace132 + `"`
		return s, nil
	}
	var around []declaration
	if !parent.IsZero() {
		for prefix, uri := range parent.Namespaces() {
			around = append(around, declaration{prefix, uri})
		}
		var err error
		if s.attributes, err = inherited(m, parent); err != nil {
			return s, err
		}
	}
	if wrapped {
		around = bind(around, "xades", namespace132)
	}
	around = bind(around, "ds", xmldsig.Namespace)
	s.ds = declarations(around)
	s.xades = declarations(bind(around, "xades", namespace132))
	return s, nil
}

func bind(list []declaration, prefix, uri string) []declaration {
	list = slices.Clone(list)
	for i := range list {
		if list[i].prefix == prefix {
			list[i].uri = uri
			return list
		}
	}
	return append(list, declaration{prefix, uri})
}

func declarations(list []declaration) string {
	slices.SortFunc(list, func(a, b declaration) int { return strings.Compare(a.prefix, b.prefix) })
	out := make(text, 0, 64*len(list))
	for _, d := range list {
		out.raw(" xmlns")
		if d.prefix != "" {
			out.raw(":")
			out.raw(d.prefix)
		}
		out.raw(`="`)
		out.value(d.uri)
		out.raw(`"`)
	}
	return string(out)
}

// inherited gives the xml: attributes that inclusive canonicalisation copies from the ancestors. It
// asks c14n about a stand-in: an element that is the only content of parent's copies. Nearly no
// document has such attributes, so most calls end at the first loop.
func inherited(m c14n.Method, parent xmltree.Node) (string, error) {
	var chain []xmltree.Node
	has := false
	for n := parent; n.IsElement(); n = n.Parent() {
		chain = append(chain, n)
		for a := range n.Attrs() {
			has = has || a.Space() == xmltree.NameSpaceXML
		}
	}
	if !has {
		return "", nil
	}
	var doc text
	for i := len(chain) - 1; i >= 0; i-- {
		doc.raw("<a")
		for a := range chain[i].Attrs() {
			if a.Space() == xmltree.NameSpaceXML {
				doc.raw(" xml:" + a.Local() + `="`)
				doc.value(a.Value())
				doc.raw(`"`)
			}
		}
		doc.raw(">")
	}
	doc.raw("<b></b>")
	for range chain {
		doc.raw("</a>")
	}
	tree, err := xmltree.Parse(doc, xmltree.Limits{Depth: len(chain) + 2})
	if err != nil {
		return "", err
	}
	apex := tree.Root()
	for range chain {
		apex = apex.FirstElement()
	}
	var out bytes.Buffer
	if err := c14n.Canonicalize(&out, m, apex, c14n.Options{}); err != nil {
		return "", err
	}
	tag := out.String()
	return tag[len("<b") : len(tag)-len("></b>")], nil
}

// write writes the canonical form of part, an element of the new signature as written. The
// element is SignedProperties if it begins with "<xades:", else one that uses only ds:. The start
// tag is made in scratch, which is returned.
func (s scope) write(h io.Writer, part, scratch []byte) []byte {
	tagEnd := bytes.IndexByte(part, '>') + 1
	scratch = s.append(scratch, part[:tagEnd])
	h.Write(scratch)
	if s.method.Exclusive() && bytes.HasPrefix(part, []byte("<xades:")) {
		writeDeclaring(h, part[tagEnd:])
		return scratch
	}
	h.Write(part[tagEnd:])
	return scratch
}

// append appends the canonical form of part, which holds no ds: below xades:, or is a start tag.
func (s scope) append(out, part []byte) []byte {
	end := bytes.IndexByte(part, '>')
	nameEnd := end
	if i := bytes.IndexByte(part[:end], ' '); i >= 0 {
		nameEnd = i
	}
	out = append(out, part[:nameEnd]...)
	if bytes.HasPrefix(part, []byte("<xades:")) {
		out = append(out, s.xades...)
	} else {
		out = append(out, s.ds...)
	}
	out = append(out, part[nameEnd:end]...)
	out = append(out, s.attributes...)
	return append(out, part[end:]...)
}

// writeDeclaring writes canonical text, adding the declaration of ds: to every outermost element of
// that prefix, as exclusive canonicalisation does where nothing around it uses the prefix.
func writeDeclaring(h io.Writer, b []byte) {
	declared := []byte(` xmlns:ds="` + xmldsig.Namespace + `"`)
	depth, from := 0, 0
	for i := bytes.IndexByte(b, '<'); i >= 0; {
		switch {
		case bytes.HasPrefix(b[i:], []byte("<ds:")):
			if depth == 0 {
				nameEnd := i + bytes.IndexAny(b[i:], " >")
				h.Write(b[from:nameEnd])
				h.Write(declared)
				from = nameEnd
			}
			depth++
		case bytes.HasPrefix(b[i:], []byte("</ds:")):
			depth--
		}
		next := bytes.IndexByte(b[i+1:], '<')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	h.Write(b[from:])
}
