package pdf

import (
	"bytes"
	"io"
)

// A View is the document as it was at the end of one revision.
type View struct {
	f    *File
	rank uint32
	bare bool // cross-references are not read yet: nothing can be looked up
}

// Current returns the view of the newest revision.
func (f *File) Current() *View { return &View{f: f, rank: uint32(2*len(f.sections) + 1)} }

// At returns the view at the end of a revision, numbered from 1 as in [File.Revisions].
func (f *File) At(revision int) *View {
	r := f.revisions[revision-1]
	return &View{f: f, rank: uint32(2*r.last + 1)}
}

// File returns the file of the view.
func (v *View) File() *File { return v.f }

// Trailer returns the trailer that counts in the view.
func (v *View) Trailer() *Dict {
	i := min(int(v.rank/2), len(v.f.sections)-1)
	return v.f.sections[i].Trailer
}

// Root returns the catalog's dictionary, nil if there is none.
func (v *View) Root() *Dict {
	d, _ := v.Dict(v.Trailer().Get("Root"))
	return d
}

// Load returns the object that a reference leads to, nil when it is free or absent (7.3.10).
func (v *View) Load(ref Ref) (Object, error) {
	if v.bare {
		return nil, &SyntaxError{Object: ref.Num, Problem: "a reference where a direct value is required"}
	}
	e := v.f.table.find(ref.Num, v.rank)
	if e == nil || e.kind == entryFree || e.gen != ref.Gen {
		return nil, nil
	}
	return v.f.load(e, v.rank)
}

// Resolve follows references until it comes to a value.
func (v *View) Resolve(o Object) (Object, error) {
	for range maxReferences {
		ref, ok := o.(Ref)
		if !ok {
			return o, nil
		}
		var err error
		if o, err = v.Load(ref); err != nil {
			return nil, err
		}
	}
	ref := o.(Ref)
	return nil, &LimitError{Object: ref.Num, Limit: "references to references"}
}

// Dict returns the dictionary (or stream's dictionary) that o is or leads to, nil when it is
// something else.
func (v *View) Dict(o Object) (*Dict, error) {
	o, err := v.Resolve(o)
	return DictOf(o), err
}

// Array returns the array that o is or leads to, nil when it is something else.
func (v *View) Array(o Object) (Array, error) {
	o, err := v.Resolve(o)
	a, _ := o.(Array)
	return a, err
}

// Value returns the value of a key, references resolved, nil when it cannot be read.
func (v *View) Value(d *Dict, key Name) Object {
	o, err := v.Resolve(d.Get(key))
	if err != nil {
		return nil
	}
	return o
}

// NameOf returns the name under a key, "" when there is none.
func (v *View) NameOf(d *Dict, key Name) Name {
	n, _ := v.Value(d, key).(Name)
	return n
}

func (v *View) integer(o Object) (int64, bool) {
	o, err := v.Resolve(o)
	n, ok := o.(Integer)
	return int64(n), ok && err == nil
}

func (v *View) integerOr(o Object, otherwise int64) int64 {
	if n, ok := v.integer(o); ok {
		return n
	}
	return otherwise
}

// Raw returns the data of a stream as it stands in the file, decrypted but not decoded. It checks
// that the data ends where Length says.
func (v *View) Raw(s *Stream) (io.Reader, error) {
	if s.Data != nil {
		return bytes.NewReader(s.Data), nil
	}
	length, err := v.Length(s)
	if err != nil {
		return nil, err
	}
	r := io.NewSectionReader(v.f.src.r, s.offset, length)
	if v.f.crypt != nil && !s.exempt {
		return v.f.crypt.openStream(v, s, r, length)
	}
	return r, nil
}

// Length returns the octets of a stream's data in the file (7.3.8.2).
func (v *View) Length(s *Stream) (int64, error) {
	n, ok := v.integer(s.Dict.Get("Length"))
	if !ok || n < 0 || s.offset+n > v.f.src.size {
		return 0, s.fail("Length of a stream is missing or goes beyond the file")
	}
	if !v.f.streamEnds(s.offset + n) {
		return 0, s.fail("endstream does not stand where Length says")
	}
	return n, nil
}

// Decode returns the data of a stream, decrypted and decoded, up to limit octets.
func (v *View) Decode(s *Stream, limit int64) ([]byte, error) {
	r, err := v.decode(s, limit)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// Where returns the offset at which the version of an object in the view stands; for one in an
// object stream, that of the stream, and true.
func (v *View) Where(num uint32) (offset int64, compressed bool) {
	e := v.f.table.find(num, v.rank)
	if e == nil || e.kind == entryFree {
		return 0, false
	}
	if e.kind == entryCompressed {
		container, _ := e.container()
		at, _ := v.Where(container)
		return at, true
	}
	return e.offset, false
}

// RefOf returns the reference to an object by its number alone; false when it is free or absent.
func (v *View) RefOf(num uint32) (Ref, bool) {
	e := v.f.table.find(num, v.rank)
	if e == nil || e.kind == entryFree {
		return Ref{}, false
	}
	return Ref{num, e.gen}, true
}

// Object returns the version of an object that the view sees by its number alone, nil when it is
// free or absent.
func (v *View) Object(num uint32) (Object, error) {
	ref, ok := v.RefOf(num)
	if !ok {
		return nil, nil
	}
	return v.Load(ref)
}

// SameStream reports whether two streams have equal dictionaries, Length aside, and the same data
// as it stands in the file. Data that was encoded anew is not the same: readers differ on what
// damaged encodings mean.
func SameStream(v *View, a *Stream, w *View, b *Stream) bool {
	x, y := a.Dict.Clone(), b.Dict.Clone()
	x.Set("Length", nil)
	y.Set("Length", nil)
	if !equalDicts(x, y) {
		return false
	}
	p, err := v.Raw(a)
	if err != nil {
		return false
	}
	q, err := w.Raw(b)
	return err == nil && sameOctets(p, q)
}

func sameOctets(p, q io.Reader) bool {
	const block = 16 << 10
	one, two := make([]byte, block), make([]byte, block)
	for {
		n, err := io.ReadFull(p, one)
		m, _ := io.ReadFull(q, two)
		if n != m || !bytes.Equal(one[:n], two[:m]) {
			return false
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return true
		}
		if err != nil {
			return false
		}
	}
}
