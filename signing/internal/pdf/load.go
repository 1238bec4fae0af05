package pdf

import "fmt"

// parseIndirect reads the indirect object at an offset (7.3.10). closed is the offset behind
// endobj, or behind the keyword stream's dictionary for a stream, whose data may be of any length.
func (f *File) parseIndirect(at int64, want uint32) (num uint32, gen uint16, o Object,
	closed int64, err error) {
	err = f.parseAt(at, want, func(lx *lexer) error {
		if num, gen, err = lx.header(); err != nil {
			return err
		}
		lx.num = num
		if o, err = lx.value(); err != nil {
			return err
		}
		f.weight = lx.elements
		closed = lx.offset()
		return lx.tail(&o, Ref{num, gen}, &closed)
	})
	return num, gen, o, closed, err
}

// header reads "12 0 obj".
func (lx *lexer) header() (uint32, uint16, error) {
	if num, gen, ok := lx.usualHeader(); ok {
		return num, gen, nil
	}
	var n [2]int64
	for i := range n {
		t, err := lx.next()
		if err != nil {
			return 0, 0, err
		}
		if t.kind != tokenInteger || t.integer < 0 || t.integer > maxObjectNumber {
			return 0, 0, lx.fail(t.start, "no indirect object where one should be")
		}
		n[i] = t.integer
	}
	t, err := lx.next()
	if err != nil {
		return 0, 0, err
	}
	if t.kind != tokenKeyword || t.text != "obj" || n[1] > 65535 {
		return 0, 0, lx.fail(t.start, "no indirect object where one should be")
	}
	return uint32(n[0]), uint16(n[1]), nil
}

// usualHeader reads one whose parts are one space apart, as nearly all are.
func (lx *lexer) usualHeader() (uint32, uint16, bool) {
	at := lx.pos
	num, at := digits(lx.buf, at, 9)
	gen, at := digits(lx.buf, at+1, 5)
	if at+4 >= len(lx.buf) || num < 0 || gen < 0 || gen > 65535 || num > maxObjectNumber ||
		string(lx.buf[at:at+4]) != " obj" || isRegular(lx.buf[at+4]) {
		return 0, 0, false
	}
	lx.pos = at + 4
	return uint32(num), uint16(gen), true
}

// digits reads at most a number of digits with a space behind them; -1 without.
func digits(b []byte, at, most int) (n int64, end int) {
	start := at
	for at < len(b) && isDigit(b[at]) && at-start < most {
		n = n*10 + int64(b[at]-'0')
		at++
	}
	if at == start || at >= len(b) || b[at] != ' ' {
		return -1, at
	}
	return n, at
}

// value reads the value of an indirect object; one that has none is null.
func (lx *lexer) value() (Object, error) {
	t, err := lx.next()
	if err != nil {
		return nil, err
	}
	if t.kind == tokenKeyword && t.text == "endobj" {
		lx.pos = t.start
		return nil, nil
	}
	return lx.parseFrom(t, 0)
}

// tail reads what follows the value: stream makes it a stream object, endobj ends it. A missing
// endobj is no fault that matters to a reader.
func (lx *lexer) tail(o *Object, ref Ref, closed *int64) error {
	t, err := lx.next()
	if err == errShort {
		return err
	}
	if err != nil || t.kind != tokenKeyword {
		return nil
	}
	d, isDict := (*o).(*Dict)
	switch {
	case t.text == "endobj":
		*closed = lx.offset()
	case t.text == "stream" && isDict:
		if lx.pos+2 > len(lx.buf) && !lx.last {
			return errShort
		}
		if lx.pos < len(lx.buf) && lx.buf[lx.pos] == '\r' {
			lx.pos++
		}
		if lx.pos < len(lx.buf) && lx.buf[lx.pos] == '\n' {
			lx.pos++
		}
		*o = &Stream{Dict: d, offset: lx.offset(), ref: ref}
	}
	return nil
}

// load reads the version of an object that an entry points to, as it is seen at rank.
func (f *File) load(e *entry, rank uint32) (Object, error) {
	switch e.kind {
	case entryPlain:
		return f.loadPlain(e)
	case entryCompressed:
		if err := f.count(e); err != nil {
			return nil, err
		}
		return f.loadCompressed(e, rank)
	}
	return nil, nil
}

// count bounds how often objects are read.
func (f *File) count(e *entry) error {
	if f.loads++; f.loads > maxLoads+3*len(f.table.entries) {
		return &LimitError{Offset: e.offset, Object: e.num, Limit: "objects read, again and again"}
	}
	return nil
}

func (f *File) loadPlain(e *entry) (Object, error) {
	key := cacheKey{e.num, e.offset}
	if o, ok := f.cache.objects[key]; ok {
		if failed, ok := o.(failure); ok {
			return nil, failed.error
		}
		return o, nil
	}
	if err := f.count(e); err != nil {
		return nil, err
	}
	o, err := f.readPlain(e)
	if err != nil {
		f.cache.put(key, failure{err}, 1)
		return nil, err
	}
	f.cache.put(key, o, f.weight)
	return o, nil
}

// A failure stands in the cache for an object that cannot be read, so that it is not tried again.
type failure struct{ error }

func (f *File) readPlain(e *entry) (Object, error) {
	num, gen, o, _, err := f.parseIndirect(e.offset, e.num)
	if err != nil {
		return nil, err
	}
	if num != e.num || gen != e.gen {
		return nil, &SyntaxError{Offset: e.offset, Object: e.num,
			Problem: fmt.Sprintf("object %d %d stands where %d %d should be", num, gen, e.num, e.gen)}
	}
	if f.crypt != nil && !f.crypt.isDictionary(e) {
		return f.crypt.openStrings(o, Ref{num, gen})
	}
	return o, nil
}

// A cache keeps the objects loaded last. It is emptied when it is full: look-ups come in bursts.
type cache struct {
	objects map[cacheKey]Object
	weight  int             // of the objects, as in maxElements
	streams []*objectStream // most recently used last
	decoded int             // octets in streams
}

type cacheKey struct {
	num    uint32
	offset int64
}

const (
	cacheObjects = 512      // small ones: a page and its fields
	cacheWeight  = 1 << 18  // values in them, however few they are
	cacheDecoded = 16 << 20 // octets of decoded object streams
)

func (c *cache) put(key cacheKey, o Object, weight int) {
	if c.objects == nil || len(c.objects) >= cacheObjects || c.weight+weight > cacheWeight {
		c.objects, c.weight = make(map[cacheKey]Object, 64), 0
	}
	c.weight += weight
	c.objects[key] = o
}
