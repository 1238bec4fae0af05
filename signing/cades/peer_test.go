package cades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
)

// peerVerifies asks digitorus/pkcs7 about a signature, with trust in the roots.
func peerVerifies(t *testing.T, signed, detached []byte, roots *x509.CertPool) error {
	t.Helper()
	p, err := pkcs7.Parse(signed)
	require.NoError(t, err)
	if detached != nil {
		p.Content = detached
	}
	return p.VerifyWithChain(roots)
}

// peerSigned is what digitorus/pkcs7 makes over the letter. change comes before the signer is
// added, finish after.
func peerSigned(t *testing.T, digest asn1.ObjectIdentifier, s signing.Signer,
	c pkcs7.SignerInfoConfig,
	change, finish func(*pkcs7.SignedData)) []byte {
	t.Helper()
	d, err := pkcs7.NewSignedData(letter)
	require.NoError(t, err)
	d.SetDigestAlgorithm(digest)
	if change != nil {
		change(d)
	}
	require.NoError(t, d.AddSignerChain(s.Chain[0], s.Key, s.Chain[1:], c))
	if finish != nil {
		finish(d)
	}
	out, err := d.Finish()
	require.NoError(t, err)
	return out
}

func (w *world) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(w.pki.Root.Certificate)
	return pool
}

// TestPeerAcceptsOurs: digitorus/pkcs7 verifies and trusts what we sign, attached and detached, at
// the levels that it can read, and refuses another content.
func TestPeerAcceptsOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kind := range kinds {
		s := w.signer(t, kind, "Signer "+string(kind))
		for _, h := range []crypto.Hash{0, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			if kind == certtest.Ed25519 && h != 0 {
				continue // RFC 8419, 3.1: SHA-512 only
			}
			for _, level := range []signing.Level{signing.LevelB, signing.LevelT} {
				p := w.profile(t, s, level)
				p.Hash = h
				out := sign(t, letter, s, p)
				require.NoError(t, peerVerifies(t, out, nil, w.pool()), "%s %s", kind, h)
				require.Error(t, peerVerifies(t, out, []byte("another"), w.pool()))
				p.Detached, p.Plain = true, level == signing.LevelB
				out = sign(t, letter, s, p)
				require.NoError(t, peerVerifies(t, out, letter, w.pool()), "%s %s", kind, h)
				require.Error(t, peerVerifies(t, out, []byte("another"), w.pool()))
			}
		}
	}
}

// TestPeerSigns: what digitorus/pkcs7 signs is valid for us, attached and detached; it binds no
// certificate, and that is told.
func TestPeerSigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kind := range kinds {
		s := w.signer(t, kind, "Signer "+string(kind))
		for _, digest := range []asn1.ObjectIdentifier{pkcs7.OIDDigestAlgorithmSHA256,
			pkcs7.OIDDigestAlgorithmSHA384, pkcs7.OIDDigestAlgorithmSHA512} {
			if kind == certtest.Ed25519 && !digest.Equal(pkcs7.OIDDigestAlgorithmSHA512) {
				continue
			}
			for _, detached := range []bool{false, true} {
				v := w.trust()
				var finish func(*pkcs7.SignedData)
				if detached {
					finish, v.Detached = (*pkcs7.SignedData).Detach, given(letter)
				}
				out := peerSigned(t, digest, s, pkcs7.SignerInfoConfig{}, nil, finish)
				r := validate(t, out, v)
				e := r.Signatures[0]
				assert.Equal(t, signing.StatusValid, r.Status(), "%s: %+v", kind, e)
				assert.Equal(t, signing.Intact, e.Crypto)
				assert.Equal(t, signing.BindingMissing, e.Binding)
				assert.Equal(t, s.Chain[0], e.Signer)
				if detached {
					v.Detached = given([]byte("another"))
					e = validate(t, out, v).Signatures[0]
					assert.Equal(t, signing.HashFailure, e.SubIndication)
				}
			}
		}
	}
}

