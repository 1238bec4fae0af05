package xmltree

import "bytes"

// document is the production document without its XML declaration (XML 1.0, 2.1).
func (p *parser) document(i int) int {
	s := p.s
	for {
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		if i == len(s) {
			break
		}
		if s[i] != '<' {
			return p.fail(i, "there is text outside the document element")
		}
		switch next := p.peek(i + 1); {
		case next == '!' && !p.at(i, "<!--"):
			if p.at(i, "<!DOCTYPE") {
				return p.failAs(CodeDTD, i, "a document type declaration is not allowed")
			}
			return p.fail(i, "a declaration or a section stands outside the document element")
		case next == '!':
			i = p.comment(i)
		case next == '?':
			i = p.instruction(i)
		case p.d.root != 0:
			return p.fail(i, "there is a second document element")
		default:
			p.d.root = uint32(len(p.nodes))
			if i = p.startTag(i); i >= 0 && p.open != 0 {
				i = p.content(i)
			}
		}
		if i < 0 {
			return -1
		}
	}
	if p.d.root == 0 {
		return p.fail(i, "there is no document element")
	}
	return i
}

func (p *parser) peek(i int) byte {
	if i < len(p.s) {
		return p.s[i]
	}
	return 0
}

func (p *parser) at(i int, text string) bool {
	return len(p.s)-i >= len(text) && string(p.s[i:i+len(text)]) == text
}

// declaration reads the XML declaration, if there is one (XML 1.0, 2.8): the name of the encoding,
// and where it stands, 0 if none is given.
func (p *parser) declaration(i int) (encoding []byte, nameAt, end int) {
	if !p.at(i, "<?xml") || !isSpace(p.peek(i+5)) {
		return nil, 0, i
	}
	const (
		version = iota
		enc
		standalone
		done
	)
	stage := version
	for i += 5; ; {
		spaced := isSpace(p.peek(i))
		for isSpace(p.peek(i)) {
			i++
		}
		if p.at(i, "?>") && stage != version {
			return encoding, nameAt, i + 2
		}
		name, value, at, next := p.pseudoAttribute(i)
		if next < 0 {
			return nil, 0, -1
		}
		switch {
		case !spaced:
			return nil, 0, p.fail(i, "white space is missing in the XML declaration")
		case string(name) == "version" && stage == version && isVersion(value):
			stage = enc
		case string(name) == "encoding" && stage == enc && isEncodingName(value):
			encoding, nameAt, stage = value, at, standalone
		case string(name) == "standalone" && (stage == enc || stage == standalone) &&
			(string(value) == "yes" || string(value) == "no"):
			stage = done
		default:
			return nil, 0, p.fail(i, "the XML declaration is wrong")
		}
		i = next
	}
}

// pseudoAttribute reads name="value" in the XML declaration; at is where the value stands.
func (p *parser) pseudoAttribute(i int) (name, value []byte, at, end int) {
	wrong := func() ([]byte, []byte, int, int) {
		return nil, nil, 0, p.fail(i, "the XML declaration is wrong")
	}
	start := i
	for c := p.peek(i); c >= 'a' && c <= 'z'; c = p.peek(i) {
		i++
	}
	name = p.s[start:i]
	for isSpace(p.peek(i)) {
		i++
	}
	if p.peek(i) != '=' {
		return wrong()
	}
	for i++; isSpace(p.peek(i)); i++ {
	}
	quote := p.peek(i)
	if quote != '"' && quote != '\'' {
		return wrong()
	}
	at = i + 1
	size := bytes.IndexByte(p.s[at:min(len(p.s), at+100)], quote) // no such value is longer
	if size < 0 {
		return wrong()
	}
	return name, p.s[at : at+size], at, at + size + 1
}

// isVersion is VersionNum: a 1.0 processor reads every document of a version 1.x as 1.0.
func isVersion(v []byte) bool {
	if len(v) < 3 || string(v[:2]) != "1." {
		return false
	}
	for _, c := range v[2:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// isEncodingName is EncName (XML 1.0, 4.3.3).
func isEncodingName(v []byte) bool {
	for i, c := range v {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || classes[c]&className == 0) {
			return false
		}
	}
	return len(v) > 0
}
