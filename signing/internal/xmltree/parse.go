package xmltree

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Parse reads a document. Every refusal is an *Error. The slice is kept and must not be changed.
func Parse(doc []byte, l Limits) (*Document, error) { return parse(doc, l, nil) }

func parse(doc []byte, l Limits, t *tables) (*Document, error) {
	r := &room{doc: Document{source: doc, text: doc}}
	p := parser{l: l.withDefaults(), d: &r.doc, room: r, tables: t}
	p.d.index.RelativeNamespace = -1
	if len(doc) > p.l.Size {
		return nil, p.overLimit(0, "Size", p.l.Size)
	}
	at := p.decode()
	if at >= 0 {
		p.reserve()
		at = p.document(at)
	}
	if at < 0 {
		return nil, p.err
	}
	p.finish()
	if err := p.d.indexIDs(); err != nil && !l.AllowDuplicateIDs {
		return nil, err
	}
	return p.d, nil
}

// A room is what ordinary documents need beside their nodes and attributes, in one allocation. The
// tables that begin here grow as any slice.
type room struct {
	doc      Document
	prefixes [8]prefix
	uris     [8][]byte
	decls    [12]DeclRecord
	ids      [many]identifier
	names    [8][]byte
}

// A parser reads one document. Its methods take an offset and return the offset after what they
// read, or -1 when err is set.
type parser struct {
	d    *Document
	s    []byte
	l    Limits
	err  *Error
	room *room

	tables *tables // borrowed, or nil

	nodes    []Record
	attrs    []AttrRecord
	decls    []DeclRecord
	prefixes []prefix
	uris     [][]byte
	byPrefix map[string]uint32 // once there are many
	byURI    map[string]uint32
	last     uint32 // the prefix looked up last
	xmlAt    int    // the number of nodes when the prefix xml was declared last

	open  uint32 // the element that is open, 0 for the document
	depth int
}

func (p *parser) fail(at int, reason string) int { return p.failAs(CodeNotWellFormed, at, reason) }

func (p *parser) failAs(code Code, at int, reason string) int {
	if p.err == nil {
		p.err = p.d.fail(code, min(at, len(p.d.text)), reason)
	}
	return -1
}

// overLimit makes the error for a limit that is exceeded.
func (p *parser) overLimit(at int, limit string, value int) *Error {
	p.failAs(CodeLimit, at, fmt.Sprintf("the document exceeds the limit %s of %d", limit, value))
	p.err.Limit = limit
	return p.err
}

func (p *parser) limit(at int, limit string, value int) int {
	p.overLimit(at, limit, value)
	return -1
}

// decode finds out the encoding, reads the XML declaration and leaves UTF-8 text.
func (p *parser) decode() int {
	d := p.d
	e, mark, known := family(d.source)
	if !known {
		return p.failAs(CodeEncoding, 0, "the encoding is none of those that are read")
	}
	d.encoding, d.mark = e, mark
	at := mark
	if e != UTF8 {
		text, bad := fromUTF16(d.source[mark:], e == UTF16BE)
		d.text, at = text, 0
		if bad >= 0 {
			return p.failAs(CodeEncoding, len(text), "the octets are not UTF-16")
		}
	}
	p.s = d.text
	name, nameAt, at := p.declaration(at)
	if at < 0 {
		return -1
	}
	if nameAt == 0 {
		if e != UTF8 && mark == 0 {
			return p.failAs(CodeEncoding, 0, "UTF-16 without a byte order mark must be declared")
		}
		return p.validate(at)
	}
	if e, known = declared(name, e, mark); !known {
		return p.failAs(CodeEncoding, nameAt, "the encoding declared is unknown or not the document's")
	}
	d.encoding = e
	if e == Latin1 {
		d.text = fromLatin1(d.source)
		p.s = d.text
		return at // all octets are characters, and before at all are ASCII
	}
	return p.validate(at)
}

// validate checks that the text is in the encoding that it says it is in.
func (p *parser) validate(at int) int {
	if p.d.encoding != ASCII && utf8.Valid(p.s) {
		return at
	}
	for i := 0; i < len(p.s); {
		r, size := utf8.DecodeRune(p.s[i:])
		if r == utf8.RuneError && size <= 1 || p.d.encoding == ASCII && r >= utf8.RuneSelf {
			return p.failAs(CodeEncoding, i, "the octets are not "+p.d.encoding.String())
		}
		i += size
	}
	return at
}

// reserve makes room for what the document most probably holds, so that ordinary documents cause
// one allocation a table.
func (p *parser) reserve() {
	if p.tables != nil {
		p.nodes, p.attrs = p.tables.nodes[:0], p.tables.attrs[:0]
	}
	if p.nodes == nil {
		tags := bytes.Count(p.s, []byte{'<'})
		p.nodes = make([]Record, 0, min(tags/2+5, p.l.Elements+2))
		p.attrs = make([]AttrRecord, 0, bytes.Count(p.s, []byte{'"'})/2)
	}
	*p.push() = Record{Kind: KindDocument}
	p.d.ids = p.room.ids[:0]
	p.startNamespaces()
}

// push appends a record, to be filled in whole. Where there are more than expected, room is made
// once for all there can be: no more than there are "<" in what follows the last one.
func (p *parser) push() *Record {
	n := len(p.nodes)
	if n == cap(p.nodes) {
		p.grow()
	}
	p.nodes = p.nodes[:n+1]
	return &p.nodes[n]
}

func (p *parser) grow() {
	rest := p.s
	if n := len(p.nodes); n > 0 {
		rest = p.s[p.nodes[n-1].Start:]
	}
	most := bytes.Count(rest, []byte{'<'})
	p.nodes = slices.Grow(p.nodes, max(min(most, p.l.Elements+2-len(p.nodes)), 0)+2)
}

// finish closes the index.
func (p *parser) finish() {
	end := uint32(len(p.s))
	p.nodes[0].Open, p.nodes[0].Close, p.nodes[0].Next = 0, end, uint32(len(p.nodes))
	*p.push() = Record{
		Start: end, Open: end, Close: end, Next: p.nodes[0].Next,
		Attr: uint32(len(p.attrs)), Decl: uint32(len(p.decls)),
	}
	x := &p.d.index
	x.Nodes, x.Attrs, x.Decls, x.URIs = p.nodes, p.attrs, p.decls, p.uris
	x.Prefixes = p.room.names[:0]
	for i := range p.prefixes {
		x.Prefixes = append(x.Prefixes, p.prefixes[i].name)
	}
}
