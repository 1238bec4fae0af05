package xmltree

import "sync"

// tables are the parts of an index that grow with the document.
type tables struct {
	nodes []Record
	attrs []AttrRecord
}

var lent = sync.Pool{New: func() any { return new(tables) }}

// maxLent bounds the records that are kept for the next document: those of an invoice of a few
// megabytes. What a larger one needed is not kept.
const maxLent = 1 << 17

// Borrow is like Parse for a document that is soon done with: its index lies in memory that
// Release hands on to the next document. Whoever forgets to release costs only time.
func Borrow(doc []byte, l Limits) (*Document, error) {
	t := lent.Get().(*tables)
	d, err := parse(doc, l, t)
	if err != nil {
		lent.Put(t)
		return nil, err
	}
	d.borrowed = t
	return d, nil
}

// Release ends the use of a borrowed document, of its nodes and of its index. Only its octets
// remain good. It does nothing to a document that was parsed.
func (d *Document) Release() {
	t := d.borrowed
	if t == nil {
		return
	}
	t.nodes, t.attrs = d.index.Nodes[:0], d.index.Attrs[:0]
	d.borrowed, d.index, d.ids, d.byID = nil, Index{}, nil, nil
	if cap(t.nodes) <= maxLent && cap(t.attrs) <= maxLent {
		lent.Put(t)
	}
}
