package pdf

import (
	"bytes"
	"context"
	"slices"
	"sort"
)

// Search calls yield with every offset from which pattern stands in the file, from an offset on,
// until yield returns false.
func (f *File) Search(ctx context.Context, pattern []byte, from int64,
	yield func(at int64) bool) error {
	const block = 1 << 20
	overlap := len(pattern) - 1
	buf := make([]byte, min(block, max(f.src.size-from, 1))+int64(overlap))
	for at := from; at < f.src.size; at += block {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := buf[:min(int64(len(buf)), f.src.size-at)]
		if err := readFull(f.src.r, part, at); err != nil {
			return err
		}
		for i := 0; ; {
			n := bytes.Index(part[i:], pattern)
			if n < 0 {
				break
			}
			i += n
			if i < block && !yield(at+int64(i)) {
				return nil
			}
			i++
		}
	}
	return nil
}

// ObjectAround reads the indirect object that stands around an offset. inside says that the offset
// lies in the data of a stream that the cross-references know.
func (f *File) ObjectAround(at int64) (num uint32, o Object, inside bool) {
	if e := f.plainBefore(at); e != nil {
		if end, ok := f.extent(e); ok && at < end {
			_, _, o, _, err := f.parseIndirect(e.offset, e.num)
			if s, isStream := o.(*Stream); err == nil && isStream {
				return e.num, nil, at >= s.offset
			}
			return e.num, o, false
		}
	}
	b, from, err := f.src.before(at, maxAround)
	if err != nil {
		return 0, nil, false
	}
	for end := len(b); end > 0; {
		i := bytes.LastIndex(b[:end], []byte(" obj"))
		if i < 0 {
			break
		}
		start := headerStart(b[:i])
		if start >= 0 && isObjectHeader(b[start:min(len(b), i+5)]) {
			num, _, o, _, err := f.parseIndirect(from+int64(start), 0)
			if d := DictOf(o); err == nil && d != nil && d.Start <= at && at < d.End {
				return num, o, false
			}
			return num, nil, false
		}
		end = i
	}
	return 0, nil, false
}

// maxAround is how far before a key the object that holds it may begin: Contents of a large
// signature stand between.
const maxAround = 512 << 10

// headerStart returns where "12 0", which b ends with, begins; -1 when b ends with something else.
func headerStart(b []byte) int {
	i := len(b)
	for range 2 {
		for i > 0 && isSpace(b[i-1]) {
			i--
		}
		end := i
		for i > 0 && isDigit(b[i-1]) {
			i--
		}
		if i == end {
			return -1
		}
	}
	return i
}

// plainBefore returns the entry of the last object that begins at or before an offset.
func (f *File) plainBefore(at int64) *entry {
	if f.byOffset == nil {
		for i := range f.table.entries {
			if f.table.entries[i].kind == entryPlain {
				f.byOffset = append(f.byOffset, uint32(i))
			}
		}
		slices.SortFunc(f.byOffset, func(a, b uint32) int {
			return int(min(max(f.table.entries[a].offset-f.table.entries[b].offset, -1), 1))
		})
	}
	i := sort.Search(len(f.byOffset),
		func(i int) bool { return f.table.entries[f.byOffset[i]].offset > at })
	if i == 0 {
		return nil
	}
	return &f.table.entries[f.byOffset[i-1]]
}
