package c14n

import "github.com/rubrica/rubrica/signing/internal/xmltree"

// document writes a whole document: what stands beside the root is on lines of its own.
func (e *emitter) document() {
	for i, end := uint32(1), e.x.Nodes[0].Next; i < end; i = e.x.Nodes[i].Next {
		r := &e.x.Nodes[i]
		switch {
		case i == e.nextOut:
			e.nextOmitted()
		case i == e.root:
			e.subtree(i)
		case r.Kind == xmltree.KindComment && !e.comments:
		default:
			if i > e.root {
				e.put("\n")
			}
			e.leaf(r)
			if i < e.root {
				e.put("\n")
			}
		}
	}
}

// subtree writes an element whose ancestors are not written, with all it contains.
func (e *emitter) subtree(apex uint32) {
	nodes := e.x.Nodes
	e.apexTag(apex)
	// cur is the innermost element that is open, at the offset in its content that is reached.
	cur := apex
	at, i := e.inside(apex)
	for end := nodes[apex].Next; i < end && e.err == nil; {
		for i >= nodes[cur].Next {
			cur, at = e.leave(cur, at)
		}
		r := &nodes[i]
		if at < r.Start {
			e.characters(cur, at, r.Start)
		}
		if i == e.nextOut {
			e.nextOmitted()
			i, at = r.Next, e.end(r)
			continue
		}
		if r.Kind != xmltree.KindElement {
			if r.Kind != xmltree.KindComment || e.comments {
				e.leaf(r)
			}
			i, at = r.Next, r.Open
			continue
		}
		if e.asItIs(r) {
			at = e.end(r)
			e.run(r.Start, at)
			i = r.Next
			continue
		}
		e.startTag(i)
		cur = i
		at, i = e.inside(i)
	}
	for cur != apex {
		cur, at = e.leave(cur, at)
	}
	e.leave(apex, at)
}

// inside writes the content of an element whose start tag was written if it is canonical where it
// lies. It answers where to go on: at an offset in the content, and at a node.
func (e *emitter) inside(i uint32) (at, next uint32) {
	r := &e.x.Nodes[i]
	if r.Flags&xmltree.RawSubtree == 0 || r.Flags&xmltree.HasComment != 0 && !e.comments ||
		e.nextOut < r.Next || e.exclusive && r.Flags&xmltree.OneNamespace == 0 {
		return r.Open, i + 1
	}
	e.run(r.Open, r.Close)
	return r.Close, r.Next
}

// asItIs says that all of an element is canonical where it lies.
func (e *emitter) asItIs(r *xmltree.Record) bool {
	if r.Flags&xmltree.RawSubtree == 0 || r.Flags&xmltree.HasComment != 0 && !e.comments ||
		e.nextOut < r.Next {
		return false
	}
	if !e.exclusive {
		return true
	}
	const own = xmltree.PrefixedAttributes | xmltree.Declares
	if r.Flags&(xmltree.OneNamespace|own) != xmltree.OneNamespace {
		return false
	}
	d := &e.x.Decls[r.Namespace]
	return e.rendered[d.Prefix] == d.URI
}

// leave writes the rest of an element's content from an offset, and its end tag.
func (e *emitter) leave(cur, at uint32) (parent, after uint32) {
	r := &e.x.Nodes[cur]
	if at < r.Close {
		e.characters(cur, at, r.Close)
	}
	after = e.end(r)
	if r.Flags&xmltree.RawTag != 0 {
		e.run(r.Close, after)
	} else {
		e.put("</")
		e.run(r.Start+1, r.Start+1+uint32(r.NameLen))
		e.put(">")
	}
	if e.exclusive {
		e.forget(cur)
	}
	return r.Parent, after
}

// end is the offset after an element.
func (e *emitter) end(r *xmltree.Record) uint32 {
	if r.Kind != xmltree.KindElement || r.Flags&xmltree.Empty != 0 {
		return r.Open
	}
	i := r.Close + 2 + uint32(r.NameLen)
	for e.text[i] != '>' {
		i++
	}
	return i + 1
}

// leaf writes a comment, a processing instruction or the text of a CDATA section.
func (e *emitter) leaf(r *xmltree.Record) {
	switch {
	case r.Kind == xmltree.KindCDATA:
		e.literal(r.Start+uint32(len("<![CDATA[")), r.Open-uint32(len("]]>")))
	case r.Flags&xmltree.RawTag != 0:
		e.run(r.Start, r.Open)
	case r.Kind == xmltree.KindComment:
		e.put("<!--")
		e.lines(r.Start+uint32(len("<!--")), r.Open-uint32(len("-->")))
		e.put("-->")
	default:
		e.instruction(r)
	}
}

// instruction writes a processing instruction whose spelling or line ends are not canonical.
func (e *emitter) instruction(r *xmltree.Record) {
	data, end := r.Start+2+uint32(r.NameLen), r.Open-uint32(len("?>"))
	e.run(r.Start, data)
	for data < end && isSpace(e.text[data]) {
		data++
	}
	if data < end {
		e.put(" ")
		e.lines(data, end)
	}
	e.put("?>")
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
