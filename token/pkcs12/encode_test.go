package pkcs12_test

import (
	"crypto"
	"crypto/x509"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

func TestStrangersOpenWhatWeWrite(t *testing.T) {
	t.Parallel()
	pass, err := token.Password(nil, 0)
	require.NoError(t, err)
	plain := string(pass.Reveal())
	var jobs []certtest.Job
	for _, kind := range kinds {
		e := entity(t, kind)
		der, err := pkcs12.Encode([]token.Key{keyOf(e, "FIRMA DE PRUEBA ÑANDÚ")}, pass,
			pkcs12.Options{Iterations: 10_000})
		require.NoError(t, err)
		jobs = append(
			jobs, certtest.Job{File: certtest.WriteFile(t, "*.p12", der), Password: plain})

		f, err := pkcs12.Open(der, pass, pkcs12.Limits{})
		require.NoError(t, err)
		require.Len(t, f.Keys, 1)
		require.Equal(t, "FIRMA DE PRUEBA ÑANDÚ", f.Keys[0].Alias)
		requireKey(t, e, 2, f.Keys[0])

		key, cert, chain, err := gopkcs12.DecodeChain(der, plain)
		require.NoError(t, err)
		require.Equal(t, e.Key, key)
		require.Equal(t, e.Certificate.Raw, cert.Raw)
		require.Len(t, chain, 1)
	}
	// keytool and the jdk judge read with the same code, keytool in a process for each file.
	some := jobs[:1]
	if certtest.Full() {
		some = jobs
	}
	lines := append(certtest.Judge(t, "p12", "openssl,jdk", jobs...),
		certtest.Judge(t, "p12", "keytool", some...)...)
	for _, line := range lines {
		require.True(t, line.Accepted, "%+v", line)
	}
}

func TestEncodeWritesSeveralKeysAndKeysWithoutCertificate(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	a := pki.Signer(t, certtest.Template{Kind: certtest.RSA2048})
	b := pki.Signer(t, certtest.Template{Kind: certtest.Ed25519})
	bare, err := certtest.NewKey(certtest.P256)
	require.NoError(t, err)
	keys := []token.Key{keyOf(a, "a"), keyOf(b, ""), {Alias: "bare", ID: []byte{7}, Signer: bare}}
	der, err := pkcs12.Encode(keys, secret(password), pkcs12.Options{Iterations: 1000})
	require.NoError(t, err)
	f, err := pkcs12.Open(der, secret(password), pkcs12.Limits{})
	require.NoError(t, err)
	require.Len(t, f.Keys, 3)
	requireKey(t, a, 2, f.Keys[0])
	requireKey(t, b, 2, f.Keys[1])
	require.Empty(t, f.Keys[2].Chain)
	require.Equal(t, []byte{7}, f.Keys[2].ID)
	require.Equal(t, "bare", f.Keys[2].Alias)
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	key := keyOf(entity(t, certtest.P256), "")
	for _, pass := range []string{"", "clavé", "tab\there"} {
		_, err := pkcs12.Encode([]token.Key{key}, secret(pass), pkcs12.Options{})
		require.ErrorIs(t, err, pkcs12.ErrPassword)
	}
	var limit *pkcs12.LimitError
	_, err := pkcs12.Encode(
		[]token.Key{key}, secret(password), pkcs12.Options{Iterations: 3_000_000})
	require.ErrorAs(t, err, &limit)
	_, err = pkcs12.Encode([]token.Key{key}, secret(password), pkcs12.Options{Iterations: 999})
	require.ErrorAs(t, err, &limit)
	require.EqualError(t, err, "pkcs12: iterations: 999 is too few")
	_, err = pkcs12.Encode(nil, secret(password), pkcs12.Options{})
	require.ErrorIs(t, err, pkcs12.ErrNoKey)
	_, err = pkcs12.Encode([]token.Key{key}, secret(password), pkcs12.Options{Random: failing{}})
	require.ErrorIs(t, err, errNoRandom)
	hardware := token.Key{Signer: struct{ crypto.Signer }{key.Signer}}
	_, err = pkcs12.Encode(
		[]token.Key{hardware}, secret(password), pkcs12.Options{Iterations: 1000})
	require.ErrorIs(t, err, pkcs12.ErrNotExportable)
}

var errNoRandom = errors.New("no randomness")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errNoRandom }

// A certificate that was renewed for the same key: localKeyId tells which belongs to the key.
func TestOpenPrefersTheCertificateThatLocalKeyIDNames(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	older := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	newer := pki.Signer(
		t, certtest.Template{Key: older.Key, NotAfter: older.Certificate.NotAfter.AddDate(1, 0, 0)})
	keys := []token.Key{
		{ID: []byte{1}, Signer: older.Key, Chain: []*x509.Certificate{older.Certificate}},
		{ID: []byte{2}, Signer: newer.Key, Chain: []*x509.Certificate{newer.Certificate}},
	}
	der, err := pkcs12.Encode(keys, secret(password), pkcs12.Options{Iterations: 1000})
	require.NoError(t, err)
	f, err := pkcs12.Open(der, secret(password), pkcs12.Limits{})
	require.NoError(t, err)
	require.Equal(t, older.Certificate.Raw, f.Keys[0].Leaf().Raw)
	require.Equal(t, newer.Certificate.Raw, f.Keys[1].Leaf().Raw)
}

// What other programs write: the whole file in the loosest BER.
func TestOpenReadsBER(t *testing.T) {
	t.Parallel()
	e := entity(t, certtest.P256)
	for _, encoder := range []*gopkcs12.Encoder{gopkcs12.LegacyRC2, gopkcs12.Modern2023} {
		der, err := encoder.Encode(e.Key, e.Certificate, e.Chain()[1:], password)
		require.NoError(t, err)
		ber := pkcs12.Loosen(der)
		require.NotEqual(t, der, ber)
		f, err := pkcs12.Open(ber, secret(password), pkcs12.Limits{})
		require.NoError(t, err)
		requireKey(t, e, 2, f.Keys[0])
	}
}
