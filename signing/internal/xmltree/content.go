package xmltree

import "bytes"

// content reads what is within the document element, up to and with its end tag (XML 1.0, 3.1).
func (p *parser) content(i int) int {
	s := p.s
	for i >= 0 && p.open != 0 {
		if i >= len(s) {
			return p.fail(i, "the document ends before its elements do")
		}
		if s[i] != '<' {
			start := i
			if i = skipText(s, i); i >= len(s) || s[i] != '<' {
				i = p.text(start, i)
				continue
			}
		}
		switch p.peek(i + 1) {
		case '/':
			i = p.endTag(i)
		case '?':
			i = p.instruction(i)
		case '!':
			switch {
			case p.at(i, "<!--"):
				i = p.comment(i)
			case p.at(i, "<![CDATA["):
				i = p.cdata(i)
			default:
				return p.fail(i, "a declaration stands in the content of an element")
			}
		default:
			i = p.startTag(i)
		}
	}
	return i
}

// text reads character data and references from start up to the next "<"; up to i there is nothing
// but ordinary characters.
func (p *parser) text(start, i int) int {
	for s := p.s; ; {
		if i = skipText(s, i); i >= len(s) {
			return i
		}
		switch c := s[i]; c {
		case '<':
			return i
		case '\r':
			p.nodes[p.open].Flags &^= RawText
			i++
		case '>':
			if i-start >= 2 && s[i-1] == ']' && s[i-2] == ']' {
				return p.fail(i-2, "the end of a CDATA section stands in text")
			}
			p.nodes[p.open].Flags &^= RawText
			i++
		case '&':
			_, size := Reference(s[i:])
			if size == 0 {
				return p.fail(i, badReference)
			}
			if !canonicalInText(s[i : i+size]) {
				p.nodes[p.open].Flags &^= RawText
			}
			i += size
		default:
			if c != 0xEF || isNonCharacter(s[i:]) {
				return p.fail(i, "the character is not allowed in XML")
			}
			i += 3
		}
	}
}

// leaf adds a node without children: s[start:end], with flags of its own.
func (p *parser) leaf(kind Kind, start, end, nameLen int, flags Flags) int {
	if len(p.nodes) > p.l.Elements {
		return p.limit(start, "Elements", p.l.Elements)
	}
	next := uint32(len(p.nodes) + 1)
	*p.push() = Record{
		Start: uint32(start), Open: uint32(end), Close: uint32(end), Next: next,
		Parent: p.open, Attr: uint32(len(p.attrs)), Decl: uint32(len(p.decls)),
		NameLen: uint16(nameLen), Kind: kind, Flags: flags,
	}
	if parent := &p.nodes[p.open]; flags&RawTag == 0 {
		parent.Flags &^= RawSubtree
	}
	return end
}

// characters checks the inside of a comment, instruction or section; raw says that it holds no CR.
func (p *parser) characters(from, to int) (raw, ok bool) {
	if bad := badCharacter(p.s[from:to]); bad >= 0 {
		p.fail(from+bad, "the character is not allowed in XML")
		return false, false
	}
	return bytes.IndexByte(p.s[from:to], '\r') < 0, true
}

// comment reads a comment, which begins at i (XML 1.0, 2.5).
func (p *parser) comment(i int) int {
	from := i + len("<!--")
	size := bytes.Index(p.s[from:], []byte("--"))
	if size < 0 {
		return p.fail(i, "a comment does not end")
	}
	to := from + size
	if p.peek(to+2) != '>' {
		return p.fail(to, "a comment holds two hyphens")
	}
	raw, ok := p.characters(from, to)
	if !ok {
		return -1
	}
	flags := HasComment
	if raw {
		flags |= RawTag
	}
	p.nodes[p.open].Flags |= HasComment
	return p.leaf(KindComment, i, to+len("-->"), 0, flags)
}

// cdata reads a CDATA section, which begins at i (XML 1.0, 2.7).
func (p *parser) cdata(i int) int {
	from := i + len("<![CDATA[")
	size := bytes.Index(p.s[from:], []byte("]]>"))
	if size < 0 {
		return p.fail(i, "a CDATA section does not end")
	}
	if _, ok := p.characters(from, from+size); !ok {
		return -1
	}
	return p.leaf(KindCDATA, i, from+size+len("]]>"), 0, 0)
}

// instruction reads a processing instruction, which begins at i (XML 1.0, 2.6).
func (p *parser) instruction(i int) int {
	name := i + len("<?")
	from := p.ncName(name)
	if from < 0 {
		return -1
	}
	if bytes.EqualFold(p.s[name:from], []byte("xml")) {
		return p.fail(i, "an XML declaration stands elsewhere than at the beginning")
	}
	size := bytes.Index(p.s[from:], []byte("?>"))
	if size < 0 {
		return p.fail(i, "a processing instruction does not end")
	}
	to := from + size
	if to > from && !isSpace(p.s[from]) {
		return p.fail(from, "white space is missing in a processing instruction")
	}
	raw, ok := p.characters(from, to)
	if !ok {
		return -1
	}
	flags := Flags(0)
	if raw && (to == from || to > from+1 && p.s[from] == ' ' && !isSpace(p.s[from+1])) {
		flags = RawTag
	}
	return p.leaf(KindInstruction, i, to+len("?>"), from-name, flags)
}
