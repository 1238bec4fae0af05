package xades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/xades"
)

// remoteSign is what a signing service elsewhere does with what it is shown.
func remoteSign(t *testing.T, s signing.Signer, p *xades.Prepared) []byte {
	t.Helper()
	message, opts := p.ToBeSigned(), crypto.SignerOpts(p.Hash())
	if p.Hash() != 0 {
		message = p.Digest()
	}
	value, err := s.Key.Sign(rand.Reader, message, opts)
	require.NoError(t, err)
	return value
}

func TestTwoSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, f := range forms(w) {
		if f.profile.PSS || f.profile.Level != signing.LevelB {
			continue
		}
		s := w.signers[f.kind]
		p, err := xades.Prepare(context.Background(), []byte(order), s.Chain, f.profile)
		require.NoError(t, err, f.name)
		state, err := p.MarshalBinary()
		require.NoError(t, err, f.name)
		require.Less(t, len(state), 40_000, f.name)
		value := remoteSign(t, s, p)

		var restored xades.Prepared
		require.NoError(t, restored.UnmarshalBinary(state), f.name)
		require.Equal(t, p.ToBeSigned(), restored.ToBeSigned())
		var out, refused bytes.Buffer
		require.NoError(t, restored.Complete(&out, []byte(order), value), f.name)
		w.checkOwn(t, f, order, out.Bytes())

		wrong := append([]byte{}, value...)
		wrong[len(wrong)/2] ^= 1
		require.ErrorIs(t, restored.Complete(&refused, []byte(order), wrong), xades.ErrValue, f.name)
		require.ErrorIs(t, restored.Complete(&refused, []byte(order+" "), value), xades.ErrDocument, f.name)
		require.Zero(t, refused.Len(), "nothing is written when the value or the document is wrong")

		var direct bytes.Buffer
		require.NoError(t, p.Complete(&direct, []byte(order), value))
		require.Equal(t, direct.String(), out.String(), f.name)
	}
}

type pair struct{ R, S *big.Int }

func readPair(t testing.TB, der []byte) pair {
	t.Helper()
	var p pair
	_, err := asn1.Unmarshal(der, &p)
	require.NoError(t, err)
	return p
}

func TestStateIsChecked(t *testing.T) {
	t.Parallel()
	var p xades.Prepared
	for _, data := range []string{"", "{}", `{"version":1}`, "null", `{"version":2}`, "\x00"} {
		require.ErrorIs(t, p.UnmarshalBinary([]byte(data)), xades.ErrState, data)
	}
}

// TestStateOfUnknownAlgorithm: a state that names an algorithm that no signature has is refused
// before a digest is asked of it.
func TestStateOfUnknownAlgorithm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := xades.Prepare(context.Background(), []byte(order), w.signers[certtest.P256].Chain,
		xades.Profile{SigningTime: time.Now()})
	require.NoError(t, err)
	state, err := p.MarshalBinary()
	require.NoError(t, err)
	for _, change := range [][2]string{{`"hash":5`, `"hash":99`}, {`"key":`, `"key":9`}} {
		damaged := bytes.Replace(state, []byte(change[0]), []byte(change[1]), 1)
		require.NotEqual(t, state, damaged)
		var restored xades.Prepared
		require.ErrorIs(t, restored.UnmarshalBinary(damaged), xades.ErrState, change[1])
	}
}

// TestRawValueIsTaken: services return ECDSA values in DER or as r and s.
func TestRawValueIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signers[certtest.P384]
	p, err := xades.Prepare(context.Background(), []byte(order), s.Chain, xades.Profile{SigningTime: time.Now()})
	require.NoError(t, err)
	value := remoteSign(t, s, p)
	pair := readPair(t, value)
	raw := append(pair.R.FillBytes(make([]byte, 48)), pair.S.FillBytes(make([]byte, 48))...)
	var a, b bytes.Buffer
	require.NoError(t, p.Complete(&a, []byte(order), value))
	require.NoError(t, p.Complete(&b, []byte(order), raw))
	require.Equal(t, a.String(), b.String())
}

