package pades

import (
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A found is a signature of the document before it is judged.
type found struct {
	id   string // full name of its field, or "object 12 0" where no field shows it
	num  uint32 // of the object that holds the dictionary; 0 when it stands in the field itself
	view *pdf.View
	dict *pdf.Dict
	// revision that wrote the dictionary, from 1.
	revision int
	// current says that the newest revision still shows this very dictionary in the field.
	current bool
	// seed is the seed value dictionary of the field.
	seed *pdf.Dict
	// lock is the lock dictionary of the field.
	lock *pdf.Dict
	// lost says that no field of any revision shows it.
	lost bool
	err  error // the dictionary cannot be read
}

// findSignatures lists every signature that a field shows in any revision, in the order in which
// they were written.
func findSignatures(f *pdf.File) ([]*found, error) {
	s := &search{f: f, known: map[shown]*found{}}
	n := len(f.Revisions())
	for revision := 1; revision <= n; revision++ {
		var changed []uint32
		if revision > 1 {
			changed = f.Changed(revision)
		}
		err := s.advance(revision, changed)
		if err == nil && (revision == 1 || revision == n || touchesForm(f.At(revision), changed)) {
			s.revision(revision)
		}
		if err != nil && (revision == n || limitOnly(err) != nil) {
			return nil, err
		}
	}
	if s.full {
		return nil, &pdf.LimitError{Limit: "signatures"}
	}
	return s.out, nil
}

// touchesForm reports whether an incremental update writes a signature field or dictionary, so that
// the fields must be looked at as they were then.
func touchesForm(v *pdf.View, changed []uint32) bool {
	for _, num := range changed {
		ref, ok := v.RefOf(num)
		if !ok {
			continue
		}
		o, err := v.Load(ref)
		if err != nil {
			continue
		}
		d := pdf.DictOf(o)
		if d.Has("ByteRange") || d.Get("FT") == pdf.Object(pdf.Name("Sig")) {
			return true
		}
		if value, err := v.Dict(d.Get("V")); err == nil && value.Has("Contents") {
			return true
		}
	}
	return false
}

// shown is a dictionary, by where it stands, in a field.
type shown struct {
	at   int64
	name string
}

type search struct {
	f      *pdf.File
	fields *fieldIndex // of the revision that was read last, nil when its form cannot be read
	known  map[shown]*found
	out    []*found
	full   bool
}

// maxSignatures bounds the signatures of one document: each costs a path.
const maxSignatures = 1000

// advance brings the fields up to a revision, which changed some objects.
func (s *search) advance(n int, changed []uint32) error {
	var x fieldIndex
	var err error
	if s.fields == nil {
		x, err = newFieldIndex(s.f.At(n))
	} else {
		x, err = s.fields.next(s.f.At(n-1), s.f.At(n), changed)
		x = x.settled()
	}
	s.fields = &x
	if err != nil {
		s.fields = nil
	}
	return err
}

// revision looks at the signatures that fields show at the end of a revision.
func (s *search) revision(n int) {
	v := s.f.At(n)
	for f := range s.fields.signed {
		s.add(v, n, f)
	}
}

func (s *search) add(v *pdf.View, n int, fl *field) {
	ref, _ := fl.value.(pdf.Ref)
	d, err := v.Dict(fl.value)
	if err == nil && d == nil {
		return
	}
	last := n == len(s.f.Revisions())
	if err == nil {
		if known := s.known[shown{d.Start, fl.name}]; known != nil && d.Start != 0 {
			known.current = known.current || last
			return
		}
	}
	seed, _ := v.Dict(fl.dict.Get("SV"))
	if len(s.out) >= maxSignatures {
		s.full = true
		return
	}
	out := &found{id: fl.name, seed: seed, lock: fl.lock, num: ref.Num, view: v, dict: d,
		current: last, err: err, revision: n}
	if ref.Num != 0 {
		out.revision = v.RevisionOf(ref.Num)
	} else if fl.ref.Num != 0 {
		out.revision = v.RevisionOf(fl.ref.Num)
	}
	if err == nil && d.Start != 0 {
		s.known[shown{d.Start, fl.name}] = out
	}
	s.out = append(s.out, out)
}
