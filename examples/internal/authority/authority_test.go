package authority_test

import (
	"crypto/x509"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
	f, err := authority.Init(
		t.Context(),
		dir,
		authority.Settings{Key: "P-256", URL: url, Iterations: 1000},
		password,
		time.Now,
	)
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
		t,
		f.Revoke(t.Context(), serial, certificate.Revocation{Reason: certificate.Superseded}),
	)
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
	out, err := exec.Command(
		"openssl",
		"ocsp",
		"-issuer",
		f.Path("authority.pem"),
		"-cert",
		certtest.WritePEM(t, cert),
		"-CAfile",
		f.Path("root.pem"),
		"-url",
		cert.OCSPServer[0],
	).CombinedOutput()
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
			[]token.Key{{Signer: file.Keys[0].Signer}},
			password,
			pkcs12.Options{Iterations: 1000},
		)
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
		t.Context(),
		dir,
		authority.Settings{Key: "P-256", Iterations: 1000},
		password,
		time.Now,
	)
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
			t.Context(),
			dir,
			authority.Settings{Key: "P-256", Iterations: 1000},
			password,
			clock,
		)
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
