package tsp_test

import (
	"context"
	"crypto"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/tsp"
)

// stored is a key that returns a value made before.
type stored struct {
	pub   crypto.PublicKey
	value []byte
}

func (s *stored) Public() crypto.PublicKey                                  { return s.pub }
func (s *stored) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return s.value, nil }

// BenchmarkToken: what a token costs the authority above its signature. Target: 20 µs.
func BenchmarkToken(b *testing.B) {
	pki := certtest.NewPKI(b, certtest.P256)
	tsa := pki.TSA(b, certtest.Template{Kind: certtest.P256})
	digest := digestOf(crypto.SHA256)
	value, err := tsa.Key.Sign(nil, digest, crypto.SHA256)
	require.NoError(b, err)
	s, err := tsp.NewServer(tsp.ServerConfig{Policy: policy, Clock: time.Now,
		Signer: signing.Signer{Key: &stored{tsa.Key.Public(), value}, Chain: tsa.Chain()}})
	require.NoError(b, err)
	r := tsp.Request{Imprint: tsp.Imprint{Hash: crypto.SHA256, Digest: digest}, CertReq: true}
	request, err := r.Marshal()
	require.NoError(b, err)
	b.ReportAllocs()
	best := time.Hour
	for b.Loop() {
		const runs = 8
		at := time.Now()
		for range runs {
			if _, err := s.Answer(context.Background(), request); err != nil {
				b.Fatal(err)
			}
		}
		best = min(best, time.Since(at)/runs)
	}
	b.ReportMetric(float64(best.Nanoseconds())/1000, "best-µs")
}
