package certificate_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/certificate/lint"
)

// zlint is one linter for all tests.
func zlint(t testing.TB) *lint.Linter {
	t.Helper()
	l, err := lint.New()
	require.NoError(t, err)
	return l
}

// tower is a root, a subordinate authority and their ledger, with ICERT's profiles.
type tower struct {
	ledger    certificate.Ledger
	config    certificate.AuthorityConfig // of the subordinate
	root      *x509.Certificate
	above     *certificate.Authority
	authority *certificate.Authority
}

func now() time.Time { return time.Now().UTC() }

func build(t testing.TB, kind certtest.KeyKind, generation icert.Generation) *tower {
	t.Helper()
	profiles, err := icert.Profiles(icert.Config{
		Generation: generation, CPS: "http://ca.example/dpc.pdf",
	})
	require.NoError(t, err)
	w := &tower{ledger: &certificate.MemoryLedger{}}
	above := certificate.AuthorityConfig{
		Key:    certtest.Key(t, kind, "issuance root"),
		Ledger: w.ledger, Profiles: profiles, Clock: now,
		Linters: []certificate.Linter{zlint(t)}, CRL: []string{"http://ca.example/arl.crl"},
	}
	w.root, err = certificate.IssueRoot(t.Context(), above, certificate.Request{
		ID: "root", Profile: icert.Root,
		Subject: certificate.Subject{
			CommonName:   "RAÍZ DE PRUEBA",
			Organization: "ENTIDAD DE PRUEBA",
			Country:      "EC",
		},
	})
	require.NoError(t, err)
	above.Certificate = w.root
	w.above, err = certificate.NewAuthority(above)
	require.NoError(t, err)

	w.config = above
	w.config.Key = certtest.Key(t, kind, "issuance subordinate")
	w.config.Certificate = issue(t, w.above, certificate.Request{
		ID: "sub", Profile: icert.Subordinate, PublicKey: w.config.Key.Public(),
		Subject: certificate.Subject{
			CommonName:   "SUBORDINADA DE PRUEBA",
			Organization: "ENTIDAD DE PRUEBA",
			Country:      "EC",
		},
	})
	w.config.CRL = []string{"http://ca.example/ee.crl"}
	w.config.OCSP = []string{"http://ca.example/ocsp"}
	w.config.Issuer = []string{"http://ca.example/sub.cer"}
	w.authority, err = certificate.NewAuthority(w.config)
	require.NoError(t, err)
	return w
}

func issue(t testing.TB, a *certificate.Authority, r certificate.Request) *x509.Certificate {
	t.Helper()
	planned, err := a.Plan(t.Context(), r)
	require.NoError(t, err)
	cert, err := a.Issue(t.Context(), planned)
	require.NoError(t, err)
	return cert
}

// person is a holder that is nobody.
func person() certificate.Subject {
	return certificate.Subject{
		Document: "0100000009", GivenNames: "NADIE IMAGINARIA", FirstSurname: "ÑANDÚ", SecondSurname: "PÉREZ",
		Title: "DIRECTORA PROVINCIAL", Institution: "INSTITUCIÓN DE PRUEBA", Address: "CALLE UNO 1 Y DOS",
		Phone: "022000000", City: "QUITO", Organization: "COMPAÑÍA DE PRUEBA S.A.", RUC: "0100000009001",
		Country: "EC", Container: "ARCHIVO", Department: "PRUEBAS", Email: "nadie@example.org",
	}
}

// requests are one for each profile of end entities.
func requests(kind certtest.KeyKind, pub crypto.PublicKey) []certificate.Request {
	natural, service := person(), certificate.Subject{
		CommonName:   "SERVICIO DE PRUEBA",
		Country:      "EC",
		Organization: "ENTIDAD DE PRUEBA",
	}
	natural.Organization, natural.Institution, natural.Title, natural.Department = "", "", "", ""
	seal := certificate.Subject{
		Organization: "ENTIDAD DE PRUEBA",
		RUC:          "1760001550001",
		Country:      "EC",
		Email:        "sello@example.org",
	}
	all := []certificate.Request{
		{Profile: icert.NaturalPerson, Subject: natural},
		{Profile: icert.CompanyMember, Subject: person()},
		{Profile: icert.PublicFunction, Subject: person()},
		{Profile: icert.Seal, Subject: seal},
		{Profile: icert.TimeStamp, Subject: service},
		{Profile: icert.OCSPResponder, Subject: service},
	}
	for i := range all {
		all[i].ID, all[i].PublicKey = fmt.Sprintf("%s/%s", all[i].Profile, kind), pub
	}
	return all
}

