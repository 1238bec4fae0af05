package xades_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/xades"
)

// stored is a key that returns a value that was made before: what is left is the library's own
// cost.
type stored struct {
	crypto.Signer
	value []byte
}

func (s stored) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return s.value, nil }

// sized makes a document of about that many octets.
func sized(size int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><order id="o" version="1.0">`)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "\n  <line><code>P%d</code><text>Artículo número %d</text><price>%d.00</price></line>", i, i, i)
	}
	b.WriteString("\n</order>")
	return []byte(b.String())
}

// BenchmarkSign is XAdES B-B with a key that costs nothing, in passes of SHA-256 over the document
// and in signatures of a raw key.
func BenchmarkSign(b *testing.B) {
	w := newWorld(b)
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256} {
		s := w.signers[kind]
		digest := sha256.Sum256(nil)
		value, err := s.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			b.Fatal(err)
		}
		template, err := xades.NewTemplate(s.Chain, xades.Profile{})
		if err != nil {
			b.Fatal(err)
		}
		free := signing.Signer{Key: stored{s.Key, value}, Chain: s.Chain}
		for _, size := range []int{5 << 10, 50 << 10, 1 << 20} {
			doc := sized(size)
			b.Run(fmt.Sprintf("%s/%dKB", kind, size>>10), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(doc)))
				sign := func() {
					err := template.Sign(context.Background(), io.Discard, doc, free,
						time.Unix(1_780_000_000, 0))
					if err != nil {
						b.Fatal(err)
					}
				}
				for b.Loop() {
					sign()
				}
				raw := func() {
					if _, err := s.Key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
						b.Fatal(err)
					}
				}
				ours, pass, key := paired(doc, sign, raw)
				b.ReportMetric(float64(ours)/1000, "best-us")
				b.ReportMetric(float64(ours)/float64(pass), "sha256-passes")
				b.ReportMetric(float64(ours)/float64(key), "raw-signatures")
			})
		}
	}
}

// paired is the time of f, of one SHA-256 pass over data and of one raw signature. They take turns,
// and the best turn of each counts, so that a busy machine disturbs the ratios little.
func paired(data []byte, f, raw func()) (ours, pass, key time.Duration) {
	times := 1 + (128<<10)/len(data)
	ours, pass, key = time.Hour, time.Hour, time.Hour
	for range 200 {
		ours = min(ours, turn(times, f))
		pass = min(pass, turn(times, func() { sha256.Sum256(data) }))
		key = min(key, turn(1, raw))
	}
	return ours, pass, key
}

func turn(times int, f func()) time.Duration {
	start := time.Now()
	for range times {
		f()
	}
	return time.Since(start) / time.Duration(times)
}
