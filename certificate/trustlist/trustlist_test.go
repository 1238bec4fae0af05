package trustlist_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/path"
	"github.com/rubrica/rubrica/certificate/trustlist"
)

var now = time.Now().UTC().Truncate(time.Second)

func build(t testing.TB, sequence int64) (*trustlist.List, *certtest.PKI) {
	t.Helper()
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	lost := certtest.NewPKI(t, certtest.P384).Sub // its root is not given
	mid := pki.Sub.Authority(t, certtest.Template{Kind: certtest.P256,
		Subject: pkix.Name{Organization: []string{"Another Entity"}, CommonName: "Issuing"},
		Change: func(c *x509.Certificate) {
			c.CRLDistributionPoints = []string{"http://crl.example/a.crl", "ldap://x"}
			c.OCSPServer = []string{"http://ocsp.example/"}
		}})
	l, refused, err := trustlist.Build(context.Background(), trustlist.Source{Territory: "EC", Operator: "Test",
		Sequence: sequence, Issued: now, Policies: func(name string) []trustlist.Policy {
			if name != "Another Entity" {
				return nil
			}
			return []trustlist.Policy{{OID: "1.3.6.1.4.1.99999.1", Kind: "persona natural"}}
		},
		Certificates: []*x509.Certificate{mid.Certificate, pki.Root.Certificate, leaf.Certificate,
			lost.Certificate, pki.Sub.Certificate, pki.Root.Certificate}})
	require.NoError(t, err)
	require.Len(t, refused, 2)
	return l, pki
}

func TestBuild(t *testing.T) {
	t.Parallel()
	l, pki := build(t, 1)
	require.Len(t, l.Entities, 2)
	another := l.Entities[0]
	assert.Equal(t, "Another Entity", another.Name)
	assert.Equal(t, trustlist.Status{CRL: []string{"http://crl.example/a.crl"}, OCSP: []string{"http://ocsp.example/"}}, another.Status)
	assert.Len(t, another.Policies, 1)
	assert.Len(t, l.Anchors(), 1)
	assert.Len(t, l.Intermediates(), 2)
	e, ok := l.Entity(pki.Sub.Certificate)
	require.True(t, ok)
	assert.Equal(t, "Rubrica Test", e.Name)

	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256, Subject: pkix.Name{CommonName: "later"}})
	r, err := path.Validate(context.Background(), leaf.Certificate, path.Query{Anchors: l.Anchors(),
		Intermediates: l.Intermediates(), Time: now})
	require.NoError(t, err)
	assert.Equal(t, path.Valid, r.Status)
}

func TestSignAndOpen(t *testing.T) {
	t.Parallel()
	l, _ := build(t, 3)
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384, certtest.P521, certtest.Ed25519} {
		key := certtest.Key(t, kind, "list")
		data, err := trustlist.Sign(l, key)
		require.NoError(t, err)
		stranger := certtest.Key(t, kind, "stranger").Public()
		got, err := trustlist.Open(data, []crypto.PublicKey{stranger, key.Public()})
		require.NoError(t, err, kind)
		assert.Equal(t, l.Sequence, got.Sequence)
		assert.Equal(t, l.Anchors()[0].Raw, got.Anchors()[0].Raw)
		_, err = trustlist.Open(data, []crypto.PublicKey{stranger})
		require.ErrorIs(t, err, trustlist.ErrUntrusted)
		_, err = trustlist.Open(data, nil)
		require.ErrorIs(t, err, trustlist.ErrUntrusted)
	}
}

