package xmltree

import "iter"

// A Node is a place in the index of a document. Nodes are compared with ==. The zero Node is no
// node: it has no name, no children and no attributes, so that look-ups can be chained and checked
// once.
type Node struct {
	doc *Document
	i   uint32
}

func (n Node) record() *Record { return &n.doc.index.Nodes[n.i] }

// IsZero says that n is no node.
func (n Node) IsZero() bool { return n.doc == nil }

// Document is the document that n belongs to.
func (n Node) Document() *Document { return n.doc }

// Position is the place of n in the index, which is also its rank in document order.
func (n Node) Position() uint32 { return n.i }

// Kind is the kind of n.
func (n Node) Kind() Kind { return n.record().Kind }

// IsElement says that n is an element.
func (n Node) IsElement() bool { return n.doc != nil && n.record().Kind == KindElement }

// name is the qualified name.
func (n Node) name() []byte {
	if !n.IsElement() {
		return nil
	}
	r := n.record()
	return n.doc.text[r.Start+1 : r.Start+1+uint32(r.NameLen)]
}

func (n Node) local() []byte {
	name := n.name()
	if name == nil {
		return nil
	}
	if p := n.record().PrefixLen; p > 0 {
		return name[p+1:]
	}
	return name
}

// Local is the local name of an element, "" for other nodes.
func (n Node) Local() string { return string(n.local()) }

// Prefix is the prefix of an element's name as written, "" if there is none.
func (n Node) Prefix() string {
	if !n.IsElement() {
		return ""
	}
	return string(n.name()[:n.record().PrefixLen])
}

func (n Node) space() []byte {
	if !n.IsElement() {
		return nil
	}
	x := &n.doc.index
	return x.URIs[x.Decls[n.record().Namespace].URI]
}

// Space is the namespace name of an element, "" if it is in none.
func (n Node) Space() string { return string(n.space()) }

// Is says that n is an element with this expanded name. It does not allocate.
func (n Node) Is(space, local string) bool {
	return n.IsElement() && string(n.local()) == local && string(n.space()) == space
}

// Parent is the element around n, or the document; the document has no parent.
func (n Node) Parent() Node {
	if n.doc == nil || n.i == 0 {
		return Node{}
	}
	return Node{n.doc, n.record().Parent}
}

// Size is the number of nodes of the index that n is: itself and all within it, 0 for no node.
func (n Node) Size() int {
	if n.doc == nil {
		return 0
	}
	return int(n.record().Next - n.i)
}

// Contains says that m is n or within n.
func (n Node) Contains(m Node) bool {
	return n.doc != nil && n.doc == m.doc && m.i >= n.i && m.i < n.record().Next
}

// Elements are the elements directly within n, in document order.
func (n Node) Elements() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for c := n.FirstElement(); !c.IsZero(); c = c.NextElement() {
			if !yield(c) {
				return
			}
		}
	}
}

// FirstElement is the first element directly within n.
func (n Node) FirstElement() Node {
	if n.doc == nil {
		return Node{}
	}
	return n.doc.elementFrom(n.i+1, n.record().Next)
}

// NextElement is the next sibling that is an element.
func (n Node) NextElement() Node {
	if n.doc == nil || n.i == 0 {
		return Node{}
	}
	r := n.record()
	return n.doc.elementFrom(r.Next, n.doc.index.Nodes[r.Parent].Next)
}

// elementFrom is the first element among the siblings from i up to end.
func (d *Document) elementFrom(i, end uint32) Node {
	for i < end {
		r := &d.index.Nodes[i]
		if r.Kind == KindElement {
			return Node{d, i}
		}
		i = r.Next
	}
	return Node{}
}

// Child is the first element directly within n that has this expanded name.
func (n Node) Child(space, local string) Node {
	for c := n.FirstElement(); !c.IsZero(); c = c.NextElement() {
		if c.Is(space, local) {
			return c
		}
	}
	return Node{}
}

// Children are all elements directly within n that have this expanded name.
func (n Node) Children(space, local string) iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for c := n.FirstElement(); !c.IsZero(); c = c.NextElement() {
			if c.Is(space, local) && !yield(c) {
				return
			}
		}
	}
}

// Descendants are n, if it has this expanded name, and all such elements within it at any depth.
func (n Node) Descendants(space, local string) iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n.doc == nil {
			return
		}
		for i, end := n.i, n.record().Next; i < end; i++ {
			if m := (Node{n.doc, i}); m.Is(space, local) && !yield(m) {
				return
			}
		}
	}
}

// Range is where n is written in Document.Bytes: from its "<" to after its last ">".
func (n Node) Range() (start, end int) {
	r := n.record()
	return int(r.Start), n.doc.end(r)
}

// Inner is where the content of an element is written: after the start tag, up to the end tag. For
// an empty-element tag both are its end.
func (n Node) Inner() (start, end int) {
	r := n.record()
	return int(r.Open), int(r.Close)
}

// end is the offset after a node.
func (d *Document) end(r *Record) int {
	if r.Kind != KindElement || r.Flags&Empty != 0 {
		return int(max(r.Open, r.Close))
	}
	i := int(r.Close) + 2 + int(r.NameLen)
	for d.text[i] != '>' {
		i++
	}
	return i + 1
}

// Fail makes an error about n, for readers of a document type that find it wrong.
func (n Node) Fail(code Code, reason string) *Error {
	return n.doc.fail(code, int(n.record().Start), reason)
}
