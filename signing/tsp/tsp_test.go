package tsp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/tsp"
)

var policy = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}

// authority is a time-stamping authority under a PKI of its own.
type authority struct {
	pki    *certtest.PKI
	tsa    *certtest.Entity
	server *tsp.Server
}

func newAuthority(t testing.TB, kind certtest.KeyKind, change func(*tsp.ServerConfig)) *authority {
	t.Helper()
	a := &authority{pki: certtest.NewPKI(t, certtest.P256)}
	a.tsa = a.pki.TSA(t, certtest.Template{Kind: kind})
	c := tsp.ServerConfig{Signer: signing.Signer{Key: a.tsa.Key, Chain: a.tsa.Chain()},
		Policy: policy, Clock: time.Now, Accuracy: time.Second}
	if change != nil {
		change(&c)
	}
	var err error
	a.server, err = tsp.NewServer(c)
	require.NoError(t, err)
	return a
}

func (a *authority) trust() signing.Validation {
	return signing.Validation{Anchors: []*x509.Certificate{a.pki.Root.Certificate},
		Time: time.Now()}
}

func (a *authority) client(urls ...string) *tsp.Client {
	c := &tsp.Client{Transport: &tsp.HTTP{Client: http.DefaultClient}, Clock: time.Now,
		Validation: a.trust(), Sleep: func(context.Context, time.Duration) error { return nil }}
	for _, u := range urls {
		c.Authorities = append(c.Authorities, tsp.Authority{URL: u})
	}
	return c
}

var message = []byte("lo que se sella")

func digestOf(h crypto.Hash) []byte { return algorithm.Digest(h, message) }

func TestClientAndServer(t *testing.T) {
	t.Parallel()
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384,
		certtest.Ed25519} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			a := newAuthority(t, kind, nil)
			web := httptest.NewServer(a.server)
			defer web.Close()
			token, err := a.client(web.URL).Timestamp(context.Background(), crypto.SHA512,
				digestOf(crypto.SHA512))
			require.NoError(t, err)
			v, err := tsp.Verify(context.Background(), tsp.Query{Token: token,
				Imprint: tsp.Digest(message)}, a.trust())
			require.NoError(t, err)
			assert.True(t, v.Good(), v.Findings)
			assert.Equal(t, signing.Trusted, v.Trust)
			assert.WithinDuration(t, time.Now(), v.Time, time.Minute)
			assert.Equal(t, policy, v.Token.Policy)
			assert.Equal(t, time.Second, v.Token.Accuracy)
			other, err := tsp.Verify(context.Background(), tsp.Query{Token: token,
				Imprint: tsp.Digest([]byte("x"))}, a.trust())
			require.NoError(t, err)
			assert.Equal(t, signing.HashFailure, other.SubIndication)
		})
	}
}

// TestStrangersAcceptOurTokens asks OpenSSL, EU DSS, pyHanko and a DER checker.
func TestStrangersAcceptOurTokens(t *testing.T) {
	t.Parallel()
	var jobs []certtest.Job
	data := certtest.WriteFile(t, "data-*.bin", message)
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384,
		certtest.P521} {
		a := newAuthority(t, kind, func(c *tsp.ServerConfig) { c.Ordering = kind == certtest.P256 })
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			token, err := a.server.Timestamp(context.Background(), h, digestOf(h))
			require.NoError(t, err)
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "t-*.tst", token),
				Detached: data,
				Trust:    []string{certtest.WritePEM(t, a.pki.Root.Certificate)}})
		}
	}
	seen := map[string]int{}
	for _, line := range certtest.Judge(t, "tsr", "", jobs...) {
		assert.True(t, line.Accepted, "%s %s: %s %v", line.Judge, line.File, line.Error,
			line.Signatures)
		seen[line.Judge]++
	}
	for _, judge := range []string{"dss", "openssl", "pyhanko", "der"} {
		assert.Equal(t, len(jobs), seen[judge], judge)
	}
}

// TestSecondAuthority reads what OpenSSL's authority stamps, asked with our requests.
func TestSecondAuthority(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, certtest.RSA2048, nil)
	web := httptest.NewServer(opensslAuthority(t, a.tsa))
	defer web.Close()
	client := a.client(web.URL)
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA512} {
		token, err := client.Timestamp(context.Background(), h, digestOf(h))
		require.NoError(t, err)
		v, err := tsp.Verify(context.Background(), tsp.Query{Token: token,
			Imprint: tsp.Digest(message)}, a.trust())
		require.NoError(t, err)
		assert.True(t, v.Good(), v.Findings)
	}
}

// opensslAuthority answers by the program openssl ts.
func opensslAuthority(t *testing.T, tsa *certtest.Entity) http.Handler {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	require.NoError(t, err, "OpenSSL is needed as the second authority")
	der, err := x509.MarshalPKCS8PrivateKey(tsa.Key)
	require.NoError(t, err)
	dir := t.TempDir()
	key := certtest.WriteFile(t, "key-*.der", der)
	signer, chain := certtest.WritePEM(t, tsa.Certificate), certtest.WritePEM(t,
		tsa.Issuer.Certificate)
	config := certtest.WriteFile(t, "ts-*.cnf", []byte("[tsa]\ndefault_tsa=a\n[a]\nserial="+
		filepath.Join(dir, "serial")+"\ndefault_policy=1.2.3.4\ndigests=sha256,sha512\n"+
		"signer_digest=sha256\naccuracy=secs:1\ness_cert_id_alg=sha256\n"))
	var one sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one.Lock()
		defer one.Unlock()
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		query := certtest.WriteFile(t, "q-*.tsq", body.Bytes())
		out, err := exec.Command(openssl, "ts", "-reply", "-config", config, "-queryfile", query,
			"-inkey", key, "-signer", signer, "-chain", chain, "-keyform", "DER").Output()
		if err != nil {
			out, err = exec.Command("sh", "-c",
				openssl+" pkey -inform DER -in "+key+" -out "+key+".pem && "+
					openssl+" ts -reply -config "+config+" -queryfile "+query+" -inkey "+key+".pem -signer "+
					signer+" -chain "+chain).Output()
		}
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		w.Header().Set("Content-Type", tsp.ReplyType)
		_, _ = w.Write(out)
	})
}

