package certificate_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/ec/icert"
)

// BenchmarkIssue reports what a certificate costs, planned with both linters and issued, as a ratio
// to one raw signature of the authority's key.
func BenchmarkIssue(b *testing.B) {
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256} {
		b.Run(string(kind), func(b *testing.B) {
			w := build(b, kind, icert.Ext)
			r := requests(kind, certtest.Key(b, kind, "issuance holder").Public())[0]
			digest := sha256.Sum256(nil)
			var whole, raw time.Duration
			n := 0
			for b.Loop() {
				n++
				r.ID = fmt.Sprint(n)
				start := time.Now()
				issue(b, w.authority, r)
				middle := time.Now()
				if _, err := w.config.Key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
					b.Fatal(err)
				}
				whole, raw = whole+middle.Sub(start), raw+time.Since(middle)
			}
			b.ReportMetric(float64(whole)/float64(raw), "x-signature")
		})
	}
}

// BenchmarkRevocationList reports the time and memory of a list for each of 20,000 entries.
func BenchmarkRevocationList(b *testing.B) {
	const entries = 20_000
	w := build(b, certtest.P256, icert.Ext)
	for i := range entries {
		r := certificate.Record{
			Issuer: w.authority.ID(), Request: fmt.Sprint("r", i), Serial: fmt.Sprintf("4%031x", i),
		}
		if _, err := w.ledger.Plan(b.Context(), r); err != nil {
			b.Fatal(err)
		}
		s := certificate.Status{State: certificate.Revoked, Since: now(), At: now()}
		if _, err := w.ledger.Change(b.Context(), r.Issuer, r.Serial, 0, s); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.authority.RevocationList(b.Context(), time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/entries, "ns/entry")
}
