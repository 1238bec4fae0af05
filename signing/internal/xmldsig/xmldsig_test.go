package xmldsig

import (
	"crypto"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

func TestIdentifiersGoBothWays(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range digestURIs {
		h, err := DigestOf(d.uri)
		require.NoError(t, err)
		require.Equal(t, d.uri, DigestURI(h))
		require.False(t, seen[d.uri])
		seen[d.uri] = true
	}
	for _, s := range signatureURIs {
		uri, err := SignatureURI(s.scheme)
		require.NoError(t, err)
		require.Equal(t, s.uri, uri)
		scheme, err := schemeOf(uri)
		require.NoError(t, err)
		require.Equal(t, s.scheme, scheme)
		require.False(t, seen[uri])
		seen[uri] = true
	}
	_, err := SignatureURI(algorithm.Scheme{Key: algorithm.RSA, Hash: crypto.SHA3_256})
	require.Error(t, err)
}

func TestRefusedIsNamed(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]bool{
		more01 + "md5": true, more01 + "rsa-md5": true, xmlenc + "ripemd160": true, dsig + "hmac-sha1": true,
		dsig + "dsa-sha1": true, dsig11 + "dsa-sha256": true, more01 + "gostr3411": true,
		more01 + "ecdsa-sha256": false, "urn:x#slh-dsa-sha2-128f": false, "urn:x#ml-dsa-44": false, dsig + "sha1": false,
	} {
		assert.Equal(t, want, Refused(uri), uri)
	}
}

func method(t *testing.T, inner string) (algorithm.Scheme, error) {
	t.Helper()
	doc, err := xmltree.Parse([]byte(`<SignatureMethod xmlns="`+Namespace+`" xmlns:p="`+more07+`" Algorithm="`+signaturePSS+`">`+inner+`</SignatureMethod>`), xmltree.Limits{})
	require.NoError(t, err)
	s := &Signature{}
	err = s.readMethod(doc.Root())
	return s.Scheme, err
}

// TestPSSParameters reads RSAPSSParams as RFC 9231, 2.3.9 has them.
func TestPSSParameters(t *testing.T) {
	t.Parallel()
	digest := func(uri string) string { return `<DigestMethod Algorithm="` + uri + `"/>` }
	for name, c := range map[string]struct {
		inner string
		want  algorithm.Scheme
	}{
		"absent":  {"", algorithm.PSS(crypto.SHA256)},
		"empty":   {"<p:RSAPSSParams/>", algorithm.PSS(crypto.SHA256)},
		"digest":  {"<p:RSAPSSParams>" + digest(xmlenc+"sha512") + "</p:RSAPSSParams>", algorithm.PSS(crypto.SHA512)},
		"salt":    {"<p:RSAPSSParams><p:SaltLength> 20 </p:SaltLength></p:RSAPSSParams>", algorithm.Scheme{Key: algorithm.RSAPSS, Hash: crypto.SHA256, SaltLength: 20, MGFHash: crypto.SHA256}},
		"mask":    {`<p:RSAPSSParams>` + digest(xmlenc+"sha256") + `<p:MaskGenerationFunction Algorithm="` + mgf1 + `">` + digest(dsig+"sha1") + `</p:MaskGenerationFunction><p:TrailerField>1</p:TrailerField></p:RSAPSSParams>`, algorithm.Scheme{Key: algorithm.RSAPSS, Hash: crypto.SHA256, SaltLength: 32, MGFHash: crypto.SHA1}},
		"by name": {`<p:RSAPSSParams><p:MaskGenerationFunction Algorithm="http://www.w3.org/2009/xmlenc11#mgf1-sha384"/></p:RSAPSSParams>`, algorithm.Scheme{Key: algorithm.RSAPSS, Hash: crypto.SHA256, SaltLength: 32, MGFHash: crypto.SHA384}},
	} {
		got, err := method(t, c.inner)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, got, name)
	}
	for _, inner := range []string{"<x/>",
		"<p:RSAPSSParams><p:SaltLength>-1</p:SaltLength></p:RSAPSSParams>",
		"<p:RSAPSSParams><p:SaltLength>2049</p:SaltLength></p:RSAPSSParams>",
		"<p:RSAPSSParams><p:SaltLength>9223372036854775807</p:SaltLength></p:RSAPSSParams>",
		"<p:RSAPSSParams><p:TrailerField>2</p:TrailerField></p:RSAPSSParams>", "<p:RSAPSSParams><x/></p:RSAPSSParams>",
		`<p:RSAPSSParams><p:MaskGenerationFunction Algorithm="urn:x"/></p:RSAPSSParams>`} {
		_, err := method(t, inner)
		assert.Error(t, err, inner)
	}
}

func TestDecodeBase64(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "QUJD": "ABC", " QU\r\nJD\t": "ABC", "QQ==": "A", "QUI=": "AB", "Q Q = =": "A"} {
		got, err := DecodeBase64([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, want, string(got))
	}
	for _, text := range []string{"QQ", "QQ=", "QR==", "Q===", "=QQQ", "QQ==QQ==", "QUJD!", "QUJD\x00", "QU-_", "QUJDé", "QUJD="} {
		_, err := DecodeBase64([]byte(text))
		assert.Error(t, err, text)
	}
}

// TestLimits: what is beyond a named limit is refused, not read.
func TestLimits(t *testing.T) {
	t.Parallel()
	transforms := strings.Repeat(`<Transform Algorithm="`+transformEnveloped+`"/>`, maxTransforms+1)
	doc, err := xmltree.Parse([]byte(`<Reference xmlns="`+Namespace+`" URI=""><Transforms>`+transforms+
		`</Transforms><DigestMethod Algorithm="`+dsig+`sha1"/><DigestValue>QQ==</DigestValue></Reference>`), xmltree.Limits{})
	require.NoError(t, err)
	require.Error(t, readReference(doc.Root()).Err)
}
