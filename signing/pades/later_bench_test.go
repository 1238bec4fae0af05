package pades_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/pades"
)

// BenchmarkLaterRevisions judges a signed document with no, one and a hundred later revisions, which
// change the title. The first of them costs a look at the references of every object, so that what
// is reached is known: its time is reported for each object, and as a multiple of judging the
// document without it. Each further one costs what it changed: its time is reported as a multiple of
// judging the document without any.
func BenchmarkLaterRevisions(b *testing.B) {
	w := newWorld(b, certtest.P256)
	for _, size := range []struct {
		name    string
		objects int
		blank   []byte
	}{{"5MB", 4, paddedPDF(5 << 20)}, {"20000objects", 20000, objectsPDF(20000)}} {
		none, err := sign(b, size.blank, signerOf(w.signer), pades.Profile{})
		require.NoError(b, err)
		const many = 100
		docs := [3][]byte{none, titled(b, none, 1), titled(b, none, many)}
		b.Run(size.name, func(b *testing.B) {
			var took [len(docs)]time.Duration
			for b.Loop() {
				for i, doc := range docs {
					start := cpuTime(b)
					r, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)),
						w.validation())
					require.NoError(b, err)
					require.Len(b, r.Signatures[0].Modifications, []int{0, 1, many}[i])
					took[i] += cpuTime(b) - start
				}
			}
			walk, further := took[1]-took[0], (took[2]-took[1])/(many-1)
			b.ReportMetric(float64(walk.Nanoseconds())/float64(b.N*size.objects), "first-ns/object")
			b.ReportMetric(float64(walk)/float64(took[0]), "first-x-without")
			b.ReportMetric(float64(further)/float64(took[0]), "further-x-without")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// titled appends revisions that each change the information dictionary.
func titled(b *testing.B, doc []byte, n int) []byte {
	doc = bytes.Clone(doc)
	for i := range n {
		g := newForge(b, doc)
		g.put(objTitle, pdf.NewDict("Title", text(fmt.Sprint("title ", i))))
		doc = g.finish(doc)
	}
	return doc
}
