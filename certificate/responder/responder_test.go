package responder_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/certificate/lint"
	"github.com/rubrica/rubrica/certificate/responder"
)

func now() time.Time { return time.Now().UTC() }

// site is an authority with four certificates: good, held, revoked and planned only.
type site struct {
	ledger              *certificate.MemoryLedger
	root                *x509.Certificate
	key                 crypto.Signer
	good, held, revoked *x509.Certificate
	planned             *big.Int
	delegate            *x509.Certificate
	delegateKey         crypto.Signer
}

func build(t testing.TB, kind certtest.KeyKind) *site {
	t.Helper()
	profiles, err := icert.Profiles(icert.Config{})
	require.NoError(t, err)
	s := &site{ledger: &certificate.MemoryLedger{}, key: certtest.Key(t, kind, "responder root")}
	c := certificate.AuthorityConfig{
		Key: s.key, Ledger: s.ledger, Profiles: profiles, Clock: now, OCSP: []string{"http://ca.example/ocsp"},
	}
	name := certificate.Subject{CommonName: "PRUEBA", Country: "EC"}
	s.root, err = certificate.IssueRoot(
		t.Context(), c, certificate.Request{ID: "root", Profile: icert.Root, Subject: name})
	require.NoError(t, err)
	c.Certificate = s.root
	a, err := certificate.NewAuthority(c)
	require.NoError(t, err)
	plan := func(id, profile string, key crypto.Signer) *certificate.Planned {
		p, err := a.Plan(t.Context(),
			certificate.Request{ID: id, Profile: profile, PublicKey: key.Public(), Subject: name})
		require.NoError(t, err)
		return p
	}
	issue := func(id, profile string, key crypto.Signer) *x509.Certificate {
		cert, err := a.Issue(t.Context(), plan(id, profile, key))
		require.NoError(t, err)
		return cert
	}
	holder := certtest.Key(t, certtest.P256, "responder holder")
	s.delegateKey = certtest.Key(t, kind, "responder delegate")
	s.good = issue("good", icert.TimeStamp, holder)
	s.held = issue("held", icert.TimeStamp, holder)
	s.revoked = issue("revoked", icert.TimeStamp, holder)
	s.planned = plan("planned", icert.TimeStamp, holder).Serial()
	s.delegate = issue("delegate", icert.OCSPResponder, s.delegateKey)
	require.NoError(t, a.Suspend(t.Context(), s.held.SerialNumber, ""))
	require.NoError(t, a.Revoke(t.Context(), s.revoked.SerialNumber,
		certificate.Revocation{Reason: certificate.KeyCompromise}))
	return s
}

func (s *site) responder(t testing.TB, delegated bool) *responder.Responder {
	t.Helper()
	c := responder.Config{Ledger: s.ledger, Issuer: s.root, Key: s.key, Clock: now}
	if delegated {
		c.Key, c.Certificate = s.delegateKey, s.delegate
	}
	r, err := responder.New(c)
	require.NoError(t, err)
	return r
}

func TestAnswersAreReadByThePeer(t *testing.T) {
	t.Parallel()
	linter, err := lint.New()
	require.NoError(t, err)
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384} {
		s := build(t, kind)
		for _, delegated := range []bool{false, true} {
			r := s.responder(t, delegated)
			for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
				for _, c := range []struct {
					serial *big.Int
					status int
					reason int
				}{
					{s.good.SerialNumber, ocsp.Good, 0},
					{s.held.SerialNumber, ocsp.Revoked, ocsp.CertificateHold},
					{s.revoked.SerialNumber, ocsp.Revoked, ocsp.KeyCompromise},
					{s.planned, ocsp.Unknown, 0},
					{big.NewInt(77), ocsp.Unknown, 0},
				} {
					about := &x509.Certificate{SerialNumber: c.serial}
					request, err := ocsp.CreateRequest(about, s.root, &ocsp.RequestOptions{Hash: h})
					require.NoError(t, err)
					der, err := r.Respond(t.Context(), request)
					require.NoError(t, err)
					answer, err := ocsp.ParseResponseForCert(der, about, s.root)
					require.NoError(t, err)
					require.Equal(t, c.status, answer.Status)
					require.Equal(t, c.reason, answer.RevocationReason)
					require.Equal(t, time.Hour, answer.NextUpdate.Sub(answer.ThisUpdate))
					findings, err := linter.LintOCSP(der)
					require.NoError(t, err)
					require.Empty(t, findings)
				}
			}
		}
	}
}

