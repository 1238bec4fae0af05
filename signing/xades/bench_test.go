//go:build unix

package xades_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/xades"
)

// stored is a key that returns a value that was made before: what is left is the library's own cost.
type stored struct {
	crypto.Signer
	value []byte
}

func (s stored) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return s.value, nil }

// cpu is the processor time that the process has used: on a shared machine the only honest clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

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
				start := cpu()
				for b.Loop() {
					if err := template.Sign(context.Background(), io.Discard, doc, free, time.Unix(1_780_000_000, 0)); err != nil {
						b.Fatal(err)
					}
				}
				per := (cpu() - start) / time.Duration(b.N)
				b.ReportMetric(float64(per)/1000, "cpu-us/op")
				b.ReportMetric(float64(per)/float64(ofPass(doc)), "sha256-passes")
				b.ReportMetric(float64(per)/float64(ofKey(b, s.Key)), "raw-signatures")
			})
		}
	}
}

func ofPass(data []byte) time.Duration {
	rounds := 1 + (64<<20)/len(data)
	start := cpu()
	for range rounds {
		sha256.Sum256(data)
	}
	return (cpu() - start) / time.Duration(rounds)
}

func ofKey(b *testing.B, key crypto.Signer) time.Duration {
	digest := sha256.Sum256(nil)
	const rounds = 100
	start := cpu()
	for range rounds {
		if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
	return (cpu() - start) / rounds
}
