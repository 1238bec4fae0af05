package xmltree

import (
	"bytes"
	"encoding/base64"
	"slices"
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

// appendCharacters resolves references and line ends in character data. raw says that it holds no
// CR.
func appendCharacters(dst, s []byte, raw bool) []byte {
	for {
		size := bytes.IndexByte(s, '&')
		run := s
		if size >= 0 {
			run = s[:size]
		}
		if raw {
			dst = append(dst, run...)
		} else {
			dst = appendLines(dst, run)
		}
		if size < 0 {
			return dst
		}
		r, length := Reference(s[size:])
		dst = utf8.AppendRune(dst, r)
		s = s[size+length:]
	}
}

// appendLines resolves line ends only (CDATA sections, comments, processing instructions).
func appendLines(dst, s []byte) []byte {
	for {
		size := bytes.IndexByte(s, '\r')
		if size < 0 {
			return append(dst, s...)
		}
		dst = append(append(dst, s[:size]...), '\n')
		s = s[size+1:]
		if len(s) > 0 && s[0] == '\n' {
			s = s[1:]
		}
	}
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

// strictBase64 wants unused bits to be zero, as xs:base64Binary does. It skips CR and LF.
var strictBase64 = base64.StdEncoding.Strict()

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
	text := n.doc.text[start:end]
	if n.record().Next > n.i+1 || bytes.IndexByte(text, '&') >= 0 {
		text = n.AppendText(nil)
	}
	if bytes.IndexByte(text, ' ') >= 0 || bytes.IndexByte(text, '\t') >= 0 {
		text = slices.DeleteFunc(slices.Clone(text), func(c byte) bool { return c == ' ' || c == '\t' })
	}
	decoded := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	size, err := strictBase64.Decode(decoded, text)
	if err != nil {
		return nil, n.Fail(CodeValue, "content is not base64")
	}
	return decoded[:size], nil
}