// openssl asks over HTTP, with its nonce, for several certificates at once.
func TestOpenSSLAsksOverHTTP(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs openssl")
	}
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.Ed25519} {
		s := build(t, kind)
		for _, delegated := range []bool{false, true} {
			server := httptest.NewServer(http.StripPrefix("/ocsp", s.responder(t, delegated)))
			root := certtest.WritePEM(t, s.root)
			args := []string{
				"ocsp",
				"-issuer",
				root,
				"-CAfile",
				root,
				"-url",
				server.URL + "/ocsp",
				"-sha256",
			}
			for _, cert := range []*x509.Certificate{s.good, s.held, s.revoked} {
				args = append(args, "-cert", certtest.WritePEM(t, cert))
			}
			args = append(args, "-serial", "0x"+s.planned.Text(16))
			out, err := exec.Command("openssl", args...).CombinedOutput()
			server.Close()
			require.NoError(t, err, "%s", out)
			text := string(out)
			require.Contains(t, text, "Response verify OK")
			require.Equal(t, 1, strings.Count(text, ": good"), text)
			require.Equal(t, 2, strings.Count(text, ": revoked"), text)
			require.Equal(t, 1, strings.Count(text, ": unknown"), text)
			require.Contains(t, text, "keyCompromise")
			require.Contains(t, text, "certificateHold")
			require.NotContains(t, text, "no nonce", "the nonce comes back")
		}
	}
}

func TestStrangersAcceptAnswers(t *testing.T) {
	t.Parallel()
	var jobs []certtest.Job
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384} {
		s := build(t, kind)
		request, err := ocsp.CreateRequest(s.good, s.root, nil)
		require.NoError(t, err)
		for _, delegated := range []bool{false, true} {
			der, err := s.responder(t, delegated).Respond(t.Context(), request)
			require.NoError(t, err)
			jobs = append(jobs, certtest.Job{
				File: certtest.WriteFile(
					t, "*.ors", der), Trust: []string{certtest.WritePEM(t, s.root)},
				Chain: []string{certtest.WritePEM(t, s.good)},
			})
		}
	}
	lines := certtest.Judge(t, "ocsp", "", jobs...)
	require.NotEmpty(t, lines)
	for _, line := range lines {
		require.True(t, line.Accepted, "%+v", line)
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	s := build(t, certtest.P256)
	server := httptest.NewServer(http.StripPrefix("/ocsp", s.responder(t, true)))
	defer server.Close()
	request, err := ocsp.CreateRequest(s.good, s.root, nil)
	require.NoError(t, err)
	text := base64.StdEncoding.EncodeToString(request)
	for name, path := range map[string]string{"escaped": url.QueryEscape(text), "plain": text, "doubled": "/" + url.PathEscape(text)} {
		if name == "doubled" {
			path = path[1:]
		}
		resp, err := http.Get(server.URL + "/ocsp/" + path)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, "application/ocsp-response", resp.Header.Get("Content-Type"))
		answer, err := ocsp.ParseResponse(body, s.root)
		require.NoError(t, err, name)
		require.Equal(t, ocsp.Good, answer.Status)
	}
	for _, c := range []struct {
		method, kind string
		body         string
		status       int
	}{
		{http.MethodPut, "", "", http.StatusMethodNotAllowed},
		{http.MethodPost, "text/plain", "x", http.StatusUnsupportedMediaType},
		{http.MethodPost, "application/ocsp-request", strings.Repeat("x", responder.MaxRequest+1), http.StatusRequestEntityTooLarge},
		{http.MethodPost, "application/ocsp-request", "x", http.StatusOK},
		{http.MethodGet, "", "", http.StatusOK},
	} {
		q, err := http.NewRequest(c.method, server.URL+"/ocsp", strings.NewReader(c.body))
		require.NoError(t, err)
		q.Header.Set("Content-Type", c.kind)
		resp, err := http.DefaultClient.Do(q)
		require.NoError(t, err)
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		require.Equal(t, c.status, resp.StatusCode)
		if c.status == http.StatusOK {
			_, err := ocsp.ParseResponse(body, nil)
			require.Equal(t, ocsp.ResponseError{Status: ocsp.Malformed}, err)
		}
	}
}

