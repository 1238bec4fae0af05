package c14n

import (
	"bytes"
	"slices"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// maxBase bounds a joined xml:base: without it the work is the depth times all of their lengths.
const maxBase = 8000

// An attr is an attribute to be written, its own or an ancestor's.
type attr struct {
	*xmltree.AttrRecord
	joined []byte // a value that stands nowhere in the document
}

// ownAttrs are the attributes of an element, in canonical order.
func (e *emitter) ownAttrs(i uint32) []attr {
	e.attrs = e.attrs[:0]
	for j := e.x.Nodes[i].Attr; j < e.x.Nodes[i+1].Attr; j++ {
		e.attrs = append(e.attrs, attr{AttrRecord: &e.x.Attrs[j]})
	}
	return e.attrs
}

// inherit adds to the attributes of the apex those that it takes over from ancestors, none of which
// is written: all of the prefix xml (Canonical XML 1.0, 2.4), or xml:lang and xml:space, with
// xml:base joined (Canonical XML 1.1, 2.4).
func (e *emitter) inherit(apex uint32, attrs []attr) (_ []attr, inherited bool) {
	v11 := e.method == Inclusive11 || e.method == Inclusive11WithComments
	var bases []*xmltree.AttrRecord // innermost first
	var taken map[string]bool       // local names that the apex has by now
	nodes := e.x.Nodes
	for i := nodes[apex].Parent; i != 0; i = nodes[i].Parent {
		if nodes[i].Flags&xmltree.PrefixedAttributes == 0 {
			continue
		}
		for j := nodes[i].Attr; j < nodes[i+1].Attr; j++ {
			a := &e.x.Attrs[j]
			if a.Namespace != xmltree.XMLNamespace {
				continue
			}
			if taken == nil {
				taken = e.xmlNames(attrs)
			}
			local := string(e.local(a))
			switch {
			case v11 && local == "base":
				bases = append(bases, a)
			case v11 && local != "lang" && local != "space", taken[local]:
			default:
				taken[local] = true
				attrs, inherited = append(attrs, attr{AttrRecord: a}), true
			}
		}
	}
	if len(bases) > 0 {
		attrs, inherited = e.joinBases(attrs, bases), true
	}
	if inherited {
		slices.SortFunc(attrs, e.compare)
	}
	e.attrs = attrs
	return attrs, inherited
}

// xmlNames are the local names of the attributes of the prefix xml.
func (e *emitter) xmlNames(attrs []attr) map[string]bool {
	names := map[string]bool{}
	for _, a := range attrs {
		if a.Namespace == xmltree.XMLNamespace {
			names[string(e.local(a.AttrRecord))] = true
		}
	}
	return names
}

// joinBases replaces xml:base of the apex by its join with those of its ancestors.
func (e *emitter) joinBases(attrs []attr, bases []*xmltree.AttrRecord) []attr {
	own := slices.IndexFunc(attrs, func(a attr) bool {
		return a.Namespace == xmltree.XMLNamespace && string(e.local(a.AttrRecord)) == "base"
	})
	var joined []byte
	if own >= 0 {
		joined = e.valueBytes(attrs[own].AttrRecord)
	} else {
		own = len(attrs)
		attrs = append(attrs, attr{AttrRecord: bases[0]})
		joined, bases = e.valueBytes(bases[0]), bases[1:]
	}
	for _, b := range bases {
		if joined = joinReferences(e.valueBytes(b), joined); len(joined) > maxBase {
			e.err = &Error{
				Code: CodeLimit, Offset: -1,
				Reason: "the joined xml:base is too long",
			}
			return attrs
		}
	}
	if len(joined) == 0 {
		return slices.Delete(attrs, own, own+1)
	}
	attrs[own].joined = joined
	return attrs
}

func (e *emitter) valueBytes(a *xmltree.AttrRecord) []byte {
	return xmltree.AppendValue(nil, e.text[a.Value:a.Value+a.ValueLen])
}

func (e *emitter) local(a *xmltree.AttrRecord) []byte {
	start := a.Name
	if a.PrefixLen > 0 {
		start += uint32(a.PrefixLen) + 1
	}
	return e.text[start : a.Name+uint32(a.NameLen)]
}

// compare is the order of attributes: namespace name, then local name.
func (e *emitter) compare(a, b attr) int {
	x := e.x
	if u, v := x.Decls[a.Namespace].URI, x.Decls[b.Namespace].URI; u != v {
		return bytes.Compare(x.URIs[u], x.URIs[v])
	}
	return bytes.Compare(e.local(a.AttrRecord), e.local(b.AttrRecord))
}
