package xmltree

import (
	"bytes"
	"slices"
)

// startTag reads a start tag or an empty-element tag (XML 1.0, 3.1), which begins at i.
func (p *parser) startTag(i int) int {
	j, prefixLen := p.qname(i + 1)
	if j < 0 {
		return -1
	}
	n := uint32(len(p.nodes))
	r := p.push() // field by field: a whole Record would be put together elsewhere and copied
	r.Start, r.Close, r.Next, r.Parent = uint32(i), 0, 0, p.open
	r.Attr, r.Decl, r.Namespace = uint32(len(p.attrs)), uint32(len(p.decls)), 0
	r.NameLen, r.PrefixLen, r.Kind = uint16(j-i-1), uint16(prefixLen), KindElement
	r.Flags = RawTag | RawText | RawNamespaces | RawSubtree | OneNamespace
	if j < len(p.s) && p.s[j] == '>' {
		j++
	} else if j = p.attributes(j, n); j < 0 {
		return -1
	}
	r.Open = uint32(j)
	if prefixLen == 0 {
		r.Namespace = p.prefixes[0].current
	} else {
		binding := p.binding(p.s[i+1:i+1+prefixLen], i+1)
		if binding < 0 {
			return -1
		}
		r.Namespace = uint32(binding)
	}
	if p.depth++; p.depth > p.l.Depth {
		return p.limit(i, "Depth", p.l.Depth)
	}
	if len(p.nodes)-1 > p.l.Elements {
		return p.limit(i, "Elements", p.l.Elements)
	}
	p.open = n
	if r.Flags&Empty != 0 {
		r.Close = uint32(j)
		p.endElement()
	}
	return j
}

// binding is the declaration that binds a prefix, which is not empty, here; or -1.
func (p *parser) binding(pre []byte, at int) int {
	k := p.findPrefix(pre)
	if k < 0 || p.decls[p.prefixes[k].current].URI == 0 {
		return p.fail(at, "the prefix is not bound to a namespace")
	}
	return int(p.prefixes[k].current)
}

// endElement closes the open element, all of whose record is filled in but Next, and hands what it
// knows on to its parent.
func (p *parser) endElement() {
	n := p.open
	r := &p.nodes[n]
	r.Next = uint32(len(p.nodes))
	if r.Flags&Declares != 0 {
		end := uint32(len(p.decls))
		if r.Next > n+1 {
			end = p.nodes[n+1].Decl
		}
		p.undeclare(r.Decl, end)
	}
	const all = RawTag | RawText | RawNamespaces | RawSubtree
	if r.Flags&all != all {
		r.Flags &^= RawSubtree
	}
	parent := &p.nodes[r.Parent]
	if r.Flags&RawSubtree == 0 {
		parent.Flags &^= RawSubtree
	}
	parent.Flags |= r.Flags & HasComment
	if r.Flags&(OneNamespace|Declares|PrefixedAttributes) != OneNamespace ||
		r.Namespace != parent.Namespace {
		parent.Flags &^= OneNamespace
	}
	p.open = r.Parent
	p.depth--
}

// endTag reads an end tag, which begins at i.
func (p *parser) endTag(i int) int {
	s, r := p.s, &p.nodes[p.open]
	j := i + 2 + int(r.NameLen)
	if j >= len(s) || !sameName(s, int(r.Start)+1, i+2, int(r.NameLen)) {
		return p.fail(i, "the end tag does not match the start tag")
	}
	if s[j] != '>' {
		if !isSpace(s[j]) {
			return p.fail(i, "the end tag does not match the start tag")
		}
		for j < len(s) && isSpace(s[j]) {
			j++
		}
		if j >= len(s) || s[j] != '>' {
			return p.fail(min(j, len(s)), "an end tag holds nothing but a name")
		}
		r.Flags &^= RawTag
	}
	r.Close = uint32(i)
	p.endElement()
	return j + 1
}

// attributes reads what follows the name in a start tag, up to and with its ">".
func (p *parser) attributes(i int, n uint32) int {
	s, raw := p.s, true
	firstAttr, firstDecl := len(p.attrs), len(p.decls)
	declsRaw, count := true, 0
	for {
		gap := i
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		if i >= len(s) {
			return p.fail(i, "the document ends within a tag")
		}
		if s[i] == '>' {
			raw = raw && i == gap
			i++
			break
		}
		if s[i] == '/' {
			if p.peek(i+1) != '>' {
				return p.fail(i, "a slash stands within a tag")
			}
			raw = false
			p.nodes[n].Flags |= Empty
			i += 2
			break
		}
		if i == gap {
			return p.fail(i, "white space is missing before an attribute, or the name is not one")
		}
		raw = raw && i == gap+1 && s[gap] == ' '
		if count++; count > p.l.Attributes {
			return p.limit(i, "Attributes", p.l.Attributes)
		}
		var a AttrRecord
		var plain bool
		if i, plain = p.attribute(i, &a); i < 0 {
			return -1
		}
		raw = raw && plain
		name := s[a.Name : a.Name+uint32(a.NameLen)]
		if len(name) < 5 || string(name[:5]) != "xmlns" || len(name) > 5 && name[5] != ':' {
			p.attrs = append(p.attrs, a)
			continue
		}
		ordered, ok := p.declare(&a, firstDecl, plain && a.Raw)
		if !ok {
			return -1
		}
		declsRaw = declsRaw && ordered
		raw = raw && ordered && len(p.attrs) == firstAttr
	}
	if len(p.decls) > firstDecl {
		p.nodes[n].Flags |= Declares
		p.endDecls(n, firstDecl, declsRaw)
	}
	if len(p.attrs) > firstAttr {
		sorted, ok := p.endAttrs(n, firstAttr)
		if !ok {
			return -1
		}
		raw = raw && sorted
	}
	if !raw {
		p.nodes[n].Flags &^= RawTag
	}
	return i
}