func TestFailuresAreResponses(t *testing.T) {
	t.Parallel()
	s, other := build(t, certtest.P256), build(t, certtest.P384)
	request, err := ocsp.CreateRequest(s.good, s.root, nil)
	require.NoError(t, err)
	_, err = other.responder(t, false).Respond(t.Context(), request)
	require.Error(t, err)
	der, _ := other.responder(t, false).Respond(t.Context(), request)
	_, err = ocsp.ParseResponse(der, nil)
	require.Equal(t, ocsp.ResponseError{Status: ocsp.Unauthorized}, err)

	r, err := responder.New(
		responder.Config{Ledger: broken{s.ledger}, Issuer: s.root, Key: s.key, Clock: now})
	require.NoError(t, err)
	der, err = r.Respond(t.Context(), request)
	require.ErrorIs(t, err, errBroken)
	_, err = ocsp.ParseResponse(der, nil)
	require.Equal(t, ocsp.ResponseError{Status: ocsp.TryLater}, err)
}

// What nobody would believe, or what the ledger should not say, is no answer.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	s := build(t, certtest.P256)
	request, err := ocsp.CreateRequest(s.good, s.root, nil)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		change func(*responder.Config)
		want   error
	}{
		"expired": {func(c *responder.Config) {
			c.Clock = func() time.Time { return s.delegate.NotAfter.Add(time.Second) }
		}, responder.ErrExpired},
		"another record": {func(c *responder.Config) {
			c.Ledger = other{s.ledger}
		}, certificate.ErrLedger},
	} {
		c := responder.Config{Ledger: s.ledger, Issuer: s.root, Key: s.delegateKey,
			Certificate: s.delegate, Clock: now}
		row.change(&c)
		r, err := responder.New(c)
		require.NoError(t, err)
		der, err := r.Respond(t.Context(), request)
		require.ErrorIs(t, err, row.want, name)
		_, err = ocsp.ParseResponse(der, nil)
		require.Equal(t, ocsp.ResponseError{Status: ocsp.TryLater}, err)
	}
}

// other is a ledger that answers with another record than it was asked for.
type other struct{ certificate.Ledger }

func (l other) Find(ctx context.Context, q certificate.Query) ([]certificate.Record, error) {
	found, err := l.Ledger.Find(ctx, q)
	for i := range found {
		found[i].Serial = "4a"
	}
	return found, err
}

var errBroken = errors.New("broken")

type broken struct{ certificate.Ledger }

func (broken) Find(context.Context, certificate.Query) ([]certificate.Record, error) {
	return nil, errBroken
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	s, other := build(t, certtest.P256), build(t, certtest.P384)
	good := responder.Config{
		Ledger:      s.ledger,
		Issuer:      s.root,
		Key:         s.delegateKey,
		Certificate: s.delegate,
		Clock:       now,
	}
	for name, change := range map[string]func(*responder.Config){
		"no ledger":          func(c *responder.Config) { c.Ledger = nil },
		"no clock":           func(c *responder.Config) { c.Clock = nil },
		"long life":          func(c *responder.Config) { c.Life = 30 * 24 * time.Hour },
		"negative life":      func(c *responder.Config) { c.Life = -1 },
		"another key":        func(c *responder.Config) { c.Key = s.key },
		"another's delegate": func(c *responder.Config) { c.Certificate, c.Key = other.delegate, other.delegateKey },
		"no delegate":        func(c *responder.Config) { c.Certificate = s.good },
	} {
		c := good
		change(&c)
		_, err := responder.New(c)
		var wrong *certificate.ConfigError
		require.ErrorAs(t, err, &wrong, name)
	}
	_, err := responder.New(good)
	require.NoError(t, err)
}

func FuzzRespond(f *testing.F) {
	s := build(f, certtest.P256)
	r := s.responder(f, false)
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		request, err := ocsp.CreateRequest(s.good, s.root, &ocsp.RequestOptions{Hash: h})
		require.NoError(f, err)
		f.Add(request)
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		der, err := r.Respond(t.Context(), request)
		if len(der) == 0 {
			t.Fatal("no response")
		}
		if _, parse := ocsp.ParseResponse(der, nil); err == nil && parse != nil &&
			!strings.Contains(parse.Error(), "bad number of responses") {
			t.Fatalf("response cannot be read: %v", parse)
		}
	})
}
