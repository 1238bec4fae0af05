package tsp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/tsp"
)

var otherPolicy = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 2}

var peerKinds = []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384, certtest.P521}

// peerAuthority stamps with digitorus/timestamp: a Transport without a network.
type peerAuthority struct {
	tsa    *certtest.Entity
	change func(*timestamp.Timestamp) // before it is signed
}

func (p *peerAuthority) Post(_ context.Context, _, _ string, body []byte) ([]byte, error) {
	request, err := timestamp.ParseRequest(body)
	if err != nil {
		return nil, err
	}
	return p.answer(request)
}

func (p *peerAuthority) answer(r *timestamp.Request) ([]byte, error) {
	ts := &timestamp.Timestamp{HashAlgorithm: r.HashAlgorithm, HashedMessage: r.HashedMessage,
		Nonce: r.Nonce, Time: time.Now().UTC(), Accuracy: time.Second, Policy: policy,
		AddTSACertificate: r.Certificates}
	if r.Certificates {
		ts.Certificates = p.tsa.Chain()[1:]
	}
	if p.change != nil {
		p.change(ts)
	}
	return ts.CreateResponseWithOpts(p.tsa.Certificate, p.tsa.Key, crypto.SHA256)
}

// TestPeerAsks: our server answers requests that digitorus/timestamp writes, and it reads in the
// answer what it asked for.
func TestPeerAsks(t *testing.T) {
	t.Parallel()
	for _, kind := range peerKinds {
		a := newAuthority(t, kind, func(c *tsp.ServerConfig) {
			c.Ordering, c.Accuracy = true, 1234567*time.Microsecond
			c.Policies = []asn1.ObjectIdentifier{otherPolicy}
		})
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			for _, certificates := range []bool{false, true} {
				o := &timestamp.RequestOptions{Hash: h, Certificates: certificates,
					Nonce: big.NewInt(0x80_00_00_00_01), TSAPolicyOID: otherPolicy}
				request, err := timestamp.CreateRequest(bytes.NewReader(message), o)
				require.NoError(t, err)
				answer, refused := a.server.Answer(context.Background(), request)
				require.NoError(t, refused)
				seen, err := timestamp.ParseResponse(answer)
				require.NoError(t, err, kind)
				assert.Equal(t, h, seen.HashAlgorithm)
				assert.Equal(t, digestOf(h), seen.HashedMessage)
				assert.Equal(t, int64(0x80_00_00_00_01), seen.Nonce.Int64())
				assert.Equal(t, otherPolicy, seen.Policy)
				assert.Equal(t, 1234567*time.Microsecond, seen.Accuracy)
				assert.True(t, seen.Ordering)
				assert.Equal(t, certificates, len(seen.Certificates) > 0)
				ours, err := tsp.ParseToken(seen.RawToken)
				require.NoError(t, err)
				assert.Equal(t, ours.Serial, seen.SerialNumber)
				assert.True(t, ours.Time.Equal(seen.Time), "%s %s", ours.Time, seen.Time)
			}
		}
	}
}

// TestPeerIsRefused: it reads why our server refused it.
func TestPeerIsRefused(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, certtest.P256, nil)
	for want, o := range map[string]*timestamp.RequestOptions{
		timestamp.UnacceptedPolicy.String(): {TSAPolicyOID: asn1.ObjectIdentifier{1, 2, 3}},
		timestamp.BadAlgorithm.String():     {Hash: crypto.SHA1},
	} {
		request, err := timestamp.CreateRequest(bytes.NewReader(message), o)
		require.NoError(t, err)
		answer, refused := a.server.Answer(context.Background(), request)
		require.Error(t, refused)
		_, err = timestamp.ParseResponse(answer)
		require.ErrorContains(t, err, want)
	}
}

// TestPeerReadsOurRequests: and our client takes the tokens that it makes.
func TestPeerReadsOurRequests(t *testing.T) {
	t.Parallel()
	for _, kind := range peerKinds {
		a := newAuthority(t, kind, nil)
		c := a.client("http://peer.invalid/")
		c.Transport = &peerAuthority{tsa: a.tsa}
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			token, err := c.Timestamp(context.Background(), h, digestOf(h))
			require.NoError(t, err, "%s %s", kind, h)
			q := tsp.Query{Token: token, Imprint: tsp.Digest(message)}
			v, err := tsp.Verify(context.Background(), q, a.trust())
			require.NoError(t, err)
			assert.True(t, v.Good(), "%+v", v)
			assert.Equal(t, signing.Trusted, v.Trust)
			assert.Equal(t, a.tsa.Certificate, v.Signer)
			assert.Equal(t, time.Second, v.Token.Accuracy)
		}
	}
}

