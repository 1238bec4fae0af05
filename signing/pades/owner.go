package pades

import (
	"slices"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// ownership says which fields and annotations lead to the objects below their AP and V.
type ownership struct {
	values   map[uint32][]*field
	pictures map[uint32][]*field
	others   map[uint32]int // annotations that are no fields, by picture
}

// owners finds, once a revision, whose values and pictures the objects were before it.
func (c *comparison) owners() *ownership {
	if c.owned != nil {
		return c.owned
	}
	o := &ownership{values: map[uint32][]*field{}, pictures: map[uint32][]*field{},
		others: map[uint32]int{}}
	c.owned = o
	for _, num := range c.judge.graph.annots {
		if c.judge.graph.work++; c.judge.graph.work > maxGraphWork {
			break // what is not claimed is forbidden
		}
		value, err := c.old.Object(num)
		d := pdf.DictOf(value)
		if err != nil || d == nil {
			continue
		}
		f := c.was.get(num)
		c.reach(d.Get("AP"), func(below uint32) {
			if f == nil {
				o.others[below]++
			} else {
				claim(o.pictures, below, f)
			}
		})
		if f != nil {
			c.reach(d.Get("V"), func(below uint32) { claim(o.values, below, f) })
		}
	}
	return o
}

func claim(of map[uint32][]*field, num uint32, f *field) {
	if !slices.Contains(of[num], f) {
		of[num] = append(of[num], f)
	}
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