var issuerKinds = []certtest.KeyKind{
	certtest.RSA2048,
	certtest.RSA4096,
	certtest.P256,
	certtest.P384,
	certtest.Ed25519,
}

// Every profile, in both generations, from every kind of authority to every kind of key; all pairs
// of these at full length.
func TestStrangersAcceptWhatWeIssue(t *testing.T) {
	t.Parallel()
	linter := zlint(t)
	var jobs []certtest.Job
	for i, kind := range issuerKinds {
		if kind == certtest.RSA4096 && !certtest.Full() {
			continue // costly to make, and the same as RSA-2048 to every judge
		}
		w := build(t, kind, icert.Generation(i%2))
		trust, chain := certtest.WritePEM(t, w.root), certtest.WritePEM(t, w.config.Certificate)
		arl, crl := list(t, w.above), list(t, w.authority)
		check := func(der []byte) {
			findings, err := linter.Lint(der)
			require.NoError(t, err)
			for _, f := range findings {
				require.Less(t, f.Severity, certificate.Error, "%+v", f)
			}
		}
		check(w.root.Raw)
		check(w.config.Certificate.Raw)
		job := func(file string, chain ...string) certtest.Job {
			return certtest.Job{
				File:  file,
				Trust: []string{trust},
				Chain: chain,
				CRL:   []string{arl, crl},
			}
		}
		jobs = append(jobs, job(certtest.WritePEM(t, w.config.Certificate)))
		for _, subject := range issuerKinds {
			if subject == certtest.RSA4096 && kind != certtest.RSA4096 {
				continue // the same as RSA-2048 to every judge
			}
			if i > 0 && subject != kind && !certtest.Full() {
				continue // each kind of holder under the first authority, and under its like
			}
			key := certtest.Key(t, subject, "issuance holder")
			for _, r := range requests(subject, key.Public()) {
				cert := issue(t, w.authority, r)
				check(cert.Raw)
				require.Empty(t, certificate.Lint(cert))
				jobs = append(jobs, job(certtest.WritePEM(t, cert), chain))
			}
		}
	}
	lines := certtest.Judge(t, "cert", "", jobs...)
	require.NotEmpty(t, lines)
	require.Zero(t, len(lines)%len(jobs), "every judge answers about every file")
	for _, line := range lines {
		require.True(t, line.Accepted, "%+v", line)
	}
}

// list writes the authority's list as PEM for openssl.
func list(t testing.TB, a *certificate.Authority) string {
	t.Helper()
	der, err := a.RevocationList(t.Context(), time.Hour)
	require.NoError(t, err)
	findings, err := zlint(t).LintList(der)
	require.NoError(t, err)
	for _, f := range findings {
		require.Less(t, f.Severity, certificate.Error, "%+v", f)
	}
	return writePEM(t, "X509 CRL", der)
}

func TestStrangersSeeRevocationSuspensionAndReinstatement(t *testing.T) {
	t.Parallel()
	kinds := []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.Ed25519}
	states := []string{"good", "held", "good", "revoked"}
	var jobs []certtest.Job
	for _, kind := range kinds {
		w := build(t, kind, icert.Ext)
		key := certtest.Key(t, certtest.RSA2048, "issuance holder")
		cert := issue(t, w.authority, requests(certtest.RSA2048, key.Public())[0])
		trust, chain := certtest.WritePEM(t, w.root), certtest.WritePEM(t, w.config.Certificate)
		file, arl := certtest.WritePEM(t, cert), list(t, w.above)
		job := func() {
			jobs = append(jobs, certtest.Job{File: file, Trust: []string{trust},
				Chain: []string{chain}, CRL: []string{arl, list(t, w.authority)}})
		}
		ctx, serial := t.Context(), cert.SerialNumber
		job()
		require.NoError(t, w.authority.Suspend(ctx, serial, ""))
		job()
		require.NoError(t, w.authority.Reinstate(ctx, serial, ""))
		job()
		require.NoError(t, w.authority.Revoke(ctx, serial,
			certificate.Revocation{Reason: certificate.CessationOfOperation}))
		job()
	}
	const judges = "openssl,certvalidator,jdk"
	lines := certtest.Judge(t, "cert", judges, jobs...)
	require.Len(t, lines, len(jobs)*certtest.JudgeCount(t, "cert", judges))
	for i, line := range lines {
		job := i * len(jobs) / len(lines)
		require.Equal(t, jobs[job].File, line.File)
		state := states[job%len(states)]
		require.Equal(t, state == "good", line.Accepted, "%s %s %+v", kinds[job/len(states)],
			state, line)
	}
}

