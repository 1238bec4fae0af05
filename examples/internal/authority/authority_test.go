package authority_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/examples/internal/authority"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

var password = token.SecretString("a-password-for-tests")

func nobody() certificate.Subject {
	return certificate.Subject{
		Document: "0100000009", GivenNames: "NADIE", FirstSurname: "ÑANDÚ", Country: "EC", Email: "nadie@example.org",
	}
}

func TestAnAuthorityInAFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "ca")
	// The responder needs its address before the certificates are made.
	server := httptest.NewUnstartedServer(nil)
	url := "http://" + server.Listener.Addr().String()
	f, err := authority.Init(t.Context(), dir,
		authority.Settings{Key: "P-256", URL: url, Iterations: 1000}, password, time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	handler, err := f.Handler(t.Context(), nil)
	require.NoError(t, err)
	server.Config.Handler = handler
	server.Start()
	defer server.Close()

	order := authority.Order{
		ID: "1", Profile: icert.NaturalPerson, PublicKey: certtest.Key(t, certtest.RSA2048, "folder").Public(), Subject: nobody(),
	}
	chain, err := f.Issue(t.Context(), order)
	require.NoError(t, err)
	require.Len(t, chain, 3)
	again, err := f.Issue(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, chain[0].Raw, again[0].Raw, "an order has one certificate")
	require.Equal(t, []string{url + "/authority.crl"}, chain[0].CRLDistributionPoints)

	serial := chain[0].SerialNumber
	require.Equal(t, "good", ask(t, f, chain[0]))
	require.NoError(t, f.Suspend(t.Context(), serial))
	require.Equal(t, "revoked", ask(t, f, chain[0]))
	require.NoError(t, f.Reinstate(t.Context(), serial))
	require.Equal(t, "good", ask(t, f, chain[0]))
	require.NoError(
		t, f.Revoke(t.Context(), serial, certificate.Revocation{Reason: certificate.Superseded}))
	require.Equal(t, "revoked", ask(t, f, chain[0]))
	records, err := f.Records(t.Context(), "", 0)
	require.NoError(t, err)
	require.Len(t, records, 2, "the responder's certificate and this one")

	for root, issuer := range map[bool]*x509.Certificate{false: chain[1], true: chain[2]} {
		der, err := f.List(t.Context(), root, time.Hour)
		require.NoError(t, err)
		list, err := x509.ParseRevocationList(der)
		require.NoError(t, err)
		require.NoError(t, list.CheckSignatureFrom(issuer))
		require.Equal(t, !root, len(list.RevokedCertificateEntries) == 1)
	}
	for path, kind := range map[string]string{"/authority.crl": "X509 CRL", "/root.crl": "X509 CRL", "/authority.cer": "CERTIFICATE"} {
		resp, err := server.Client().Get(url + path)
		require.NoError(t, err)
		require.Equal(t, 200, resp.StatusCode, kind)
		resp.Body.Close()
	}
}

// ask asks the address in the certificate, with openssl.
func ask(t *testing.T, f *authority.Folder, cert *x509.Certificate) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs openssl")
	}
	out, err := exec.Command("openssl", "ocsp", "-issuer", f.Path("authority.pem"),
		"-cert", certtest.WritePEM(t, cert), "-CAfile", f.Path("root.pem"),
		"-url", cert.OCSPServer[0]).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "Response verify OK")
	for _, status := range []string{"good", "revoked", "unknown"} {
		if strings.Contains(string(out), ": "+status+"\n") {
			return status
		}
	}
	return string(out)
}

// What was interrupted is completed: a key that was written but not certified, a certificate that
// was issued but not written.
func TestInitContinues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settings := authority.Settings{Key: "Ed25519", Iterations: 1000}
	build := func() {
		f, err := authority.Init(t.Context(), dir, settings, password, time.Now)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	read := func(name string) []byte {
		body, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return body
	}
	strip := func(name string) {
		file, err := pkcs12.Open(read(name+".p12"), password, pkcs12.Limits{})
		require.NoError(t, err)
		bare, err := pkcs12.Encode(
			[]token.Key{{Signer: file.Keys[0].Signer}}, password, pkcs12.Options{Iterations: 1000})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".p12"), bare, 0o600))
	}
	remove := func(pattern string) {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, name := range files {
			require.NoError(t, os.Remove(name))
		}
	}
	build()
	issued := read("ocsp.pem")
	strip("ocsp")
	remove("ocsp.pem")
	build()
	require.Equal(t, issued, read("ocsp.pem"), "the ledger has the certificate")

	strip("root")
	root := read("root.p12")
	for _, later := range []string{"root.pem", "authority.*", "ocsp.*", "ledger.db*"} {
		remove(later)
	}
	build()
	file, err := pkcs12.Open(root, password, pkcs12.Limits{})
	require.NoError(t, err)
	whole, err := pkcs12.Open(read("root.p12"), password, pkcs12.Limits{})
	require.NoError(t, err)
	require.Equal(t, file.Keys[0].Signer, whole.Keys[0].Signer)
	require.Len(t, whole.Keys[0].Chain, 1)

	settings.Name = "OTRA"
	_, err = authority.Init(t.Context(), dir, settings, password, time.Now)
	require.ErrorIs(t, err, authority.ErrExists)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	_, err := authority.Open(t.Context(), t.TempDir(), password, time.Now)
	require.ErrorIs(t, err, authority.ErrNone)
	dir := t.TempDir()
	f, err := authority.Init(
		t.Context(), dir, authority.Settings{Key: "P-256", Iterations: 1000}, password, time.Now)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	f, err = authority.Open(t.Context(), dir, token.SecretString("wrong"), time.Now)
	require.NoError(t, err, "no key is needed yet")
	defer f.Close()
	_, err = f.Records(t.Context(), "", 0)
	require.NoError(t, err)
	_, err = f.List(t.Context(), false, 0)
	require.ErrorIs(t, err, pkcs12.ErrWrongPassword)
	for _, s := range []authority.Settings{{Key: "RSA-512"}, {Generation: "old"}} {
		_, err := authority.Init(t.Context(), t.TempDir(), s, password, time.Now)
		require.Error(t, err)
	}
}

