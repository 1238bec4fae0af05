package pades_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// TestDamagedCertificate damages the issuer's certificate in one of two signatures, where nothing
// signs it and the other signature has it whole: that it was touched is not passed over.
func TestDamagedCertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	doc, err := sign(t, formPDF(), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	doc, err = sign(t, doc, signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	require.Equal(t, signing.StatusValid, validate(t, doc, w.validation()).Status())
	ca := w.pki.Sub.Certificate
	at := bytes.LastIndex(doc, []byte(hex.EncodeToString(ca.Raw)))
	require.Positive(t, at)
	for name, offset := range map[string]int{
		"key":       bytes.Index(ca.Raw, ca.RawSubjectPublicKeyInfo) + len(ca.RawSubjectPublicKeyInfo) - 1,
		"signature": len(ca.Raw) - 1,
		"shape":     1,
	} {
		forged := bytes.Clone(doc)
		digit := &forged[at+2*offset+1]
		*digit = "123456789abcdef0"[bytes.IndexByte([]byte("0123456789abcdef"), *digit)]
		status, r := verdictOf(forged, w.validation())
		require.NotEqual(t, signing.StatusValid, status, "%s: %v", name, r)
	}
}