// TestPeerAcceptsForgery: what digitorus/pkcs7 verifies and we do not. When it begins to refuse
// one of these, the test says so.
func TestPeerAcceptsForgery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.RSA2048, "Signer")
	sha256 := pkcs7.OIDDigestAlgorithmSHA256
	accepted := func(t *testing.T, out []byte) {
		require.NoError(t, peerVerifies(t, out, nil, w.pool()),
			"the peer changed: it refuses this now")
	}
	entry := func(t *testing.T, out []byte) signing.Signature {
		r := validate(t, out, w.trust())
		require.Len(t, r.Signatures, 1)
		assert.NotEqual(t, signing.StatusValid, r.Status(), "%+v", r.Signatures[0])
		return r.Signatures[0]
	}
	t.Run("bytes behind", func(t *testing.T) {
		out := append(sign(t, letter, s, w.profile(t, s, signing.LevelB)), "garbage"...)
		accepted(t, out)
		r := validate(t, out, w.trust()) // told, and no ground to build on
		assert.Equal(t, signing.CoversPartial, r.Signatures[0].Coverage)
		var malformed *cades.FormatError
		err := cades.Extend(context.Background(), io.Discard, bytes.NewReader(out), int64(len(out)),
			signing.LevelT, cades.Extension{Timestamper: w.tsa})
		require.ErrorAs(t, err, &malformed)
	})
	t.Run("another signing certificate", func(t *testing.T) {
		sub := digest(crypto.SHA256, w.pki.Sub.Certificate.Raw)
		for _, hash := range [][]byte{make([]byte, 32), sub} {
			out := peerSigned(t, sha256, s, bound(t, hash), nil, nil)
			accepted(t, out)
			assert.Equal(t, signing.BindingMismatch, entry(t, out).Binding)
		}
		out := peerSigned(t, sha256, s, bound(t, digest(crypto.SHA256, s.Chain[0].Raw)), nil, nil)
		r := validate(t, out, w.trust())
		assert.Equal(t, signing.StatusValid, r.Status())
		assert.Equal(t, signing.BindingOK, r.Signatures[0].Binding)
	})
	t.Run("another content type", func(t *testing.T) {
		tstInfo := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
		out := peerSigned(t, sha256, s, pkcs7.SignerInfoConfig{}, func(d *pkcs7.SignedData) {
			d.SetContentType(tstInfo) // signed as a time stamp, shown as data
		}, func(d *pkcs7.SignedData) { d.SetContentType(pkcs7.OIDData) })
		accepted(t, out)
		assert.Equal(t, signing.Broken, entry(t, out).Crypto)
		out = peerSigned(t, sha256, s, pkcs7.SignerInfoConfig{}, nil, func(d *pkcs7.SignedData) {
			d.SetContentType(tstInfo)
		})
		accepted(t, out)
		assert.Equal(t, signing.Broken, entry(t, out).Crypto)
	})
	t.Run("SHA-1", func(t *testing.T) {
		out := peerSigned(t, pkcs7.OIDDigestAlgorithmSHA1, s, pkcs7.SignerInfoConfig{}, nil, nil)
		accepted(t, out)
		e := entry(t, out)
		assert.Equal(t, signing.Intact, e.Crypto)
		assert.Equal(t, signing.CryptoConstraintsNoPOE, e.SubIndication)
	})
	t.Run("a certificate that may not sign", func(t *testing.T) {
		server := w.pki.Signer(t, certtest.Template{Change: func(c *x509.Certificate) {
			c.KeyUsage = x509.KeyUsageKeyEncipherment
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}})
		s := signing.Signer{Key: server.Key, Chain: server.Chain()}
		out := peerSigned(t, sha256, s, pkcs7.SignerInfoConfig{}, nil, nil)
		accepted(t, out)
		e := entry(t, out)
		assert.Equal(t, signing.Intact, e.Crypto)
		assert.NotEqual(t, signing.TotalPassed, e.Indication)
	})
}

