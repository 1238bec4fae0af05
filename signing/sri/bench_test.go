//go:build unix

package sri_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/sri"
	"github.com/rubrica/rubrica/signing/xades"
)

// stored is a key that returns a value that was made before: what is left is the library's own cost.
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

// cpu is the processor time that the process has used: on a shared machine the only honest clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// pass is the time of one SHA-256 pass over data, the least that any signature needs.
func pass(data []byte) time.Duration {
	rounds := 1 + (64<<20)/len(data)
	start := cpu()
	for range rounds {
		sha256.Sum256(data)
	}
	return (cpu() - start) / time.Duration(rounds)
}

// rawSignature is the time of one signature by a key of that kind.
func rawSignature(b *testing.B, kind certtest.KeyKind) time.Duration {
	key := certtest.Key(b, kind, "raw")
	digest := sha256.Sum256(nil)
	const rounds = 50
	start := cpu()
	for range rounds {
		if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
	return (cpu() - start) / rounds
}

var sizes = []struct {
	name string
	size int
}{{"5KB", 5 << 10}, {"50KB", 50 << 10}, {"1MB", 1 << 20}}

func report(b *testing.B, data []byte, used time.Duration) {
	per := used / time.Duration(b.N)
	b.ReportMetric(float64(per)/1000, "cpu-us/op")
	b.ReportMetric(float64(per)/float64(pass(data)), "sha256-passes")
	b.ReportMetric(float64(per)/float64(rawSignature(b, certtest.RSA2048)), "rsa2048-signatures")
	b.ReportMetric(float64(per)/float64(rawSignature(b, certtest.P256)), "p256-signatures")
}

// BenchmarkSign is a whole SRI signature with a key that costs nothing.
func BenchmarkSign(b *testing.B) {
	s := storedSigner(b, certtest.RSA2048)
	for _, size := range sizes {
		voucher := sized(b, size.size)
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(len(voucher)))
			b.ReportAllocs()
			start := cpu()
			for b.Loop() {
				if _, err := sri.Sign(context.Background(), voucher, s, sri.Options{Time: time.Unix(1_780_000_000, 0)}); err != nil {
					b.Fatal(err)
				}
			}
			report(b, voucher, cpu()-start)
		})
	}
}

// BenchmarkSignMany signs with a Signer that was made once.
func BenchmarkSignMany(b *testing.B) {
	signer, err := sri.NewSigner(storedSigner(b, certtest.RSA2048), sri.Options{})
	if err != nil {
		b.Fatal(err)
	}
	voucher := sized(b, 5<<10)
	b.ReportAllocs()
	start := cpu()
	for b.Loop() {
		if _, err := signer.Sign(context.Background(), voucher, time.Unix(1_780_000_000, 0)); err != nil {
			b.Fatal(err)
		}
	}
	used := cpu() - start
	b.ReportMetric(float64(b.N)/used.Seconds(), "vouchers/s")
	report(b, voucher, used)
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
			start := cpu()
			for b.Loop() {
				if _, err := xades.Validate(context.Background(), signed, signing.Validation{Time: time.Unix(1_780_000_000, 0)}); err != nil {
					b.Fatal(err)
				}
			}
			per := (cpu() - start) / time.Duration(b.N)
			raw := rawVerification(b, s.Key)
			b.ReportMetric(float64(per-raw)/float64(pass(voucher)), "sha256-passes-less-rsa")
			b.ReportMetric(float64(per)/float64(raw), "rsa-verifications")
		})
	}
}

func rawVerification(b *testing.B, key crypto.Signer) time.Duration {
	digest := sha256.Sum256([]byte(fmt.Sprint(1)))
	value, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		b.Fatal(err)
	}
	const rounds = 2000
	start := cpu()
	for range rounds {
		verifyRSA(b, key.Public(), digest[:], value)
	}
	return (cpu() - start) / rounds
}

func verifyRSA(b *testing.B, public crypto.PublicKey, digest, value []byte) {
	if err := rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, digest, value); err != nil {
		b.Fatal(err)
	}
}
