package certificate_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/ec/icert"
)

// sampleOf signs a template of an end entity after a change.
func sampleOf(
	t testing.TB, kind certtest.KeyKind, change func(*x509.Certificate),
) *x509.Certificate {
	t.Helper()
	pki := certtest.NewPKI(t, certtest.P256)
	key := certtest.Key(t, kind, "lint")
	template := &x509.Certificate{
		SerialNumber: certtest.Serial(), Subject: pkix.Name{CommonName: "NADIE", Country: []string{"EC"}},
		NotBefore: now(), NotAfter: now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		SubjectKeyId: []byte{1, 2, 3}, BasicConstraintsValid: true,
	}
	change(template)
	der, err := x509.CreateCertificate(
		rand.Reader, template, pki.Sub.Certificate, key.Public(), pki.Sub.Key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return cert
}

func extension(critical bool, value []byte, oid ...int) pkix.Extension {
	return pkix.Extension{Id: oid, Critical: critical, Value: value}
}

func TestLintFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	require.Empty(t, certificate.Lint(sampleOf(t, certtest.P256, func(*x509.Certificate) {})))
	usage := []byte{3, 2, 7, 0x80}
	for name, c := range map[string]struct {
		rule   string
		kind   certtest.KeyKind
		change func(*x509.Certificate)
	}{
		"serial too short": {"serial-number", "", func(c *x509.Certificate) { c.SerialNumber = big.NewInt(1 << 40) }},
		"serial too long": {"serial-number", "", func(c *x509.Certificate) {
			c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 159)
		}},
		"ends first":      {"validity", "", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.Add(-time.Hour) }},
		"no subject":      {"names", "", func(c *x509.Certificate) { c.Subject = pkix.Name{} }},
		"long country":    {"names", "", func(c *x509.Certificate) { c.Subject.Country = []string{"ECU"} }},
		"empty attribute": {"names", "", func(c *x509.Certificate) { c.Subject.Organization = []string{""} }},
		"no key id":       {"key-identifiers", "", func(c *x509.Certificate) { c.SubjectKeyId = nil }},
		"no usage":        {"key-usage", "", func(c *x509.Certificate) { c.KeyUsage = 0 }},
		"usage not critical": {"key-usage", "", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{extension(false, usage, 2, 5, 29, 15)}
		}},
		"signs certificates": {"key-usage", "", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }},
		"encipher only":      {"key-usage", "", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageEncipherOnly }},
		"authority without":  {"key-usage", "", func(c *x509.Certificate) { c.IsCA = true }},
		"P-256 enciphers":    {"key-usage-of-key", "", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }},
		"Ed25519 agrees": {"key-usage-of-key", certtest.Ed25519, func(c *x509.Certificate) {
			c.KeyUsage = x509.KeyUsageKeyAgreement
		}},
		"authority not critical": {"basic-constraints", "", func(c *x509.Certificate) {
			c.KeyUsage = x509.KeyUsageCertSign
			c.ExtraExtensions = []pkix.Extension{extension(false, []byte{0x30, 3, 1, 1, 0xff}, 2, 5, 29, 19)}
		}},
		"time stamps not critical": {"time-stamping", "", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
		}},
		"time stamps and more": {"time-stamping", "", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageClientAuth}
		}},
		"responder without status": {"ocsp-nocheck", "", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
		}},
	} {
		kind := c.kind
		if kind == "" {
			kind = certtest.P256
		}
		findings := certificate.Lint(sampleOf(t, kind, c.change))
		require.NotEmpty(t, findings, name)
		rules := map[string]bool{}
		for _, f := range findings {
			rules[f.Lint] = true
			require.NotEmpty(t, f.Source)
			require.NotEmpty(t, f.Detail)
		}
		require.True(t, rules[c.rule], "%s: %v", name, findings)
	}
}

func TestZlintFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	l := zlint(t)
	for name, change := range map[string]func(*x509.Certificate){
		"serial too long":    func(c *x509.Certificate) { c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 165) },
		"long name":          func(c *x509.Certificate) { c.Subject.CommonName = string(make([]byte, 65)) },
		"signs certificates": func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign },
		"empty alternative name": func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{extension(false, []byte{0x30, 0}, 2, 5, 29, 17)}
		},
	} {
		findings, err := l.Lint(sampleOf(t, certtest.P256, change).Raw)
		require.NoError(t, err)
		worst := certificate.Notice
		for _, f := range findings {
			worst = max(worst, f.Severity)
			require.NotEmpty(t, f.Detail)
		}
		require.Equal(t, certificate.Error, worst, "%s: %v", name, findings)
	}
	_, err := l.Lint([]byte{1})
	require.Error(t, err)
	_, err = l.LintList([]byte{1})
	require.Error(t, err)
	_, err = l.LintOCSP([]byte{1})
	require.Error(t, err)
}

type linterFunc func([]byte) ([]certificate.Finding, error)

func (f linterFunc) Lint(der []byte) ([]certificate.Finding, error) { return f(der) }

// What a linter refuses is neither recorded nor signed; what it cannot read is not either.
func TestALinterStopsIssuance(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	signer := &countingSigner{Signer: w.config.Key}
	w.config.Key = signer
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	broken := errors.New("cannot look")
	var seen *x509.Certificate
	for _, c := range []struct {
		severity certificate.Severity
		err      error
		stops    bool
	}{{certificate.Error, nil, true}, {certificate.Notice, broken, true}, {certificate.Warning, nil, false}} {
		w.config.Linters = []certificate.Linter{
			linterFunc(func(der []byte) ([]certificate.Finding, error) {
				var err error
				seen, err = x509.ParseCertificate(der)
				require.NoError(t, err)
				return []certificate.Finding{{Lint: "test", Severity: c.severity}}, c.err
			}),
		}
		a, err := certificate.NewAuthority(w.config)
		require.NoError(t, err)
		planned, err := a.Plan(t.Context(), r)
		require.Error(t, seen.CheckSignatureFrom(w.config.Certificate),
			"the linter sees a throw-away signature")
		if !c.stops {
			require.NoError(t, err)
			require.Equal(
				t, seen.RawTBSCertificate, planned.TBS(), "the linter sees what will be signed")
			continue
		}
		require.Error(t, err)
		var refused *certificate.LintError
		if c.err == nil {
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "certificate: refused by lint: test", err.Error())
		} else {
			require.ErrorIs(t, err, broken)
		}
		found, err := w.ledger.Find(t.Context(), certificate.Query{Issuer: w.authority.ID()})
		require.NoError(t, err)
		require.Empty(t, found)
	}
	require.Zero(t, signer.count())
}

// FuzzSubject issues to whatever is typed into a form: it is refused, or gives a certificate that
// says exactly that and that both linters accept.
func FuzzSubject(f *testing.F) {
	towers := map[icert.Generation]*tower{
		icert.Ext: build(
			f, certtest.P256, icert.Ext), icert.Subj: build(f, certtest.P256, icert.Subj),
	}
	key := certtest.Key(f, certtest.P256, "issuance holder")
	f.Add("NADIE", "ÑANDÚ", "0100000009", "QUITO", "nadie@example.org", "", "S.A. & Cía.")
	f.Add("", "\x00", "1' OR", "\u202e", "a@b..c", strings64(), "=,+<>#;\\\"")
	f.Fuzz(func(t *testing.T, given, surname, document, city, email, common, company string) {
		for generation, w := range towers {
			s := certificate.Subject{
				GivenNames: given, FirstSurname: surname, Document: document, City: city, Email: email,
				CommonName: common, Organization: company, Country: "EC",
			}
			config := w.config
			config.Ledger = &certificate.MemoryLedger{}
			a, err := certificate.NewAuthority(config)
			require.NoError(t, err)
			planned, err := a.Plan(t.Context(), certificate.Request{
				ID: "fuzz", Profile: icert.NaturalPerson, PublicKey: key.Public(), Subject: s,
			})
			var refused *certificate.PolicyError
			if errors.As(err, &refused) {
				continue
			}
			require.NoError(t, err, "generation %d: %+v", generation, s)
			cert, err := a.Issue(t.Context(), planned)
			require.NoError(t, err)
			require.Equal(t, []string{email}, cert.EmailAddresses)
			require.Equal(t, document, cert.Subject.SerialNumber)
			require.NotEmpty(t, cert.Subject.CommonName)
		}
	})
}

func strings64() string {
	var b [64]byte
	for i := range b {
		b[i] = 'A'
	}
	return string(b[:])
}
