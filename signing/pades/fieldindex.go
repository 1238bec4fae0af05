package pades

import (
	"maps"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A fieldIndex finds the field that an object is, or is a widget of. What a revision changed lies
// over what was there before, so that a large form is read once.
type fieldIndex struct {
	all     map[uint32]*field
	changed map[uint32]*field
}

func newFieldIndex(v *pdf.View) (fieldIndex, error) {
	list, err := fields(v)
	if err != nil {
		return fieldIndex{}, err
	}
	index := make(map[uint32]*field, len(list))
	for i := range list {
		f := &list[i]
		if f.ref.Num != 0 {
			index[f.ref.Num] = f
		}
		for _, w := range f.widgets {
			if w.ref.Num != 0 && index[w.ref.Num] == nil {
				index[w.ref.Num] = f
			}
		}
	}
	return fieldIndex{all: index}, nil
}

// get returns the field of an object, nil when it belongs to none.
func (x fieldIndex) get(num uint32) *field {
	if f, ok := x.changed[num]; ok {
		return f
	}
	return x.all[num]
}

// settled returns the index with what was changed merged in.
func (x fieldIndex) settled() fieldIndex {
	maps.Copy(x.all, x.changed)
	return fieldIndex{all: x.all}
}

// indexFields brings the index up to the new revision: field by field where only their values and
// pictures changed, else by reading the form again.
func (c *comparison) indexFields(changed []uint32) error {
	c.was = c.judge.fields
	c.is = fieldIndex{all: c.was.all, changed: map[uint32]*field{}}
	for _, num := range changed {
		roles := c.judge.graph.role(num)
		switch {
		case roles&(roleForm|roleAnnots) == 0 && roles&(roleCatalog|roleAnnot) == 0:
			continue
		case roles&(roleForm|roleAnnots) == 0 && c.refreshed(num, roles):
			continue
		}
		again, err := newFieldIndex(c.new)
		if err != nil && limitOnly(err) != nil {
			return err
		}
		c.is = again
		return nil
	}
	return nil
}

// refreshed updates the index for one changed object; false when the form must be read again.
func (c *comparison) refreshed(num uint32, roles role) bool {
	before, err := c.old.Object(num)
	if err != nil {
		return false
	}
	after, err := c.new.Object(num)
	a, wasDict := before.(*pdf.Dict)
	b, isDict := after.(*pdf.Dict)
	if err != nil || !wasDict || !isDict {
		return false
	}
	if roles&roleCatalog != 0 && !pdf.Equal(a.Get("AcroForm"), b.Get("AcroForm")) {
		return false
	}
	if roles&roleAnnot == 0 {
		return true
	}
	for _, key := range []pdf.Name{"T", "FT", "Kids", "Parent"} {
		if !pdf.Equal(a.Get(key), b.Get(key)) {
			return false
		}
	}
	f := c.was.get(num)
	if f == nil {
		return !isField(c.new, b) && !isField(c.old, a)
	}
	if f.ref.Num != num {
		return true // a widget of its own
	}
	if a.Has("V") != b.Has("V") && !b.Has("V") {
		return false // a value may be inherited
	}
	now := *f
	now.dict = b
	if b.Has("V") {
		now.value = b.Get("V")
	}
	for i, w := range now.widgets {
		if w.ref.Num == num {
			now.widgets = append([]widget(nil), now.widgets...)
			now.widgets[i].dict = b
		}
	}
	c.is.changed[num] = &now
	return true
}
