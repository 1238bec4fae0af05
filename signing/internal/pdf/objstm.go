package pdf

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// An objectStream is a decoded object stream (7.5.7).
type objectStream struct {
	key   cacheKey
	data  []byte
	first int
	nums  []uint32
	at    []uint32 // offsets from first
}

func (f *File) loadCompressed(e *entry, rank uint32) (Object, error) {
	s, index, err := f.containerOf(e, rank)
	if err != nil {
		return nil, err
	}
	return s.object(e.num, index, f.names)
}

// containerOf returns the object stream that holds an object, and at which index.
func (f *File) containerOf(e *entry, rank uint32) (*objectStream, int, error) {
	container, index := e.container()
	at := f.table.find(container, rank)
	if at == nil || at.kind != entryPlain || at.gen != 0 {
		return nil, 0, &SyntaxError{Object: e.num,
			Problem: fmt.Sprintf("object stream %d is missing", container)}
	}
	s, err := f.objectStream(at, rank)
	if err != nil {
		return nil, 0, err
	}
	if index >= len(s.nums) || s.nums[index] != e.num {
		return nil, 0, &SyntaxError{Object: e.num,
			Problem: fmt.Sprintf("it is not at index %d of object stream %d", index, container)}
	}
	return s, index, nil
}

// objectStream returns the decoded stream, from the cache if it is there.
func (f *File) objectStream(at *entry, rank uint32) (*objectStream, error) {
	key := cacheKey{at.num, at.offset}
	list := f.cache.streams
	for i, s := range list {
		if s.key == key {
			copy(list[i:], list[i+1:])
			list[len(list)-1] = s
			return s, nil
		}
	}
	if slices.Contains(f.opening, key) || len(f.opening) >= maxOpening {
		return nil, &SyntaxError{Offset: at.offset, Object: at.num,
			Problem: "an object stream that needs itself, or too many others, to be read"}
	}
	f.opening = append(f.opening, key)
	f.cache.shrink(cacheDecoded) // so that two large ones are never held side by side
	s, err := f.readObjectStream(at, rank)
	f.opening = f.opening[:len(f.opening)-1]
	if err != nil {
		return nil, err
	}
	s.key = key
	f.cache.shrink(cacheDecoded - s.size())
	f.cache.streams = append(f.cache.streams, s)
	f.cache.decoded += s.size()
	return s, nil
}

// maxOpening bounds object streams that are read because another one is: those that hold its
// Length, for instance.
const maxOpening = 4

// size is the memory that a stream takes.
func (s *objectStream) size() int { return len(s.data) + 8*len(s.nums) }

// shrink drops the streams that were not used for longest, until those left have at most so many
// octets.
func (c *cache) shrink(most int) {
	for len(c.streams) > 0 && c.decoded > most {
		c.decoded -= c.streams[0].size()
		c.streams[0] = nil
		c.streams = c.streams[1:]
	}
}

func (f *File) readObjectStream(at *entry, rank uint32) (*objectStream, error) {
	bad := func(problem string) (*objectStream, error) {
		return nil, &SyntaxError{Offset: at.offset, Object: at.num, Problem: problem}
	}
	o, err := f.loadPlain(at)
	if err != nil {
		return nil, err
	}
	stream, ok := o.(*Stream)
	if !ok || stream.Dict.Get("Type") != Name("ObjStm") {
		return bad("no object stream where one should be")
	}
	view := &View{f: f, rank: rank}
	count, ok := view.integer(stream.Dict.Get("N"))
	first, also := view.integer(stream.Dict.Get("First"))
	if !ok || !also || count < 0 || first < 0 || count > maxElements {
		return bad("N or First of an object stream is malformed")
	}
	r, err := view.decode(stream, maxObjectStream)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if first > int64(len(data)) || count > int64(len(data)) {
		return bad("N or First of an object stream goes beyond it")
	}
	s := &objectStream{data: data, first: int(first)}
	if !s.list(int(count), at.num) {
		return bad("the list of objects in an object stream is malformed")
	}
	return s, nil
}

// list reads the numbers and places of the objects.
func (s *objectStream) list(count int, num uint32) bool {
	lx := &lexer{buf: s.data[:s.first], last: true, num: num}
	s.nums, s.at = make([]uint32, count), make([]uint32, count)
	for i := range count {
		n, ok := lx.count()
		off, also := lx.count()
		if !ok || !also || n > maxObjectNumber || off > int64(len(s.data)-s.first) {
			return false
		}
		s.nums[i], s.at[i] = uint32(n), uint32(off)
	}
	return true
}

// count reads an integer that is not negative.
func (lx *lexer) count() (int64, bool) {
	if n, at := digits(lx.buf, lx.pos, 9); n >= 0 {
		lx.pos = at + 1
		return n, true
	}
	t, err := lx.next()
	return t.integer, err == nil && t.kind == tokenInteger && t.integer >= 0
}

// object parses the object at an index.
func (s *objectStream) object(num uint32, index int, names map[string]Object) (Object, error) {
	lx := &lexer{buf: s.data, pos: s.first + int(s.at[index]), last: true, num: num, names: names}
	o, err := lx.parse()
	if err != nil {
		return nil, err
	}
	return placeless(o), nil
}

// placeless forgets positions, which mean nothing outside of the decoded stream.
func placeless(o Object) Object {
	switch v := o.(type) {
	case String:
		v.Start, v.End = 0, 0
		return v
	case Array:
		for i := range v {
			v[i] = placeless(v[i])
		}
	case *Dict:
		v.Start, v.End = 0, 0
		for i := range v.entries {
			v.entries[i].value = placeless(v.entries[i].value)
		}
	}
	return o
}

var endStream = []byte("endstream")

// streamEnds reports whether endstream follows at an offset, behind at most one line end.
func (f *File) streamEnds(at int64) bool {
	b, err := f.src.read(at, len(endStream)+2)
	if err != nil {
		return false
	}
	if len(b) > 0 && b[0] == '\r' {
		b = b[1:]
	}
	if len(b) > 0 && b[0] == '\n' {
		b = b[1:]
	}
	return bytes.HasPrefix(b, endStream)
}
