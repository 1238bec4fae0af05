package c14n

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// characters writes text of an element: text[start:end], between two of its nodes.
func (e *emitter) characters(element, start, end uint32) {
	if e.x.Nodes[element].Flags&xmltree.RawText != 0 {
		e.run(start, end)
		return
	}
	for i := start; i < end; {
		stop := skip(e.text[:end], i)
		e.run(i, stop)
		if i = stop; i == end {
			return
		}
		switch e.text[i] {
		case '&':
			r, size := xmltree.Reference(e.text[i:end])
			e.inText(r)
			i += uint32(size)
		case '\r':
			i = e.lineEnd(i, end)
		default: // '>': a '<' would begin a node
			e.put("&gt;")
			i++
		}
	}
}

// literal writes the text of a CDATA section, in which nothing is a reference.
func (e *emitter) literal(start, end uint32) {
	for i := start; i < end; {
		stop := skip(e.text[:end], i)
		e.run(i, stop)
		if i = stop; i == end {
			return
		}
		if c := e.text[i]; c != '\r' {
			e.inText(rune(c))
			i++
			continue
		}
		i = e.lineEnd(i, end)
	}
}

// lines writes the inside of a comment or instruction.
func (e *emitter) lines(start, end uint32) {
	for i := start; i < end; {
		size := bytes.IndexByte(e.text[i:end], '\r')
		if size < 0 {
			e.run(i, end)
			return
		}
		e.run(i, i+uint32(size))
		i = e.lineEnd(i+uint32(size), end)
	}
}

// lineEnd writes a line end that is CR, or CR LF, as LF (XML 1.0, 2.11).
func (e *emitter) lineEnd(i, end uint32) uint32 {
	if i++; i < end && e.text[i] == '\n' {
		e.run(i, i+1)
		return i + 1
	}
	e.put("\n")
	return i
}

// inText writes a character of text (Canonical XML 1.0, 2.3, text nodes).
func (e *emitter) inText(r rune) {
	switch r {
	case '&':
		e.put("&amp;")
	case '<':
		e.put("&lt;")
	case '>':
		e.put("&gt;")
	case '\r':
		e.put("&#xD;")
	default:
		e.rune(r)
	}
}

// inValue writes a character of an attribute value (Canonical XML 1.0, 2.3, attribute nodes).
func (e *emitter) inValue(r rune) {
	switch r {
	case '&':
		e.put("&amp;")
	case '<':
		e.put("&lt;")
	case '"':
		e.put("&quot;")
	case '\t':
		e.put("&#x9;")
	case '\n':
		e.put("&#xA;")
	case '\r':
		e.put("&#xD;")
	default:
		e.rune(r)
	}
}

func (e *emitter) rune(r rune) {
	var b [utf8.UTFMax]byte
	e.bytes(b[:utf8.EncodeRune(b[:], r)])
}

// value writes the literal of an attribute value, normalised and escaped.
func (e *emitter) value(start, end uint32) {
	for i := start; i < end; {
		switch c := e.text[i]; c {
		case '&':
			r, size := xmltree.Reference(e.text[i:end])
			e.inValue(r)
			i += uint32(size)
			continue
		case '\r':
			e.put(" ")
			if i+1 < end && e.text[i+1] == '\n' {
				i++
			}
		case '\t', '\n':
			e.put(" ")
		case '"':
			e.put("&quot;")
		default:
			e.run(i, i+1)
		}
		i++
	}
}

// valueOf writes a value that is not in the text: a namespace name or a joined xml:base.
func (e *emitter) valueOf(s []byte) {
	start := 0
	for i, c := range s {
		switch c {
		case '&', '<', '"', '\t', '\n', '\r':
			e.bytes(s[start:i])
			e.inValue(rune(c))
			start = i + 1
		}
	}
	e.bytes(s[start:])
}

// bytes writes octets of any length that are made.
func (e *emitter) bytes(s []byte) {
	if e.runStart < e.runEnd {
		e.flushRun()
	}
	if len(e.buf)+len(s) > bufferSize {
		e.flush()
	}
	if len(s) > bufferSize {
		e.write(s)
		return
	}
	e.buf = append(e.buf, s...)
}

// skip is the offset, from i, of the first '&', '<', '>' or CR in s, or its end.
func skip(s []byte, i uint32) uint32 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	equal := func(x uint64, c byte) uint64 {
		x ^= ones * uint64(c)
		return (x - ones) &^ x & highs // right up to the first octet found
	}
	for int(i)+8 <= len(s) {
		x := binary.LittleEndian.Uint64(s[i:])
		m := equal(x, '&') | equal(x|ones*2, '>') | equal(x, '\r') // '<' and '>' differ in bit 1
		if m != 0 {
			return i + uint32(bits.TrailingZeros64(m)>>3)
		}
		i += 8
	}
	for int(i) < len(s) && s[i] != '&' && s[i] != '<' && s[i] != '>' && s[i] != '\r' {
		i++
	}
	return i
}
