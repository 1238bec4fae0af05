package pdf

import (
	"crypto/sha256"
	"fmt"
	"slices"
)

// An Update is one incremental update being made (7.5.6). It is not safe for concurrent use.
type Update struct {
	f       *File
	objects []staged
	index   map[uint32]int
	next    uint32
	info    Object // replaced reference to the information dictionary; nil keeps it
}

type staged struct {
	ref    Ref
	object Object
	offset int64
}

// NewUpdate starts an update on top of the newest revision.
func (f *File) NewUpdate() (*Update, error) {
	next, err := f.freeNumber()
	if err != nil {
		return nil, err
	}
	return &Update{f: f, index: map[uint32]int{}, next: next}, nil
}

const (
	// usualObjectNumber is the largest number that readers are asked to take (Annex C, table C.1).
	usualObjectNumber = 8_388_607
	// updateNumbers is how many numbers in a row must be free for an update.
	updateNumbers = 1 << 16
	// maxSearched bounds the objects that are searched for references to nothing: a seek each.
	maxSearched = 1 << 8
)

// freeNumber returns the first number of new objects: the one behind all others. Size is heeded
// unless it is out of measure. Where an object has the largest of all numbers, it is the first
// number of a gap, from the upper end.
func (f *File) freeNumber() (uint32, error) {
	next := int64(f.table.highest) + 1
	if size, _ := f.Newest().Trailer.Get("Size").(Integer); size <= usualObjectNumber {
		next = max(next, int64(size))
	}
	if next <= maxObjectNumber-updateNumbers {
		return f.unnamed(uint32(next)), nil
	}
	for i := len(f.table.entries) - 1; i > 0; i-- {
		upper, lower := int64(f.table.at(i).num), int64(f.table.at(i-1).num)
		if upper-lower > 2*updateNumbers {
			return f.unnamed(uint32(lower + 1)), nil
		}
	}
	return 0, &LimitError{Limit: "object number"}
}

// unnamed returns next, or the number behind those that references to nothing name already: what
// was null (7.3.10) would become something else. Large documents are searched in part.
func (f *File) unnamed(next uint32) uint32 {
	v, top := f.Current(), next
	look := func(r Ref) {
		if r.Num >= top && r.Num < next+updateNumbers {
			top = r.Num + 1
		}
	}
	referencesOf(v.Trailer(), look)
	for i := range min(len(f.table.entries), maxSearched) {
		_ = v.References(f.table.at(i).num, look) // what cannot be read names nothing
	}
	return top
}

// Reserve returns a reference to an object that will be put later.
func (u *Update) Reserve() Ref {
	u.next++
	return Ref{Num: u.next - 1}
}

// Add puts a new object and returns its reference.
func (u *Update) Add(o Object) Ref {
	ref := u.Reserve()
	u.Put(ref, o)
	return ref
}

// Put sets the object that a reference leads to from this update on.
func (u *Update) Put(ref Ref, o Object) {
	if i, ok := u.index[ref.Num]; ok {
		u.objects[i].object = o
		return
	}
	u.index[ref.Num] = len(u.objects)
	u.objects = append(u.objects, staged{ref: ref, object: o})
}

// Resolve follows references, through the objects of the update first.
func (u *Update) Resolve(o Object) (Object, error) {
	for range maxReferences {
		ref, ok := o.(Ref)
		if !ok {
			return o, nil
		}
		if i, staged := u.index[ref.Num]; staged {
			o = u.objects[i].object
			continue
		}
		var err error
		if o, err = u.f.Current().Load(ref); err != nil {
			return nil, err
		}
	}
	return nil, &LimitError{Object: o.(Ref).Num, Limit: "references to references"}
}

// Dict is [Update.Resolve] for a dictionary or stream; nil for anything else.
func (u *Update) Dict(o Object) (*Dict, error) {
	o, err := u.Resolve(o)
	return DictOf(o), err
}

// Layout returns the octets to append to the file, and sets the offsets of placeholders. With
// nothing put it returns an error.
func (u *Update) Layout() ([]byte, error) {
	if len(u.objects) == 0 {
		return nil, fmt.Errorf("pdf: an update without objects")
	}
	w := &writer{base: u.f.src.size}
	if err := u.newLine(w); err != nil {
		return nil, err
	}
	for i := range u.objects {
		if err := u.keepsContainers(u.objects[i].ref); err != nil {
			return nil, err
		}
		if err := u.indirect(w, &u.objects[i]); err != nil {
			return nil, err
		}
	}
	trailer := u.trailer(w.buf)
	if u.f.Newest().Stream {
		return u.closeStream(w, trailer)
	}
	return u.closeTable(w, trailer)
}

// keepsContainers refuses to put something else in the place of an object stream, which would take
// what it holds along.
func (u *Update) keepsContainers(ref Ref) error {
	o, err := u.f.Current().Object(ref.Num)
	if s, ok := o.(*Stream); err == nil && ok && s.Dict.Get("Type") == Name("ObjStm") {
		return &SyntaxError{Object: ref.Num, Problem: "an object stream where something else should be"}
	}
	return nil
}

// newLine begins a line if the file does not end with one.
func (u *Update) newLine(w *writer) error {
	last, _, err := u.f.src.before(u.f.src.size, 1)
	if err != nil {
		return err
	}
	if len(last) == 1 && last[0] != '\n' && last[0] != '\r' {
		w.raw("\n")
	}
	return nil
}