// TestParallel: three people sign beside each other, one countersigns the first, and the whole is
// extended to level T.
func TestParallelCounterExtend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	doc := []byte(order)
	var first string
	for i, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384} {
		p, err := xades.Prepare(ctx, doc, w.signers[kind].Chain,
			xades.Profile{SigningTime: time.Now(), Parallel: true, Canonicalization: xades.CanonicalForm(i)})
		require.NoError(t, err)
		var out bytes.Buffer
		require.NoError(t, p.Complete(&out, doc, remoteSign(t, w.signers[kind], p)))
		if first == "" {
			first = p.ID()
		}
		doc = out.Bytes()
	}
	doc = counterSign(t, w, doc, first, xades.Inclusive)
	doc = counterSign(t, w, doc, first, xades.Exclusive)
	var out bytes.Buffer
	require.NoError(t, xades.Extend(ctx, &out, doc, signing.LevelT, xades.Extension{Timestamper: w.tsa}))
	doc = out.Bytes()

	report, err := xades.Validate(ctx, doc, w.validation())
	require.NoError(t, err)
	require.Len(t, report.Signatures, 5)
	require.Equal(t, signing.StatusValid, report.Status(), "%+v", report.Signatures)
	counters := 0
	for _, s := range report.Signatures {
		if s.Parent == "" {
			assert.Equal(t, "XAdES-BASELINE-T", s.Level)
			assert.False(t, s.ProvenTime.IsZero())
			continue
		}
		assert.Equal(t, first, s.Parent)
		assert.Equal(t, "XAdES-BASELINE-B", s.Level)
		counters++
	}
	require.Equal(t, 2, counters)
	file := certtest.WriteFile(t, "*.xml", doc)
	lines := certtest.Judge(t, "xml", "dss,jdk,xmlsec1", certtest.Job{File: file, Trust: []string{w.trust}, Chain: []string{w.chain}})
	for _, line := range lines {
		assert.True(t, line.Accepted, "%s: %s %+v", line.Judge, line.Error, line.Raw)
	}
}

// TestCounterTwoSteps countersigns with a key elsewhere.
func TestCounterTwoSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signed := w.sign(t, form{"enveloped", certtest.P256, xades.Profile{SigningTime: time.Now()}}, order)
	target := attribute(part(string(signed), "ds:Signature"), "Id")
	s := w.signers[certtest.RSA2048]
	template, err := xades.NewTemplate(s.Chain, xades.Profile{SigningTime: time.Now(), Canonicalization: xades.Inclusive})
	require.NoError(t, err)
	p, err := template.PrepareCounter(signed, target)
	require.NoError(t, err)
	state, err := p.MarshalBinary()
	require.NoError(t, err)
	var restored xades.Prepared
	require.NoError(t, restored.UnmarshalBinary(state))
	var out bytes.Buffer
	require.NoError(t, restored.Complete(&out, signed, remoteSign(t, s, p)))
	report, err := xades.Validate(context.Background(), out.Bytes(), w.validation())
	require.NoError(t, err)
	require.Len(t, report.Signatures, 2)
	require.Equal(t, signing.StatusValid, report.Status(), "%+v", report.Signatures)
	require.Equal(t, target, report.Signatures[1].Parent)
}

func counterSign(t *testing.T, w *world, doc []byte, target string, form xades.CanonicalForm) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, xades.CounterSign(context.Background(), &out, doc, target, w.signers[certtest.P256],
		xades.Profile{SigningTime: time.Now(), Canonicalization: form}))
	return out.Bytes()
}

