package pdf

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
)

// An entry says where one version of an object stands (table 18).
type entry struct {
	offset int64 // in the file; of an object in a stream: stream number << 32 | index
	num    uint32
	rank   uint32 // 2 × section, + 1 when not from a hybrid stream
	gen    uint16
	kind   uint8
}

const (
	entryFree uint8 = iota
	entryPlain
	entryCompressed
)

func (e *entry) container() (num uint32, index int) {
	return uint32(e.offset >> 32), int(uint32(e.offset))
}

func (e *entry) same(o *entry) bool {
	return e.kind == o.kind && (e.kind == entryFree || e.offset == o.offset && e.gen == o.gen)
}

// A table holds the entries of all sections, section by section, and finds the one that counts
// for an object at the end of a revision.
type table struct {
	entries []entry
	order   []uint32 // indices of entries by number, then rank; nil when that is their order
	highest uint32
}

func (f *File) addEntry(e entry) error {
	if int64(len(f.table.entries)) >= maxEntries+f.src.size/16 {
		return &LimitError{Offset: e.offset, Limit: "cross-reference entries"}
	}
	f.table.entries = append(f.table.entries, e)
	return nil
}

// finish ranks the entries by their section and sorts them.
func (t *table) finish(sections []*Section) error {
	for i, s := range sections {
		for j := s.first; j < s.end; j++ {
			t.entries[j].rank = uint32(2 * i)
			if j >= s.mid {
				t.entries[j].rank++
			}
		}
	}
	sorted := true
	for i := range t.entries {
		t.highest = max(t.highest, t.entries[i].num)
		sorted = sorted && (i == 0 || t.less(i-1, i))
	}
	if sorted {
		return nil
	}
	t.order = make([]uint32, len(t.entries))
	for i := range t.order {
		t.order[i] = uint32(i)
	}
	sort.Slice(t.order, func(i, j int) bool { return t.less(int(t.order[i]), int(t.order[j])) })
	t.findConflicts(sections)
	return nil
}

// less orders by number, then rank; of two entries in one section the first in the file counts,
// so it comes last.
func (t *table) less(i, j int) bool {
	a, b := &t.entries[i], &t.entries[j]
	if a.num != b.num {
		return a.num < b.num
	}
	if a.rank != b.rank {
		return a.rank < b.rank
	}
	return i > j
}

func (t *table) findConflicts(sections []*Section) {
	for i := 1; i < len(t.order); i++ {
		a, b := &t.entries[t.order[i-1]], &t.entries[t.order[i]]
		if a.num == b.num && a.rank/2 == b.rank/2 && !a.same(b) {
			s := sections[a.rank/2]
			if n := len(s.Conflicts); n == 0 || s.Conflicts[n-1] != a.num {
				s.Conflicts = append(s.Conflicts, a.num)
			}
		}
	}
}

func (t *table) at(i int) *entry {
	if t.order != nil {
		return &t.entries[t.order[i]]
	}
	return &t.entries[i]
}

// find returns the entry that counts for an object among those of rank at most rank, nil if none.
func (t *table) find(num, rank uint32) *entry {
	i := sort.Search(len(t.entries), func(i int) bool {
		e := t.at(i)
		return e.num > num || e.num == num && e.rank > rank
	})
	if i == 0 {
		return nil
	}
	if e := t.at(i - 1); e.num == num {
		return e
	}
	return nil
}

// readTable reads a cross-reference table and its trailer (7.5.4, 7.5.5).
func (f *File) readTable(s *Section) error {
	hybridFirst := len(f.table.entries)
	at := s.Offset + int64(len("xref"))
	for {
		lx, err := f.lexerAt(at, 256, 0)
		if err != nil {
			return err
		}
		first, err := lx.next()
		if err != nil {
			return err
		}
		if first.kind == tokenKeyword && first.text == "trailer" {
			at = lx.offset()
			break
		}
		count, err := lx.next()
		if err != nil {
			return err
		}
		if first.kind != tokenInteger || count.kind != tokenInteger || first.integer < 0 ||
			count.integer < 0 || first.integer+count.integer-1 > maxObjectNumber {
			return lx.fail(first.start, "neither a subsection of cross-references nor a trailer")
		}
		if at, err = f.readSubsection(lx.offset(), first.integer, count.integer); err != nil {
			return err
		}
	}
	s.first, s.mid = hybridFirst, hybridFirst
	if err := f.readTrailer(s, at); err != nil {
		return err
	}
	if f.shifted && s.Trailer.Has("Prev") {
		s.Conflicts = append(s.Conflicts, 1) // programs that do not know the fault see other objects
	}
	f.shifted = false
	return f.readHybrid(s)
}

func (f *File) readTrailer(s *Section, at int64) error {
	return f.parseAt(at, 0, func(lx *lexer) error {
		o, err := lx.parse()
		if err != nil {
			return err
		}
		d, ok := o.(*Dict)
		if !ok {
			return lx.fail(0, "the trailer is no dictionary")
		}
		s.Trailer, s.close, f.weight = d, lx.offset(), lx.elements
		return nil
	})
}

