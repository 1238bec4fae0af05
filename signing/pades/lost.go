package pades

import (
	"bytes"
	"context"
	"fmt"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// merge keeps one entry of a signature whose dictionary was written again later: the one that
// stands in its own gap. That it was written again is told.
func (j *judgement) merge() {
	var out []*entry
	for _, e := range j.entries {
		if original := sameSignature(out, e); original != nil {
			original.doubts = append(original.doubts, "the signature dictionary was written again later")
			original.found.current = original.found.current || e.found.current
			j.again = append(j.again, e)
			continue
		}
		out = append(out, e)
	}
	j.entries = out
}

// sameSignature finds an earlier version of an entry that covers its revision, with the same
// ranges and contents.
func sameSignature(list []*entry, e *entry) *entry {
	for _, o := range list {
		if e.broken == nil && o.sound() && !e.sound() && o.found.id == e.found.id &&
			o.span.ranges == e.span.ranges && bytes.Equal(o.span.contents.Value, e.span.contents.Value) {
			return o
		}
	}
	return nil
}

// findLost looks for signatures that no field of any revision shows, in what was written after the
// first signature; in the whole file when there is none. A signature that was hidden by changed
// cross-references, or whose field was damaged, is found this way.
func findLost(ctx context.Context, f *pdf.File, known, again []*entry) ([]*found, error) {
	from := int64(0)
	for _, e := range known {
		if e.sound() && (from == 0 || e.span.ranges.end() < from) {
			from = e.span.ranges.end()
		}
	}
	rights := usageRights(f)
	known = known[:len(known):len(known)]
	var out []*found
	err := f.Search(ctx, []byte("/ByteRange"), from, func(at int64) bool {
		for _, d := range rights {
			if d.Start <= at && at < d.End {
				return true
			}
		}
		for _, e := range append(known, again...) {
			if e.found.dict != nil && e.found.dict.Start <= at && at < e.found.dict.End {
				return true
			}
		}
		if s := lostAt(f, at); s != nil {
			out = append(out, s)
		}
		return len(out) < maxLost
	})
	return out, err
}

// usageRights returns the signatures by which a program once enabled features for a document
// (12.8.2.3): they are in no field and say nothing about its content.
func usageRights(f *pdf.File) []*pdf.Dict {
	var out []*pdf.Dict
	for revision := range f.Revisions() {
		v := f.At(revision + 1)
		perms, err := v.Dict(v.Root().Get("Perms"))
		if err != nil {
			continue
		}
		for _, key := range []pdf.Name{"UR3", "UR"} {
			if d, err := v.Dict(perms.Get(key)); err == nil && d != nil {
				out = append(out, d)
			}
		}
	}
	return out
}

// maxLost bounds the lost signatures that are told.
const maxLost = 64

// lostAt reads the signature dictionary around an offset; nil when what stands there is part of a
// stream of the document, such as an attached file.
func lostAt(f *pdf.File, at int64) *found {
	num, o, inside := f.ObjectAround(at)
	if inside {
		return nil
	}
	s := &found{id: fmt.Sprintf("object %d at offset %d", num, at), num: num, view: f.Current(),
		lost: true}
	s.dict, _ = o.(*pdf.Dict)
	if s.dict == nil {
		s.err = fmt.Errorf("a signature at offset %d belongs to no object that can be read", at)
		s.dict = &pdf.Dict{}
	}
	return s
}
