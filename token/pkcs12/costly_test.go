package pkcs12

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/token"
)

// random returns an odd number of so many bits.
func random(t testing.TB, bits int) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits)))
	require.NoError(t, err)
	return n.SetBit(n.SetBit(n, bits-1, 1), 0, 1)
}

// enormousKey is a PrivateKeyInfo around RSA numbers that fit nothing.
func enormousKey(t testing.TB, bits int) []byte {
	t.Helper()
	p, q := random(t, bits/2), random(t, bits/2)
	half := random(t, bits/2-1)
	inner, err := asn1.Marshal(struct {
		Version                          int
		N                                *big.Int
		E                                int
		D, P, Q, Exp1, Exp2, Coefficient *big.Int
	}{0, new(big.Int).Mul(p, q), 65537, random(t, bits-1), p, q, half, half, half})
	require.NoError(t, err)
	der, err := asn1.Marshal(struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}{0, pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1},
		Parameters: asn1.NullRawValue}, inner})
	require.NoError(t, err)
	return der
}

// A key that would take a quarter of a minute to read is named and passed over.
func TestAnEnormousKeyIsNotRead(t *testing.T) {
	t.Parallel()
	small := bagOf(oidKeyBag, enormousKey(t, 16384))
	_, err := openSafe(safeOf(sequence(small)), Limits{})
	var wrong *MalformedError
	require.ErrorAs(t, err, &wrong, "it is looked at")
	big := bagOf(oidKeyBag, enormousKey(t, 250_000))
	_, err = openSafe(safeOf(sequence(big)), Limits{})
	var unsupported *UnsupportedError
	require.ErrorAs(t, err, &unsupported)
	require.Equal(t, "private key of more than 10 KB", unsupported.Feature)
	good, err := x509.MarshalPKCS8PrivateKey(testKey(t, "good").Signer)
	require.NoError(t, err)
	f, err := openSafe(safeOf(sequence(big, bagOf(oidKeyBag, good))), Limits{})
	require.NoError(t, err)
	require.Len(t, f.Keys, 1)
	require.Len(t, f.Unsupported, 1)
}

func certBag(der []byte) []byte {
	b := cryptobyte.NewBuilder(nil)
	addBag(b, oidCertBag, "", nil, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidX509Certificate)
			b.AddASN1(tagContext0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(der) })
		})
	})
	return b.BytesOrPanic()
}

// certify makes a certificate of a key by a signer, with the names of subject and issuer.
func certify(t testing.TB, subject, issuer string, public any, signer any, serial int64) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(serial),
		Subject: pkix.Name{CommonName: subject}, NotAfter: time.Now()}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: issuer}}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	require.NoError(t, err)
	return der
}

// Many keys whose issuers could be any of many certificates: what looks like a table of names is
// not tried out to the end.
func TestSignatureChecksAreBounded(t *testing.T) {
	t.Parallel()
	nobody, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	bags := func(keys, issuers int) []byte {
		var all [][]byte
		for i := range keys {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			require.NoError(t, err)
			pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
			require.NoError(t, err)
			leaf := certify(t, "leaf", "name of many", &key.PublicKey, nobody, int64(i+1))
			all = append(all, bagOf(oidKeyBag, pkcs8), certBag(leaf))
		}
		for i := range issuers {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			require.NoError(t, err)
			der := certify(t, "name of many", "above", &key.PublicKey, nobody, int64(i+1))
			all = append(all, certBag(der))
		}
		return safeOf(sequence(all...))
	}
	f, err := openSafe(bags(16, 16), Limits{})
	require.NoError(t, err)
	require.Len(t, f.Keys, 16)
	require.Len(t, f.Certificates, 16, "none is the issuer of another")
	_, err = openSafe(bags(17, 16), Limits{})
	var limit *LimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, "signature checks", limit.Limit)
}

// An issuer with a key so long that no signature of it is checked belongs to the chain by its name.
func TestIssuerWithAnEnormousKey(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	long := &rsa.PublicKey{N: random(t, 100_000), E: 1<<31 - 1}
	safe := safeOf(sequence(bagOf(oidKeyBag, pkcs8),
		certBag(certify(t, "leaf", "issuer", &key.PublicKey, key, 1)),
		certBag(certify(t, "issuer", "issuer", long, key, 2))))
	f, err := openSafe(safe, Limits{})
	require.NoError(t, err)
	require.Len(t, f.Keys[0].Chain, 2)
}

// Chains that were mixed up are not written.
func TestEncodeRefusesAnotherKeysChain(t *testing.T) {
	t.Parallel()
	a, err := token.Generate(token.P256)
	require.NoError(t, err)
	b, err := token.Generate(token.P256)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(certify(t, "leaf", "leaf", a.Public(), a, 1))
	require.NoError(t, err)
	password := token.SecretString("secret")
	for _, key := range []token.Key{
		{Signer: b, Chain: []*x509.Certificate{leaf}},
		{Signer: a, Chain: []*x509.Certificate{leaf, nil}},
		{Signer: a, Chain: []*x509.Certificate{nil}},
	} {
		_, err = Encode([]token.Key{key}, password, Options{Iterations: 1000})
		require.ErrorIs(t, err, ErrMismatch)
	}
	_, err = Encode([]token.Key{{}}, password, Options{Iterations: 1000})
	require.ErrorIs(t, err, ErrNotExportable)
	good := token.Key{Signer: a, Chain: []*x509.Certificate{leaf}}
	_, err = Encode([]token.Key{good}, password, Options{Iterations: 1000})
	require.NoError(t, err)
}
