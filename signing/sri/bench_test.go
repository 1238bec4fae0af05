package sri_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/sri"
	"github.com/rubrica/rubrica/signing/xades"
)

// stored is a key that returns a value that was made before: what is left is the library's own
// cost.
type stored struct {
	public crypto.PublicKey
	value  []byte
}

func (s stored) Public() crypto.PublicKey { return s.public }

func (s stored) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return s.value, nil }

func storedSigner(t testing.TB, kind certtest.KeyKind) signing.Signer {
	t.Helper()
	s := signer(t, certtest.NewPKI(t, certtest.RSA2048), certtest.Template{Kind: kind})
	digest := sha256.Sum256(nil)
	value, err := s.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	require.NoError(t, err)
	return signing.Signer{Key: stored{s.Key.Public(), value}, Chain: s.Chain}
}

// sized makes an invoice of about that many octets.
func sized(t testing.TB, size int) []byte {
	t.Helper()
	m := newMaker(7)
	for lines := 1; ; lines += 1 + lines/8 {
		m.lines = lines
		if v := m.voucher(t, kinds[1]); len(v) >= size {
			return v
		}
	}
}

// paired is the time of f and that of one SHA-256 pass over data, the least that any signature
// needs. The two take turns, and the best turn of each counts, so that a busy machine disturbs the
// ratio little.
func paired(data []byte, f func()) (ours, pass time.Duration) {
	times := 1 + (128<<10)/len(data)
	ours, pass = time.Hour, time.Hour
	for range 200 {
		ours = min(ours, turn(times, f))
		pass = min(pass, turn(times, func() { sha256.Sum256(data) }))
	}
	return ours, pass
}

func turn(times int, f func()) time.Duration {
	start := time.Now()
	for range times {
		f()
	}
	return time.Since(start) / time.Duration(times)
}

// rawSignature is the time of one signature by a key of that kind.
func rawSignature(b *testing.B, kind certtest.KeyKind) time.Duration {
	key := certtest.Key(b, kind, "raw")
	digest := sha256.Sum256(nil)
	best := time.Hour
	for range 50 {
		best = min(best, turn(1, func() {
			if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
				b.Fatal(err)
			}
		}))
	}
	return best
}

var sizes = []struct {
	name string
	size int
}{{"5KB", 5 << 10}, {"50KB", 50 << 10}, {"1MB", 1 << 20}}

// report signs again and again, and compares.
func report(b *testing.B, data []byte, f func()) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
	ours, pass := paired(data, f)
	b.ReportMetric(float64(ours)/1000, "best-us")
	b.ReportMetric(float64(ours)/float64(pass), "sha256-passes")
	b.ReportMetric(float64(ours)/float64(rawSignature(b, certtest.RSA2048)), "rsa2048-signatures")
	b.ReportMetric(float64(ours)/float64(rawSignature(b, certtest.P256)), "p256-signatures")
	b.ReportMetric(float64(time.Second)/float64(ours), "vouchers/s")
}

// BenchmarkSign is a whole SRI signature with a key that costs nothing.
func BenchmarkSign(b *testing.B) {
	s := storedSigner(b, certtest.RSA2048)
	for _, size := range sizes {
		voucher := sized(b, size.size)
		b.Run(size.name, func(b *testing.B) {
			report(b, voucher, func() {
				_, err := sri.Sign(context.Background(), voucher, s,
					sri.Options{Time: time.Unix(1_780_000_000, 0)})
				if err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// BenchmarkSignMany signs with a Signer that was made once.
func BenchmarkSignMany(b *testing.B) {
	signer, err := sri.NewSigner(storedSigner(b, certtest.RSA2048), sri.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range sizes {
		voucher := sized(b, size.size)
		b.Run(size.name, func(b *testing.B) {
			report(b, voucher, func() {
				_, err := signer.Sign(context.Background(), voucher, time.Unix(1_780_000_000, 0))
				if err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// BenchmarkValidate verifies without trust; rsa-verifications says how much of it is the key's.
func BenchmarkValidate(b *testing.B) {
	s := signer(b, certtest.NewPKI(b, certtest.RSA2048), certtest.Template{})
	for _, size := range sizes {
		voucher := sized(b, size.size)
		signed, err := sri.Sign(context.Background(), voucher, s, sri.Options{Time: time.Now(), SHA256: true})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(len(signed)))
			b.ReportAllocs()
			validate := func() {
				v := signing.Validation{Time: time.Unix(1_780_000_000, 0)}
				if _, err := xades.Validate(context.Background(), signed, v); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				validate()
			}
			ours, pass := paired(voucher, validate)
			raw := rawVerification(b, s.Key)
			b.ReportMetric(float64(ours-raw)/float64(pass), "sha256-passes-less-rsa")
			b.ReportMetric(float64(ours)/float64(raw), "rsa-verifications")
		})
	}
}

func rawVerification(b *testing.B, key crypto.Signer) time.Duration {
	digest := sha256.Sum256([]byte(fmt.Sprint(1)))
	value, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		b.Fatal(err)
	}
	best := time.Hour
	for range 200 {
		best = min(best, turn(10, func() { verifyRSA(b, key.Public(), digest[:], value) }))
	}
	return best
}

func verifyRSA(b *testing.B, public crypto.PublicKey, digest, value []byte) {
	if err := rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, digest, value); err != nil {
		b.Fatal(err)
	}
}
