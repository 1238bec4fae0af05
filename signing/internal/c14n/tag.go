package c14n

import "github.com/rubrica/rubrica/signing/internal/xmltree"

// startTag writes the start tag of an element whose parent is written.
func (e *emitter) startTag(i uint32) {
	r := &e.x.Nodes[i]
	raw := r.Flags&xmltree.RawTag != 0
	if !e.exclusive {
		if raw && r.Flags&xmltree.RawNamespaces != 0 {
			e.run(r.Start, r.Open)
			return
		}
		e.needed = e.needed[:0]
		for j := r.Decl; j < e.x.Nodes[i+1].Decl; j++ {
			if !e.x.Decls[j].Redundant {
				e.needed = append(e.needed, j)
			}
		}
	} else {
		e.needed = e.needed[:0]
		e.inUse(i)
		if raw && e.areOwn(i) {
			e.run(r.Start, r.Open)
			return
		}
		e.sortNeeded()
	}
	e.tag(r, e.ownAttrs(i))
}

// apexTag writes the start tag of the outermost element, which speaks for its ancestors too.
func (e *emitter) apexTag(i uint32) {
	r := &e.x.Nodes[i]
	e.needed = e.needed[:0]
	if e.exclusive {
		e.inUse(i)
		if e.anyList {
			e.listedInScope(i)
		}
	} else {
		e.inScope(i, nil)
	}
	attrs, inherited := e.ownAttrs(i), false
	if !e.exclusive && r.Parent != 0 {
		attrs, inherited = e.inherit(i, attrs)
	}
	if r.Flags&xmltree.RawTag != 0 && !inherited && e.areOwn(i) {
		e.run(r.Start, r.Open)
		return
	}
	e.sortNeeded()
	e.tag(r, attrs)
}

// listedInScope adds, at the apex, the listed prefixes that are in force.
func (e *emitter) listedInScope(i uint32) {
	used := len(e.needed)
	e.inScope(i, e.listed)
	found := e.needed[used:]
	e.needed = e.needed[:used]
	for _, d := range found { // render appends no faster than this reads
		e.render(i, d)
	}
}

// tag writes a start tag with the declarations needed and some attributes.
func (e *emitter) tag(r *xmltree.Record, attrs []attr) {
	e.run(r.Start, r.Start+1+uint32(r.NameLen))
	for _, j := range e.needed {
		d := &e.x.Decls[j]
		if d.Len > 0 {
			e.put(" ")
			e.run(d.Start, d.Start+d.Len)
			continue
		}
		e.put(" xmlns")
		if d.Prefix != 0 {
			e.put(":")
			e.bytes(e.x.Prefixes[d.Prefix])
		}
		e.put(`="`)
		e.valueOf(e.x.URIs[d.URI])
		e.put(`"`)
	}
	for _, a := range attrs {
		e.put(" ")
		e.run(a.Name, a.Name+uint32(a.NameLen))
		e.put(`="`)
		switch {
		case a.joined != nil:
			e.valueOf(a.joined)
		case a.Raw:
			e.run(a.Value, a.Value+a.ValueLen)
		default:
			e.value(a.Value, a.Value+a.ValueLen)
		}
		e.put(`"`)
	}
	e.put(">")
}