// readHybrid reads the stream that XRefStm points to. Its entries come before those of the table
// in the list, because they count less.
func (f *File) readHybrid(s *Section) error {
	n, ok := s.Trailer.Get("XRefStm").(Integer)
	if !ok {
		return nil
	}
	tableEnd := len(f.table.entries)
	s.Hybrid = int64(n) + f.base
	hybrid := &Section{Offset: s.Hybrid}
	if err := f.readXRefStream(hybrid, s.Hybrid, false); err != nil {
		return err
	}
	s.hybridNum = hybrid.number
	own := append([]entry(nil), f.table.entries[s.first:tableEnd]...)
	streamed := len(f.table.entries) - tableEnd
	copy(f.table.entries[s.first:], f.table.entries[tableEnd:])
	copy(f.table.entries[s.first+streamed:], own)
	s.mid = s.first + streamed
	return nil
}

const entrySize = 20

// readSubsection reads count entries and returns the offset behind them.
func (f *File) readSubsection(at, first, count int64) (int64, error) {
	start, err := f.behindLine(at)
	if err != nil {
		return 0, err
	}
	room := min(count, (f.src.size-start)/entrySize+1, maxEntries)
	f.table.entries = slices.Grow(f.table.entries, int(max(room, 0)))
	for done := int64(0); done < count; {
		n := min(count-done, blockSize/entrySize)
		b, err := f.src.read(start, int(n)*entrySize)
		if err != nil {
			return 0, err
		}
		if done == 0 && first == 1 && bytes.HasPrefix(b, []byte("0000000000 65535 f")) {
			first = 0 // a known fault: the list of free objects always begins with object 0
			f.shifted = true
			f.odd(start, "a subsection that begins with object 0 says that it begins with 1")
		}
		read, err := f.readRows(b, first+done)
		if err != nil {
			return 0, err
		}
		done += read
		start += read * entrySize
		if rows := int64(len(b) / entrySize); read < rows || rows == 0 && done < count {
			return f.readLooseEntries(start, first+done, count-done)
		}
	}
	return start, nil
}

// readRows reads the entries of twenty octets that b holds, up to one that is laid out otherwise.
func (f *File) readRows(b []byte, first int64) (int64, error) {
	read := int64(0)
	for ; len(b) >= entrySize; b = b[entrySize:] {
		e, ok := parseEntry((*[entrySize]byte)(b))
		if !ok {
			break
		}
		e.num = uint32(first + read)
		f.place(&e)
		if err := f.addEntry(e); err != nil {
			return read, err
		}
		read++
	}
	return read, nil
}

// behindLine passes blanks and one line end.
func (f *File) behindLine(at int64) (int64, error) {
	b, err := f.src.read(at, 64)
	if err != nil {
		return 0, err
	}
	i := 0
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	if i < len(b) && b[i] == '\r' {
		i++
	}
	if i < len(b) && b[i] == '\n' {
		i++
	}
	return at + int64(i), nil
}

func (f *File) place(e *entry) {
	if e.kind == entryPlain {
		e.offset += f.base
	}
}

// parseEntry reads an entry of exactly twenty octets.
func parseEntry(b *[entrySize]byte) (entry, bool) {
	e := entry{}
	gen, largest := uint32(0), byte(0)
	for _, c := range b[:10] {
		c -= '0' // what is no digit becomes larger than 9
		largest = max(largest, c)
		e.offset = e.offset*10 + int64(c)
	}
	for _, c := range b[11:16] {
		c -= '0'
		largest = max(largest, c)
		gen = gen*10 + uint32(c)
	}
	if largest > 9 || b[10] != ' ' || b[16] != ' ' || gen > 65535 || !isSpace(b[18]) ||
		!isSpace(b[19]) {
		return e, false
	}
	e.gen = uint16(gen)
	switch b[17] {
	case 'n':
		e.kind = entryPlain
	case 'f':
	default:
		return e, false
	}
	return e, true
}

// readLooseEntries reads entries that are not laid out in twenty octets each.
func (f *File) readLooseEntries(at, first, count int64) (int64, error) {
	f.odd(at, "cross-reference entries that are not twenty octets long")
	for done := int64(0); done < count; {
		lx, err := f.lexerAt(at, blockSize, 0)
		if err != nil {
			return 0, err
		}
		for done < count {
			back := lx.pos
			e, err := lx.looseEntry()
			if err == errShort && back > 0 {
				at = lx.base + int64(back)
				break
			}
			if err == errShort {
				return 0, &SyntaxError{Offset: at, Problem: "a cross-reference entry without end"}
			}
			if err != nil {
				return 0, err
			}
			e.num = uint32(first + done)
			f.place(&e)
			if err := f.addEntry(e); err != nil {
				return 0, err
			}
			done++
			at = lx.offset()
		}
	}
	return at, nil
}

func (lx *lexer) looseEntry() (entry, error) {
	var t [3]token
	for i := range t {
		var err error
		if t[i], err = lx.next(); err != nil {
			return entry{}, err
		}
	}
	e := entry{offset: t[0].integer, gen: uint16(t[1].integer)}
	if t[0].kind != tokenInteger || t[1].kind != tokenInteger || t[2].kind != tokenKeyword ||
		t[0].integer < 0 || t[1].integer < 0 || t[1].integer > 65535 {
		return e, lx.fail(t[0].start, "malformed cross-reference entry")
	}
	switch t[2].text {
	case "n":
		e.kind = entryPlain
	case "f":
	default:
		return e, lx.fail(t[2].start, fmt.Sprintf("a cross-reference entry of kind %q", t[2].text))
	}
	return e, nil
}
