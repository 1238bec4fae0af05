package c14n

import (
	"io"
	"slices"
	"sync"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

const (
	bufferSize = 4096 // what is gathered before it is written
	directSize = 1024 // runs of the original from here up are written from where they lie
)

// An emitter writes one canonical form. Original octets that are handed on one after another are
// one run, however many nodes they are.
type emitter struct {
	w    io.Writer
	err  error
	buf  []byte
	room int // octets that may still be written

	text             []byte
	root             uint32 // the document element
	x                *xmltree.Index
	method           Method
	comments         bool
	exclusive        bool
	runStart, runEnd uint32

	omitted []uint32 // in document order, none within another
	nextOut uint32   // the next of them, or beyond all nodes

	rendered []uint32 // exclusive: by prefix, the name last written for it
	listed   []bool   // exclusive: by prefix, it is in the PrefixList
	anyList  bool
	seen     []bool // by prefix
	undo     []undo
	needed   []uint32 // declarations to be written
	attrs    []attr
}

var emitters = sync.Pool{New: func() any {
	return &emitter{buf: make([]byte, 0, bufferSize)}
}}

func newEmitter(w io.Writer, m Method, d *xmltree.Document) *emitter {
	e := emitters.Get().(*emitter)
	x := d.Index()
	e.w, e.err, e.buf = w, nil, e.buf[:0]
	e.text, e.x, e.root, e.method = d.Bytes(), x, d.Root().Position(), m
	e.comments, e.exclusive = m.Comments(), m.Exclusive()
	e.runStart, e.runEnd = 0, 0
	e.omitted, e.undo, e.anyList = e.omitted[:0], e.undo[:0], false
	e.seen = zeroed(e.seen, len(x.Prefixes))
	if e.exclusive {
		e.rendered = zeroed(e.rendered, len(x.Prefixes))
		e.rendered[1] = 1 // the prefix xml needs no declaration
	}
	return e
}

// release hands the emitter back without anything of the document.
func (e *emitter) release() {
	e.w, e.text, e.x, e.err = nil, nil, nil, nil
	clear(e.attrs)
	e.attrs = e.attrs[:0]
	const most = 1 << 16 // a flood must not stay
	if cap(e.seen) > most || cap(e.needed) > most || cap(e.undo) > most || cap(e.attrs) > most {
		return
	}
	emitters.Put(e)
}

func zeroed[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// run hands on original octets.
func (e *emitter) run(start, end uint32) {
	if start == e.runEnd {
		e.runEnd = end
		return
	}
	e.flushRun()
	e.runStart, e.runEnd = start, end
}

func (e *emitter) flushRun() {
	s := e.text[e.runStart:e.runEnd]
	e.runStart = e.runEnd
	if len(s) >= directSize {
		e.flush()
		e.write(s)
		return
	}
	if len(e.buf)+len(s) > bufferSize {
		e.flush()
	}
	e.buf = append(e.buf, s...)
}

// put writes octets that are made. They are short.
func (e *emitter) put(s string) {
	if e.runStart < e.runEnd {
		e.flushRun()
	}
	if len(e.buf)+len(s) > bufferSize {
		e.flush()
	}
	e.buf = append(e.buf, s...)
}

func (e *emitter) flush() {
	if len(e.buf) > 0 {
		e.write(e.buf)
		e.buf = e.buf[:0]
	}
}

func (e *emitter) write(s []byte) {
	if e.room -= len(s); e.room < 0 && e.err == nil {
		e.err = &Error{Code: CodeLimit, Reason: "the canonical form is too long", Offset: -1}
	}
	if e.err == nil {
		_, e.err = e.w.Write(s)
	}
}

func (e *emitter) finish() error {
	e.flushRun()
	e.flush()
	return e.err
}

// omit notes the subtrees that are left out; false says that apex is within one of them.
func (e *emitter) omit(apex xmltree.Node, nodes []xmltree.Node) bool {
	for _, n := range nodes {
		if n.Contains(apex) {
			return false
		}
		if apex.Contains(n) {
			e.omitted = append(e.omitted, n.Position())
		}
	}
	slices.Sort(e.omitted)
	kept := e.omitted[:0]
	for _, n := range e.omitted {
		if len(kept) == 0 || n >= e.x.Nodes[kept[len(kept)-1]].Next {
			kept = append(kept, n)
		}
	}
	e.omitted = kept
	e.nextOmitted()
	return e.nextOut != e.root || apex.IsElement()
}

// nextOmitted moves on to the next subtree that is left out.
func (e *emitter) nextOmitted() {
	e.nextOut = ^uint32(0)
	if len(e.omitted) > 0 {
		e.nextOut, e.omitted = e.omitted[0], e.omitted[1:]
	}
}
