package xmltree

import (
	"cmp"
	"io"
	"slices"
)

// An Insertion puts XML text, in UTF-8, behind everything that an element contains.
type Insertion struct {
	Parent   Node
	Fragment []byte
}

// Splice writes the document as it was given with fragments inserted. Every octet of the original
// is written as it was, in its order; the only exception is an empty-element tag that receives
// content, which becomes a start tag and an end tag. Several insertions into one element are
// written in the order given. Fragments are transcoded to the encoding of the document; a character
// that it does not have is CodeEncoding, and nothing is written.
func (d *Document) Splice(w io.Writer, insertions ...Insertion) error {
	type piece struct {
		from, to int // what it replaces of Source
		text     []byte
	}
	pieces := make([]piece, 0, len(insertions))
	for _, in := range insertions {
		if in.Parent.doc != d || !in.Parent.IsElement() {
			return d.fail(CodeValue, 0, "text can only be inserted into an element of the document")
		}
	}
	sorted := slices.Clone(insertions)
	slices.SortStableFunc(sorted, func(a, b Insertion) int { return a.Parent.compareEnd(b.Parent) })
	for i := 0; i < len(sorted); {
		parent, inserted := sorted[i].Parent, []byte(nil)
		for ; i < len(sorted) && sorted[i].Parent == parent; i++ {
			inserted = append(inserted, sorted[i].Fragment...)
		}
		r := parent.record()
		from := d.SourceOffset(int(r.Close))
		p := piece{from: from, to: from}
		if r.Flags&Empty != 0 {
			p.from = d.SourceOffset(int(r.Close) - len("/>"))
			inserted = append(append([]byte(">"), inserted...), "</"+string(parent.name())+">"...)
		}
		text, ok := d.encode(inserted)
		if !ok {
			return parent.Fail(CodeEncoding, "a character to insert is not in the document's encoding")
		}
		p.text = text
		pieces = append(pieces, p)
	}
	at := 0
	for _, p := range pieces {
		if _, err := w.Write(d.source[at:p.from]); err != nil {
			return err
		}
		if _, err := w.Write(p.text); err != nil {
			return err
		}
		at = p.to
	}
	_, err := w.Write(d.source[at:])
	return err
}

// compareEnd orders elements by where their content ends. An empty-element tag at the very end of
// an element ends where that element's content does, and comes first.
func (n Node) compareEnd(m Node) int {
	a, b := n.record(), m.record()
	if a.Close == b.Close {
		return int(b.Flags&Empty) - int(a.Flags&Empty)
	}
	return cmp.Compare(a.Close, b.Close)
}
