package pdf

import (
	"bytes"
	"slices"
)

// maxStray bounds how many stray places are told.
const maxStray = 16

// Tail reports what stands behind the end of the newest revision: the offset of the first octet
// that is neither white space nor part of a comment, 0 when there is none, and whether there is
// anything but white space at all. A startxref counts even in a comment: readers look for it
// backwards from the end, and see no comments.
func (f *File) Tail() (stray int64, any bool, err error) {
	last := f.revisions[len(f.revisions)-1]
	if last.EOF == 0 {
		return f.src.size, true, nil
	}
	any = last.Limit < f.src.size
	tail, at, err := f.src.before(f.src.size, maxTail)
	if err != nil {
		return 0, any, err
	}
	if i := bytes.LastIndex(tail, []byte("startxref")); i >= 0 && at+int64(i) >= last.EOF {
		return at + int64(i), true, nil
	}
	w := &strayWalk{f: f, at: last.EOF, to: f.src.size}
	if err := w.skip(); err != nil {
		return 0, any, err
	}
	if w.at < w.to {
		return w.at, true, nil
	}
	return 0, any, nil
}

// Stray returns the offsets in a revision, from where the one before ended to where it ends, at
// which octets stand that are part of no object, cross-reference section or comment of it.
func (f *File) Stray(revision int) ([]int64, error) {
	from := int64(0)
	if revision > 1 {
		from = f.revisions[revision-2].EOF
		if from == 0 {
			return nil, &SyntaxError{Problem: "the revision before has no end"}
		}
	}
	r := f.revisions[revision-1]
	to := r.EOF
	if to == 0 {
		return nil, &SyntaxError{Problem: "the revision has no end"}
	}
	if !f.Entered(revision) {
		return nil, &SyntaxError{Offset: to, Problem: "the startxref at its end leads elsewhere"}
	}
	w := &strayWalk{f: f, at: from, to: to, known: f.pieces(r, from, to)}
	return w.run()
}

// A piece is something known that begins at an offset.
type piece struct {
	at    int64
	entry *entry // nil for a cross-reference section
	close int64
}

// pieces lists the objects and sections of a revision by their place.
func (f *File) pieces(r *Revision, from, to int64) []piece {
	var out []piece
	for _, s := range f.sections[r.first : r.last+1] {
		if !s.Stream {
			out = append(out, piece{at: s.Offset, close: s.close})
		}
		for i := s.first; i < s.end; i++ {
			if e := &f.table.entries[i]; e.kind == entryPlain && from <= e.offset && e.offset < to {
				out = append(out, piece{at: e.offset, entry: e})
			}
		}
		if s.Stream {
			out = append(out, piece{at: s.Offset, close: s.close})
		}
		if s.Hybrid != 0 {
			e := &entry{kind: entryPlain, offset: s.Hybrid, num: s.hybridNum}
			out = append(out, piece{at: s.Hybrid, entry: e})
		}
	}
	slices.SortStableFunc(out, func(a, b piece) int { return int(min(max(a.at-b.at, -1), 1)) })
	return out
}

type strayWalk struct {
	f      *File
	at, to int64
	known  []piece
	out    []int64
}

func (w *strayWalk) run() ([]int64, error) {
	for w.at < w.to {
		if err := w.skip(); err != nil {
			return nil, err
		}
		if w.at >= w.to {
			break
		}
		if !w.pass() {
			if w.out = append(w.out, w.at); len(w.out) >= maxStray {
				break
			}
			w.jump()
		}
	}
	return w.out, nil
}

// skip passes white space and comments.
func (w *strayWalk) skip() error {
	inComment := false
	for w.at < w.to {
		b, err := w.f.src.read(w.at, int(min(4096, w.to-w.at)))
		if err != nil {
			return err
		}
		for i, c := range b {
			switch {
			case c == '\n' || c == '\r':
				inComment = false
			case inComment || isSpace(c):
			case c == '%':
				inComment = true
			default:
				w.at += int64(i)
				return nil
			}
		}
		w.at += int64(len(b))
	}
	return nil
}

// pass steps over the known piece, or the startxref, that stands here.
func (w *strayWalk) pass() bool {
	for len(w.known) > 0 && w.known[0].at < w.at {
		w.known = w.known[1:]
	}
	if len(w.known) > 0 && w.known[0].at == w.at {
		return w.passPiece(w.known[0])
	}
	b, err := w.f.src.read(w.at, 64)
	if err != nil || !bytes.HasPrefix(b, []byte("startxref")) {
		return false
	}
	lx := &lexer{buf: b, pos: len("startxref"), last: true}
	if t, err := lx.next(); err != nil || t.kind != tokenInteger {
		return false
	}
	w.at += int64(lx.pos)
	return true
}

func (w *strayWalk) passPiece(p piece) bool {
	end := p.close
	if p.entry != nil {
		var ok bool
		if end, ok = w.f.extent(p.entry); !ok {
			return false
		}
	}
	if end <= w.at {
		return false
	}
	w.at = end
	return true
}

// jump goes on at the next known piece.
func (w *strayWalk) jump() {
	for len(w.known) > 0 && w.known[0].at <= w.at {
		w.known = w.known[1:]
	}
	if len(w.known) == 0 {
		w.at = w.to
		return
	}
	w.at = w.known[0].at
}

// extent returns the offset behind endobj of an object.
func (f *File) extent(e *entry) (int64, bool) {
	num, _, o, closed, err := f.parseIndirect(e.offset, e.num)
	if err != nil || num != e.num {
		return 0, false
	}
	s, ok := o.(*Stream)
	if !ok {
		return closed, f.endsObject(closed)
	}
	n, err := (&View{f: f, rank: e.rank | 1}).Length(s)
	if err != nil {
		return 0, false
	}
	end := f.behindStream(s.offset+n, -1)
	return end, end > 0
}

// endsObject reports whether endobj stands just before an offset.
func (f *File) endsObject(at int64) bool {
	b, _, err := f.src.before(at, len("endobj"))
	return err == nil && string(b) == "endobj"
}
