package cades_test

import (
	"crypto"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/tsp"
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

// TestStampOverReferencesAlone: a time stamp over references to certificates and lists says nothing
// about when the signature was made (RFC 5126, 6.3.6), one over the value does (6.3.5).
func TestStampOverReferencesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Signer")
	file := sign(t, letter, s, w.profile(t, s, signing.LevelB))
	stamped := func(attribute asn1.ObjectIdentifier, covered ...[]byte) signing.Signature {
		digest := algorithm.Digest(crypto.SHA256, slices.Concat(covered...))
		token, err := w.tsa.Timestamp(t.Context(), crypto.SHA256, digest)
		require.NoError(t, err)
		p := takeApart(t, file)
		p.signers[0].unsigned = [][]byte{cms.NewAttribute(attribute, token).Raw}
		r := validate(t, p.bytes(), w.trust())
		require.Len(t, r.Signatures[0].Timestamps, 1)
		require.Equal(t, signing.Trusted, r.Signatures[0].Timestamps[0].Trust)
		return r.Signatures[0]
	}
	references := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 26}
	assert.True(t, stamped(references).ProvenTime.IsZero())
	both := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 25}
	d, err := cms.Parse(file)
	require.NoError(t, err)
	assert.False(t, stamped(both, d.Signers[0].Signature).ProvenTime.IsZero())
}

// TestStampProvesWhatItCovers: the time stamp of an authority whose certificate has expired is
// proven by a later one that covers it, not by one over references alone.
func TestStampProvesWhatItCovers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Signer")
	ago := func(hours int) func() time.Time {
		return func() time.Time { return time.Now().Add(-time.Duration(hours) * time.Hour) }
	}
	server := func(e *certtest.Entity, clock func() time.Time) *tsp.Server {
		made, err := tsp.NewServer(tsp.ServerConfig{Clock: clock,
			Signer: signing.Signer{Key: e.Key, Chain: e.Chain()},
			Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}})
		require.NoError(t, err)
		return made
	}
	expired := w.pki.TSA(t, certtest.Template{Kind: certtest.P256, NotAfter: ago(24)()})
	early, later := server(expired, ago(72)), server(w.stamps, ago(48))
	token := func(by *tsp.Server, covered ...[]byte) []byte {
		digest := algorithm.Digest(crypto.SHA256, slices.Concat(covered...))
		made, err := by.Timestamp(t.Context(), crypto.SHA256, digest)
		require.NoError(t, err)
		return made
	}
	file := sign(t, letter, s, w.profile(t, s, signing.LevelB))
	d, err := cms.Parse(file)
	require.NoError(t, err)
	value := d.Signers[0].Signature
	first := cms.NewAttribute(cms.OIDSignatureTimestamp, token(early, value))
	body := first.Raw[ber.HeaderSize(int64(len(first.Raw)-4)):] // without the header of a SEQUENCE
	for name, c := range map[string]struct {
		later  cms.Attribute
		proven bool
	}{
		"nothing": {},
		"references": {later: cms.NewAttribute(
			asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 26}, token(later))},
		"the signature and its time stamp": {later: cms.NewAttribute(
			asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 25}, token(later, value, body)),
			proven: true},
	} {
		p := takeApart(t, file)
		p.signers[0].unsigned = [][]byte{first.Raw}
		if c.later.Raw != nil {
			p.signers[0].unsigned = append(p.signers[0].unsigned, c.later.Raw)
		}
		r := validate(t, p.bytes(), w.trust())
		stamp := r.Signatures[0].Timestamps[0]
		require.Equal(t, signing.Intact, stamp.Crypto, name)
		assert.Equal(t, c.proven, stamp.Trust == signing.Trusted, "%s: %+v", name, stamp)
	}
}
