package pades

import (
	"slices"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// ownership says which annotations lead to the objects below their AP and V, or did so at a time
// since the first signed revision. It is learnt when it is asked for first, and then follows what
// revisions change.
type ownership struct {
	values, pictures map[uint32][]uint32 // annotations by what they lead to
	read             int                 // annotations that were looked at; changed ones come again
	changed          []uint32            // objects that revisions changed since
}

func newOwnership() ownership {
	return ownership{values: map[uint32][]uint32{}, pictures: map[uint32][]uint32{}}
}

// owners says whose values and pictures the objects were before the revision.
func (c *comparison) owners() *ownership {
	o := &c.judge.owned
	for _, num := range c.judge.graph.annots[o.read:] {
		c.claim(o, num)
	}
	o.read = len(c.judge.graph.annots)
	for _, num := range o.changed {
		for _, annot := range o.values[num] {
			c.reach(pdf.Ref{Num: num}, func(below uint32) { add(o.values, below, annot) })
		}
		for _, annot := range o.pictures[num] {
			c.reach(pdf.Ref{Num: num}, func(below uint32) { add(o.pictures, below, annot) })
		}
	}
	o.changed = nil
	return o
}

// claim learns what one annotation leads to. What is not claimed is forbidden.
func (c *comparison) claim(o *ownership, annot uint32) {
	if c.judge.graph.work++; c.judge.graph.work > maxGraphWork {
		return
	}
	value, err := c.old.Object(annot)
	d := pdf.DictOf(value)
	if err != nil || d == nil {
		return
	}
	c.reach(d.Get("AP"), func(below uint32) { add(o.pictures, below, annot) })
	c.reach(d.Get("V"), func(below uint32) { add(o.values, below, annot) })
}

func add(of map[uint32][]uint32, num, annot uint32) {
	if !slices.Contains(of[num], annot) {
		of[num] = append(of[num], annot)
	}
}

// split tells the fields among annotations from others, which it counts.
func (c *comparison) split(annots []uint32) (fields []*field, others int) {
	for _, num := range annots {
		f := c.was.get(num)
		switch {
		case f == nil:
			others++
		case !slices.Contains(fields, f):
			fields = append(fields, f)
		}
	}
	return fields, others
}

// maxReach bounds the objects below one AP or V: pictures with their fonts have some dozen.
const maxReach = 1 << 12

// reach calls yield for every object that a value leads to, ways back left out.
func (c *comparison) reach(o pdf.Object, yield func(num uint32)) {
	seen := map[uint32]bool{}
	var walk func(pdf.Object)
	walk = func(o pdf.Object) {
		switch v := o.(type) {
		case pdf.Ref:
			c.judge.graph.work++
			if seen[v.Num] || len(seen) > maxReach || c.judge.graph.work > maxGraphWork {
				return
			}
			seen[v.Num] = true
			yield(v.Num)
			if target, err := c.old.Object(v.Num); err == nil {
				walk(target)
			}
		case pdf.Array:
			for _, item := range v {
				walk(item)
			}
		case *pdf.Dict, *pdf.Stream:
			for key, value := range pdf.DictOf(v).All {
				if key != "Parent" && key != "P" && key != "Data" {
					walk(value)
				}
			}
		}
	}
	walk(o)
}
