package cades_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
	"github.com/rubrica/rubrica/signing/tsp"
)

// TestLater: signatures are judged when their certificates are not in force any more, and each
// level proves as much as it can.
func TestLater(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	soon := time.Now().Add(time.Hour)
	short := func(cn string) certtest.Template {
		tpl := certtest.Template{Kind: certtest.P256, NotAfter: soon}
		tpl.Subject.CommonName = cn
		return tpl
	}
	authority := func(e *certtest.Entity) *tsp.Server {
		s, err := tsp.NewServer(tsp.ServerConfig{Signer: signing.Signer{Key: e.Key,
			Chain: e.Chain()},
			Policy: asn1.ObjectIdentifier{1, 2, 3}, Clock: time.Now})
		require.NoError(t, err)
		return s
	}
	long := certtest.Template{Kind: certtest.P256}
	long.Subject.CommonName = "Long TSA"
	first, second := authority(pki.TSA(t, short("Short TSA"))), authority(pki.TSA(t, long))
	e := pki.Signer(t, short("Short signer"))
	s := signing.Signer{Key: e.Key, Chain: e.Chain()}
	v := signing.Validation{Anchors: []*x509.Certificate{pki.Root.Certificate}, Time: time.Now(),
		CRLs: [][]byte{pki.Root.CRL(t), pki.Sub.CRL(t)}}
	ctx := context.Background()
	make1 := func(level signing.Level, stamper signing.Timestamper) []byte {
		return sign(t, letter, s, cades.Profile{Level: level, SigningTime: time.Now(),
			Timestamper: stamper, Validation: v})
	}
	extend := func(file []byte, level signing.Level) []byte {
		var out bytes.Buffer
		require.NoError(t, cades.Extend(ctx, &out, bytes.NewReader(file), int64(len(file)), level,
			cades.Extension{Timestamper: second, Validation: v}))
		return out.Bytes()
	}
	revoking := pki.Sub.CRL(t, e)
	for name, c := range map[string]struct {
		file  []byte
		crls  [][]byte
		after time.Duration
		want  signing.Indication
		sub   signing.SubIndication
		times []signing.Trust
	}{
		"B in time": {file: make1(signing.LevelB, nil), want: signing.TotalPassed},
		"B afterwards": {file: make1(signing.LevelB, nil), after: 2 * time.Hour,
			want: signing.Indeterminate, sub: signing.OutOfBoundsNoPOE},
		"T, authority in force": {file: make1(signing.LevelT, second), after: 2 * time.Hour,
			want: signing.TotalPassed, times: []signing.Trust{signing.Trusted}},
		"T, authority expired": {file: make1(signing.LevelT, first), after: 2 * time.Hour,
			want: signing.Indeterminate, sub: signing.OutOfBoundsNoPOE,
			times: []signing.Trust{signing.Untrusted}},
		"LTA, first authority expired": {file: extend(make1(signing.LevelT, first),
			signing.LevelLTA), after: 2 * time.Hour,
			want: signing.TotalPassed, times: []signing.Trust{signing.Trusted, signing.Trusted}},
		"LTA twice": {file: extend(extend(make1(signing.LevelT, first), signing.LevelLTA),
			signing.LevelLTA), after: 2 * time.Hour,
			want: signing.TotalPassed, times: []signing.Trust{signing.Trusted, signing.Trusted,
				signing.Trusted}},
		"B, revoked since": {file: make1(signing.LevelB, nil), crls: [][]byte{revoking},
			want: signing.Indeterminate, sub: signing.RevokedNoPOE},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := validate(t, c.file, signing.Validation{Anchors: v.Anchors, CRLs: c.crls,
				Time: time.Now().Add(c.after)})
			got := r.Signatures[0]
			assert.Equal(t, c.want, got.Indication, "%+v", got.Findings)
			assert.Equal(t, c.sub, got.SubIndication)
			var trust []signing.Trust
			for _, ts := range got.Timestamps {
				trust = append(trust, ts.Trust)
			}
			assert.Equal(t, c.times, trust)
		})
	}
}

// TestRefusals: what cannot be done is said, and nothing that looks like a signature comes out.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Refused")
	ctx := context.Background()
	do := func(change func(*cades.Profile)) error {
		p := w.profile(t, s, signing.LevelLTA)
		change(&p)
		var out bytes.Buffer
		err := cades.Sign(ctx, &out, bytes.NewReader(letter), s, p)
		assert.Zero(t, out.Len())
		return err
	}
	var profile *cades.ProfileError
	require.ErrorAs(t, do(func(p *cades.Profile) { p.SigningTime = time.Time{} }), &profile)
	require.ErrorAs(t, do(func(p *cades.Profile) { p.Timestamper = nil }), &profile)
	require.ErrorAs(t, do(func(p *cades.Profile) { p.Validation.Time = time.Time{} }), &profile)
	require.ErrorAs(t, do(func(p *cades.Profile) { p.Plain = true }), &profile)
	require.ErrorAs(t, do(func(p *cades.Profile) { p.Hash = 99 }), &profile)
	var missing *cades.MissingEvidenceError
	require.ErrorAs(t, do(func(p *cades.Profile) { p.Validation.CRLs = nil }), &missing)
	require.ErrorAs(t, do(func(p *cades.Profile) { p.Validation.Anchors = nil }), &missing)

	other := w.signer(t, certtest.P256, "Other")
	err := cades.Sign(ctx, io.Discard, bytes.NewReader(letter), signing.Signer{Key: other.Key,
		Chain: s.Chain}, w.profile(t, s, signing.LevelB))
	require.ErrorIs(t, err, signing.ErrKeyMismatch)
	err = cades.Sign(ctx, io.Discard, bytes.NewReader(letter), signing.Signer{Key: s.Key},
		w.profile(t, s, signing.LevelB))
	require.ErrorIs(t, err, signing.ErrNoCertificate)

	p := w.profile(t, s, signing.LevelB)
	p.Detached = true
	apart := sign(t, letter, s, p)
	e := cades.Extension{Timestamper: w.tsa, Validation: p.Validation}
	extend := func(file []byte, level signing.Level, e cades.Extension) error {
		return cades.Extend(ctx, io.Discard, bytes.NewReader(file), int64(len(file)), level, e)
	}
	require.ErrorAs(t, extend(apart, signing.LevelB, e), &profile)
	require.Error(t, extend(apart, signing.LevelLTA, e), "the archive needs the content")
	require.NoError(t, extend(apart, signing.LevelLT, e), "a time stamp and evidence do not")
	e.Content = contentOf(letter)
	require.NoError(t, extend(apart, signing.LevelLTA, e))
	e.Content = contentOf([]byte("other"))
	require.ErrorIs(t, extend(apart, signing.LevelT, e), cades.ErrBrokenSignature)
	e.Content, e.Signature = nil, "signature-2"
	require.ErrorIs(t, extend(apart, signing.LevelT, e), cades.ErrNoSuchSignature)

	for name, file := range map[string][]byte{"nothing": nil, "text": []byte("hola"),
		"half": apart[:len(apart)/2],
		"XML":  []byte("<a/>"), "a certificate": s.Chain[0].Raw} {
		_, err := cades.Validate(ctx, bytes.NewReader(file), int64(len(file)), w.trust())
		require.Error(t, err, name)
		assert.Equal(t, signing.CodeUnreadable, signing.CodeOf(err), name)
	}
	_, err = cades.Validate(ctx, bytes.NewReader(apart), int64(len(apart)), signing.Validation{})
	require.Error(t, err, "no time")
}
