package pkcs12

import (
	"crypto"
	"crypto/x509"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/token"
)

// BenchmarkOpen measures opening a file of our own against its three derivations alone (for the
// MAC, the certificates and the key), which nobody can do without. Both are done by turns.
func BenchmarkOpen(b *testing.B) {
	const iterations = 2000 // few, so that all else shows
	signer, err := token.Generate(token.P256)
	require.NoError(b, err)
	leaf, err := x509.ParseCertificate(certify(b, "leaf", "leaf", signer.Public(), signer, 1))
	require.NoError(b, err)
	password := token.SecretString("secret")
	key := token.Key{Signer: signer, Chain: []*x509.Certificate{leaf}}
	file, err := Encode([]token.Key{key}, password, Options{Iterations: iterations})
	require.NoError(b, err)
	way, salt := spellings([]byte("secret"))[0], make([]byte, saltSize)
	var whole, derivations time.Duration
	for b.Loop() {
		began := time.Now()
		_, err := Open(file, password, Limits{})
		require.NoError(b, err)
		between := time.Now()
		derive(crypto.SHA256, way.bmp, salt, iterations, forMAC, crypto.SHA256.Size())
		for range 2 {
			_, err := pbkdf2Key(crypto.SHA256, way.raw, salt, iterations, aesKeySize)
			require.NoError(b, err)
		}
		whole, derivations = whole+between.Sub(began), derivations+time.Since(between)
	}
	b.ReportMetric(float64(whole)/float64(derivations), "x-derivations")
}