func digest(h crypto.Hash, data []byte) []byte {
	d := h.New()
	d.Write(data)
	return d.Sum(nil)
}

// bound adds a signing-certificate-v2 attribute (RFC 5035, 3) with that digest.
func bound(t *testing.T, hash []byte) pkcs7.SignerInfoConfig {
	t.Helper()
	type essCertIDv2 struct{ CertHash []byte }
	value, err := asn1.Marshal(struct{ Certs []essCertIDv2 }{[]essCertIDv2{{hash}}})
	require.NoError(t, err)
	return pkcs7.SignerInfoConfig{ExtraSignedAttributes: []pkcs7.Attribute{{
		Type:  asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47},
		Value: asn1.RawValue{FullBytes: value}}}}
}

// TestPeerRefuses: what digitorus/pkcs7 cannot read or make.
func TestPeerRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.RSA2048, "Signer")

	out := sign(t, letter, s, cades.Profile{SigningTime: w.now, PSS: true})
	err := peerVerifies(t, out, nil, w.pool())
	require.ErrorContains(t, err, "unsupported algorithm",
		"the peer changed: it verifies RSASSA-PSS")
	require.Equal(t, signing.StatusValid, validate(t, out, w.trust()).Status())

	out = sign(t, letter, s, cades.Profile{SigningTime: w.now, KeyID: true})
	_, err = pkcs7.Parse(out)
	require.Error(t, err, "the peer changed: it reads subject key identifiers")
	require.Equal(t, signing.StatusValid, validate(t, out, w.trust()).Status())

	pss := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	out = peerSigned(t, pkcs7.OIDDigestAlgorithmSHA256, s, pkcs7.SignerInfoConfig{},
		func(d *pkcs7.SignedData) { d.SetEncryptionAlgorithm(pss) }, nil)
	encoded, err := asn1.Marshal(pkix.AlgorithmIdentifier{Algorithm: pss})
	require.NoError(t, err)
	assert.NotContains(t, string(out), string(encoded[2:]), "the peer changed: it signs RSASSA-PSS")
	require.Equal(t, signing.StatusValid, validate(t, out, w.trust()).Status(), "it is PKCS#1 v1.5")

	without := pkcs7.SignerInfoConfig{SkipCertificates: true}
	out = peerSigned(t, pkcs7.OIDDigestAlgorithmSHA256, s, without, nil, nil)
	require.ErrorContains(t, peerVerifies(t, out, nil, w.pool()), "No certificate for signer")
	r := validate(t, out, w.trust())
	assert.Equal(t, signing.NoSigningCertificate, r.Signatures[0].SubIndication)
	v := w.trust()
	v.Certificates = s.Chain
	assert.Equal(t, signing.StatusValid, validate(t, out, v).Status())
}

// TestPeerSeveral: two signers of one content, by digitorus/pkcs7 and one more of ours.
func TestPeerSeveral(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.signer(t, certtest.RSA2048, "First"), w.signer(t, certtest.P256, "Second")
	third := w.signer(t, certtest.P384, "Third")
	out := peerSigned(t, pkcs7.OIDDigestAlgorithmSHA256, first, pkcs7.SignerInfoConfig{}, nil,
		func(d *pkcs7.SignedData) {
			require.NoError(t, d.AddSigner(second.Chain[0], second.Key, pkcs7.SignerInfoConfig{}))
		})
	var grown bytes.Buffer
	require.NoError(t, cades.Cosign(context.Background(), &grown,
		bytes.NewReader(out), int64(len(out)),
		nil, third, cades.Profile{SigningTime: time.Now(), Hash: crypto.SHA384}))
	r := validate(t, grown.Bytes(), w.trust())
	require.Len(t, r.Signatures, 3)
	assert.Equal(t, signing.StatusValid, r.Status(), "%+v", r)
	require.NoError(t, peerVerifies(t, grown.Bytes(), nil, w.pool()))
}