// TestTampered: a change of any octet that changes the meaning is noticed.
func TestTampered(t *testing.T) {
	t.Parallel()
	l, _ := build(t, 3)
	key := certtest.Key(t, certtest.P256, "list")
	keys := []crypto.PublicKey{key.Public()}
	data, err := trustlist.Sign(l, key)
	require.NoError(t, err)
	var f map[string]string
	require.NoError(t, json.Unmarshal(data, &f))
	for _, member := range []string{"payload", "protected", "signature"} {
		for i := range len(f[member]) {
			changed := map[string]string{"payload": f["payload"], "protected": f["protected"], "signature": f["signature"]}
			octets := []byte(f[member])
			octets[i] ^= 1
			changed[member] = string(octets)
			forged, err := json.Marshal(changed)
			require.NoError(t, err)
			_, err = trustlist.Open(forged, keys)
			require.Error(t, err, "%s, octet %d", member, i)
		}
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"rubrica-trust-list+json"}`))
	for name, forged := range map[string]string{
		"no signature":   `{"payload":"` + f["payload"] + `","protected":"` + none + `","signature":""}`,
		"unknown member": strings.Replace(string(data), `"payload"`, `"header":{},"payload"`, 1),
		"more after it":  string(data) + "{}",
		"not JSON":       "trust me", "empty": "",
	} {
		_, err := trustlist.Open([]byte(forged), keys)
		require.Error(t, err, name)
	}
}

func TestRefusedLists(t *testing.T) {
	t.Parallel()
	key := certtest.Key(t, certtest.P256, "list")
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	for name, spoil := range map[string]func(l *trustlist.List){
		"version":   func(l *trustlist.List) { l.Version = 2 },
		"territory": func(l *trustlist.List) { l.Territory = "" },
		"sequence":  func(l *trustlist.List) { l.Sequence = 0 },
		"dates":     func(l *trustlist.List) { l.NextUpdate = l.Issued },
		"no entity": func(l *trustlist.List) { l.Entities = nil },
		"no name":   func(l *trustlist.List) { l.Entities[0].Name = "" },
		"an end entity": func(l *trustlist.List) {
			l.Entities[0].Roots = []trustlist.Certificate{{Certificate: leaf.Certificate}}
		},
		"a wrong policy": func(l *trustlist.List) { l.Entities[0].Policies = []trustlist.Policy{{OID: "x"}} },
	} {
		l, _ := build(t, 1)
		spoil(l)
		_, err := trustlist.Sign(l, key)
		_, ok := errors.AsType[*trustlist.FormatError](err)
		assert.True(t, ok, "%s: %v", name, err)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	key := certtest.Key(t, certtest.P256, "list")
	at := now
	s := trustlist.NewStore(func() time.Time { return at }, key.Public())
	_, err := s.List()
	require.ErrorIs(t, err, trustlist.ErrStale)
	signed := func(sequence int64, change func(*trustlist.List)) []byte {
		l, _ := build(t, sequence)
		if change != nil {
			change(l)
		}
		data, err := trustlist.Sign(l, key)
		require.NoError(t, err)
		return data
	}
	require.NoError(t, s.Load(signed(5, nil)))
	require.ErrorIs(t, s.Load(signed(5, nil)), trustlist.ErrOlder)
	require.ErrorIs(t, s.Load(signed(4, nil)), trustlist.ErrOlder)
	require.ErrorIs(t, s.Load(signed(6, func(l *trustlist.List) { l.Issued = now.Add(-time.Hour) })), trustlist.ErrOlder)
	require.Error(t, s.Load(signed(6, func(l *trustlist.List) { l.Territory = "CO" })))
	require.ErrorIs(t, s.Load(signed(6, func(l *trustlist.List) {
		l.Issued, l.NextUpdate = now.Add(-2*time.Hour), now.Add(-time.Hour)
	})), trustlist.ErrStale)
	l, err := s.List()
	require.NoError(t, err)
	assert.Equal(t, int64(5), l.Sequence)
	require.NoError(t, s.Load(signed(6, nil)))
	at = now.AddDate(1, 0, 0)
	l, err = s.List()
	require.ErrorIs(t, err, trustlist.ErrStale)
	assert.Equal(t, int64(6), l.Sequence)
}

func FuzzOpen(f *testing.F) {
	l, _ := build(f, 1)
	key := certtest.Key(f, certtest.Ed25519, "fuzz")
	data, err := trustlist.Sign(l, key)
	require.NoError(f, err)
	f.Add(data)
	payload, err := json.Marshal(l)
	require.NoError(f, err)
	f.Add(payload)
	f.Fuzz(func(t *testing.T, data []byte) {
		if l, err := trustlist.Open(data, []crypto.PublicKey{key.Public()}); err == nil && l == nil {
			t.Fatal("neither list nor error")
		}
		var l trustlist.List
		if json.Unmarshal(data, &l) == nil { // the payload, past the signature
			_ = l.Anchors()
			_, _ = trustlist.Sign(&l, key)
		}
	})
}
