package xades

import (
	"encoding/base64"
	"fmt"
	"unicode/utf8"
)

// What this package writes is canonical as it stands: single spaces, double quotes, attributes in
// order, no empty-element tags, only the escapes of canonical XML. The octets that are digested are
// then the octets that are written, but for the start tag of the digested element, to which
// canonicalisation adds what is in scope (see scope).

// text is XML in the making.
type text []byte

// room leaves space for n octets that are written later.
func (t *text) room(n int) {
	for range n {
		*t = append(*t, 'A')
	}
}

func (t *text) raw(s string) { *t = append(*t, s...) }

// element writes <name>value</name>, escaping the value.
func (t *text) element(name, value string) {
	t.open(name)
	t.characters(value)
	t.close(name)
}

func (t *text) open(name string)  { *t = append(append(append(*t, '<'), name...), '>') }
func (t *text) close(name string) { *t = append(append(append(*t, "</"...), name...), '>') }

// with writes <name attribute="value">.
func (t *text) with(name, attribute, value string) {
	*t = append(append(append(append(*t, '<'), name...), ' '), attribute...)
	*t = append(*t, `="`...)
	t.value(value)
	*t = append(*t, `">`...)
}

// algorithm writes <name Algorithm="uri"></name>.
func (t *text) algorithm(name, uri string) {
	t.with(name, "Algorithm", uri)
	t.close(name)
}

// base64 writes <name>base64</name>.
func (t *text) base64(name string, octets []byte) {
	t.open(name)
	*t = base64.StdEncoding.AppendEncode(*t, octets)
	t.close(name)
}

// characters escapes character data as canonical XML does (Canonical XML 1.0, 2.3).
func (t *text) characters(s string) {
	out := *t
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '&':
			out = append(out, "&amp;"...)
		case '<':
			out = append(out, "&lt;"...)
		case '>':
			out = append(out, "&gt;"...)
		case '\r':
			out = append(out, "&#xD;"...)
		default:
			out = append(out, c)
		}
	}
	*t = out
}

// value escapes an attribute value as canonical XML does.
func (t *text) value(s string) {
	out := *t
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '&':
			out = append(out, "&amp;"...)
		case '<':
			out = append(out, "&lt;"...)
		case '"':
			out = append(out, "&quot;"...)
		case '\t':
			out = append(out, "&#x9;"...)
		case '\n':
			out = append(out, "&#xA;"...)
		case '\r':
			out = append(out, "&#xD;"...)
		default:
			out = append(out, c)
		}
	}
	*t = out
}

// ascii replaces what is not ASCII by references, for documents in narrower encodings than UTF-8.
// Only content and attribute values of what this package writes can hold such characters.
func ascii(b []byte) []byte {
	if isASCII(b) {
		return b
	}
	out := make([]byte, 0, len(b)+64)
	for _, r := range string(b) {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
			continue
		}
		out = fmt.Appendf(out, "&#x%X;", r)
	}
	return out
}

// checkCharacters refuses what XML cannot hold (XML 1.0, production 2), naming the field.
func checkCharacters(field, s string) error {
	for i, r := range s {
		ok := r >= 0x20 && r <= 0xd7ff || r == '\t' || r == '\n' || r == '\r' ||
			r >= 0xe000 && r <= 0xfffd || r >= 0x10000
		if r == utf8.RuneError {
			_, size := utf8.DecodeRuneInString(s[i:])
			ok = size > 1
		}
		if !ok {
			return &ProfileError{Field: field, Reason: "holds a character that XML does not have"}
		}
	}
	return nil
}

func appendBase64(t text, octets []byte) text {
	return base64.StdEncoding.AppendEncode(t, octets)
}
