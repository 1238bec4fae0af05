package xmltree

import "unicode/utf8"

// qname reads a QName (Namespaces in XML 1.0, 4) and answers the offset after it and the length of
// its prefix.
func (p *parser) qname(i int) (end, prefixLen int) {
	s, start := p.s, i
	if i >= len(s) || classes[s[i]]&classNameStart == 0 {
		return p.wideName(start)
	}
	for i = skipName(s, i+1); i < len(s) && classes[s[i]]&className != 0; i++ {
	}
	if i < len(s) && s[i] == ':' {
		prefixLen = i - start
		if i++; i >= len(s) || classes[s[i]]&classNameStart == 0 {
			return p.wideName(start)
		}
		for i = skipName(s, i+1); i < len(s) && classes[s[i]]&className != 0; i++ {
		}
	}
	if i < len(s) && (s[i] >= utf8.RuneSelf || s[i] == ':') {
		return p.wideName(start)
	}
	if i-start > p.l.Name {
		return p.limit(start, "Name", p.l.Name), 0
	}
	return i, prefixLen
}

// wideName is qname for any characters, and says what is wrong with a name.
func (p *parser) wideName(start int) (end, prefixLen int) {
	i, colon, begin := start, -1, true
	for i < len(p.s) {
		r, size := utf8.DecodeRune(p.s[i:])
		if r == ':' {
			if begin || colon >= 0 {
				return p.fail(i, "a colon stands where a name has none"), 0
			}
			colon, begin = i, true
			i++
			continue
		}
		if !(r < utf8.RuneSelf && classes[r]&className != 0 || isNameChar(r)) {
			break
		}
		starts := r < utf8.RuneSelf && classes[r]&classNameStart != 0 || isNameStart(r)
		if begin && !starts {
			return p.fail(i, "a name begins with a character that cannot begin one"), 0
		}
		begin = false
		i += size
	}
	switch {
	case i >= len(p.s):
		return p.fail(i, "the document ends within a name"), 0
	case begin:
		return p.fail(i, "a name is missing"), 0
	case i-start > p.l.Name:
		return p.limit(start, "Name", p.l.Name), 0
	case colon >= 0:
		prefixLen = colon - start
	}
	return i, prefixLen
}

// ncName reads a name without a colon: the target of a processing instruction (Namespaces, 7).
func (p *parser) ncName(i int) int {
	end, prefixLen := p.qname(i)
	if end >= 0 && prefixLen > 0 {
		return p.fail(i, "the name of a processing instruction has no colon")
	}
	return end
}
