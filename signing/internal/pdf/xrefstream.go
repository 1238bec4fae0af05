package pdf

import (
	"bufio"
	"io"
)

// readXRefStream reads a cross-reference stream (7.5.8) into the table. own says that it is a
// section of its own, whose dictionary is the trailer.
func (f *File) readXRefStream(s *Section, at int64, own bool) error {
	num, gen, o, closed, err := f.parseIndirect(at, 0)
	if err != nil {
		return err
	}
	stream, ok := o.(*Stream)
	if !ok || stream.Dict.Get("Type") != Name("XRef") {
		return &SyntaxError{Offset: at, Object: num,
			Problem: "no cross-reference stream where it should be"}
	}
	stream.exempt, stream.ref = true, Ref{num, gen}
	s.number = num
	if own {
		s.Trailer = stream.Dict
	}
	layout, err := newXRefLayout(stream.Dict, at)
	if err != nil {
		return err
	}
	r, err := f.decoder(stream, maxDecoded)
	if err != nil {
		return err
	}
	if err := f.readStreamEntries(layout, bufio.NewReaderSize(r, 32<<10), at); err != nil {
		return err
	}
	length, _ := stream.Dict.Get("Length").(Integer)
	s.close = f.behindStream(stream.offset+int64(length), closed)
	return nil
}

// behindStream returns the offset behind endstream and endobj that follow at an offset.
func (f *File) behindStream(at, otherwise int64) int64 {
	b, err := f.src.read(at, 128)
	if err != nil {
		return otherwise
	}
	lx := &lexer{buf: b, base: at, last: true}
	for _, want := range []string{"endstream", "endobj"} {
		t, err := lx.next()
		if err != nil || t.kind != tokenKeyword || t.text != want {
			return otherwise
		}
	}
	return lx.offset()
}

// An xrefLayout is how the entries of a cross-reference stream are laid out (table 17).
type xrefLayout struct {
	width [3]int
	index []int64 // first and count in turn
}

func newXRefLayout(d *Dict, at int64) (*xrefLayout, error) {
	bad := func(problem string) (*xrefLayout, error) {
		return nil, &SyntaxError{Offset: at, Problem: problem}
	}
	l := &xrefLayout{}
	w, ok := d.Get("W").(Array)
	if !ok || len(w) < 3 {
		return bad("W of a cross-reference stream is not an array of three integers")
	}
	for i := range l.width {
		n, ok := w[i].(Integer)
		if !ok || n < 0 || n > 8 {
			return bad("a width in W of a cross-reference stream that cannot be")
		}
		l.width[i] = int(n)
	}
	if l.width[0]+l.width[1]+l.width[2] == 0 {
		return bad("entries of a cross-reference stream have no width")
	}
	size, ok := d.Get("Size").(Integer)
	if !ok || size < 0 || size > maxObjectNumber+1 {
		return bad("Size of a cross-reference stream is not a sound integer")
	}
	index, ok := d.Get("Index").(Array)
	if !ok {
		index = Array{Integer(0), size}
	}
	for i := 0; i+1 < len(index); i += 2 {
		first, ok := index[i].(Integer)
		count, also := index[i+1].(Integer)
		if !ok || !also || first < 0 || count < 0 || first > maxObjectNumber || count > maxObjectNumber {
			return bad("Index of a cross-reference stream is malformed")
		}
		l.index = append(l.index, int64(first), int64(count))
	}
	return l, nil
}

func (f *File) readStreamEntries(l *xrefLayout, r io.Reader, at int64) error {
	row := make([]byte, l.width[0]+l.width[1]+l.width[2])
	for i := 0; i < len(l.index); i += 2 {
		for n := int64(0); n < l.index[i+1]; n++ {
			if _, err := io.ReadFull(r, row); err == io.EOF || err == io.ErrUnexpectedEOF {
				f.odd(at, "a cross-reference stream that is shorter than it says")
				return nil
			} else if err != nil {
				return err
			}
			e := l.parse(row)
			num := l.index[i] + n
			if num > maxObjectNumber {
				return &LimitError{Offset: at, Limit: "object number"}
			}
			e.num = uint32(num)
			f.place(&e)
			if err := f.addEntry(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// parse reads one entry. A kind that is not known, or a place that cannot be, means that the object
// is null (table 18), whatever it was before.
func (l *xrefLayout) parse(row []byte) entry {
	var field [3]uint64
	for i, w := range l.width {
		for _, c := range row[:w] {
			field[i] = field[i]<<8 | uint64(c)
		}
		row = row[w:]
	}
	if l.width[0] == 0 {
		field[0] = uint64(entryPlain)
	}
	switch field[0] {
	case uint64(entryFree):
		return entry{kind: entryFree, gen: uint16(field[2])}
	case uint64(entryPlain):
		if field[1] <= 1<<62 && field[2] <= 65535 {
			return entry{kind: entryPlain, offset: int64(field[1]), gen: uint16(field[2])}
		}
	case uint64(entryCompressed):
		if field[1] <= maxObjectNumber && field[2] <= 1<<31-1 {
			return entry{kind: entryCompressed, offset: int64(field[1]<<32 | field[2])}
		}
	}
	return entry{kind: entryFree}
}
