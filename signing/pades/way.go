package pades

import (
	"slices"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// ways knows under which keys the large objects that were asked for last refer to others: many changes
// lie below the same few, such as the tree of pages.
type ways []wayIndex

// A wayIndex has the keys to all objects that one version of an object refers to, the last key first.
type wayIndex struct {
	from uint32
	at   int64 // where that version stands
	to   map[uint32][]string
}

const (
	maxWays    = 32
	leastWays  = 64 // references in an object that is remembered
	maxWayKey  = 64 // octets of a key that is shown
	maxWayDeep = 16 // keys within one object
)

// to returns the keys in an object (0: the trailer) under which it refers to another, the last one
// first.
func (w *ways) to(v *pdf.View, from, to uint32) []string {
	if from == 0 {
		return newWayIndex(v.Trailer())[to]
	}
	at, _ := v.Where(from)
	if i := slices.IndexFunc(*w, func(x wayIndex) bool { return x.from == from && x.at == at }); i >= 0 {
		return (*w)[i].to[to]
	}
	o, err := v.Object(from)
	if err != nil {
		return nil
	}
	index := wayIndex{from, at, newWayIndex(o)}
	if len(index.to) < leastWays {
		return index.to[to] // quickly made again
	}
	if len(*w) < maxWays {
		*w = append(*w, index)
	} else {
		copy(*w, (*w)[1:])
		(*w)[maxWays-1] = index
	}
	return index.to[to]
}

func newWayIndex(o pdf.Object) map[uint32][]string {
	out := map[uint32][]string{}
	var walk func(o pdf.Object, way []string)
	walk = func(o pdf.Object, way []string) {
		switch v := o.(type) {
		case pdf.Ref:
			if _, known := out[v.Num]; !known {
				out[v.Num] = way
			}
		case pdf.Array:
			for _, item := range v {
				walk(item, way)
			}
		case *pdf.Dict, *pdf.Stream:
			if len(way) >= maxWayDeep {
				return
			}
			for key, value := range pdf.DictOf(v).All {
				walk(value, append([]string{string(key[:min(len(key), maxWayKey)])}, way...))
			}
		}
	}
	walk(o, nil)
	return out
}
