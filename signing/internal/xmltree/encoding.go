package xmltree

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// An Encoding is how the octets of a document stand for characters.
type Encoding uint8

const (
	UTF8    Encoding = iota // with or without a byte order mark
	UTF16LE                 // little endian
	UTF16BE                 // big endian
	Latin1                  // ISO-8859-1
	ASCII                   // US-ASCII
)

// String is the name by which documents declare the encoding.
func (e Encoding) String() string {
	switch e {
	case UTF16LE, UTF16BE:
		return "UTF-16"
	case Latin1:
		return "ISO-8859-1"
	case ASCII:
		return "US-ASCII"
	default:
		return "UTF-8"
	}
}

const (
	markUTF8    = "\xEF\xBB\xBF"
	markUTF16LE = "\xFF\xFE"
	markUTF16BE = "\xFE\xFF"
)

// family is what the first octets say about the encoding (XML 1.0, appendix F), and how long the
// byte order mark is. Everything else is told by the declaration.
func family(src []byte) (e Encoding, mark int, known bool) {
	has := func(s string) bool { return bytes.HasPrefix(src, []byte(s)) }
	switch {
	case has("\x00\x00\xFE\xFF"), has("\xFF\xFE\x00\x00"), has("\x00\x00\x00<"), has("<\x00\x00\x00"):
		return 0, 0, false // UCS-4
	case has("\x4C\x6F\xA7\x94"):
		return 0, 0, false // EBCDIC
	case has(markUTF8):
		return UTF8, 3, true
	case has(markUTF16LE):
		return UTF16LE, 2, true
	case has(markUTF16BE):
		return UTF16BE, 2, true
	case has("<\x00"):
		return UTF16LE, 0, true
	case has("\x00<"):
		return UTF16BE, 0, true
	}
	return UTF8, 0, true
}

// declared interprets the name of an encoding declaration for a document of a family; ok is false
// if the two contradict each other or the name is unknown.
func declared(name []byte, e Encoding, mark int) (_ Encoding, ok bool) {
	wide := e == UTF16LE || e == UTF16BE
	if bytes.EqualFold(name, []byte("UTF-8")) {
		return UTF8, !wide
	}
	switch strings.ToUpper(string(name)) {
	case "UTF8":
		return UTF8, !wide
	case "UTF-16":
		return e, wide && mark > 0 // XML 1.0, 4.3.3: the mark is required
	case "UTF-16LE":
		return e, e == UTF16LE
	case "UTF-16BE":
		return e, e == UTF16BE
	case "ISO-8859-1", "ISO_8859-1", "ISO8859-1", "LATIN1", "L1", "CP819", "IBM819", "ISO-IR-100":
		return Latin1, !wide && mark == 0
	case "US-ASCII", "ASCII", "ISO646-US", "ISO-IR-6", "US":
		return ASCII, !wide && mark == 0
	}
	return 0, false
}

// fromUTF16 transcodes; bad is the offset in src of what is not UTF-16, or -1.
func fromUTF16(src []byte, big bool) (text []byte, bad int) {
	text = make([]byte, 0, len(src)/2+len(src)/16+16)
	unit := func(i int) rune {
		if big {
			return rune(src[i])<<8 | rune(src[i+1])
		}
		return rune(src[i+1])<<8 | rune(src[i])
	}
	for i := 0; i < len(src); i += 2 {
		if i+1 >= len(src) {
			return text, i
		}
		r := unit(i)
		if r < utf8.RuneSelf {
			text = append(text, byte(r))
			continue
		}
		if r >= 0xD800 && r < 0xE000 {
			if r >= 0xDC00 || i+3 >= len(src) {
				return text, i
			}
			low := unit(i + 2)
			if low < 0xDC00 || low >= 0xE000 {
				return text, i
			}
			r = 0x10000 + (r-0xD800)<<10 + (low - 0xDC00)
			i += 2
		}
		text = utf8.AppendRune(text, r)
	}
	return text, -1
}

// fromLatin1 transcodes ISO-8859-1.
func fromLatin1(src []byte) []byte {
	wide := 0
	for _, c := range src {
		if c >= utf8.RuneSelf {
			wide++
		}
	}
	text := make([]byte, 0, len(src)+wide)
	for _, c := range src {
		text = utf8.AppendRune(text, rune(c))
	}
	return text
}

// SourceOffset translates an offset of Bytes into one of Source.
func (d *Document) SourceOffset(offset int) int {
	switch d.encoding {
	case Latin1, UTF16LE, UTF16BE:
		return d.locate(offset).source
	}
	return offset
}

// encode writes UTF-8 text in the encoding of the document; ok is false if a character has no
// place.
func (d *Document) encode(text []byte) (_ []byte, ok bool) {
	switch d.encoding {
	case UTF8:
		return text, utf8.Valid(text)
	case Latin1, ASCII:
		most := rune(0x7F)
		if d.encoding == Latin1 {
			most = 0xFF
		}
		out := make([]byte, 0, len(text))
		for _, r := range string(text) {
			if r > most {
				return nil, false
			}
			out = append(out, byte(r))
		}
		return out, true
	}
	out := make([]byte, 0, 2*len(text))
	put := func(u rune) {
		if d.encoding == UTF16BE {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	for _, r := range string(text) {
		if r < 0x10000 {
			put(r)
			continue
		}
		put(0xD800 + (r-0x10000)>>10)
		put(0xDC00 + (r-0x10000)&0x3FF)
	}
	return out, utf8.Valid(text)
}