func TestPlanIsRecordedLintedAndNotSigned(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	counting := &countingSigner{Signer: w.config.Key}
	w.config.Key = counting
	a, err := certificate.NewAuthority(w.config)
	require.NoError(t, err)
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	planned, err := a.Plan(t.Context(), r)
	require.NoError(t, err)
	require.Zero(t, counting.count(), "Plan signs nothing")
	require.False(t, planned.Issued())
	record, err := a.Find(t.Context(), planned.Serial())
	require.NoError(t, err)
	require.Equal(t, planned.TBS(), record.TBS)
	require.Nil(t, record.Certificate)

	cert, err := a.Issue(t.Context(), planned)
	require.NoError(t, err)
	require.Equal(t, planned.TBS(), cert.RawTBSCertificate, "what was recorded is what was signed")
	require.Equal(t, 1, counting.count())
	again, err := a.Issue(t.Context(), planned)
	require.NoError(t, err)
	require.Equal(t, cert.Raw, again.Raw)
	require.Equal(t, 1, counting.count(), "an issued certificate is not signed again")
	planned, err = a.Plan(t.Context(), r)
	require.NoError(t, err)
	require.True(t, planned.Issued())
}

func TestRequestsAreRefused(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	weak := certtest.Key(t, certtest.RSA2048, "issuance holder").Public()
	good := requests(certtest.RSA2048, weak)[0]
	for name, c := range map[string]struct {
		change func(*certificate.Request)
		field  string
		rule   string
	}{
		"no identifier":     {func(r *certificate.Request) { r.ID = "" }, "id", "characters"},
		"odd identifier":    {func(r *certificate.Request) { r.ID = "ñ" }, "id", "characters"},
		"no key":            {func(r *certificate.Request) { r.PublicKey = nil }, "publicKey", "unsupported-key"},
		"short key":         {func(r *certificate.Request) { r.PublicKey = shortKey() }, "publicKey", "weak-key"},
		"unknown profile":   {func(r *certificate.Request) { r.Profile = "none" }, "profile", "unknown"},
		"an authority":      {func(r *certificate.Request) { r.Profile = icert.Subordinate }, "profile", "path-length"},
		"no document":       {func(r *certificate.Request) { r.Subject.Document = "" }, "document", "required"},
		"no e-mail":         {func(r *certificate.Request) { r.Subject.Email = "" }, "email", "required"},
		"odd e-mail":        {func(r *certificate.Request) { r.Subject.Email = "a b@example.org" }, "email", "characters"},
		"no domain":         {func(r *certificate.Request) { r.Subject.Email = "a@" }, "email", "characters"},
		"accent in e-mail":  {func(r *certificate.Request) { r.Subject.Email = "josé@example.org" }, "email", "characters"},
		"country":           {func(r *certificate.Request) { r.Subject.Country = "ECU" }, "country", "too-long"},
		"small country":     {func(r *certificate.Request) { r.Subject.Country = "ec" }, "country", "characters"},
		"line break":        {func(r *certificate.Request) { r.Subject.GivenNames = "A\nB" }, "givenNames", "characters"},
		"NUL":               {func(r *certificate.Request) { r.Subject.GivenNames = "A\x00B" }, "givenNames", "characters"},
		"not UTF-8":         {func(r *certificate.Request) { r.Subject.GivenNames = "A\xff" }, "givenNames", "characters"},
		"spaces around":     {func(r *certificate.Request) { r.Subject.FirstSurname = " A" }, "firstSurname", "characters"},
		"right to left":     {func(r *certificate.Request) { r.Subject.FirstSurname = "A\u202eB" }, "firstSurname", "characters"},
		"accent in number":  {func(r *certificate.Request) { r.Subject.Document = "ñ1" }, "document", "characters"},
		"long name":         {func(r *certificate.Request) { r.Subject.CommonName = string(make([]rune, 65)) }, "commonName", "too-long"},
		"past":              {func(r *certificate.Request) { r.NotBefore = now().AddDate(0, 0, -2) }, "notBefore", "validity"},
		"far future":        {func(r *certificate.Request) { r.NotBefore = now().AddDate(1, 0, 0) }, "notBefore", "validity"},
		"too long a life":   {func(r *certificate.Request) { r.NotAfter = now().AddDate(2, 0, 1) }, "notAfter", "validity"},
		"dead on arrival":   {func(r *certificate.Request) { r.NotAfter = now().Add(-time.Hour) }, "notAfter", "validity"},
		"ends as it begins": {func(r *certificate.Request) { r.NotBefore = now(); r.NotAfter = r.NotBefore }, "notAfter", "validity"},
	} {
		r := good
		c.change(&r)
		_, err := w.authority.Plan(t.Context(), r)
		var refused *certificate.PolicyError
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, c.field+" "+c.rule, refused.Field+" "+refused.Rule, name)
	}
	found, err := w.ledger.Find(t.Context(), certificate.Query{Issuer: w.authority.ID()})
	require.NoError(t, err)
	require.Empty(t, found, "a refused request leaves nothing behind")
}

