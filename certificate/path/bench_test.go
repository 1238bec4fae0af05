package path_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"testing"
	"time"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/path"
)

// BenchmarkPath compares a path of three certificates (leaf, subordinate, anchor) with the two
// signature verifications in it, by the standard library, in the same process.
func BenchmarkPath(b *testing.B) {
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256} {
		b.Run(string(kind), func(b *testing.B) {
			pki := certtest.NewPKI(b, kind)
			leaf := pki.Signer(b, certtest.Template{Kind: kind})
			q := path.Query{Anchors: []*x509.Certificate{pki.Root.Certificate},
				Intermediates: []*x509.Certificate{pki.Sub.Certificate}, Time: time.Now()}
			raw, whole := time.Hour, time.Hour // the best of each: other work on the machine adds
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				verifyRaw(b, leaf.Certificate, pki.Sub.Certificate)
				verifyRaw(b, pki.Sub.Certificate, pki.Root.Certificate)
				middle := time.Now()
				r, err := path.Validate(context.Background(), leaf.Certificate, q)
				if err != nil || r.Status != path.Valid {
					b.Fatal(err, r)
				}
				raw, whole = min(raw, middle.Sub(start)), min(whole, time.Since(middle))
			}
			b.ReportMetric(float64(whole)/float64(raw), "x-raw-verifications")
		})
	}
}

func verifyRaw(b *testing.B, c, issuer *x509.Certificate) {
	sum := sha256.Sum256(c.RawTBSCertificate)
	ok := false
	switch key := issuer.PublicKey.(type) {
	case *rsa.PublicKey:
		ok = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], c.Signature) == nil
	case *ecdsa.PublicKey:
		ok = ecdsa.VerifyASN1(key, sum[:], c.Signature)
	}
	if !ok {
		b.Fatal("a signature that does not verify")
	}
}

// BenchmarkPKITS runs the whole suite, files already read.
func BenchmarkPKITS(b *testing.B) {
	files := newPKITSFiles(b)
	tests := readPKITS(b)
	for b.Loop() {
		for _, test := range tests {
			leaf, q := files.query(test)
			if _, err := path.Validate(context.Background(), leaf, q); err != nil {
				b.Fatal(err)
			}
		}
	}
}
