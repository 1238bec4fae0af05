package pades_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/pades"
)

// BenchmarkLaterRevisions reports what a signed document with later revisions costs to judge, as a
// multiple of the same document without them.
func BenchmarkLaterRevisions(b *testing.B) {
	w := newWorld(b, certtest.P256)
	for name, blank := range map[string][]byte{"5MB": paddedPDF(5 << 20), "20000objects": objectsPDF(20000)} {
		doc, err := sign(b, blank, signerOf(w.signer), pades.Profile{})
		require.NoError(b, err)
		later := bytes.Clone(doc)
		for range 10 {
			g := newForge(b, later)
			g.u.Add(pdf.NewDict("N", pdf.Integer(1)))
			later = g.finish(later)
		}
		b.Run(name, func(b *testing.B) {
			var with, without time.Duration
			judge := func(doc []byte) time.Duration {
				start := cpuTime(b)
				_, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)), w.validation())
				require.NoError(b, err)
				return cpuTime(b) - start
			}
			for b.Loop() {
				with += judge(later)
				without += judge(doc)
			}
			b.ReportMetric(float64(with)/float64(without), "x-without-cpu")
			b.ReportMetric(0, "ns/op")
		})
	}
}