// endDecls looks at all declarations of a tag together.
func (p *parser) endDecls(n uint32, first int, sorted bool) {
	if !sorted {
		p.sortDecls(first)
	}
	for i := first; i < len(p.decls); i++ {
		if p.decls[i].Redundant {
			p.nodes[n].Flags &^= RawNamespaces
		}
	}
}

// endAttrs looks at all attributes of a tag together, when all prefixes are known: it resolves and
// sorts them, and refuses two with the same expanded name (Namespaces in XML 1.0, 6.3).
func (p *parser) endAttrs(n uint32, first int) (sorted, ok bool) {
	attrs := p.attrs[first:]
	sorted = true
	for i := range attrs {
		a := &attrs[i]
		if a.PrefixLen > 0 {
			binding := p.binding(p.s[a.Name:a.Name+uint32(a.PrefixLen)], int(a.Name))
			if binding < 0 {
				return false, false
			}
			a.Namespace = uint32(binding)
			p.nodes[n].Flags |= PrefixedAttributes
		}
		sorted = sorted && (i == 0 || p.compareAttrs(attrs[i-1], *a) < 0)
	}
	if !sorted {
		slices.SortFunc(attrs, p.compareAttrs)
		for i := 1; i < len(attrs); i++ {
			if p.compareAttrs(attrs[i-1], attrs[i]) == 0 {
				later := int(max(attrs[i-1].Name, attrs[i].Name))
				return false, p.fail(later, "an attribute is repeated") >= 0
			}
		}
	}
	for i := range attrs {
		a := &attrs[i]
		if a.NameLen == 2 || a.NameLen == 6 {
			if isIdentifier(p.s[a.Name:a.Name+uint32(a.NameLen)], a.PrefixLen) {
				p.d.ids = append(p.d.ids, identifier{uint32(first + i), n})
			}
		}
	}
	return sorted, true
}

// compareAttrs is the order of Canonical XML: namespace name, then local name.
func (p *parser) compareAttrs(a, b AttrRecord) int {
	if u, v := p.decls[a.Namespace].URI, p.decls[b.Namespace].URI; u != v {
		return bytes.Compare(p.uris[u], p.uris[v])
	}
	return bytes.Compare(p.localOf(&a), p.localOf(&b))
}

func (p *parser) localOf(a *AttrRecord) []byte {
	start := a.Name
	if a.PrefixLen > 0 {
		start += uint32(a.PrefixLen) + 1
	}
	return p.s[start : a.Name+uint32(a.NameLen)]
}

// attribute reads name="value" (XML 1.0, 3.1). It answers whether it is written canonically.
func (p *parser) attribute(i int, a *AttrRecord) (end int, raw bool) {
	s, start := p.s, i
	i, prefixLen := p.qname(i)
	if i < 0 {
		return -1, false
	}
	a.Name, a.NameLen, a.PrefixLen = uint32(start), uint16(i-start), uint16(prefixLen)
	if raw = i+1 < len(s) && s[i] == '=' && s[i+1] == '"'; !raw {
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		if p.peek(i) != '=' {
			return p.fail(i, "an attribute has no value"), false
		}
		for i++; i < len(s) && isSpace(s[i]); i++ {
		}
		if q := p.peek(i); q != '"' && q != '\'' {
			return p.fail(i, "an attribute value is not quoted"), false
		}
		i--
	}
	quote := s[i+1]
	i += 2
	end, plain, canonical := p.value(i, quote)
	if end < 0 {
		return -1, false
	}
	a.Value, a.ValueLen, a.Raw = uint32(i), uint32(end-i), plain
	if end-i > p.l.Value {
		return p.limit(i, "Value", p.l.Value), false
	}
	return end + 1, raw && canonical
}

// value reads an attribute value up to its closing quote. plain says that the literal is the value
// and canonical, canonical that it is spelled canonically, references and all.
func (p *parser) value(i int, quote byte) (end int, plain, canonical bool) {
	s := p.s
	plain, canonical = quote == '"', quote == '"'
	for {
		if i = skipValue(s, i, quote); i >= len(s) {
			return p.fail(i, "the document ends within an attribute value"), false, false
		}
		switch c := s[i]; c {
		case quote:
			return i, plain, canonical
		case '&':
			_, size := Reference(s[i:])
			if size == 0 {
				return p.fail(i, badReference), false, false
			}
			plain = false
			canonical = canonical && canonicalInValue(s[i:i+size])
			i += size
		case '<':
			return p.fail(i, "an attribute value holds a <"), false, false
		case '\t', '\n', '\r':
			plain, canonical = false, false
			i++
		default:
			if c != 0xEF || isNonCharacter(s[i:]) {
				return p.fail(i, "the character is not allowed in XML"), false, false
			}
			i += 3
		}
	}
}
