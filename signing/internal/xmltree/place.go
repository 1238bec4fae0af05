package xmltree

import (
	"sync"
	"unicode/utf8"
)

// A place is an offset of the text, with what it is elsewhere: the offset in the document as given,
// the line and the column, both from 1.
type place struct{ offset, source, line, column int }

// placeStep is how far apart the places are that a document remembers. Whoever reads it may find a
// thousand faults, and must not count from the beginning for each.
const placeStep = 1 << 12

// places are those of every placeStep octets, counted when the first is asked for.
type places struct {
	once sync.Once
	list []place
}

// locate is the place of an offset of the text.
func (d *Document) locate(offset int) place {
	from := place{source: d.mark, line: 1, column: 1}
	if d.encoding == UTF8 {
		from.source = 0 // the text begins with the mark
	}
	if offset < placeStep {
		return d.advance(from, offset)
	}
	d.places.once.Do(func() {
		for at := from; at.offset < len(d.text); at = d.advance(at, at.offset+placeStep) {
			d.places.list = append(d.places.list, at)
		}
	})
	k := min(offset/placeStep, len(d.places.list)-1)
	for k > 0 && d.places.list[k].offset > offset {
		k--
	}
	return d.advance(d.places.list[k], offset)
}

// advance goes on to an offset, or the end. Line ends are LF, CR LF and CR (XML 1.0, 2.11).
func (d *Document) advance(p place, to int) place {
	for text := d.text; p.offset < to && p.offset < len(text); {
		r, size := rune(text[p.offset]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[p.offset:])
		}
		p.offset += size
		p.source += d.encoding.width(r, size)
		if r == '\n' || r == '\r' && (p.offset >= len(text) || text[p.offset] != '\n') {
			p.line, p.column = p.line+1, 1
		} else {
			p.column++
		}
	}
	return p
}

// width is how many octets a character takes that takes size octets in UTF-8.
func (e Encoding) width(r rune, size int) int {
	switch {
	case e == Latin1:
		return 1
	case e != UTF16LE && e != UTF16BE:
		return size
	case r > 0xFFFF:
		return 4
	}
	return 2
}
