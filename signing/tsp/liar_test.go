package tsp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
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

// lie is what an authority may put into a TSTInfo and around it. Zero values are the truth.
type lie struct {
	version     int64
	policy      asn1.ObjectIdentifier
	hash        crypto.Hash
	digest      []byte
	genTime     []byte // the whole element
	nonce       *big.Int
	noNonce     bool
	contentType asn1.ObjectIdentifier
	extensions  []byte
	parameters  func(*cms.Parameters)
	signer      *certtest.Entity
	twice       bool // two signatures
	status      int64
	damage      func([]byte) []byte // of the token
	trailing    []byte
}

func integer(n *big.Int) []byte {
	der, err := asn1.Marshal(n)
	if err != nil {
		panic(err)
	}
	return der
}

// answer is a TimeStampResp by a lying authority.
func (l lie) answer(t *testing.T, a *authority, query []byte) []byte {
	r, err := tsp.ParseRequest(query)
	require.NoError(t, err)
	if l.version == 0 {
		l.version = 1
	}
	if l.policy == nil {
		l.policy = policy
	}
	if l.hash == 0 {
		l.hash = r.Imprint.Hash
	}
	if l.digest == nil {
		l.digest = r.Imprint.Digest
	}
	if l.genTime == nil {
		l.genTime = ber.Wrap(0, 24, false, []byte(time.Now().UTC().Format("20060102150405Z")))
	}
	if l.contentType == nil {
		l.contentType = cms.OIDTSTInfo
	}
	alg, err := algorithm.HashIdentifier(l.hash)
	require.NoError(t, err)
	fields := [][]byte{integer(big.NewInt(l.version)), cms.OID(l.policy), ber.Sequence(alg,
		ber.Octet(l.digest)),
		integer(big.NewInt(4711)), l.genTime}
	nonce := r.Nonce
	if l.nonce != nil {
		nonce = l.nonce
	}
	if !l.noNonce {
		fields = append(fields, integer(nonce))
	}
	if l.extensions != nil {
		fields = append(fields, l.extensions)
	}
	content := ber.Sequence(fields...)
	signer := a.tsa
	if l.signer != nil {
		signer = l.signer
	}
	p := cms.Parameters{Chain: signer.Chain(), ContentType: l.contentType, Hash: crypto.SHA256}
	if l.parameters != nil {
		l.parameters(&p)
	}
	prepared, err := cms.Prepare(p, algorithm.Digest(p.Hash, content))
	require.NoError(t, err)
	d, err := prepared.Sign(signer.Key)
	require.NoError(t, err)
	if l.twice {
		again, err := prepared.Sign(signer.Key)
		require.NoError(t, err)
		d.Merge(again)
	}
	token, err := d.MarshalAttached(content)
	require.NoError(t, err)
	if l.damage != nil {
		token = l.damage(bytes.Clone(token))
	}
	return append(ber.Sequence(ber.Sequence(integer(big.NewInt(l.status))), token), l.trailing...)
}

// TestLyingAuthorities: answers that lie in any field are not handed out.
func TestLyingAuthorities(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, certtest.P256, nil)
	stranger := &authority{pki: certtest.NewPKI(t, certtest.P384)}
	stranger.tsa = stranger.pki.TSA(t, certtest.Template{Kind: certtest.P256})
	with := func(eku []byte, critical bool) *certtest.Entity {
		return a.pki.Signer(t, certtest.Template{Kind: certtest.P256,
			Change: func(c *x509.Certificate) {
				if eku != nil {
					c.ExtraExtensions = append(c.ExtraExtensions, extension(critical, eku))
				}
			}})
	}
	stamping := []byte{6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8}
	mail := []byte{6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 4}
	now := time.Now().UTC()
	at := func(s string) []byte { return ber.Wrap(0, 24, false, []byte(s)) }
	expired := a.pki.TSA(t, certtest.Template{Kind: certtest.P256,
		NotAfter: time.Now().AddDate(0, 0, -1)})
	for name, l := range map[string]lie{
		"another nonce":                 {nonce: big.NewInt(1)},
		"a nonce of the other sign":     {nonce: big.NewInt(-1)},
		"no nonce":                      {noNonce: true},
		"another digest":                {digest: bytes.Repeat([]byte{1}, 32)},
		"a short digest":                {digest: []byte{1, 2, 3}},
		"another hash":                  {hash: crypto.SHA512, digest: bytes.Repeat([]byte{1}, 64)},
		"another hash of the same size": {hash: crypto.SHA3_256},
		"version 2":                     {version: 2},
		"yesterday":                     {genTime: at(now.AddDate(0, 0, -1).Format("20060102150405Z"))},
		"tomorrow":                      {genTime: at(now.AddDate(0, 0, 1).Format("20060102150405Z"))},
		"local time":                    {genTime: at(now.Format("20060102150405"))},
		"a time zone":                   {genTime: at(now.Format("20060102150405-0500"))},
		"UTCTime":                       {genTime: ber.Wrap(0, 23, false, []byte(now.Format("060102150405Z")))},
		"no such day":                   {genTime: at("20260230000000Z")},
		"a fraction without digits":     {genTime: at(now.Format("20060102150405.Z"))},
		"a fraction behind a comma":     {genTime: at(now.Format("20060102150405,5Z"))},
		"another content type":          {contentType: cms.OIDData},
		"a critical extension": {extensions: ber.Tagged(1, ber.Sequence(cms.OID(policy),
			[]byte{1, 1, 0xff}, ber.Octet([]byte{5, 0})))},
		"two signers":                     {twice: true},
		"another authority":               {signer: stranger.tsa},
		"an expired authority":            {signer: expired},
		"no extended key usage":           {signer: with(nil, false)},
		"extended key usage not critical": {signer: with(ber.Sequence(stamping), false)},
		"another extended key usage":      {signer: with(ber.Sequence(mail), true)},
		"one extended key usage too many": {signer: with(ber.Sequence(stamping, mail), true)},
		"no signing-certificate":          {parameters: func(p *cms.Parameters) { p.Plain = true }},
		"signing-certificate of another": {parameters: func(p *cms.Parameters) {
			p.Plain = true
			id := ber.Sequence(ber.Octet(algorithm.Digest(crypto.SHA256,
				stranger.tsa.Certificate.Raw)))
			p.Attributes = []cms.Attribute{cms.NewAttribute(cms.OIDSigningCertificateV2,
				ber.Sequence(ber.Sequence(id)))}
		}},
		"no certificate":        {parameters: func(p *cms.Parameters) { p.WithoutCertificates = true }},
		"status rejection":      {status: 2},
		"status waiting":        {status: 3},
		"status unknown":        {status: 77},
		"a damaged signature":   {damage: func(b []byte) []byte { b[len(b)-2] ^= 1; return b }},
		"a cut token":           {damage: func(b []byte) []byte { return b[:len(b)-9] }},
		"data after the answer": {trailing: []byte{5, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter,
				r *http.Request) {
				query, _ := io.ReadAll(r.Body)
				w.Header().Set("Content-Type", tsp.ReplyType)
				_, _ = w.Write(l.answer(t, a, query))
			}))
			defer web.Close()
			client := a.client(web.URL)
			client.Authorities[0].Policy = policy
			token, err := client.Timestamp(context.Background(), crypto.SHA256,
				digestOf(crypto.SHA256))
			require.Error(t, err)
			assert.Nil(t, token)
			var unavailable *tsp.UnavailableError
			require.ErrorAs(t, err, &unavailable)
		})
	}
	t.Run("the truth", func(t *testing.T) {
		client := a.client("http://authority.example")
		client.Transport = posted(func(query []byte) []byte { return lie{}.answer(t, a, query) })
		_, err := client.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
		require.NoError(t, err, "the liar's tools can tell the truth")
		client.Authorities[0].Policy = asn1.ObjectIdentifier{1, 2, 3}
		_, err = client.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
		var answer *tsp.AnswerError
		require.ErrorAs(t, err, &answer)
		assert.Equal(t, "policy", answer.Field)
	})
}

