package pdf

import (
	"bytes"
	"fmt"
)

// A Section is one cross-reference section with its trailer (7.5.4, 7.5.8), the stream of a
// hybrid file included (7.5.8.4).
type Section struct {
	// Offset is where the keyword xref or the stream's object stands in the file.
	Offset int64
	// Stream says that it is a cross-reference stream.
	Stream bool
	// Hybrid is the offset of the stream that XRefStm points to, 0 without.
	Hybrid int64
	// Trailer is the trailer dictionary, or the dictionary of the stream.
	Trailer *Dict
	// Conflicts are the objects that the section lists twice, at different places.
	Conflicts []uint32

	number     uint32 // of the cross-reference stream object
	hybridNum  uint32
	first, mid int   // entries[first:mid] come from the hybrid stream
	end        int   // entries[mid:end] from the table or stream itself
	close      int64 // where the trailer or the stream object ends
	startxref  int64 // what follows startxref behind it, -1 without
	eof        int64 // just behind the %%EOF that follows, 0 without
}

// readSections follows startxref and every Prev, oldest section first in the result.
func (f *File) readSections() error {
	at, err := f.findStartXRef()
	if err != nil {
		return err
	}
	if at, err = f.locate(at); err != nil {
		return err
	}
	seen := map[int64]bool{}
	for {
		if seen[at] {
			return &SyntaxError{Offset: at, Problem: "the chain of cross-references loops"}
		}
		seen[at] = true
		if len(f.sections) >= maxRevisions {
			return &LimitError{Offset: at, Limit: "cross-reference sections"}
		}
		s, err := f.readSection(at)
		if err != nil {
			return err
		}
		f.sections = append(f.sections, s)
		if f.trailers += f.weight; f.trailers > maxTrailers {
			return &LimitError{Offset: at, Limit: "values in trailers"}
		}
		prev := s.Trailer.Get("Prev")
		if prev == nil {
			break
		}
		n, ok := prev.(Integer)
		if !ok {
			return &SyntaxError{Offset: at, Problem: "Prev is not an integer"}
		}
		if at, err = f.locatePrev(int64(n)); err != nil {
			return err
		}
	}
	f.reverseSections()
	f.groupRevisions()
	return f.table.finish(f.sections)
}

// findStartXRef returns the number behind the last startxref (7.5.5).
func (f *File) findStartXRef() (int64, error) {
	tail, at, err := f.src.before(f.src.size, maxTail)
	if err != nil {
		return 0, err
	}
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return 0, &SyntaxError{Offset: at, Problem: "no startxref at the end of the file"}
	}
	lx := &lexer{buf: tail, pos: i + len("startxref"), base: at, last: true}
	t, err := lx.next()
	if err != nil {
		return 0, err
	}
	if t.kind != tokenInteger || t.integer < 0 {
		return 0, &SyntaxError{Offset: at + int64(i), Problem: "startxref without an offset"}
	}
	return t.integer, nil
}

// locate finds the section that startxref n means, and settles what offsets count from.
func (f *File) locate(n int64) (int64, error) {
	if header := f.base; header > 0 {
		if f.sectionAt(n + header) {
			return n + header, nil
		}
		f.base = 0
		if f.sectionAt(n) {
			return n, nil
		}
		if at, ok := f.near(n + header); ok {
			f.base = header
			return at, nil
		}
	}
	return f.locatePrev(n)
}

// locatePrev finds the section at offset n, or a few octets beside it.
func (f *File) locatePrev(n int64) (int64, error) {
	if n > f.src.size {
		return 0, &SyntaxError{Offset: f.src.size,
			Problem: fmt.Sprintf("cross-references at %d, outside of the file", n)}
	}
	at := n + f.base
	if f.sectionAt(at) {
		return at, nil
	}
	if near, ok := f.near(at); ok {
		return near, nil
	}
	return 0, &SyntaxError{Offset: at, Problem: "no cross-references where they should be"}
}

// sectionAt reports whether a cross-reference section begins at an offset, white space aside.
func (f *File) sectionAt(at int64) bool {
	b, err := f.src.read(at, 64)
	if err != nil {
		return false
	}
	b = bytes.TrimLeft(b, "\x00\t\n\f\r ")
	return isXRef(b) || isObjectHeader(b)
}

func isXRef(b []byte) bool {
	return bytes.HasPrefix(b, []byte("xref")) && (len(b) == 4 || !isRegular(b[4]))
}

// isObjectHeader reports whether b begins with "12 0 obj".
func isObjectHeader(b []byte) bool {
	lx := &lexer{buf: b, last: true}
	for range 2 {
		if t, err := lx.next(); err != nil || t.kind != tokenInteger {
			return false
		}
	}
	t, err := lx.next()
	return err == nil && t.kind == tokenKeyword && t.text == "obj"
}

// nearby is how far from where it should be a section is looked for: writers that count line ends
// as one octet are off by a few.
const nearby = 16

func (f *File) near(at int64) (int64, bool) {
	from := max(0, at-nearby)
	b, err := f.src.read(from, 2*nearby+8)
	if err != nil {
		return 0, false
	}
	for i := 1; i < len(b); i++ {
		if !isRegular(b[i-1]) && (isXRef(b[i:]) || isDigit(b[i]) && isObjectHeader(b[i:])) {
			f.odd(at, fmt.Sprintf("cross-references stand at %d, not where the file says", from+int64(i)))
			return from + int64(i), true
		}
	}
	return 0, false
}

func (f *File) readSection(at int64) (*Section, error) {
	b, err := f.src.read(at, 64)
	if err != nil {
		return nil, err
	}
	trimmed := bytes.TrimLeft(b, "\x00\t\n\f\r ")
	at += int64(len(b) - len(trimmed))
	s := &Section{Offset: at}
	if !isXRef(trimmed) {
		s.Stream = true
		s.first, s.mid = len(f.table.entries), len(f.table.entries)
		err = f.readXRefStream(s, at, true)
	} else {
		err = f.readTable(s)
	}
	if err != nil {
		return nil, err
	}
	s.end = len(f.table.entries)
	f.readEOF(s)
	return s, nil
}

// readEOF reads startxref and %%EOF behind a section (7.5.5).
func (f *File) readEOF(s *Section) {
	s.startxref = -1
	b, err := f.src.read(s.close, 256)
	if err != nil {
		return
	}
	lx := &lexer{buf: b, base: s.close, last: true}
	if t, err := lx.next(); err != nil || t.kind != tokenKeyword || t.text != "startxref" {
		return
	}
	t, err := lx.next()
	if err != nil || t.kind != tokenInteger {
		return
	}
	s.startxref = t.integer
	rest := bytes.TrimLeft(b[lx.pos:], "\x00\t\n\f\r ")
	if bytes.HasPrefix(rest, []byte("%%EOF")) {
		s.eof = s.close + int64(len(b)-len(rest)) + 5
	}
}

// reverseSections puts the oldest section first.
func (f *File) reverseSections() {
	for i, j := 0, len(f.sections)-1; i < j; i, j = i+1, j-1 {
		f.sections[i], f.sections[j] = f.sections[j], f.sections[i]
	}
}
