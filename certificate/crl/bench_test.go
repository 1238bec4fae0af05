package crl_test

import (
	"crypto/sha256"
	"math/big"
	"testing"
	"time"

	"github.com/rubrica/rubrica/certificate/crl"
)

const million = 1_000_000

// BenchmarkParse reads a list of a million entries, in passes of SHA-256 over it.
func BenchmarkParse(b *testing.B) {
	der := large(b, million)
	hashing, reading := time.Hour, time.Hour
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		sha256.Sum256(der)
		middle := time.Now()
		if _, err := crl.Parse(der); err != nil {
			b.Fatal(err)
		}
		hashing, reading = min(hashing, middle.Sub(start)), min(reading, time.Since(middle))
	}
	b.ReportMetric(float64(reading)/float64(hashing), "x-sha256")
}

// BenchmarkFind looks for a certificate that is not on a list of a million entries.
func BenchmarkFind(b *testing.B) {
	l, err := crl.Parse(large(b, million))
	if err != nil {
		b.Fatal(err)
	}
	issuer, serial := l.RawIssuer(), big.NewInt(7)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := l.Find(issuer, serial); ok {
			b.Fatal("found")
		}
	}
}