// posted is a transport without a network.
type posted func([]byte) []byte

func (p posted) Post(_ context.Context, _, _ string, body []byte) ([]byte, error) {
	return p(body), nil
}

// TestRefusalText: what an authority says is kept short and on one line.
func TestRefusalText(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, certtest.P256, nil)
	client := a.client("http://authority.example")
	client.Attempts = 1
	client.Transport = posted(func([]byte) []byte {
		text := "no\r\n\x1b[2J" + strings.Repeat("x", 10_000) + "\xff"
		utf8 := ber.Wrap(ber.Universal, 12, false, []byte(text))
		return ber.Sequence(ber.Sequence([]byte{2, 1, 2}, ber.Sequence(utf8)))
	})
	_, err := client.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
	var refused *tsp.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Len(t, refused.Text, 1)
	assert.Equal(t, "no   [2J"+strings.Repeat("x", 492), refused.Text[0])
}

// TestEveryOctetOfAnAnswer: an answer with one octet changed is refused, or the change lies in
// what nothing signs.
func TestEveryOctetOfAnAnswer(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, certtest.P256, nil)
	accepted := 0
	var at, size int
	client := a.client("http://authority.example")
	client.Attempts = 1
	client.Transport = posted(func(query []byte) []byte {
		answer, err := a.server.Answer(context.Background(), query)
		require.NoError(t, err)
		size = len(answer)
		answer[at%size] ^= byte(1 << (at / size % 8))
		return answer
	})
	step := 7
	if certtest.Full() {
		step = 1
	}
	for at = 0; at < 8*1600; at += step {
		token, err := client.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
		if err != nil {
			continue
		}
		accepted++
		v, err := tsp.Verify(context.Background(), tsp.Query{Token: token,
			Imprint: tsp.Digest(message)}, a.trust())
		require.NoError(t, err)
		require.True(t, v.Good())
		require.WithinDuration(t, time.Now(), v.Time, time.Minute)
	}
	assert.Less(t, accepted, 8*1600/step/2, "most of an answer matters")
}

// TestVerifyWithoutHelp: a token without its authority's certificate is judged with one that is
// given.
func TestVerifyWithoutHelp(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, certtest.P256, nil)
	var token []byte
	client := a.client("http://authority.example")
	client.Transport = posted(func(query []byte) []byte {
		answer := lie{parameters: func(p *cms.Parameters) { p.WithoutCertificates = true }}.answer(t, a, query)
		var err error
		token, err = tsp.Open(answer)
		require.NoError(t, err)
		return answer
	})
	_, err := client.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
	require.Error(t, err)
	v := a.trust()
	verdict, err := tsp.Verify(context.Background(), tsp.Query{Token: token,
		Imprint: tsp.Digest(message)}, v)
	require.NoError(t, err)
	assert.Equal(t, signing.NoSigningCertificate, verdict.SubIndication)
	v.Certificates = a.tsa.Chain()
	verdict, err = tsp.Verify(context.Background(), tsp.Query{Token: token,
		Imprint: tsp.Digest(message)}, v)
	require.NoError(t, err)
	assert.True(t, verdict.Good(), verdict.Findings)
}
