package verdict

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing"
)

// TestShortKeyBoundToPSS: the policy about the length of RSA keys is about those whose certificate
// binds them to RSASSA-PSS, too.
func TestShortKeyBoundToPSS(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	type identifier struct{ Algorithm asn1.ObjectIdentifier }
	spki, err := asn1.Marshal(struct {
		Algorithm identifier
		Key       asn1.BitString
	}{
		identifier{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}},
		asn1.BitString{Bytes: x509.MarshalPKCS1PublicKey(&key.PublicKey)},
	})
	require.NoError(t, err)
	s := &signing.Signature{Signer: &x509.Certificate{RawSubjectPublicKeyInfo: spki}}
	assert.True(t, weakness(s, Evidence{}, signing.Validation{}))
	require.Len(t, s.Findings, 1)
	allowed := signing.Validation{Policy: signing.Policy{MinRSABits: 1024}}
	assert.False(t, weakness(s, Evidence{}, allowed))
}
