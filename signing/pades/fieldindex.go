package pades

import (
	"maps"
	"slices"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A fieldIndex finds the field that an object is, or is a widget of. It follows a document from
// revision to revision: what a revision changed lies over what was there before, so that a large
// form is read once.
type fieldIndex struct {
	all     map[uint32]*field
	changed map[uint32]*field
	// nodes are the objects that were looked at to find the fields, widgets apart.
	nodes map[uint32]bool
	// signatures are the signature fields in the order of the tree, by number; loose are those that
	// stand in no object of their own.
	signatures []uint32
	loose      []*field
}

func newFieldIndex(v *pdf.View) (fieldIndex, error) {
	x := fieldIndex{all: map[uint32]*field{}, nodes: map[uint32]bool{}}
	tree, err := formTree(v)
	if err != nil {
		return x, err
	}
	err = x.visit(v, tree.fields, x.all)
	return x, err
}

// visit reads fields with all that is below them into a layer of the index.
func (x *fieldIndex) visit(v *pdf.View, kids pdf.Array, layer map[uint32]*field) error {
	w := &fieldWalk{v: v, seen: map[pdf.Ref]bool{}, nodes: x.nodes}
	if err := w.visitAll(kids); err != nil {
		return err
	}
	for i := range w.out {
		f := &w.out[i]
		if f.ref.Num != 0 {
			layer[f.ref.Num] = f
		}
		for _, w := range f.widgets {
			if w.ref.Num != 0 && layer[w.ref.Num] == nil {
				layer[w.ref.Num] = f
			}
		}
		switch {
		case f.kind != "Sig":
		case f.ref.Num == 0:
			x.loose = append(x.loose, f)
		default:
			x.signatures = append(x.signatures, f.ref.Num)
		}
	}
	return nil
}

// get returns the field of an object, nil when it belongs to none.
func (x *fieldIndex) get(num uint32) *field {
	if f, ok := x.changed[num]; ok {
		return f
	}
	return x.all[num]
}

// signed calls yield for each signature field that has a value.
func (x *fieldIndex) signed(yield func(*field) bool) {
	for _, num := range x.signatures {
		if f := x.get(num); f != nil && f.signed() && !yield(f) {
			return
		}
	}
	for _, f := range x.loose {
		if f.signed() && !yield(f) {
			return
		}
	}
}

// settled returns the index with what was changed merged in.
func (x *fieldIndex) settled() fieldIndex {
	out := *x
	maps.Copy(out.all, out.changed)
	out.changed = nil
	return out
}

// next brings the index from one revision to the one after it, which changed some objects. x keeps
// what it knows until the result is settled.
func (x *fieldIndex) next(old, now *pdf.View, changed []uint32) (fieldIndex, error) {
	out := *x
	out.changed = map[uint32]*field{}
	if !out.follow(old, now, changed) {
		return newFieldIndex(now)
	}
	return out, nil
}

// follow reports whether the index could be brought up to date without reading the form again.
func (x *fieldIndex) follow(old, now *pdf.View, changed []uint32) bool {
	before, err := formTree(old)
	if err != nil {
		return false
	}
	top := false
	for _, num := range changed {
		switch {
		case slices.Contains(before.top, num):
			top = true
		case (x.nodes[num] || x.get(num) != nil) && !x.refresh(num, old, now):
			return false
		}
	}
	if !top && pdf.Equal(old.Trailer().Get("Root"), now.Trailer().Get("Root")) {
		return true
	}
	after, err := formTree(now)
	return err == nil && x.grow(before.fields, after.fields, now)
}

// grow reads the fields that the form got; false when it lost some.
func (x *fieldIndex) grow(before, after pdf.Array, now *pdf.View) bool {
	added, removed, _ := listChange(before, after)
	if len(removed) > 0 {
		return false
	}
	for _, o := range added {
		ref, ok := o.(pdf.Ref)
		if !ok || x.nodes[ref.Num] || x.get(ref.Num) != nil {
			return false
		}
	}
	x.signatures = slices.Clip(x.signatures)
	x.loose = slices.Clip(x.loose)
	return x.visit(now, added, x.changed) == nil
}

// refresh brings one field or widget up to date; false when the form must be read again.
func (x *fieldIndex) refresh(num uint32, old, now *pdf.View) bool {
	before, err := old.Object(num)
	if err != nil {
		return false
	}
	after, err := now.Object(num)
	a, wasDict := before.(*pdf.Dict)
	b, isDict := after.(*pdf.Dict)
	if err != nil || !wasDict || !isDict {
		return false
	}
	for _, key := range []pdf.Name{"T", "FT", "Kids", "Parent"} {
		if !pdf.Equal(a.Get(key), b.Get(key)) {
			return false
		}
	}
	f := x.get(num)
	if f == nil || isNull(now, b.Get("V")) && !isNull(old, a.Get("V")) {
		return pdf.Equal(a, b) // a value may be inherited
	}
	lock, err := now.Dict(b.Get("Lock"))
	if err != nil {
		return false
	}
	changed := *f
	if f.ref.Num == num {
		changed.dict, changed.lock = b, lock
		if !isNull(now, b.Get("V")) {
			changed.value = b.Get("V")
		}
	}
	changed.widgets = slices.Clone(f.widgets)
	for i := range changed.widgets {
		if w := &changed.widgets[i]; w.ref.Num == num {
			w.dict = b
		}
	}
	x.put(f, &changed)
	return true
}

// put replaces a field wherever it is found.
func (x *fieldIndex) put(f, changed *field) {
	for _, w := range f.widgets {
		if x.get(w.ref.Num) == f {
			x.changed[w.ref.Num] = changed
		}
	}
	if f.ref.Num != 0 {
		x.changed[f.ref.Num] = changed
	}
}
