package xmltree

import "bytes"

// predefined are the entities that exist without a document type declaration (XML 1.0, 4.6).
var predefined = [...]struct {
	text string
	r    rune
}{{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}

const badReference = "the reference is not well-formed or its entity is not declared"

// Reference reads the reference that s begins with. The size is 0 if it is not well-formed: not a
// predefined entity, nor a character reference to a Char.
func Reference(s []byte) (r rune, size int) {
	if len(s) < 4 {
		return 0, 0
	}
	if s[1] != '#' {
		for _, p := range predefined {
			if bytes.HasPrefix(s, []byte(p.text)) {
				return p.r, len(p.text)
			}
		}
		return 0, 0
	}
	i, base := 2, rune(10)
	if s[2] == 'x' {
		i, base = 3, 16
	}
	digits := i
	for ; i < len(s) && s[i] != ';'; i++ {
		v := digit(s[i])
		if v >= base {
			return 0, 0
		}
		if r = r*base + v; r > 0x10FFFF {
			r = 0x110000 // and no further
		}
	}
	if i == digits || i == len(s) || !isChar(r) {
		return 0, 0
	}
	return r, i + 1
}

func digit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return 16
}

// canonicalInText and canonicalInValue say that a reference is spelled as Canonical XML spells it
// in text and in attribute values.
func canonicalInText(ref []byte) bool {
	switch string(ref) {
	case "&amp;", "&lt;", "&gt;", "&#xD;":
		return true
	}
	return false
}

func canonicalInValue(ref []byte) bool {
	switch string(ref) {
	case "&amp;", "&lt;", "&quot;", "&#x9;", "&#xA;", "&#xD;":
		return true
	}
	return false
}
