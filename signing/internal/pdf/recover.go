package pdf

import (
	"context"
	"fmt"
)

// recover rebuilds the cross-references by looking for objects in the whole file. Of several with
// one number the last counts. why is what could not be read.
func (f *File) recover(why error) error {
	f.sections, f.revisions, f.table, f.oddities = nil, nil, table{}, nil
	f.cache, f.byOffset, f.base = cache{}, nil, 0
	f.recovered = true
	f.odd(0, fmt.Sprintf("cross-references were rebuilt: %v", why))
	s := &Section{Trailer: &Dict{}, startxref: -1}
	f.sections = []*Section{s}
	f.revisions = []*Revision{{}}
	r := &rescue{f: f, section: s, last: map[uint32]int{}}
	if err := r.scan(context.Background()); err != nil {
		return err
	}
	f.rescue = r
	if !s.Trailer.Has("Root") {
		return &SyntaxError{Problem: "no catalog can be found"}
	}
	return nil
}

// A rescue is the search for objects.
type rescue struct {
	f       *File
	section *Section
	last    map[uint32]int // newest entry of each object
	streams []uint32       // object streams found
}

func (r *rescue) scan(ctx context.Context) error {
	skipTo := int64(0)
	var failed error
	err := r.f.Search(ctx, []byte("obj"), 0, func(at int64) bool {
		if at < skipTo {
			return true
		}
		b, from, err := r.f.src.before(at, 32) // two numbers and white space
		if err != nil {
			failed = err
			return false
		}
		start := headerStart(b)
		if start < 0 || start > 0 && isRegular(b[start-1]) {
			return true
		}
		end, err := r.object(from + int64(start))
		skipTo, failed = max(skipTo, end), err
		return err == nil
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	if err := r.f.Search(ctx, []byte("trailer"), 0, func(at int64) bool {
		r.trailer(at + int64(len("trailer")))
		return true
	}); err != nil {
		return err
	}
	return r.finish()
}

// object takes an object in, and returns where its stream ends, if it has one that can be told.
func (r *rescue) object(at int64) (int64, error) {
	f := r.f
	num, gen, o, _, err := f.parseIndirect(at, 0)
	if err != nil || num == 0 {
		return 0, nil
	}
	e := entry{kind: entryPlain, num: num, gen: gen, offset: at}
	if i, again := r.last[num]; again {
		f.table.entries[i] = e
	} else if err := f.addEntry(e); err != nil {
		return 0, err
	} else {
		r.last[num] = len(f.table.entries) - 1
	}
	s, ok := o.(*Stream)
	if !ok {
		return 0, nil
	}
	switch s.Dict.Get("Type") {
	case Name("ObjStm"):
		r.streams = append(r.streams, num)
	case Name("XRef"):
		r.take(s.Dict)
	}
	if n, isInt := s.Dict.Get("Length").(Integer); isInt && n >= 0 &&
		s.offset+int64(n) <= f.src.size &&
		f.streamEnds(s.offset+int64(n)) {
		return s.offset + int64(n), nil
	}
	return 0, nil
}

func (r *rescue) trailer(at int64) {
	_ = r.f.parseAt(at, 0, func(lx *lexer) error {
		o, err := lx.parse()
		if d, ok := o.(*Dict); ok && err == nil {
			r.take(d)
		}
		return err
	}) // a trailer that cannot be read is none
}

// take merges what a trailer says; later ones count more.
func (r *rescue) take(d *Dict) {
	for _, key := range []Name{"Root", "Info", "ID", "Encrypt"} {
		if d.Has(key) {
			r.section.Trailer.Set(key, d.Get(key))
		}
	}
}

// finish sorts the entries, so that objects can be found.
func (r *rescue) finish() error {
	r.section.end = len(r.f.table.entries)
	return r.f.table.finish(r.f.sections)
}

// unpack adds what object streams hold. Those of an encrypted file can be read when its key is known.
func (r *rescue) unpack() error {
	f := r.f
	plain := map[uint32]bool{}
	for _, e := range f.table.entries {
		plain[e.num] = true
	}
	var add []entry
	for _, num := range r.streams {
		at := f.table.find(num, 1)
		if at == nil {
			continue
		}
		s, err := f.objectStream(at, 1)
		if err != nil {
			continue
		}
		for i, n := range s.nums {
			if !plain[n] {
				add = append(add, entry{kind: entryCompressed, num: n, offset: int64(num)<<32 | int64(i)})
			}
		}
	}
	if len(add) == 0 {
		return nil
	}
	r.section.Stream = true
	seen := map[uint32]bool{}
	for i := len(add) - 1; i >= 0; i-- { // the last stream that holds an object counts
		if !seen[add[i].num] {
			seen[add[i].num] = true
			if err := f.addEntry(add[i]); err != nil {
				return err
			}
		}
	}
	r.section.end = len(f.table.entries)
	return f.table.finish(f.sections)
}

// currentEntries returns the entries that count now, but for those in except, and the head of the
// list of free objects, for a file whose cross-references were rebuilt.
func (f *File) currentEntries(except map[uint32]int) []entry {
	out := []entry{{kind: entryFree, gen: 65535, offset: f.base}}
	for _, e := range f.table.entries {
		if _, skip := except[e.num]; !skip && e.num != 0 {
			out = append(out, e)
		}
	}
	return out
}

// Signed reports whether the file seems to hold a signature anywhere.
func (f *File) Signed(ctx context.Context) (bool, error) {
	found := false
	err := f.Search(ctx, []byte("/ByteRange"), 0, func(int64) bool {
		found = true
		return false
	})
	return found, err
}