func (u *Update) indirect(w *writer, s *staged) error {
	s.offset = w.offset()
	w.buf = fmt.Appendf(w.buf, "%d %d obj\n", s.ref.Num, s.ref.Gen)
	stream, isStream := s.object.(*Stream)
	w.seal = u.f.crypt.sealer(s.ref)
	if !isStream {
		w.object(s.object)
		w.raw("\nendobj\n")
		return w.err
	}
	data := stream.Data
	if data == nil {
		return fmt.Errorf("pdf: stream %d of the file cannot be written again", s.ref.Num)
	}
	data, err := u.f.crypt.sealStream(u.f.Current(), s.ref, stream)
	if err != nil {
		return err
	}
	d := stream.Dict.Clone()
	d.Set("Length", Integer(len(data)))
	w.dict(d)
	w.raw("\nstream\n")
	w.buf = append(w.buf, data...)
	w.raw("\nendstream\nendobj\n")
	return w.err
}

// trailer makes the trailer of the update: what the old one says of the document, and a new second
// half of ID made from what is written (14.4).
func (u *Update) trailer(body []byte) *Dict {
	old := u.f.Newest().Trailer
	d := &Dict{}
	d.Set("Size", Integer(u.size(u.next)))
	d.Set("Root", old.Get("Root"))
	d.Set("Info", old.Get("Info"))
	if u.info != nil {
		d.Set("Info", u.info)
	}
	d.Set("Encrypt", old.Get("Encrypt"))
	if id, err := u.f.Current().Array(old.Get("ID")); err == nil && len(id) == 2 {
		h := sha256.New()
		for _, half := range id {
			if s, ok := half.(String); ok {
				h.Write(s.Value)
			}
		}
		fmt.Fprintf(h, " %d ", u.f.src.size)
		h.Write(body)
		d.Set("ID", Array{id[0], String{Value: h.Sum(nil)[:16], Hex: true}})
	}
	if !u.f.recovered {
		d.Set("Prev", Integer(u.f.Newest().Offset-u.f.base))
	}
	return d
}

// size is what Size says when next is the first number that the update leaves free (table 15).
func (u *Update) size(next uint32) int64 { return max(int64(next), int64(u.f.table.highest)+1) }

// rows returns the entries to list, by number.
func (u *Update) rows() []entry {
	var rows []entry
	if u.f.recovered {
		rows = append(rows, u.f.currentEntries(u.index)...)
	}
	for _, s := range u.objects {
		rows = append(rows, entry{kind: entryPlain, num: s.ref.Num, gen: s.ref.Gen, offset: s.offset})
	}
	slices.SortFunc(rows, func(a, b entry) int { return int(a.num) - int(b.num) })
	return rows
}

// runs calls yield for each run of consecutive numbers.
func runs(rows []entry, yield func([]entry)) {
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && rows[j].num == rows[j-1].num+1 {
			j++
		}
		yield(rows[i:j])
		i = j
	}
}

// maxTableOffset is the largest offset that ten digits can say (7.5.4).
const maxTableOffset = 9_999_999_999

func (u *Update) closeTable(w *writer, trailer *Dict) ([]byte, error) {
	at := w.offset() - u.f.base
	if at > maxTableOffset {
		return nil, &LimitError{Offset: at, Limit: "ten digits of a cross-reference table"}
	}
	w.raw("xref\n")
	runs(u.rows(), func(run []entry) {
		w.buf = fmt.Appendf(w.buf, "%d %d\n", run[0].num, len(run))
		for _, e := range run {
			kind := 'n'
			if e.kind == entryFree {
				kind = 'f'
			}
			w.buf = fmt.Appendf(w.buf, "%010d %05d %c \n", e.offset-u.f.base, e.gen, kind)
		}
	})
	w.raw("trailer\n")
	w.seal = nil
	w.dict(trailer)
	w.buf = fmt.Appendf(w.buf, "\nstartxref\n%d\n%%%%EOF\n", at)
	return w.buf, w.err
}

func (u *Update) closeStream(w *writer, trailer *Dict) ([]byte, error) {
	own := entry{kind: entryPlain, num: u.next, offset: w.offset()}
	rows := append(u.rows(), own)
	width := 4
	for max(own.offset, 0)>>(8*width) != 0 {
		width++
	}
	var data []byte
	index := Array{}
	runs(rows, func(run []entry) {
		index = append(index, Integer(run[0].num), Integer(len(run)))
		for _, e := range run {
			data = appendRow(data, e, width, u.f.base)
		}
	})
	trailer.Set("Size", Integer(u.size(u.next+1)))
	trailer.Set("Type", Name("XRef"))
	trailer.Set("W", Array{Integer(1), Integer(width), Integer(4)})
	trailer.Set("Index", index)
	trailer.Set("Length", Integer(len(data)))
	w.seal = nil
	w.buf = fmt.Appendf(w.buf, "%d 0 obj\n", own.num)
	w.dict(trailer)
	w.raw("\nstream\n")
	w.buf = append(w.buf, data...)
	w.buf = fmt.Appendf(w.buf, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", own.offset-u.f.base)
	return w.buf, w.err
}

func appendRow(data []byte, e entry, width int, base int64) []byte {
	second, third := uint64(e.offset-base), uint64(e.gen)
	if e.kind == entryCompressed {
		container, index := e.container()
		second, third = uint64(container), uint64(index)
	}
	data = append(data, e.kind)
	for i := width - 1; i >= 0; i-- {
		data = append(data, byte(second>>(8*i)))
	}
	return append(data, byte(third>>24), byte(third>>16), byte(third>>8), byte(third))
}
