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

// BenchmarkFind looks for a certificate that is not on a list of a million entries: the first time,
// and again and again.
func BenchmarkFind(b *testing.B) {
	der := large(b, million)
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			l := parse(b, der)
			issuer, serial := l.RawIssuer(), big.NewInt(7)
			b.StartTimer()
			find(b, l, issuer, serial)
		}
	})
	b.Run("again", func(b *testing.B) {
		l := parse(b, der)
		issuer, serial := l.RawIssuer(), big.NewInt(7)
		for range 10 {
			find(b, l, issuer, serial)
		}
		b.ReportAllocs()
		for b.Loop() {
			find(b, l, issuer, serial)
		}
	})
}

func parse(b *testing.B, der []byte) *crl.List {
	l, err := crl.Parse(der)
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func find(b *testing.B, l *crl.List, issuer []byte, serial *big.Int) {
	if _, ok := l.Find(issuer, serial); ok {
		b.Fatal("found")
	}
}