func TestValidityIsCutAtTheAuthoritysEnd(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	clock := w.config.Certificate.NotAfter.AddDate(-1, 0, 0)
	w.config.Clock = func() time.Time { return clock }
	a, err := certificate.NewAuthority(w.config)
	require.NoError(t, err)
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	cert := issue(t, a, r)
	require.Equal(t, w.config.Certificate.NotAfter, cert.NotAfter)
	r.ID, r.NotAfter = "beyond", w.config.Certificate.NotAfter.AddDate(0, 0, 1)
	var refused *certificate.PolicyError
	_, err = a.Plan(t.Context(), r)
	require.ErrorAs(t, err, &refused)
	clock = w.config.Certificate.NotAfter.AddDate(0, 0, 1)
	r.ID, r.NotAfter = "after", time.Time{}
	_, err = a.Plan(t.Context(), r)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "expired", refused.Rule)
}

func TestRequestIdentifierBelongsToOneRequest(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	first, err := w.authority.Plan(t.Context(), r)
	require.NoError(t, err)
	for name, change := range map[string]func(*certificate.Request){
		"holder":  func(r *certificate.Request) { r.Subject.GivenNames = "OTRA" },
		"key":     func(r *certificate.Request) { r.PublicKey = certtest.Key(t, certtest.P256, "another holder").Public() },
		"profile": func(r *certificate.Request) { r.Profile = icert.CompanyMember },
		"end":     func(r *certificate.Request) { r.NotAfter = now().AddDate(0, 1, 0) },
	} {
		other := r
		change(&other)
		_, err := w.authority.Plan(t.Context(), other)
		require.ErrorIs(t, err, certificate.ErrRequestConflict, name)
	}
	again, err := w.authority.Plan(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, first.TBS(), again.TBS())
}

// A plan from the ledger is looked at before it is signed.
func TestATamperedLedgerIsNotSigned(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	key, other := certtest.Key(t, certtest.P256, "issuance holder"), certtest.Key(
		t, certtest.P256, "another holder")
	r := requests(certtest.P256, key.Public())[0]
	evil := requests(certtest.P256, other.Public())[0]
	evil.ID = "evil"
	planned, err := w.authority.Plan(t.Context(), r)
	require.NoError(t, err)
	stranger, err := w.authority.Plan(t.Context(), evil)
	require.NoError(t, err)
	w.config.Ledger = swapping{w.ledger, planned.TBS(), stranger.TBS()}
	a, err := certificate.NewAuthority(w.config)
	require.NoError(t, err)
	_, err = a.Plan(t.Context(), r)
	require.ErrorIs(t, err, certificate.ErrLedger)
	_, err = a.Issue(t.Context(), planned)
	require.Error(t, err, "a plan of another authority value")
}

// swapping gives other to-be-signed octets than those that were recorded.
type swapping struct {
	certificate.Ledger
	from, to []byte
}

func (s swapping) Find(ctx context.Context, q certificate.Query) ([]certificate.Record, error) {
	found, err := s.Ledger.Find(ctx, q)
	for i := range found {
		if string(found[i].TBS) == string(s.from) {
			found[i].TBS = s.to
		}
	}
	return found, err
}
