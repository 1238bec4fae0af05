package pdf

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// crossFile is a file with a cross-reference stream. Streams hold each object i+10 in stream i+2,
// whose dictionary has those further entries; the catalog is object 1.
func crossFile(streams ...string) []byte {
	out := []byte("%PDF-1.5\n")
	rows := []byte{0, 0, 0, 0, 0}
	row := func(kind byte, a, b int) { rows = append(rows, kind, byte(a>>16), byte(a>>8), byte(a), byte(b)) }
	row(1, len(out), 0)
	out = append(out, "1 0 obj\n<</Type/Catalog/Pages 10 0 R>>\nendobj\n"...)
	for i, entries := range streams {
		data := fmt.Sprintf("%d 0 %d ", i+10, i)
		row(1, len(out), 0)
		out = fmt.Appendf(out, "%d 0 obj\n<</Type/ObjStm%s", i+2, entries)
		for key, value := range map[string]int{"/N ": 1, "/First ": 5, "/Length ": len(data)} {
			if !strings.Contains(entries, key) {
				out = fmt.Appendf(out, "%s%d", key, value)
			}
		}
		out = fmt.Appendf(out, ">>\nstream\n%s\nendstream\nendobj\n", data)
	}
	for n := len(streams) + 2; n < 10; n++ {
		row(0, 0, 0)
	}
	for i := range streams {
		row(2, i+2, 0)
	}
	at := len(out)
	return fmt.Appendf(out, "99 0 obj\n<</Type/XRef/Size 100/Index[0 %d]/W[1 3 1]/Root 1 0 R/Length %d>>\nstream\n%s\n"+
		"endstream\nendobj\nstartxref\n%d\n%%%%EOF\n", len(rows)/5, len(rows), rows, at)
}

// TestObjectStreamsThatNeedThemselves end in an error: the Length, N, First and filters of an object
// stream may be objects in it, or in others that need it.
func TestObjectStreamsThatNeedThemselves(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{
		"two":  crossFile("/Length 11 0 R", "/Length 10 0 R"),
		"long": crossFile("/Length 11 0 R", "/Length 12 0 R", "/Length 13 0 R", "/Length 14 0 R", "/Length 15 0 R", ""),
	}
	for _, key := range []string{"Length", "N", "First", "Filter", "DecodeParms"} {
		files[key] = crossFile(fmt.Sprintf("/%s 10 0 R", key))
	}
	for name, data := range files {
		for _, o := range []Options{{}, {Recover: true}} {
			f, err := Open(bytes.NewReader(data), int64(len(data)), o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			_, err = f.Current().Resolve(f.Current().Root().Get("Pages"))
			if _, ok := err.(*SyntaxError); !ok && !o.Recover {
				t.Errorf("%s: %v", name, err)
			}
			for _, num := range f.Current().Numbers() {
				_ = f.Current().References(num, func(Ref) {})
			}
		}
	}
	one := crossFile("/Length 11 0 R", "")
	f, err := Open(bytes.NewReader(one), int64(len(one)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Current().Object(10); err == nil {
		t.Error("the Length in another stream is wrong here and should be read") // it is 1
	} else if _, ok := err.(*SyntaxError); !ok {
		t.Error(err)
	}
}

// TestUpdateKeepsObjectStreams refuses an update that puts something else in the place of an object
// stream.
func TestUpdateKeepsObjectStreams(t *testing.T) {
	t.Parallel()
	data := crossFile("")
	f, err := Open(bytes.NewReader(data), int64(len(data)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for num, refused := range map[uint32]bool{1: false, 2: true, 10: false} {
		u, err := f.NewUpdate()
		if err != nil {
			t.Fatal(err)
		}
		u.Put(Ref{Num: num}, NewDict("Type", Name("Page")))
		_, err = u.Layout()
		if _, ok := err.(*SyntaxError); ok != refused {
			t.Errorf("object %d: %v", num, err)
		}
	}
}