func TestFailOver(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, certtest.P256, nil)
	good := httptest.NewServer(a.server)
	defer good.Close()
	asked := 0
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		http.Error(w, "down", http.StatusServiceUnavailable)
	}))
	defer down.Close()
	var pauses []time.Duration
	client := a.client(down.URL, good.URL)
	client.Attempts, client.Backoff = 3, time.Minute
	client.Sleep = func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	}
	_, err := client.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
	require.NoError(t, err)
	assert.Equal(t, 3, asked)
	assert.Equal(t, []time.Duration{time.Minute, 2 * time.Minute}, pauses)
	_, err = client.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
	require.NoError(t, err)
	assert.Equal(t, 3, asked, "an authority that failed is asked last for a while")

	client = a.client(down.URL)
	_, err = client.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
	var unavailable *tsp.UnavailableError
	require.ErrorAs(t, err, &unavailable)
	var status *tsp.StatusError
	require.ErrorAs(t, err, &status)
	assert.Equal(t, 503, status.Status)
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, certtest.P256, nil)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "u" || password != "p" {
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		a.server.ServeHTTP(w, r)
	}))
	defer web.Close()
	client := a.client(web.URL)
	_, err := client.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
	require.Error(t, err)
	client = a.client(web.URL)
	client.Authorities[0].Transport = &tsp.HTTP{Client: http.DefaultClient,
		Authorize: tsp.BasicAuth("u", func() ([]byte, error) { return []byte("p"), nil })}
	_, err = client.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
	require.NoError(t, err)
}

func TestServerRefuses(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, certtest.P256, nil)
	web := httptest.NewServer(a.server)
	defer web.Close()
	for name, c := range map[string]struct {
		hash    crypto.Hash
		policy  asn1.ObjectIdentifier
		failure tsp.Failure
	}{
		"SHA-1":          {crypto.SHA1, nil, tsp.BadAlg},
		"another policy": {crypto.SHA256, asn1.ObjectIdentifier{1, 2, 3}, tsp.UnacceptedPolicy},
	} {
		client := a.client(web.URL)
		client.Authorities[0].Policy = c.policy
		_, err := client.Timestamp(context.Background(), c.hash, digestOf(c.hash))
		var refused *tsp.RefusedError
		require.ErrorAs(t, err, &refused, name)
		assert.Equal(t, c.failure, refused.Failure, name)
	}
	answer, why := a.server.Answer(context.Background(), []byte{0x30, 0})
	require.Error(t, why)
	_, err := tsp.Open(answer)
	var refused *tsp.RefusedError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, tsp.BadDataFormat, refused.Failure)

	get, err := http.Get(web.URL)
	require.NoError(t, err)
	get.Body.Close()
	assert.Equal(t, http.StatusMethodNotAllowed, get.StatusCode)
}

func TestServerNeedsTheRightCertificate(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	signer := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	_, err := tsp.NewServer(tsp.ServerConfig{Signer: signing.Signer{Key: signer.Key,
		Chain: signer.Chain()},
		Policy: policy, Clock: time.Now})
	require.ErrorIs(t, err, tsp.ErrNotForTimestamping)
}

// store is a durable counter, as a host would keep it in a database.
type store struct {
	mu   sync.Mutex
	next uint64
	fail bool
}

func (s *store) Reserve(_ context.Context, n uint64) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail {
		return 0, errors.New("no disk")
	}
	first := s.next + 1
	s.next += n
	return first, nil
}

func TestSerialsNeverRepeat(t *testing.T) {
	t.Parallel()
	shared := &store{}
	seen := map[string]bool{}
	for range 4 { // four lives of the server over one store, the last cut short each time
		a := newAuthority(t, certtest.P256, func(c *tsp.ServerConfig) { c.Serials = shared })
		for range 300 {
			token, err := a.server.Timestamp(context.Background(), crypto.SHA256,
				digestOf(crypto.SHA256))
			require.NoError(t, err)
			parsed, err := tsp.ParseToken(token)
			require.NoError(t, err)
			require.False(t, seen[parsed.Serial.String()], "serial %s", parsed.Serial)
			seen[parsed.Serial.String()] = true
		}
	}
	broken := newAuthority(t, certtest.P256,
		func(c *tsp.ServerConfig) { c.Serials = &store{fail: true} })
	_, err := broken.server.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
	require.Error(t, err, "no serial, no token")
}

func TestOrdering(t *testing.T) {
	t.Parallel()
	at := time.Now()
	a := newAuthority(t, certtest.P256, func(c *tsp.ServerConfig) {
		c.Ordering, c.Clock = true, func() time.Time { return at }
	})
	var last time.Time
	for range 20 {
		token, err := a.server.Timestamp(context.Background(), crypto.SHA256,
			digestOf(crypto.SHA256))
		require.NoError(t, err)
		parsed, err := tsp.ParseToken(token)
		require.NoError(t, err)
		require.True(t, parsed.Ordering)
		require.True(t, parsed.Time.After(last))
		last = parsed.Time
	}
	at = at.Add(-time.Hour)
	_, err := a.server.Timestamp(context.Background(), crypto.SHA256, digestOf(crypto.SHA256))
	require.Error(t, err, "a clock that went back gives no time")
}
