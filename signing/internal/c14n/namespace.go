package c14n

import (
	"bytes"
	"slices"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// An undo remembers what was rendered for a prefix before an element rendered it anew.
type undo struct{ node, prefix, uri uint32 }

// list takes the PrefixList of exclusive canonicalisation.
func (e *emitter) list(prefixes []string) {
	if !e.exclusive || len(prefixes) == 0 {
		return
	}
	e.anyList = true
	e.listed = zeroed(e.listed, len(e.x.Prefixes))
	want := make(map[string]bool, len(prefixes))
	for _, p := range prefixes {
		if p == "#default" {
			p = ""
		}
		want[p] = true
	}
	for i, p := range e.x.Prefixes {
		e.listed[i] = want[string(p)]
	}
}

// inScope gathers the declarations in force at an element, nearest first, without those of xml and
// without the absence of a default namespace. With only set, it is those prefixes.
func (e *emitter) inScope(i uint32, only []bool) {
	clear(e.seen)
	nodes := e.x.Nodes
	for ; i != 0; i = nodes[i].Parent {
		for j := nodes[i].Decl; j < nodes[i+1].Decl; j++ {
			d := &e.x.Decls[j]
			if e.seen[d.Prefix] || only != nil && !only[d.Prefix] {
				continue
			}
			e.seen[d.Prefix] = true
			if d.URI != 0 {
				e.needed = append(e.needed, j)
			}
		}
	}
}

// inUse gathers the declarations that an element makes visible use of and that were not rendered
// above it (Exclusive XML Canonicalization 1.0, 3), and notes them as rendered.
func (e *emitter) inUse(i uint32) {
	nodes := e.x.Nodes
	r := &nodes[i]
	e.render(i, r.Namespace)
	if r.Flags&xmltree.PrefixedAttributes != 0 {
		for j := r.Attr; j < nodes[i+1].Attr; j++ {
			if a := &e.x.Attrs[j]; a.PrefixLen > 0 {
				e.render(i, a.Namespace)
			}
		}
	}
	if e.anyList && r.Flags&xmltree.Declares != 0 {
		for j := r.Decl; j < nodes[i+1].Decl; j++ {
			if e.listed[e.x.Decls[j].Prefix] {
				e.render(i, j)
			}
		}
	}
}

// render notes a declaration as needed unless the very same is in force in what was written.
func (e *emitter) render(node, decl uint32) {
	d := &e.x.Decls[decl]
	if e.rendered[d.Prefix] == d.URI {
		return
	}
	e.undo = append(e.undo, undo{node, d.Prefix, e.rendered[d.Prefix]})
	e.rendered[d.Prefix] = d.URI
	e.needed = append(e.needed, decl)
}

// forget ends the scope of what an element rendered.
func (e *emitter) forget(node uint32) {
	for n := len(e.undo); n > 0 && e.undo[n-1].node == node; n-- {
		e.rendered[e.undo[n-1].prefix] = e.undo[n-1].uri
		e.undo = e.undo[:n-1]
	}
}

// sortNeeded puts the declarations to be written in the order of their prefixes.
func (e *emitter) sortNeeded() {
	if len(e.needed) < 2 {
		return
	}
	slices.SortFunc(e.needed, func(a, b uint32) int {
		x := e.x
		return bytes.Compare(x.Prefixes[x.Decls[a].Prefix], x.Prefixes[x.Decls[b].Prefix])
	})
}

// areOwn says that the declarations needed are just those written in the tag of an element.
func (e *emitter) areOwn(i uint32) bool {
	from, to := e.x.Nodes[i].Decl, e.x.Nodes[i+1].Decl
	if len(e.needed) != int(to-from) {
		return false
	}
	for _, d := range e.needed {
		if d < from || d >= to {
			return false
		}
	}
	return true
}
