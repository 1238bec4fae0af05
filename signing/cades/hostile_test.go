package cades_test

import (
	"crypto"
	"encoding/asn1"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// TestArchiveAttributeWithoutToken: an attribute of archive time stamps that has no value stands
// beside one that has.
func TestArchiveAttributeWithoutToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Signer")
	p := takeApart(t, sign(t, letter, s, w.profile(t, s, signing.LevelB)))
	token, err := w.tsa.Timestamp(t.Context(), crypto.SHA256, make([]byte, 32))
	require.NoError(t, err)
	version2 := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 48}
	version3 := asn1.ObjectIdentifier{0, 4, 0, 1733, 2, 4}
	p.signers[0].unsigned = [][]byte{
		cms.NewAttribute(version2).Raw, cms.NewAttribute(version3).Raw,
		cms.NewAttribute(version2, token, token).Raw,
	}
	r := validate(t, p.bytes(), w.trust())
	require.Len(t, r.Signatures[0].Timestamps, 2)
	for _, stamp := range r.Signatures[0].Timestamps {
		assert.Equal(t, signing.Broken, stamp.Crypto, "it covers nothing of this")
	}
}

// TestLongAttributesAsContent: the signed attributes of a signature, longer than content that is
// kept, are shown as the content of a signature without any.
func TestLongAttributesAsContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Victim")
	long := cms.NewAttribute(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 7},
		ber.Octet(make([]byte, 100_000)))
	prepared, err := cms.Prepare(cms.Parameters{Chain: s.Chain, SigningTime: w.now,
		Attributes: []cms.Attribute{long}}, algorithm.Digest(crypto.SHA256, letter))
	require.NoError(t, err)
	d, err := prepared.Sign(s.Key)
	require.NoError(t, err)
	genuine, err := d.MarshalAttached(letter)
	require.NoError(t, err)
	require.True(t, accepted(t, genuine, w.trust()))

	forged := takeApart(t, genuine)
	forged.content, forged.signers[0].signed = d.Signers[0].SignedDER(), nil
	r := validate(t, forged.bytes(), w.trust())
	assert.Equal(t, signing.Broken, r.Signatures[0].Crypto)
	assert.Equal(t, signing.FormatFailure, r.Signatures[0].SubIndication)
}

// TestDeepCounterSignatures: those that stand too deep are not judged, and the report says so.
func TestDeepCounterSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Signer")
	p := takeApart(t, sign(t, letter, s, w.profile(t, s, signing.LevelB)))
	inner := p.signers[0]
	for range 12 {
		outer := p.signers[0]
		outer.unsigned = [][]byte{cms.NewAttribute(cms.OIDCounterSignature, inner.bytes()).Raw}
		inner = outer
	}
	p.signers[0] = inner
	r := validate(t, p.bytes(), w.trust())
	require.Len(t, r.Signatures, 9)
	for i, signature := range r.Signatures {
		var codes []string
		for _, f := range signature.Findings {
			codes = append(codes, f.Code)
		}
		assert.Equal(t, i == 8, strings.Contains(strings.Join(codes, " "),
			"counter-signature-not-judged"), "%s %v", signature.ID, codes)
	}
}
