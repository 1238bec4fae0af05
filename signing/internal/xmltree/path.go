package xmltree

import (
	"slices"
	"strconv"
	"strings"
)

// maxPath bounds a path: names may be long and elements deep, and a report holds many paths.
const maxPath = 4096

// Path is the way from the root to an element: local names, with [n] where siblings have the same
// local name, as in /factura/detalles/detalle[2]. The path of the document is "/". Of a path beyond
// 4,096 octets the beginning is left out, and "…" stands for it.
func (n Node) Path() string { return new(Paths).Of(n) }

// Paths writes the paths of elements of one document. It remembers what it counted, so that many
// paths cost no more than the document is long. The zero value is ready; it is not for concurrent
// use.
type Paths struct {
	ranks   map[uint32]int  // by position: 1, 2, … among siblings of that name; 0 for an only one
	counted map[uint32]bool // the parents whose children have their rank
}

// Of is the path of n, as [Node.Path] writes it.
func (p *Paths) Of(n Node) string {
	if n.doc == nil {
		return ""
	}
	var steps []string
	for size := 0; n.i != 0; n = n.Parent() {
		step := "/" + n.Local()
		if rank := p.rank(n); rank > 0 {
			step += "[" + strconv.Itoa(rank) + "]"
		}
		if size += len(step); size > maxPath {
			steps = append(steps, "…")
			break
		}
		steps = append(steps, step)
	}
	if len(steps) == 0 {
		return "/"
	}
	slices.Reverse(steps)
	return strings.Join(steps, "")
}

// rank is the position of an element, from 1, among the siblings with its local name; 0 if there is
// no other.
func (p *Paths) rank(n Node) int {
	parent := n.Parent()
	if !p.counted[parent.i] {
		p.count(parent)
	}
	return p.ranks[n.i]
}

func (p *Paths) count(parent Node) {
	if p.counted == nil {
		p.counted, p.ranks = map[uint32]bool{}, map[uint32]int{}
	}
	p.counted[parent.i] = true
	last := map[string]Node{} // the last child of each name
	for c := range parent.Elements() {
		name := c.Local()
		if before, ok := last[name]; ok {
			rank := max(p.ranks[before.i], 1)
			p.ranks[before.i], p.ranks[c.i] = rank, rank+1
		}
		last[name] = c
	}
}
