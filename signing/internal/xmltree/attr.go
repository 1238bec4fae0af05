package xmltree

import "iter"

// An Attr is an attribute of an element. Namespace declarations are not attributes.
type Attr struct {
	doc *Document
	i   uint32
}

func (a Attr) record() *AttrRecord { return &a.doc.index.Attrs[a.i] }

func (a Attr) local() []byte {
	r := a.record()
	name := a.doc.text[r.Name : r.Name+uint32(r.NameLen)]
	if r.PrefixLen > 0 {
		return name[r.PrefixLen+1:]
	}
	return name
}

func (a Attr) space() []byte {
	x := &a.doc.index
	return x.URIs[x.Decls[a.record().Namespace].URI]
}

// Local is the local name.
func (a Attr) Local() string { return string(a.local()) }

// Space is the namespace name, "" if the attribute has no prefix.
func (a Attr) Space() string { return string(a.space()) }

// Value is the normalised value (XML 1.0, 3.3.3, CDATA).
func (a Attr) Value() string {
	r := a.record()
	raw := a.doc.text[r.Value : r.Value+r.ValueLen]
	if r.Raw {
		return string(raw)
	}
	return string(AppendValue(nil, raw))
}

// Attrs are the attributes of n in the order of canonical XML.
func (n Node) Attrs() iter.Seq[Attr] {
	return func(yield func(Attr) bool) {
		from, to := n.attrs()
		for i := from; i < to; i++ {
			if !yield(Attr{n.doc, i}) {
				return
			}
		}
	}
}

func (n Node) attrs() (from, to uint32) {
	if n.doc == nil {
		return 0, 0
	}
	nodes := n.doc.index.Nodes
	return nodes[n.i].Attr, nodes[n.i+1].Attr
}

// Attr is the value of an attribute in no namespace, and whether there is one.
func (n Node) Attr(local string) (string, bool) { return n.AttrNS("", local) }

// AttrNS is the value of an attribute with this expanded name, and whether there is one.
func (n Node) AttrNS(space, local string) (string, bool) {
	from, to := n.attrs()
	for i := from; i < to; i++ {
		if a := (Attr{n.doc, i}); string(a.local()) == local && string(a.space()) == space {
			return a.Value(), true
		}
	}
	return "", false
}

// Namespace is the namespace name that a prefix stands for at n ("" asks for the default
// namespace), and whether the prefix is bound. No default namespace is "", true.
func (n Node) Namespace(prefix string) (string, bool) {
	if n.doc == nil {
		return "", false
	}
	x := &n.doc.index
	for i := n.i; ; i = x.Nodes[i].Parent {
		for j := x.Nodes[i].Decl; j < x.Nodes[i+1].Decl; j++ {
			if d := &x.Decls[j]; string(x.Prefixes[d.Prefix]) == prefix {
				return string(x.URIs[d.URI]), true
			}
		}
		if i == 0 {
			break
		}
	}
	switch prefix {
	case "":
		return "", true
	case "xml":
		return NameSpaceXML, true
	}
	return "", false
}

// Namespaces are the namespaces in scope at n, each prefix with its name, without the prefix xml
// and without an absent default namespace. The order is that of nearness.
func (n Node) Namespaces() iter.Seq2[string, string] {
	return func(yield func(prefix, uri string) bool) {
		if n.doc == nil {
			return
		}
		x := &n.doc.index
		seen := map[uint32]bool{1: true} // the prefix xml
		for i := n.i; i != 0; i = x.Nodes[i].Parent {
			for j := x.Nodes[i].Decl; j < x.Nodes[i+1].Decl; j++ {
				d := &x.Decls[j]
				if seen[d.Prefix] {
					continue
				}
				seen[d.Prefix] = true
				if d.URI != 0 && !yield(string(x.Prefixes[d.Prefix]), string(x.URIs[d.URI])) {
					return
				}
			}
		}
	}
}
