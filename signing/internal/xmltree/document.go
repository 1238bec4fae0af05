package xmltree

// A Document is a document that was read whole and found well-formed.
type Document struct {
	index    Index
	text     []byte // UTF-8, what all offsets are about
	source   []byte // as given; the same slice as text when that is UTF-8
	encoding Encoding
	mark     int // length of the byte order mark of source
	root     uint32
	ids      []identifier
	byID     map[string]int // into ids, where comparing them would not do
	places   places
	borrowed *tables // what Release gives back, nil if there is nothing
}

// Index gives the flat index, for those who walk all of the document.
func (d *Document) Index() *Index { return &d.index }

// Bytes are the octets that all offsets of nodes are about: the document as given if that is UTF-8
// (a byte order mark included), else its text in UTF-8. They must not be changed.
func (d *Document) Bytes() []byte { return d.text }

// Source is the document as given.
func (d *Document) Source() []byte { return d.source }

// Encoding is that of Source.
func (d *Document) Encoding() Encoding { return d.encoding }

// Root is the document element.
func (d *Document) Root() Node { return Node{d, d.root} }

// Node is the document itself, the parent of the root and of what stands beside it.
func (d *Document) Node() Node { return Node{d, 0} }

// At is the node at a position of the index.
func (d *Document) At(i uint32) Node { return Node{d, i} }

// Len is the number of nodes in the index, the document itself included.
func (d *Document) Len() int { return len(d.index.Nodes) - 1 }

// fail makes an error about the place of an offset of Bytes.
func (d *Document) fail(code Code, offset int, reason string) *Error {
	p := d.locate(offset)
	return &Error{Code: code, Reason: reason, Offset: p.source, Line: p.line, Column: p.column}
}