// The responder's certificate is renewed in time, for the same key.
func TestTheRespondersCertificateIsRenewed(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	clock := func() time.Time { return now }
	leaf := func() *x509.Certificate {
		f, err := authority.Init(
			t.Context(), dir, authority.Settings{Key: "P-256", Iterations: 1000}, password, clock)
		require.NoError(t, err)
		defer f.Close()
		body, err := os.ReadFile(filepath.Join(dir, "ocsp.p12"))
		require.NoError(t, err)
		file, err := pkcs12.Open(body, password, pkcs12.Limits{})
		require.NoError(t, err)
		return file.Keys[0].Leaf()
	}
	first := leaf()
	now = now.AddDate(0, 1, 0)
	require.Equal(t, first.Raw, leaf().Raw)
	now = now.AddDate(0, 1, 15)
	renewed := leaf()
	require.NotEqual(t, first.Raw, renewed.Raw)
	require.Equal(t, first.RawSubjectPublicKeyInfo, renewed.RawSubjectPublicKeyInfo)
	require.True(t, renewed.NotAfter.After(now.AddDate(0, 2, 20)))
}

func settings() authority.Settings { return authority.Settings{Key: "P-256", Iterations: 1000} }

// made makes an authority in a folder and returns it, open.
func made(t *testing.T, dir string, s authority.Settings) *authority.Folder {
	t.Helper()
	f, err := authority.Init(t.Context(), dir, s, password, time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// A folder that holds something else, such as a home directory, gets no authority, and is not
// changed.
func TestInitOfAnotherFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "thesis.odt"), nil, 0o600))
	_, err := authority.Init(t.Context(), dir, settings(), password, time.Now)
	require.ErrorIs(t, err, authority.ErrNotEmpty)
	require.Equal(t, []string{"thesis.odt"}, names(t, dir))
	require.NoError(t, os.Rename(filepath.Join(dir, "thesis.odt"), filepath.Join(dir, ".new-123")))
	made(t, dir, settings())
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.Name()
	}
	return out
}

// Settings that no authority can be made with leave a folder in which others can.
func TestInitAfterAMistake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, change := range []func(*authority.Settings){
		func(s *authority.Settings) { s.Iterations = 5 },
		func(s *authority.Settings) { s.Key = "RSA-512" },
		func(s *authority.Settings) { s.Generation = "old" },
		func(s *authority.Settings) { s.Country = "ECUADOR" },
		func(s *authority.Settings) { s.Name = strings.Repeat("N", 70) },
		func(s *authority.Settings) { s.URL = "http://ñ.example" },
	} {
		s := settings()
		change(&s)
		_, err := authority.Init(t.Context(), dir, s, password, time.Now)
		require.Error(t, err)
	}
	for _, weak := range []string{"", "contraseña"} {
		_, err := authority.Init(t.Context(), dir, settings(), token.SecretString(weak), time.Now)
		require.ErrorIs(t, err, pkcs12.ErrPassword)
	}
	f := made(t, dir, authority.Settings{Key: "P-384", Iterations: 1000})
	_, err := f.List(t.Context(), true, time.Hour)
	require.NoError(t, err)
	_, err = authority.Init(t.Context(), dir, settings(), password, time.Now)
	require.ErrorIs(t, err, authority.ErrExists)
}

