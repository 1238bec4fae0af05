package pades

import (
	"fmt"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// Limits of the page tree.
const (
	maxPageDepth = 64      // trees are balanced; this many levels hold any document
	maxKids      = 1 << 20 // of one node
)

// A page is a page object with what it inherits (table 31).
type page struct {
	dict   *pdf.Dict
	ref    pdf.Ref // zero when the page stands directly in Kids
	parent *pdf.Dict
	above  pdf.Ref // of the parent
	index  int     // in the parent's Kids
	crop   rect
	rotate int // 0, 90, 180 or 270
}

// findPage walks to a page, from 1; 0 means the last. It looks at one path of the tree only.
func findPage(v *pdf.View, n int) (*page, error) {
	root := v.Root()
	if root == nil {
		return nil, refuse("no-page", "the document has no catalog")
	}
	p := &page{}
	at := root.Get("Pages")
	var media, crop pdf.Object
	left := n
	for range maxPageDepth {
		node, err := v.Dict(at)
		if err != nil {
			return nil, err
		}
		if node == nil {
			return nil, refuse("no-page", fmt.Sprintf("the document has no page %d", n))
		}
		p.dict = node
		p.ref, _ = at.(pdf.Ref)
		if o := v.Value(node, "MediaBox"); o != nil {
			media = o
		}
		if o := v.Value(node, "CropBox"); o != nil {
			crop = o
		}
		if o, ok := v.Value(node, "Rotate").(pdf.Integer); ok {
			p.rotate = ((int(o%360) + 360) / 90 * 90) % 360
		}
		kids, err := v.Array(node.Get("Kids"))
		if err != nil {
			return nil, err
		}
		if kids == nil {
			return p, p.measure(v, media, crop)
		}
		if left, p.index, err = choose(v, node, kids, left); err != nil {
			return nil, err
		}
		p.parent, p.above = node, p.ref
		at = kids[p.index]
	}
	return nil, refuse("no-page", "the page tree is too deep")
}

// choose finds the kid that holds the page: the last for 0, else by Count of each. Where Count
// equals the number of kids, each is one page, and none needs to be read.
func choose(v *pdf.View, node *pdf.Dict, kids pdf.Array, n int) (left, index int, err error) {
	if len(kids) == 0 || len(kids) > maxKids {
		return 0, 0, refuse("no-page", "a node of the page tree without pages")
	}
	if n == 0 {
		return 0, len(kids) - 1, nil
	}
	if count, _ := v.Value(node, "Count").(pdf.Integer); int(count) == len(kids) && n <= len(kids) {
		return 1, n - 1, nil
	}
	for i := range kids {
		kid, err := v.Dict(kids[i])
		if err != nil {
			return 0, 0, err
		}
		count := 1
		if kid.Has("Kids") {
			c, _ := v.Value(kid, "Count").(pdf.Integer)
			count = int(c)
		}
		if n <= count {
			return n, i, nil
		}
		n -= count
	}
	return 0, 0, refuse("no-page", "the document has not that many pages")
}

func (p *page) measure(v *pdf.View, media, crop pdf.Object) error {
	box, ok := parseRect(v, media)
	if !ok {
		box = rect{0, 0, 612, 792} // US Letter, as readers do when MediaBox is missing
	}
	if c, ok := parseRect(v, crop); ok {
		box = box.intersect(c)
	}
	p.crop = box
	return nil
}

// put stages a changed page dictionary.
func (p *page) put(u *pdf.Update, changed *pdf.Dict) error {
	if p.ref.Num != 0 {
		u.Put(p.ref, changed)
		return nil
	}
	if p.parent == nil || p.above.Num == 0 {
		return refuse("no-page", "the page stands in no object of its own")
	}
	kids, err := u.Resolve(p.parent.Get("Kids"))
	if err != nil {
		return err
	}
	list, ok := kids.(pdf.Array)
	if !ok || p.index >= len(list) {
		return refuse("no-page", "the page stands in no list of pages")
	}
	list = append(pdf.Array(nil), list...)
	list[p.index] = changed
	if ref, ok := p.parent.Get("Kids").(pdf.Ref); ok {
		u.Put(ref, list)
		return nil
	}
	parent := p.parent.Clone()
	parent.Set("Kids", list)
	u.Put(p.above, parent)
	return nil
}

// addAnnotation appends a widget to the page's Annots (table 31).
func (p *page) addAnnotation(u *pdf.Update, widget pdf.Ref) error {
	annots := p.dict.Get("Annots")
	value, err := u.Resolve(annots)
	if err != nil {
		return err
	}
	list, ok := value.(pdf.Array)
	if !ok && value != nil {
		return refuse("no-page", "Annots of the page is not an array")
	}
	list = append(append(pdf.Array{}, list...), widget)
	if ref, ok := annots.(pdf.Ref); ok && value != nil {
		u.Put(ref, list)
		return nil
	}
	changed := p.dict.Clone()
	changed.Set("Annots", list)
	return p.put(u, changed)
}

// A rect is llx, lly, urx, ury in points (7.9.5).
type rect [4]float64

func (r rect) width() float64  { return r[2] - r[0] }
func (r rect) height() float64 { return r[3] - r[1] }
func (r rect) empty() bool     { return r.width() <= 0 || r.height() <= 0 }

func (r rect) intersect(o rect) rect {
	return rect{max(r[0], o[0]), max(r[1], o[1]), min(r[2], o[2]), min(r[3], o[3])}
}

func (r rect) inside(o rect) bool {
	const slack = 0.01
	return r[0] >= o[0]-slack && r[1] >= o[1]-slack && r[2] <= o[2]+slack && r[3] <= o[3]+slack
}

func (r rect) array() pdf.Array {
	return pdf.Array{pdf.NewReal(r[0]), pdf.NewReal(r[1]), pdf.NewReal(r[2]), pdf.NewReal(r[3])}
}

// parseRect reads a rectangle given by any two opposite corners.
func parseRect(v *pdf.View, o pdf.Object) (rect, bool) {
	a, err := v.Array(o)
	if err != nil || len(a) != 4 {
		return rect{}, false
	}
	var n [4]float64
	for i := range n {
		item, err := v.Resolve(a[i])
		if err != nil {
			return rect{}, false
		}
		f, ok := pdf.NumberOf(item)
		if !ok {
			return rect{}, false
		}
		n[i] = f
	}
	return rect{min(n[0], n[2]), min(n[1], n[3]), max(n[0], n[2]), max(n[1], n[3])}, true
}
