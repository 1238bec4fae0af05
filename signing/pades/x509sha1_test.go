package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/asn1"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// bareSigned is a document signed in the form adbe.x509.rsa_sha1, with Cert as given.
func bareSigned(t testing.TB, e *certtest.Entity, cert string) []byte {
	t.Helper()
	const room = 600
	hole := strings.Repeat("0", room)
	doc := file("", "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>", fmt.Sprintf(oddPage, "/Annots[4 0 R]"),
		"<</FT/Sig/T(firma)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/F 132/P 3 0 R/V 5 0 R>>",
		"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.x509.rsa_sha1/Cert "+cert+
			"/ByteRange[0 1111111 2222222 3333333]/Contents<"+hole+">>>")
	at := bytes.Index(doc, []byte("<"+hole))
	end := at + room + 2
	ranges := fmt.Sprintf("[0 %07d %07d %07d]", at, end, len(doc)-end)
	doc = bytes.Replace(doc, []byte("[0 1111111 2222222 3333333]"), []byte(ranges), 1)
	sum := sha1.Sum(append(bytes.Clone(doc[:at]), doc[end:]...))
	value, err := rsa.SignPKCS1v15(rand.Reader, e.Key.(*rsa.PrivateKey), crypto.SHA1, sum[:])
	require.NoError(t, err)
	der, err := asn1.Marshal(value)
	require.NoError(t, err)
	copy(doc[at+1:], fmt.Sprintf("%x", der))
	return doc
}

// TestBareSignatures judges signatures without a CMS (ISO 32000-1, 12.8.3.2).
func TestBareSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.RSA2048)
	leaf, sub := w.signer.Certificate.Raw, w.pki.Sub.Certificate.Raw
	one, chain := fmt.Sprintf("<%x>", leaf), fmt.Sprintf("[<%x><%x>]", leaf, sub)

	doc := bareSigned(t, w.signer, chain)
	s := validate(t, doc, w.validation()).Signatures[0]
	require.Equal(t, signing.Intact, s.Crypto, "%+v", s)
	require.Equal(t, signing.BindingOK, s.Binding)
	require.Equal(t, "ISO32000-CMS", s.Level)
	require.Equal(t, signing.CoversWhole, s.Coverage)
	require.Equal(t, signing.Trusted, s.Trust)
	require.NotEqual(t, signing.TotalPassed, s.Indication, "SHA-1 decides nothing more")
	require.Equal(t, w.signer.Certificate.Raw, s.Signer.Raw)
	require.Equal(t, signing.Intact, validate(t, bareSigned(t, w.signer, one), w.validation()).Signatures[0].Crypto)

	stranger := fmt.Sprintf("<%x>", newWorld(t, certtest.P256).signer.Certificate.Raw)
	for name, c := range map[string]struct {
		doc  []byte
		want signing.Crypto
	}{
		"an octet of the document":  {flip(bytes.Clone(doc), bytes.Index(doc, []byte("420"))), signing.Broken},
		"no certificate":            {bareSigned(t, w.signer, "null"), signing.Broken},
		"an empty list":             {bareSigned(t, w.signer, "[]"), signing.Broken},
		"no certificate at all":     {bareSigned(t, w.signer, "(certificate)"), signing.Broken},
		"another's certificate":     {bareSigned(t, w.signer, fmt.Sprintf("<%x>", sub)), signing.Broken},
		"a key of another kind":     {bareSigned(t, w.signer, stranger), signing.Broken},
		"Contents without a string": {bytes.Replace(doc, []byte("/Contents<0482"), []byte("/Contents<0582"), 1), signing.Broken},
	} {
		s := validate(t, c.doc, w.validation()).Signatures[0]
		require.Equal(t, c.want, s.Crypto, "%s: %+v", name, s)
		require.NotEqual(t, signing.TotalPassed, s.Indication, name)
	}

	// Such a signature is carried on as others are, and others are added.
	var out bytes.Buffer
	require.NoError(t, pades.Extend(context.Background(), &out, bytes.NewReader(doc), int64(len(doc)),
		signing.LevelLTA, pades.Extension{Timestamper: w.tsa, Validation: w.evidence()}))
	r := validate(t, out.Bytes(), w.validation())
	require.Equal(t, signing.Intact, r.Signatures[0].Crypto)
	require.Len(t, r.Signatures[0].Timestamps, 2)
	second, err := sign(t, doc, signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	r = validate(t, second, w.validation())
	require.Equal(t, signing.Intact, r.Signatures[0].Crypto)
	require.Equal(t, signing.TotalPassed, r.Signatures[1].Indication)
}