// Several begin at once: there is one authority, whose keys and certificates fit.
func TestInitAtOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "ca")
	var wg sync.WaitGroup
	errs := make(chan error, 5)
	for range cap(errs) {
		wg.Go(func() {
			f, err := authority.Init(context.Background(), dir, settings(), password, time.Now)
			if err == nil {
				err = f.Close()
			}
			errs <- err
		})
	}
	wg.Wait()
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	f := made(t, dir, settings())
	for _, name := range []string{"root", "authority", "ocsp"} {
		body, err := os.ReadFile(f.Path(name + ".p12"))
		require.NoError(t, err)
		file, err := pkcs12.Open(body, password, pkcs12.Limits{})
		require.NoError(t, err)
		require.NotNil(t, file.Keys[0].Leaf(), name)
		text, err := os.ReadFile(f.Path(name + ".pem"))
		require.NoError(t, err)
		block, _ := pem.Decode(text)
		require.Equal(t, file.Keys[0].Leaf().Raw, block.Bytes, name)
	}
	records, err := f.Records(t.Context(), "", 0)
	require.NoError(t, err)
	require.Len(t, records, 1)
	for _, name := range names(t, dir) {
		require.NotContains(t, name, ".new-")
	}
}

// Without its ledger an authority does nothing: a new one would know of no revocation.
func TestLedgerLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, made(t, dir, settings()).Close())
	require.NoError(t, os.Remove(filepath.Join(dir, "ledger.db")))
	_, err := authority.Open(t.Context(), dir, password, time.Now)
	require.ErrorIs(t, err, authority.ErrLedgerLost)
	_, err = authority.Init(t.Context(), dir, settings(), password, time.Now)
	require.ErrorIs(t, err, authority.ErrLedgerLost)
	require.NotContains(t, names(t, dir), "ledger.db")
}

// Keys and the ledger are for their owner alone, also in a folder that others may read.
func TestFileModes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	made(t, dir, settings())
	for _, name := range names(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		want := os.FileMode(0o600)
		if strings.HasSuffix(name, ".pem") || name == "settings.json" {
			want = 0o644
		}
		require.Equal(t, want, info.Mode().Perm(), name)
	}
}

// The numbers of lists go on after a restart, and from one process to the other.
func TestListNumbersGoOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := made(t, dir, settings())
	last := int64(0)
	for i := range 6 {
		f := a
		if i%2 == 1 {
			f = made(t, dir, settings())
		}
		der, err := f.List(t.Context(), false, time.Hour)
		require.NoError(t, err)
		list, err := x509.ParseRevocationList(der)
		require.NoError(t, err)
		require.Equal(t, last+1, list.Number.Int64())
		last = list.Number.Int64()
		if i%2 == 1 {
			require.NoError(t, f.Close())
		}
	}
}

// A responder that runs for years renews its certificate, and one whose store fails meanwhile goes
// on with the old one.
func TestServingForYears(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	f, err := authority.Init(t.Context(), t.TempDir(), settings(), password, clock)
	require.NoError(t, err)
	defer f.Close()
	handler, err := f.Handler(t.Context(), nil)
	require.NoError(t, err)
	order := authority.Order{ID: "1", Profile: icert.TimeStamp,
		PublicKey: certtest.Key(t, certtest.P256, "folder").Public(),
		Subject:   certificate.Subject{CommonName: "TSA", Country: "EC"}}
	chain, err := f.Issue(t.Context(), order)
	require.NoError(t, err)
	request, err := ocsp.CreateRequest(chain[0], chain[1], nil)
	require.NoError(t, err)
	certs := map[string]bool{}
	for range 20 {
		mu.Lock()
		now = now.AddDate(0, 0, 25)
		mu.Unlock()
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/ocsp", bytes.NewReader(request))
		r.Header.Set("Content-Type", "application/ocsp-request")
		handler.ServeHTTP(w, r)
		answer, err := ocsp.ParseResponseForCert(w.Body.Bytes(), chain[0], chain[1])
		require.NoError(t, err)
		require.True(t, answer.Certificate.NotAfter.After(clock()))
		certs[answer.Certificate.SerialNumber.String()] = true
	}
	require.Greater(t, len(certs), 3)
	require.Less(t, len(certs), 12)
}

// A request in base64 may hold two slashes in a row, which a tidied path has not.
func TestOCSPByGET(t *testing.T) {
	t.Parallel()
	f := made(t, t.TempDir(), settings())
	handler, err := f.Handler(t.Context(), nil)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	text, err := os.ReadFile(f.Path("authority.pem"))
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	issuer, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	encoded := ""
	for serial := int64(0xfffff000000); !strings.Contains(encoded, "//"); serial++ {
		request, err := ocsp.CreateRequest(&x509.Certificate{SerialNumber: big.NewInt(serial)},
			issuer, nil)
		require.NoError(t, err)
		encoded = base64.StdEncoding.EncodeToString(request)
	}
	for _, path := range []string{encoded, url.PathEscape(encoded)} {
		response, err := server.Client().Get(server.URL + "/ocsp/" + path)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		answer, err := ocsp.ParseResponse(body, issuer)
		require.NoError(t, err, path)
		require.Equal(t, ocsp.Unknown, answer.Status)
	}
	response, err := server.Client().Get(server.URL + "/ocspx")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}