// TestOthersAreNotBroken: a signature over the whole document forbids another beside it.
func TestOthersAreNotBroken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	s := w.signers[certtest.P256]
	var once, again bytes.Buffer
	require.NoError(t, xades.Sign(ctx, &once, []byte(order), s, xades.Profile{SigningTime: time.Now()}))
	var broken *xades.BreakError
	err := xades.Sign(ctx, &again, once.Bytes(), s, xades.Profile{SigningTime: time.Now()})
	require.ErrorAs(t, err, &broken)
	require.Zero(t, again.Len())

	// a time stamp or counter-signature inside the signature does not touch what it covers
	var stamped bytes.Buffer
	require.NoError(t, xades.Extend(ctx, &stamped, once.Bytes(), signing.LevelT, xades.Extension{Timestamper: w.tsa}))

	// but a spoilt signature is not extended
	spoilt := strings.Replace(once.String(), "Café", "Cafe", 1)
	var notSound *xades.BrokenError
	require.ErrorAs(t, xades.Extend(ctx, io.Discard, []byte(spoilt), signing.LevelT, xades.Extension{Timestamper: w.tsa}), &notSound)
	require.ErrorIs(t, xades.CounterSign(ctx, io.Discard, once.Bytes(), "nobody", s, xades.Profile{SigningTime: time.Now()}),
		xades.ErrNoSignature)
	require.ErrorIs(t, xades.Extend(ctx, io.Discard, []byte(order), signing.LevelT, xades.Extension{Timestamper: w.tsa}),
		signing.ErrNotSigned)
	require.ErrorIs(t, xades.Extend(ctx, io.Discard, once.Bytes(), signing.LevelLT, xades.Extension{Timestamper: w.tsa}),
		xades.ErrLevel)
}

// TestExtendForeign adds a time stamp to signatures that others made.
func TestExtendForeign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var jobs []certtest.Job
	for _, name := range []string{"xades-b-enveloped-rsa2048", "xades-b-enveloping-p256", "xades-b-pretty",
		"xades-b-inside", "xades-b-keyinfo-signed", "xades-b-v1-policy", "xades-b-embedded-xml", "xades-b-three"} {
		doc, err := os.ReadFile(certtest.Vectors(t, "made-by-dss", "xml", name+".xml"))
		require.NoError(t, err)
		for _, form := range []xades.CanonicalForm{xades.Exclusive, xades.Inclusive, xades.Inclusive11} {
			var out bytes.Buffer
			require.NoError(t, xades.Extend(context.Background(), &out, doc, signing.LevelT,
				xades.Extension{Timestamper: w.tsa, Canonicalization: form}), name)
			v := w.validation()
			v.Anchors = append(v.Anchors, certificatesIn(t, certtest.Vectors(t, "made-by-dss", "pki", "root.pem"))...)
			report, err := xades.Validate(context.Background(), out.Bytes(), v)
			require.NoError(t, err, name)
			require.Equal(t, signing.StatusValid, report.Status(), "%s %+v", name, report.Signatures[0])
			require.Equal(t, "XAdES-BASELINE-T", report.Signatures[0].Level, name)
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.xml", out.Bytes()),
				Trust: []string{w.trust, certtest.Vectors(t, "made-by-dss", "pki", "root.pem")}, Chain: []string{w.chain}})
		}
	}
	for _, line := range certtest.Judge(t, "xml", "dss,xmlsec1", jobs...) {
		assert.True(t, line.Accepted, "%s %s: %s %+v", line.Judge, line.File, line.Error, line.Raw)
	}
}

// TestEncodings signs documents that are not UTF-8, or begin with a byte order mark.
func TestEncodings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `<pedido id="p"><línea>Café</línea></pedido>`
	latin := []byte(`<?xml version="1.0" encoding="ISO-8859-1"?>`)
	for _, r := range body {
		latin = append(latin, byte(r))
	}
	var wide []byte
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(`<?xml version="1.0" encoding="UTF-16"?>`+body))...) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	docs := map[string][]byte{"latin": latin, "utf16": wide, "bom": []byte("\xef\xbb\xbf" + body), "empty": []byte("<a/>")}
	var jobs []certtest.Job
	for name, doc := range docs {
		for _, form := range []xades.CanonicalForm{xades.Exclusive, xades.Inclusive} {
			p := rich(xades.Profile{SigningTime: time.Now(), Canonicalization: form})
			p.Policy = nil
			var out bytes.Buffer
			require.NoError(t, xades.Sign(context.Background(), &out, doc, w.signers[certtest.RSA2048], p), name)
			report, err := xades.Validate(context.Background(), out.Bytes(), w.validation())
			require.NoError(t, err, name)
			require.Equal(t, signing.StatusValid, report.Status(), "%s %+v", name, report.Signatures[0])
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, name+"-*.xml", out.Bytes()),
				Trust: []string{w.trust}, Chain: []string{w.chain}})
		}
	}
	for _, line := range certtest.Judge(t, "xml", "dss,jdk,xmlsec1", jobs...) {
		assert.True(t, line.Accepted, "%s %s: %s %+v", line.Judge, line.File, line.Error, line.Raw)
	}
}

func TestProfileErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signers[certtest.P256]
	now := time.Now()
	sign := func(p xades.Profile, doc string) error {
		return xades.Sign(context.Background(), io.Discard, []byte(doc), s, p)
	}
	var profile *xades.ProfileError
	for name, p := range map[string]xades.Profile{
		"no time":     {},
		"hash":        {SigningTime: now, Hash: crypto.MD5},
		"uri":         {SigningTime: now, Packaging: xades.Detached},
		"packaging":   {SigningTime: now, Packaging: 9},
		"form":        {SigningTime: now, Canonicalization: 9},
		"parallel":    {SigningTime: now, Packaging: xades.Enveloping, Parallel: true},
		"characters":  {SigningTime: now, Roles: []string{"a\x00b"}},
		"utf-8":       {SigningTime: now, Roles: []string{"a\xffb"}},
		"commitment":  {SigningTime: now, Commitments: []xades.Commitment{{}}},
		"policy":      {SigningTime: now, Policy: &xades.Policy{ID: "urn:x"}},
		"year":        {SigningTime: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"policy hash": {SigningTime: now, Policy: &xades.Policy{ID: "urn:x", Digest: []byte{1}}},
	} {
		assert.ErrorAs(t, sign(p, order), &profile, name)
	}
	var place *xades.PlaceError
	for name, p := range map[string]xades.Profile{
		"path":     {SigningTime: now, Path: "/order/nowhere"},
		"several":  {SigningTime: now, Path: "/a/b"},
		"bad step": {SigningTime: now, Path: "/a/b[x]"},
		"zero":     {SigningTime: now, Path: "/a/b[0]"},
		"subject":  {SigningTime: now, Subject: "nobody"},
		"no id":    {SigningTime: now, Packaging: xades.InternallyDetached},
	} {
		assert.ErrorAs(t, sign(p, `<a><b/><b/></a>`), &place, name)
	}
	assert.NoError(t, sign(xades.Profile{SigningTime: now, Path: "/a/b[2]"}, `<a><b/><b/></a>`))
	assert.ErrorIs(t, sign(xades.Profile{SigningTime: now, Level: signing.LevelLTA}, order), xades.ErrLevel)
	assert.ErrorIs(t, sign(xades.Profile{SigningTime: now, Level: signing.LevelT}, order), xades.ErrTimestamper)
	for code, doc := range map[signing.Code]string{
		signing.CodeDTDForbidden:  `<!DOCTYPE a><a/>`,
		signing.CodeNotWellFormed: `<a>`,
		signing.CodeDuplicateID:   `<a Id="x"><b Id="x"/></a>`,
	} {
		assert.Equal(t, code, signing.CodeOf(sign(xades.Profile{SigningTime: now}, doc)), doc)
	}
	other := w.signers[certtest.P384]
	err := xades.Sign(context.Background(), io.Discard, []byte(order), signing.Signer{Key: s.Key, Chain: other.Chain}, xades.Profile{SigningTime: now})
	assert.ErrorIs(t, err, signing.ErrKeyMismatch)
	err = xades.Sign(context.Background(), io.Discard, []byte(order), signing.Signer{Key: s.Key}, xades.Profile{SigningTime: now})
	assert.ErrorIs(t, err, signing.ErrNoCertificate)
	_, err = xades.Validate(context.Background(), []byte(order), signing.Validation{Time: now})
	assert.ErrorIs(t, err, signing.ErrNotSigned)
	var none []*x509.Certificate
	_, err = xades.Prepare(context.Background(), []byte(order), none, xades.Profile{})
	assert.ErrorIs(t, err, signing.ErrNoCertificate)
}
