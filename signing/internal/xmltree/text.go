package xmltree

import (
	"encoding/base64"
	"unicode/utf8"
)

// Text is the character data directly in n, CDATA sections included, with references and line ends
// resolved. What is within child elements is not part of it, and comments do not end it.
func (n Node) Text() string { return string(n.AppendText(nil)) }

// AppendText appends Text to dst.
func (n Node) AppendText(dst []byte) []byte {
	if !n.IsElement() {
		return dst
	}
	text := n.doc.text
	start, end := n.Inner()
	for i, next := n.i+1, n.record().Next; i < next; {
		c := Node{n.doc, i}
		from, to := c.Range()
		dst = n.appendSegment(dst, text[start:from])
		if c.Kind() == KindCDATA {
			dst = appendLines(dst, text[from+len("<![CDATA["):to-len("]]>")])
		}
		start, i = to, c.record().Next
	}
	return n.appendSegment(dst, text[start:end])
}

func (n Node) appendSegment(dst, raw []byte) []byte {
	return appendCharacters(dst, raw, n.record().Flags&RawText != 0)
}

// appendCharacters resolves references and line ends in character data. If raw is set there is at
// most the canonical spelling of references.
func appendCharacters(dst, s []byte, raw bool) []byte {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '&':
			r, size := Reference(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
		case c == '\r' && !raw:
			dst = append(dst, '\n')
			i++
			if i < len(s) && s[i] == '\n' {
				i++
			}
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// appendLines resolves line ends only (CDATA sections, comments, processing instructions).
func appendLines(dst, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] != '\r' {
			dst = append(dst, s[i])
			continue
		}
		dst = append(dst, '\n')
		if i+1 < len(s) && s[i+1] == '\n' {
			i++
		}
	}
	return dst
}

// AppendValue normalises the literal value of an attribute (XML 1.0, 3.3.3, CDATA).
func AppendValue(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case '&':
			r, size := Reference(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
		case '\r':
			dst = append(dst, ' ')
			i++
			if i < len(s) && s[i] == '\n' {
				i++
			}
		case '\t', '\n':
			dst = append(dst, ' ')
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// Base64 is the content of an element as xs:base64Binary: white space is skipped, and anything else
// that is not base64, child elements included, is CodeValue.
func (n Node) Base64() ([]byte, error) {
	if !n.IsElement() {
		return nil, &Error{Code: CodeValue, Reason: "there is no element to read", Line: 1, Column: 1}
	}
	if !n.FirstElement().IsZero() {
		return nil, n.Fail(CodeValue, "base64 content has a child element")
	}
	start, end := n.Inner()
	packed := n.AppendText(make([]byte, 0, end-start))
	k := 0
	for _, c := range packed {
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			continue
		}
		packed[k] = c
		k++
	}
	decoded := make([]byte, base64.StdEncoding.DecodedLen(k))
	size, err := base64.StdEncoding.Strict().Decode(decoded, packed[:k])
	if err != nil {
		return nil, n.Fail(CodeValue, "content is not base64")
	}
	return decoded[:size], nil
}
