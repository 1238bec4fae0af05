package xmltree

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Classes of octets. Those from 0x80 up belong to no class; they are told apart by decoding.
const (
	classSpace     = 1 << iota // S: space, tab, CR, LF
	classNameStart             // NameStartChar without the colon
	className                  // NameChar without the colon
	classControl               // not a Char
)

var classes = func() (t [256]uint8) {
	for c := range 0x20 {
		t[c] = classControl
	}
	t[' '], t['\t'], t['\r'], t['\n'] = classSpace, classSpace, classSpace, classSpace
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-0x20] = classNameStart|className, classNameStart|className
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = className
	}
	t['_'], t['-'], t['.'] = classNameStart|className, className, className
	return t
}()

func isSpace(c byte) bool { return classes[c]&classSpace != 0 }

// isChar is the production Char (XML 1.0, 2.2).
func isChar(r rune) bool {
	switch {
	case r < 0x20:
		return r == '\t' || r == '\n' || r == '\r'
	case r < 0xD800:
		return true
	case r < 0x10000:
		return r >= 0xE000 && r < 0xFFFE
	}
	return r <= utf8.MaxRune
}

// isNameStart and isNameChar are NameStartChar and NameChar (XML 1.0, 2.3) from U+0080 up.
func isNameStart(r rune) bool {
	switch {
	case r < 0x300:
		return r >= 0xC0 && r != 0xD7 && r != 0xF7
	case r < 0x2000:
		return r >= 0x370 && r != 0x37E
	case r < 0x3001:
		return r == 0x200C || r == 0x200D || r >= 0x2070 && r <= 0x218F || r >= 0x2C00 && r <= 0x2FEF
	case r < 0x10000:
		return r <= 0xD7FF || r >= 0xF900 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFFD
	}
	return r <= 0xEFFFF
}

func isNameChar(r rune) bool {
	return isNameStart(r) || r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// In a word of eight octets, the lowest bit set in these masks marks the first octet looked for;
// bits above it may be wrong. (A borrow can only travel upwards.)
func zeros(x uint64) uint64         { return (x - ones) &^ x & highs }
func equal(x uint64, c byte) uint64 { return zeros(x ^ ones*uint64(c)) }
func controls(x uint64) uint64      { return (x - ones*0x20) &^ x & highs }
func first(mask uint64) int         { return bits.TrailingZeros64(mask) >> 3 }
func word(s []byte, i int) uint64   { return binary.LittleEndian.Uint64(s[i:]) }

// textStops marks the octets of a word that text cannot just run over: a control other than tab
// and line feed, '<', '>', '&', and 0xEF, with which U+FFFE and U+FFFF begin. Up to the first 0xEF
// it is exact: the seven low bits of an octet plus a number below 0x80 reach the high bit, and
// never the next octet.
func textStops(x uint64) uint64 {
	y := x &^ highs
	tabOrLine := (y + ones*(0x80-'\t')) &^ (y + ones*(0x80-'\v'))
	printable := y + ones*(0x80-0x20)
	notAngle := ((y | ones*2) ^ ones*'>') + ones*0x7F // '<' and '>' differ in bit 1
	notAmpersand := (y ^ ones*'&') + ones*0x7F
	stops := ^((printable | tabOrLine) & notAngle & notAmpersand) &^ x & highs
	if x&highs != 0 {
		stops |= equal(x, 0xEF)
	}
	return stops
}

// skipText is the offset, from i, of the first octet that text cannot just run over.
func skipText(s []byte, i int) int {
	for i+8 <= len(s) {
		if m := textStops(word(s, i)); m != 0 {
			return i + first(m)
		}
		i += 8
	}
	for i < len(s) {
		c := s[i]
		if c < 0x20 && c != '\n' && c != '\t' || c == '<' || c == '>' || c == '&' || c == 0xEF {
			break
		}
		i++
	}
	return i
}

// skipName is the offset, from i, of the first octet that is neither an ASCII letter nor a digit.
// Near the end of s it may stop earlier.
func skipName(s []byte, i int) int {
	for i+8 <= len(s) {
		x := word(s, i)
		y := x &^ highs
		lower := y | ones*0x20
		letter := (lower + ones*(0x80-'a')) &^ (lower + ones*(0x80-'z'-1))
		digit := (y + ones*(0x80-'0')) &^ (y + ones*(0x80-'9'-1))
		if m := ^(letter|digit)&highs | x&highs; m != 0 {
			return i + first(m)
		}
		i += 8
	}
	return i
}

// sameName compares n octets at a with those at b, where a < b and n > 0.
func sameName(s []byte, a, b, n int) bool {
	if n < 8 {
		if b+8 > len(s) {
			return string(s[a:a+n]) == string(s[b:b+n])
		}
		return (word(s, a)^word(s, b))<<(64-8*n) == 0
	}
	for ; n > 8; a, b, n = a+8, b+8, n-8 {
		if word(s, a) != word(s, b) {
			return false
		}
	}
	return word(s, a+n-8) == word(s, b+n-8) // may overlap what was compared
}

// skipValue is the same for an attribute value between quotes.
func skipValue(s []byte, i int, quote byte) int {
	for i+8 <= len(s) {
		x := word(s, i)
		m := controls(x) | equal(x, quote) | equal(x, '<') | equal(x, '&') | equal(x, 0xEF)
		if m != 0 {
			return i + first(m)
		}
		i += 8
	}
	for i < len(s) {
		if c := s[i]; c < 0x20 || c == quote || c == '<' || c == '&' || c == 0xEF {
			break
		}
		i++
	}
	return i
}

// isNonCharacter says that the UTF-8 text s, which begins with 0xEF, begins with U+FFFE or U+FFFF.
func isNonCharacter(s []byte) bool {
	return len(s) >= 3 && s[1] == 0xBF && s[2] >= 0xBE
}

// badCharacter is the offset in UTF-8 text of the first character that is not a Char, or -1.
func badCharacter(s []byte) int {
	for i, c := range s {
		if classes[c]&classControl != 0 || c == 0xEF && isNonCharacter(s[i:]) {
			return i
		}
	}
	return -1
}