// TestPeerLies: answers that ParseResponse of digitorus/timestamp takes, and our client does not.
func TestPeerLies(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, certtest.RSA2048, nil)
	signer := a.pki.Signer(t, certtest.Template{})
	stranger := certtest.NewPKI(t, certtest.P384).TSA(t, certtest.Template{})
	type stamp = timestamp.Timestamp
	for name, p := range map[string]*peerAuthority{
		"another nonce":   {change: func(s *stamp) { s.Nonce = big.NewInt(1) }},
		"no nonce":        {change: func(s *stamp) { s.Nonce = nil }},
		"another imprint": {change: func(s *stamp) { s.HashedMessage = digestOf(crypto.SHA384)[:32] }},
		"another hash": {change: func(s *stamp) {
			s.HashAlgorithm, s.HashedMessage = crypto.SHA512, digestOf(crypto.SHA512)
		}},
		"yesterday":                     {change: func(s *stamp) { s.Time = s.Time.Add(-24 * time.Hour) }},
		"tomorrow":                      {change: func(s *stamp) { s.Time = s.Time.Add(24 * time.Hour) }},
		"no certificate":                {change: func(s *stamp) { s.AddTSACertificate, s.Certificates = false, nil }},
		"a certificate for documents":   {tsa: signer},
		"an authority that none trusts": {tsa: stranger},
	} {
		if p.tsa == nil {
			p.tsa = a.tsa
		}
		c := a.client("http://peer.invalid/")
		c.Transport = p
		_, err := c.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
		require.Error(t, err, name)
		answer, err := p.answer(&timestamp.Request{HashAlgorithm: crypto.SHA256,
			HashedMessage: digestOf(crypto.SHA256), Certificates: true, Nonce: big.NewInt(2)})
		require.NoError(t, err)
		_, err = timestamp.ParseResponse(answer)
		require.NoError(t, err, "%s: the peer changed", name)
	}
}

// TestPeerAcceptsBrokenTokens: without a certificate in the token, ParseResponse does not look at
// its signature. We say that it is broken when the certificate is at hand, and that it cannot be
// told when it is not.
func TestPeerAcceptsBrokenTokens(t *testing.T) {
	t.Parallel()
	for _, kind := range peerKinds {
		a := newAuthority(t, kind, nil)
		whole, err := (&peerAuthority{tsa: a.tsa}).answer(&timestamp.Request{
			HashAlgorithm: crypto.SHA256, HashedMessage: digestOf(crypto.SHA256)})
		require.NoError(t, err)
		read, err := timestamp.ParseResponse(whole)
		require.NoError(t, err)
		day, imprint := []byte(read.Time.Format("20060102")), digestOf(crypto.SHA256)
		for name, answer := range map[string][]byte{
			"whole":     whole,
			"signature": flip(whole, len(whole)-1),
			"time":      bytes.Replace(whole, day, []byte("20010101"), 1),
			"imprint":   bytes.Replace(whole, imprint, flip(imprint, 0), 1),
		} {
			about := fmt.Sprintf("%s %s", kind, name)
			seen, err := timestamp.ParseResponse(answer)
			require.NoError(t, err, "%s: the peer changed", about)
			q := tsp.Query{Token: seen.RawToken, Imprint: func(crypto.Hash) ([]byte, error) {
				return seen.HashedMessage, nil // so that only the signature speaks
			}}
			v, err := tsp.Verify(context.Background(), q, a.trust())
			require.NoError(t, err)
			assert.False(t, v.Good(), about)
			assert.Equal(t, signing.Indeterminate, v.Indication, about)
			assert.Equal(t, signing.NoSigningCertificate, v.SubIndication, about)
			known := a.trust()
			known.Certificates = []*x509.Certificate{a.tsa.Certificate, a.pki.Sub.Certificate}
			v, err = tsp.Verify(context.Background(), q, known)
			require.NoError(t, err)
			if name == "whole" {
				require.True(t, v.Good(), "%s %+v", about, v)
				continue
			}
			assert.Equal(t, signing.Broken, v.Crypto, about)
			assert.Equal(t, signing.TotalFailed, v.Indication, about)
		}
	}
}

func flip(b []byte, at int) []byte {
	out := bytes.Clone(b)
	out[at] ^= 1
	return out
}
