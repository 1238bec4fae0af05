package syntax

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"math/big"
	"testing"
	"time"
)

func millionList(b testing.TB, n int) []byte {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCRLSign, NotAfter: time.Now().Add(time.Hour), SubjectKeyId: []byte{1}}
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now(),
		NextUpdate: time.Now().Add(time.Hour)}
	for i := range n {
		serial := make([]byte, 16)
		rand.Read(serial)
		serial[0] = 0x40
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: new(big.Int).SetBytes(serial), RevocationTime: time.Now(), ReasonCode: i % 3})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, tpl, key)
	if err != nil {
		b.Fatal(err)
	}
	return der
}

func BenchmarkReadCertificateList(b *testing.B) {
	doc := millionList(b, 1_000_000)
	hashing := time.Duration(1 << 62)
	for range 5 {
		start := time.Now()
		sha256.Sum256(doc)
		hashing = min(hashing, time.Since(start))
	}
	b.ReportAllocs()
	best := time.Duration(1 << 62)
	for b.Loop() {
		start := time.Now()
		if _, err := ReadCertificateList(doc); err != nil {
			b.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(best)/float64(hashing), "x-sha256")
}
func BenchmarkFind(b *testing.B) {
	doc := millionList(b, 1_000_000)
	l, _ := ReadCertificateList(doc)
	b.ReportAllocs()
	for b.Loop() {
		l.Find(l.Issuer, []byte{1, 2, 3})
	}
}
