package pades

import (
	"fmt"
	"slices"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// Limits of the page tree.
const (
	maxPageDepth = 1024    // trees are balanced, but nothing asks for it (7.7.3.3)
	maxKids      = 1 << 20 // of one node
	maxPageWork  = 1 << 21 // nodes that are looked at for one page
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

// findPage walks to a page, from 1; 0 means the last. Of the tree it looks at as little as Count
// allows (table 30).
func findPage(v *pdf.View, n int) (*page, error) {
	root := v.Root()
	if root == nil {
		return nil, refuse("no-page", "the document has no catalog")
	}
	w := &pageWalk{v: v, left: max(n, 1), backwards: n == 0, above: map[pdf.Ref]bool{}}
	p, err := w.visit(root.Get("Pages"), page{}, boxes{}, 0)
	if err == nil && p == nil {
		err = refuse("no-page", fmt.Sprintf("the document has no page %d", n))
		if n == 0 {
			err = refuse("no-page", "the document has no pages")
		}
	}
	return p, err
}

// A pageWalk looks for one page, counted from the front or from the back.
type pageWalk struct {
	v         *pdf.View
	left      int // pages to go, that page included
	backwards bool
	above     map[pdf.Ref]bool // nodes on the way
	work      int
}

// boxes are the inherited boxes of pages.
type boxes struct{ media, crop pdf.Object }

// visit looks into a node of the tree. from is what the node inherits, with its place.
func (w *pageWalk) visit(at pdf.Object, from page, b boxes, depth int) (*page, error) {
	ref, _ := at.(pdf.Ref)
	if w.work++; w.work > maxPageWork || depth > maxPageDepth {
		return nil, &pdf.LimitError{Object: ref.Num, Limit: "the page tree"}
	}
	node, err := w.v.Dict(at)
	if err != nil || node == nil || w.above[ref] {
		return nil, err
	}
	p := from
	p.dict, p.ref = node, ref
	if o := w.v.Value(node, "MediaBox"); o != nil {
		b.media = o
	}
	if o := w.v.Value(node, "CropBox"); o != nil {
		b.crop = o
	}
	if o, ok := w.v.Value(node, "Rotate").(pdf.Integer); ok {
		p.rotate = ((int(o%360) + 360) / 90 * 90) % 360
	}
	kids, err := w.v.Array(node.Get("Kids"))
	if err != nil {
		return nil, err
	}
	if kids == nil {
		kind := w.v.NameOf(node, "Type")
		if kind == "Pages" || kind == "Catalog" {
			return nil, nil // no page, whoever says so
		}
		if w.left--; w.left > 0 {
			return nil, nil
		}
		p.measure(w.v, b)
		return &p, nil
	}
	if ref.Num != 0 {
		w.above[ref] = true
		defer delete(w.above, ref)
	}
	return w.children(kids, p, b, depth)
}

// children looks into the kids of a node, in the order of the walk, for those that hold the page.
func (w *pageWalk) children(kids pdf.Array, node page, b boxes, depth int) (*page, error) {
	if len(kids) > maxKids {
		return nil, &pdf.LimitError{Object: node.ref.Num, Limit: "kids of a node of the page tree"}
	}
	from := page{parent: node.dict, above: node.ref, rotate: node.rotate}
	for i := range kids {
		if w.backwards {
			i = len(kids) - 1 - i
		}
		if !w.backwards && w.left > 1 && w.skip(kids[i]) {
			continue
		}
		from.index = i
		if p, err := w.visit(kids[i], from, b, depth+1); p != nil || err != nil {
			return p, err
		}
	}
	return nil, nil
}

// skip passes a node that has not as many pages as are to go.
func (w *pageWalk) skip(o pdf.Object) bool {
	node, err := w.v.Dict(o)
	if err != nil || !node.Has("Kids") {
		return false
	}
	count, ok := w.v.Value(node, "Count").(pdf.Integer)
	if !ok || count < 0 || int64(count) >= int64(w.left) {
		return false
	}
	w.left -= int(count)
	return true
}

// measure finds the area that is shown: CropBox within MediaBox (14.11.2).
func (p *page) measure(v *pdf.View, b boxes) {
	box, ok := parseRect(v, b.media)
	if !ok || box.empty() {
		box = rect{0, 0, 612, 792} // US Letter, as readers do when MediaBox is missing
	}
	if c, ok := parseRect(v, b.crop); ok && !box.intersect(c).empty() {
		box = box.intersect(c)
	}
	p.crop = box
}

// put stages a changed page dictionary. A page that stands directly in Kids becomes an object of its
// own, as it should be (table 30), and so do those beside it: a later change of them is then no
// change of the list of pages.
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
	for i := range list {
		if d, isDirect := list[i].(*pdf.Dict); isDirect {
			list[i] = u.Add(d)
		}
	}
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
	if slices.Contains(list, pdf.Object(widget)) {
		return nil // fields and annotations are one list
	}
	list = append(append(pdf.Array{}, list...), widget)
	if ref, ok := annots.(pdf.Ref); ok && value != nil {
		u.Put(ref, list)
		return nil
	}
	now := p.dict
	if p.ref.Num != 0 {
		if now, err = u.Dict(p.ref); err != nil {
			return err
		}
	}
	if now == nil {
		return refuse("no-page", "the page is no dictionary any more")
	}
	changed := now.Clone()
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
