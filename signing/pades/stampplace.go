package pades

import (
	"fmt"
	"slices"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// placeStamp finds the page and the rectangle of a stamp. Without one the signature is invisible:
// a rectangle without area on the first page.
func placeStamp(v *pdf.View, s *Stamp) (*page, rect, error) {
	if s == nil {
		pg, err := findPage(v, 1)
		return pg, rect{}, err
	}
	number, width, height := s.Page, 200.0, 60.0
	if placer, ok := s.look().(Placer); ok {
		number = placer.Page(number, countPages(v))
		width, height = placer.Size()
	}
	if number < 0 {
		return nil, rect{}, refuse("no-page", fmt.Sprintf("there is no page %d", number))
	}
	pg, err := findPage(v, number)
	if err != nil {
		return nil, rect{}, err
	}
	taken, err := obstacles(v, pg)
	if err != nil {
		return nil, rect{}, err
	}
	if s.Rect == [4]float64{} {
		r, err := pg.freePlace(taken, width, height)
		return pg, r, err
	}
	r := rect(s.Rect)
	return pg, r, placeable(pg, taken, r)
}

// countPages returns how many pages the document says that it has.
func countPages(v *pdf.View) int {
	tree, err := v.Dict(v.Root().Get("Pages"))
	if err != nil {
		return 0
	}
	n, _ := v.Value(tree, "Count").(pdf.Integer)
	return int(n)
}

// placeable refuses a stamp off the page or on top of another form field.
func placeable(pg *page, taken []rect, r rect) error {
	if r.empty() {
		return refuse("off-page", "the stamp has no area")
	}
	if !r.inside(pg.crop) {
		return refuse("off-page", "the stamp does not lie on the page")
	}
	if r.touches(taken) {
		return refuse("overlap", "the stamp would cover another form field")
	}
	return nil
}

func (r rect) touches(others []rect) bool {
	for _, o := range others {
		if !r.intersect(o).empty() {
			return true
		}
	}
	return false
}

// obstacles returns the places of the form fields on a page.
func obstacles(v *pdf.View, pg *page) ([]rect, error) {
	annots, err := v.Array(pg.dict.Get("Annots"))
	if err != nil {
		return nil, err
	}
	var out []rect
	for _, o := range annots {
		d, err := v.Dict(o)
		if err != nil || d == nil || v.NameOf(d, "Subtype") != "Widget" {
			continue
		}
		if r, ok := parseRect(v, d.Get("Rect")); ok && !r.empty() {
			out = append(out, r)
		}
	}
	return out, nil
}

// freePlace returns the first place, from the lower left to the right and up as the page is shown,
// that no form field takes. On a small or crowded page it goes nearer to the edge, then it takes
// less room, down to a half.
func (p *page) freePlace(taken []rect, width, height float64) (rect, error) {
	const wide, narrow = 36, 9 // distances from the edge
	for _, try := range []struct{ scale, edge float64 }{
		{1, wide}, {1, narrow}, {0.75, narrow}, {0.5, narrow}} {
		if r, ok := p.tryPlaces(taken, try.scale*width, try.scale*height, try.edge); ok {
			return r, nil
		}
	}
	return rect{}, refuse("overlap", "the page has no free place for the stamp")
}

// maxPlaces bounds the places that are tried: a poster has as many.
const maxPlaces = 200

func (p *page) tryPlaces(taken []rect, width, height, edge float64) (rect, bool) {
	const between = 6 // so that stamps of one size do not touch
	w, h := p.crop.width(), p.crop.height()
	if p.rotate == 90 || p.rotate == 270 {
		w, h = h, w
	}
	x, y := edge, edge
	for range maxPlaces {
		if x+width > w-edge {
			x, y = edge, y+(height+between)/2
		}
		if x+width > w-edge || y+height > h-edge {
			break
		}
		if r := p.unrotate(rect{x, y, x + width, y + height}); !r.touches(taken) {
			return r, true
		}
		x += (width + between) / 2
	}
	return rect{}, false
}

// unrotate maps a rectangle of the page as it is shown, from its lower left, into the page's space.
func (p *page) unrotate(r rect) rect {
	c := p.crop
	switch p.rotate {
	case 90:
		return rect{c[2] - r[3], c[1] + r[0], c[2] - r[1], c[1] + r[2]}
	case 180:
		return rect{c[2] - r[2], c[3] - r[3], c[2] - r[0], c[3] - r[1]}
	case 270:
		return rect{c[0] + r[1], c[3] - r[2], c[0] + r[3], c[3] - r[0]}
	}
	return rect{c[0] + r[0], c[1] + r[1], c[0] + r[2], c[1] + r[3]}
}

// maxSearched bounds the nodes of the page tree that are searched for a widget.
const maxSearched = 4096

// pageOf finds the page dictionary that lists a widget, for one that does not say where it is (P is
// optional, table 166). Nil when it is not found.
func pageOf(v *pdf.View, widget pdf.Ref) *pdf.Dict {
	var queue []pdf.Object
	if root := v.Root(); root != nil {
		queue = append(queue, root.Get("Pages"))
	}
	for n := 0; n < len(queue); n++ { // which grows up to maxSearched
		node, err := v.Dict(queue[n])
		if err != nil || node == nil {
			continue
		}
		annots, err := v.Array(node.Get("Annots"))
		if err == nil && slices.Contains(annots, pdf.Object(widget)) {
			return node
		}
		if kids, err := v.Array(node.Get("Kids")); err == nil {
			queue = append(queue, kids[:min(len(kids), maxSearched-len(queue))]...)
		}
	}
	return nil
}

// rotationOf returns the rotation of the page that a widget is on, which the page may inherit.
func rotationOf(v *pdf.View, w widget) int {
	at, err := v.Dict(w.dict.Get("P"))
	if err != nil || at == nil {
		at = pageOf(v, w.ref)
	}
	for range maxPageDepth {
		if at == nil {
			break
		}
		if o, ok := v.Value(at, "Rotate").(pdf.Integer); ok {
			return ((int(o%360) + 360) / 90 * 90) % 360
		}
		if at, err = v.Dict(at.Get("Parent")); err != nil {
			break
		}
	}
	return 0
}
