package pdf

import (
	"bytes"
	"sort"
)

// A Revision is the original file or one incremental update (7.5.6).
type Revision struct {
	// EOF is just behind the %%EOF that closes the revision; 0 when there is none.
	EOF int64
	// Limit is where the line that EOF ends and white space behind it end: a signature of the
	// revision ends between EOF and Limit.
	Limit int64
	first int // sections
	last  int
}

// Revisions returns the revisions, the oldest first. The two halves of a linearized file
// (Annex F) are one revision.
func (f *File) Revisions() []*Revision { return f.revisions }

// Section returns the newest cross-reference section of a revision, numbered from 1.
func (f *File) Section(revision int) *Section { return f.sections[f.revisions[revision-1].last] }

// Hides reports whether objects have numbers for which the Size in the trailer of a revision leaves
// no room: readers that heed it take them for missing (7.5.5, table 15).
func (f *File) Hides(revision int) bool {
	if f.highest == nil {
		f.highest = make([]int64, len(f.revisions))
		top := int64(-1)
		for i, r := range f.revisions {
			for _, s := range f.sections[r.first : r.last+1] {
				for _, e := range f.table.entries[s.first:s.end] {
					if e.kind != entryFree {
						top = max(top, int64(e.num))
					}
				}
			}
			f.highest[i] = top
		}
	}
	size, ok := f.Section(revision).Trailer.Get("Size").(Integer)
	return !ok || f.highest[revision-1] >= int64(size)
}

// Conflicts returns the objects for which the cross-references of a revision, or of one before it,
// give two places in one section.
func (f *File) Conflicts(revision int) []uint32 {
	var out []uint32
	for _, s := range f.sections[:f.revisions[revision-1].last+1] {
		out = append(out, s.Conflicts...)
	}
	return out
}

// Newest returns the newest cross-reference section.
func (f *File) Newest() *Section { return f.sections[len(f.sections)-1] }

// groupRevisions makes one revision of each section, but for the halves of a linearized file: there
// the newer section stands before the older one, and the end of the file points to it (F.3.4).
func (f *File) groupRevisions() {
	for i, s := range f.sections {
		n := len(f.revisions)
		if n == 1 && i == 1 && s.Offset < f.sections[0].Offset && f.linearized() &&
			f.pointsTo(f.sections[0], s) {
			f.revisions[0].last = 1
			continue
		}
		r := &Revision{EOF: s.eof, first: i, last: i}
		if s.eof > 0 {
			r.Limit = f.behindWhite(s.eof)
		}
		f.revisions = append(f.revisions, r)
	}
}

// pointsTo reports whether the number behind startxref that follows a section means another one, or
// itself.
func (f *File) pointsTo(s, to *Section) bool {
	off := to.Offset - f.base - s.startxref
	return s.startxref >= 0 && -nearby <= off && off <= nearby
}

// Entered reports whether a reader that sees a revision alone begins with the section that counts
// in it: whether the startxref at the end of the revision means that section (7.5.5).
func (f *File) Entered(revision int) bool {
	r := f.revisions[revision-1]
	return f.pointsTo(f.sections[r.first], f.sections[r.last])
}

// linearized reports whether the first object is a linearization dictionary (F.3.3).
func (f *File) linearized() bool {
	head, err := f.src.read(f.base, maxHeader)
	return err == nil && bytes.Contains(head, []byte("/Linearized"))
}

// behindWhite returns where white space that begins at an offset ends.
func (f *File) behindWhite(at int64) int64 {
	b, err := f.src.read(at, 64)
	if err != nil {
		return at
	}
	i := 0
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return at + int64(i)
}

// RevisionEnding returns the number, from 1, of the revision that ends at an offset: just behind
// its %%EOF or within the white space that follows. 0 means none.
func (f *File) RevisionEnding(at int64) int {
	for i, r := range f.revisions {
		if r.EOF > 0 && r.EOF <= at && at <= r.Limit {
			return i + 1
		}
	}
	return 0
}

// RevisionOf returns the number, from 1, of the revision that wrote the version of an object that
// v sees; 0 when it sees none.
func (v *View) RevisionOf(num uint32) int {
	e := v.f.table.find(num, v.rank)
	if e == nil {
		return 0
	}
	section := int(e.rank / 2)
	return 1 + sort.Search(len(v.f.revisions),
		func(i int) bool { return section <= v.f.revisions[i].last })
}

// Changed returns the numbers of the objects that a revision lists, each once, and those that
// changed with the object stream that held them.
func (f *File) Changed(revision int) []uint32 {
	r := f.revisions[revision-1]
	var out []uint32
	seen := map[uint32]bool{}
	for _, s := range f.sections[r.first : r.last+1] {
		for _, e := range f.table.entries[s.first:s.end] {
			if !seen[e.num] {
				seen[e.num] = true
				out = append(out, e.num)
			}
		}
	}
	if revision == 1 {
		return out
	}
	return f.addContained(out, seen, uint32(2*f.revisions[revision-2].last+1))
}

// addContained adds the objects whose entry, as of rank, points into a container that changed.
func (f *File) addContained(out []uint32, seen map[uint32]bool, rank uint32) []uint32 {
	if f.contained == nil {
		f.contained = map[uint32][]uint32{}
		for i := range f.table.entries {
			if e := &f.table.entries[i]; e.kind == entryCompressed {
				container, _ := e.container()
				f.contained[container] = append(f.contained[container], uint32(i))
			}
		}
	}
	for _, container := range out {
		for _, i := range f.contained[container] {
			e := &f.table.entries[i]
			if e.rank <= rank && !seen[e.num] && f.table.find(e.num, rank) == e {
				seen[e.num] = true
				out = append(out, e.num)
			}
		}
	}
	return out
}
