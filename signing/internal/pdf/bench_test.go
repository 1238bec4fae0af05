package pdf

import (
	"bytes"
	"fmt"
	"testing"
)

// manyObjects is a document of n small objects with a cross-reference table.
func manyObjects(n int) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := make([]int, n+1)
	for i := 1; i <= n; i++ {
		at[i] = b.Len()
		if i == 1 {
			b.WriteString("1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n")
			continue
		}
		fmt.Fprintf(&b,
			"%d 0 obj\n<</Type/Annot/Subtype/Link/Rect[10 20 30.5 40]/A<</S/URI/URI(http://a.example/)>>/P %d 0 R>>\nendobj\n", i, i-1)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", n+1)
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "%010d 00000 n \n", at[i])
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", n+1, xref)
	return b.Bytes()
}

func BenchmarkLoad(b *testing.B) {
	const n = 20000
	data := manyObjects(n)
	b.ReportAllocs()
	for b.Loop() {
		f, err := Open(bytes.NewReader(data), int64(len(data)), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if loaded, errs := loadAll(f); loaded < n || len(errs) > 0 {
			b.Fatal(loaded, errs)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/object")
}

func BenchmarkOpen(b *testing.B) {
	const n = 20000
	data := manyObjects(n)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(bytes.NewReader(data), int64(len(data)), Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/object")
}
