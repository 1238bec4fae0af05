package path_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/crl"
	"github.com/rubrica/rubrica/certificate/path"
)

// status asks about a leaf with one authority, requiring revocation of the leaf alone: the list of
// the anchor is always there and good.
func (c *chain) status(t *testing.T, change func(*path.Query)) *path.Result {
	t.Helper()
	q := c.query()
	q.Revocation = path.Required
	anchored := &chain{t: t, parts: c.parts}
	anchored.list(0, nil)
	q.CRLs = append(q.CRLs, anchored.lists...)
	if change != nil {
		change(&q)
	}
	return c.validate(q)
}

func (c *chain) entry(at time.Time, reason int) []x509.RevocationListEntry {
	return revokes(c, at, reason)
}

var (
	idIssuingPoint   = asn1.ObjectIdentifier{2, 5, 29, 28}
	idDelta          = asn1.ObjectIdentifier{2, 5, 29, 27}
	idCertIssuer     = asn1.ObjectIdentifier{2, 5, 29, 29}
	idDistribution   = asn1.ObjectIdentifier{2, 5, 29, 31}
	hour             = time.Hour
	revokedLongSince = moment.Add(-2 * hour)
)

func made(t *testing.T, apply func(c *chain)) *chain {
	t.Helper()
	c := newChain(t, 1)
	if apply != nil {
		apply(c)
	}
	c.make()
	return c
}

func TestRevocationDates(t *testing.T) {
	t.Parallel()
	c := made(t, nil)
	c.list(1, func(l *x509.RevocationList) { l.RevokedCertificateEntries = c.entry(moment.Add(-30*time.Minute), 1) })
	r := c.status(t, nil)
	assert.Equal(t, path.RevokedCode, r.Code)
	require.Len(t, r.Revocation, 3)
	assert.Equal(t, path.Revoked, r.Revocation[0].Status)
	assert.Equal(t, crl.KeyCompromise, r.Revocation[0].Reason)
	assert.Equal(t, c.lists[0], r.Revocation[0].Source)
	assert.Equal(t, c.authority().made, r.Revocation[0].Signer)
	assert.Equal(t, path.Good, r.Revocation[1].Status)

	// An hour earlier it stood, as is known today.
	r = c.status(t, func(q *path.Query) { q.Time, q.KnownAt = moment.Add(-50*time.Minute), moment })
	assert.Equal(t, path.Valid, r.Status, r.Message)
	assert.Equal(t, path.Good, r.Revocation[0].Status)
	assert.Equal(t, moment.Add(-30*time.Minute), r.Revocation[0].At)
}

func TestRevocationKnownLater(t *testing.T) {
	t.Parallel()
	c := made(t, nil)
	c.list(1, func(l *x509.RevocationList) { l.ThisUpdate = moment.Add(30 * time.Minute) })
	assert.Equal(t, path.RevocationUnknown, c.status(t, nil).Code, "a list of the future")
	r := c.status(t, func(q *path.Query) { q.KnownAt = moment.Add(40 * time.Minute) })
	assert.Equal(t, path.Valid, r.Status, "the same, seen later: %s", r.Message)
}

// Evidence issued after a certificate expired may have forgotten it, unless it says otherwise.
func TestRevocationAfterExpiry(t *testing.T) {
	t.Parallel()
	end := moment.Add(-10 * time.Minute)
	kept := func(since time.Time) []pkix.Extension {
		return []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 60},
			Value: element(24, []byte(since.Format("20060102150405Z")))}}
	}
	for name, want := range map[string]struct {
		change func(c *chain, l *x509.RevocationList)
		code   path.Code
	}{
		"issued before": {func(_ *chain, l *x509.RevocationList) { l.ThisUpdate = end.Add(-time.Minute) }, ""},
		"issued after":  {func(_ *chain, l *x509.RevocationList) { l.ThisUpdate = moment }, path.RevocationUnknown},
		"kept since before": {func(_ *chain, l *x509.RevocationList) {
			l.ThisUpdate, l.ExtraExtensions = moment, kept(end.Add(-time.Minute))
		}, ""},
		"kept since after": {func(_ *chain, l *x509.RevocationList) {
			l.ThisUpdate, l.ExtraExtensions = moment, kept(end.Add(time.Minute))
		}, path.RevocationUnknown},
		"revoked all the same": {func(c *chain, l *x509.RevocationList) {
			l.ThisUpdate, l.RevokedCertificateEntries = moment, c.entry(revokedLongSince, 1)
		}, path.RevokedCode},
	} {
		c := made(t, func(c *chain) { c.leaf().tpl.NotAfter = end })
		c.list(1, func(l *x509.RevocationList) { want.change(c, l) })
		r := c.status(t, func(q *path.Query) { q.Time, q.KnownAt = end.Add(-time.Hour), moment })
		assert.Equal(t, want.code, r.Code, "%s: %s", name, r.Message)
	}
}

func TestRevocationModes(t *testing.T) {
	t.Parallel()
	stale := func(l *x509.RevocationList) { l.ThisUpdate, l.NextUpdate = moment.Add(-3*hour), moment.Add(-2*hour) }
	for name, want := range map[string]struct {
		list  func(*x509.RevocationList)
		given bool
		codes [4]path.Code // WhenPresent, Required, Ignored, RequiredWhereGiven
	}{
		"none":  {nil, false, [4]path.Code{"", path.RevocationUnknown, "", ""}},
		"good":  {func(*x509.RevocationList) {}, true, [4]path.Code{}},
		"stale": {stale, true, [4]path.Code{"", path.RevocationUnknown, "", path.RevocationUnknown}},
	} {
		c := made(t, nil)
		if want.given {
			c.list(1, want.list)
		}
		for i, code := range want.codes {
			r := c.status(t, func(q *path.Query) { q.Revocation = path.Revocation(i) })
			assert.Equal(t, code, r.Code, "%s, mode %d", name, i)
		}
	}
	c := made(t, nil)
	c.lists = append(c.lists, []byte("no list at all"))
	r := c.status(t, func(q *path.Query) { q.Revocation = path.RequiredWhereGiven })
	assert.Equal(t, path.RevocationUnknown, r.Code, "what cannot be read may have spoken of it")
	r = c.status(t, func(q *path.Query) { q.Revocation = path.WhenPresent })
	assert.Equal(t, path.Valid, r.Status)
}

// A revocation that is final is never taken back, not by age and not by a later list; a hold is.
func TestRevocationFinality(t *testing.T) {
	t.Parallel()
	old := func(reason int) func(c *chain) {
		return func(c *chain) {
			c.list(1, func(l *x509.RevocationList) {
				l.Number, l.ThisUpdate, l.NextUpdate = big.NewInt(4), moment.Add(-5*hour), moment.Add(hour)
				l.RevokedCertificateEntries = c.entry(moment.Add(-6*hour), reason)
			})
		}
	}
	c := made(t, nil)
	old(1)(c)
	c.list(1, nil)
	assert.Equal(t, path.RevokedCode, c.status(t, nil).Code)
	c = made(t, nil)
	old(6)(c)
	assert.Equal(t, path.RevokedCode, c.status(t, nil).Code, "on hold")
	c.list(1, nil)
	r := c.status(t, nil)
	assert.Equal(t, path.Valid, r.Status, "released: %s", r.Message)

	c = made(t, nil)
	c.list(1, func(l *x509.RevocationList) {
		l.ThisUpdate, l.NextUpdate = moment.Add(-5*hour), moment.Add(-4*hour)
		l.RevokedCertificateEntries = c.entry(moment.Add(-6*hour), 1)
	})
	assert.Equal(t, path.RevokedCode, c.status(t, nil).Code, "a stale list that revokes")
}

func issuingPoint(t *testing.T, critical bool, parts ...[]byte) pkix.Extension {
	return pkix.Extension{Id: idIssuingPoint, Critical: critical, Value: element(0x30, bytes.Join(parts, nil))}
}

var yes = []byte{0xff}

func TestRevocationScope(t *testing.T) {
	t.Parallel()
	uri := func(text string) []byte { return element(0xa0, element(0xa0, element(0x86, []byte(text)))) }
	point := func(contents ...[]byte) func(c *chain) {
		return func(c *chain) {
			c.leaf().add(pkix.Extension{Id: idDistribution, Value: element(0x30, element(0x30, bytes.Join(contents, nil)))})
		}
	}
	for name, want := range map[string]struct {
		leaf  func(c *chain)
		scope [][]byte
		good  bool
	}{
		"only users":                     {nil, [][]byte{element(0x81, yes)}, true},
		"only authorities":               {nil, [][]byte{element(0x82, yes)}, false},
		"only attribute certificates":    {nil, [][]byte{element(0x85, yes)}, false},
		"some reasons":                   {nil, [][]byte{element(0x83, []byte{6, 0x40})}, false},
		"the leaf's point":               {point(uri("http://a.example/1")), [][]byte{uri("http://a.example/1")}, true},
		"another point":                  {point(uri("http://a.example/1")), [][]byte{uri("http://a.example/2")}, false},
		"a point, and the leaf has none": {nil, [][]byte{uri("http://a.example/1")}, false},
	} {
		c := made(t, want.leaf)
		c.list(1, func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{issuingPoint(t, true, want.scope...)}
		})
		r := c.status(t, nil)
		assert.Equal(t, want.good, r.Status == path.Valid, "%s: %s", name, r.Message)
	}
	c := made(t, nil)
	c.list(1, func(l *x509.RevocationList) {
		l.ExtraExtensions = []pkix.Extension{issuingPoint(t, false, element(0x81, yes))}
	})
	assert.Equal(t, path.RevocationUnknown, c.status(t, nil).Code, "a point that is not critical")
}

// Lists by reason add up to the whole; any of them revokes.
func TestRevocationByReason(t *testing.T) {
	t.Parallel()
	some := func(c *chain, flags []byte, entries []x509.RevocationListEntry) {
		c.list(1, func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{issuingPoint(t, true, element(0x83, flags))}
			l.RevokedCertificateEntries = entries
		})
	}
	c := made(t, nil)
	some(c, []byte{5, 0x60}, nil)       // keyCompromise, cACompromise
	some(c, []byte{7, 0x1f, 0x80}, nil) // the others
	assert.Equal(t, path.Valid, c.status(t, nil).Status)
	c = made(t, nil)
	some(c, []byte{5, 0x60}, nil)
	some(c, []byte{7, 0x1f, 0x80}, c.entry(revokedLongSince, 4))
	assert.Equal(t, path.RevokedCode, c.status(t, nil).Code)
}

func TestRevocationDelta(t *testing.T) {
	t.Parallel()
	delta := func(c *chain, base int64, entries []x509.RevocationListEntry) {
		c.list(1, func(l *x509.RevocationList) {
			l.Number = big.NewInt(7)
			value, _ := asn1.Marshal(base)
			l.ExtraExtensions = []pkix.Extension{{Id: idDelta, Critical: true, Value: value}}
			l.RevokedCertificateEntries = entries
		})
	}
	hold := func(c *chain) {
		c.list(1, func(l *x509.RevocationList) { l.RevokedCertificateEntries = c.entry(revokedLongSince, 6) })
	}
	c := made(t, nil)
	c.list(1, nil)
	delta(c, 5, c.entry(revokedLongSince, 1))
	r := c.status(t, nil)
	assert.Equal(t, path.RevokedCode, r.Code)
	assert.Equal(t, c.lists[1], r.Revocation[0].Delta)

	c = made(t, nil)
	hold(c)
	delta(c, 5, c.entry(revokedLongSince, 8))
	assert.Equal(t, path.Valid, c.status(t, nil).Status, "removeFromCRL")

	c = made(t, nil)
	hold(c)
	delta(c, 6, c.entry(revokedLongSince, 8))
	assert.Equal(t, path.RevokedCode, c.status(t, nil).Code, "a delta to a later list than the one at hand")

	c = made(t, nil)
	delta(c, 5, nil)
	assert.Equal(t, path.RevocationUnknown, c.status(t, nil).Code, "a delta alone")

	c = made(t, nil)
	c.list(1, func(l *x509.RevocationList) { l.ThisUpdate, l.NextUpdate = moment.Add(-3*hour), moment.Add(-2*hour) })
	delta(c, 5, nil)
	assert.Equal(t, path.Valid, c.status(t, nil).Status, "an old list made fresh by its delta (6.3.3 (a))")
}

// An indirect list: another authority, below the same anchor, speaks for this one.
func TestRevocationIndirect(t *testing.T) {
	t.Parallel()
	other := newChain(t, 1)
	other.parts = other.parts[:2]
	other.parts[1].tpl.Subject.CommonName = "list office"
	other.parts[1].tpl.KeyUsage, other.parts[1].tpl.SubjectKeyId = x509.KeyUsageCRLSign, []byte{7, 7}
	other.parts[1].tpl.IsCA, other.parts[1].tpl.BasicConstraintsValid = false, false
	other.parts[1].key = certtest.Key(t, certtest.P256, "list office")
	other.make()
	office := other.parts[1]
	names := func(raw []byte) []byte { return element(0xa2, element(0xa4, raw)) }
	c := newChain(t, 1)
	c.parts[0] = other.parts[0]
	c.leaf().add(pkix.Extension{Id: idDistribution, Value: element(0x30, element(0x30, names(office.made.RawSubject)))})
	c.make()
	list := func(indirect, named, revoked bool) []byte {
		tpl := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: moment.Add(-hour), NextUpdate: moment.Add(hour)}
		if indirect {
			tpl.ExtraExtensions = []pkix.Extension{issuingPoint(t, true, element(0x84, yes))}
		}
		// First a certificate of somebody else with the leaf's serial number.
		tpl.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: big.NewInt(77), RevocationTime: revokedLongSince}}
		if revoked {
			tpl.RevokedCertificateEntries = append(tpl.RevokedCertificateEntries, c.entry(revokedLongSince, 1)...)
		}
		if named {
			value := element(0x30, element(0xa4, c.authority().made.RawSubject))
			tpl.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{{Id: idCertIssuer, Critical: true, Value: value}}
		}
		der, err := x509.CreateRevocationList(rand.Reader, tpl, office.made, office.key)
		require.NoError(t, err)
		return der
	}
	officeList := &chain{t: t, parts: other.parts}
	officeList.list(0, nil)
	ask := func(der []byte) *path.Result {
		return c.status(t, func(q *path.Query) {
			q.Intermediates = append(q.Intermediates, office.made)
			q.CRLs = append(q.CRLs, der)
		})
	}
	assert.Equal(t, path.Valid, ask(list(true, true, false)).Status)
	r := ask(list(true, true, true))
	assert.Equal(t, path.RevokedCode, r.Code)
	assert.Equal(t, office.made, r.Revocation[0].Signer)
	assert.Equal(t, path.Valid, ask(list(true, false, true)).Status, "the entry is about a certificate of the office")
	assert.Equal(t, path.RevocationUnknown, ask(list(false, false, false)).Code, "a list that is not indirect")
}

func TestRevocationOCSP(t *testing.T) {
	t.Parallel()
	c := made(t, nil)
	responder := func(change func(*x509.Certificate), signer crypto.Signer) (*x509.Certificate, crypto.Signer) {
		key := certtest.Key(t, certtest.P256, "responder")
		tpl := &x509.Certificate{SerialNumber: certtest.Serial(), Subject: pkix.Name{CommonName: "responder"},
			NotBefore: moment.Add(-hour), NotAfter: moment.Add(hour), KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}
		if change != nil {
			change(tpl)
		}
		der, err := x509.CreateCertificate(rand.Reader, tpl, unverified(c.authority().made), key.Public(), signer)
		require.NoError(t, err)
		made, err := certificate.Parse(der)
		require.NoError(t, err)
		return made, key
	}
	own := c.authority().key
	answer := func(change func(*ocsp.Response), by *x509.Certificate, key crypto.Signer) []byte {
		tpl := ocsp.Response{Status: ocsp.Good, SerialNumber: c.leaf().made.SerialNumber,
			ThisUpdate: moment.Add(-hour), NextUpdate: moment.Add(hour)}
		if by != c.authority().made {
			tpl.Certificate = by
		}
		if change != nil {
			change(&tpl)
		}
		der, err := ocsp.CreateResponse(c.authority().made, by, tpl, key)
		require.NoError(t, err)
		return der
	}
	direct := func(change func(*ocsp.Response)) []byte { return answer(change, c.authority().made, own) }
	delegated := func(change func(*x509.Certificate), signer crypto.Signer) []byte {
		cert, key := responder(change, signer)
		return answer(nil, cert, key)
	}
	stranger := certtest.Key(t, certtest.P256, "stranger")
	for name, want := range map[string]struct {
		der  []byte
		code path.Code
	}{
		"good":    {direct(nil), ""},
		"SHA-256": {direct(func(r *ocsp.Response) { r.IssuerHash = crypto.SHA256 }), ""},
		"revoked": {direct(func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, revokedLongSince }), path.RevokedCode},
		"unknown": {direct(func(r *ocsp.Response) { r.Status = ocsp.Unknown }), path.RevocationUnknown},
		"later":   {direct(func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, moment.Add(time.Minute) }), ""},
		"stale":   {direct(func(r *ocsp.Response) { r.NextUpdate = moment.Add(-time.Minute) }), path.RevocationUnknown},
		"future":  {direct(func(r *ocsp.Response) { r.ThisUpdate = moment.Add(30 * time.Minute) }), path.RevocationUnknown},
		"no next": {direct(func(r *ocsp.Response) { r.NextUpdate = time.Time{} }), ""},
		"no next, old": {direct(func(r *ocsp.Response) {
			r.NextUpdate, r.ThisUpdate = time.Time{}, moment.Add(-11*24*hour)
		}), path.RevocationUnknown},
		"another":   {direct(func(r *ocsp.Response) { r.SerialNumber = big.NewInt(1) }), path.RevocationUnknown},
		"forged":    {answer(nil, c.authority().made, stranger), path.RevocationUnknown},
		"delegated": {delegated(nil, own), ""},
		"not for answers": {delegated(func(r *x509.Certificate) {
			r.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}, own), path.RevocationUnknown},
		"for any usage": {delegated(func(r *x509.Certificate) {
			r.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
		}, own), path.RevocationUnknown},
		"delegated by a stranger": {delegated(nil, stranger), path.RevocationUnknown},
		"delegate expired": {delegated(func(r *x509.Certificate) { r.NotAfter = moment.Add(-time.Minute) }, own),
			path.RevocationUnknown},
		"delegate without signing": {delegated(func(r *x509.Certificate) {
			r.KeyUsage = x509.KeyUsageKeyAgreement
		}, own), path.RevocationUnknown},
		"critical extension": {direct(func(r *ocsp.Response) {
			r.ExtraExtensions = []pkix.Extension{{Id: idUnknown, Critical: true, Value: []byte{5, 0}}}
		}), path.RevocationUnknown},
		"extension": {direct(func(r *ocsp.Response) {
			r.ExtraExtensions = []pkix.Extension{{Id: idUnknown, Value: []byte{5, 0}}}
		}), ""},
		"garbage": {[]byte{0x30, 3, 0x0a, 1, 6}, path.RevocationUnknown},
	} {
		r := c.status(t, func(q *path.Query) { q.OCSPs = [][]byte{want.der} })
		assert.Equal(t, want.code, r.Code, "%s: %s", name, r.Message)
	}

	// The end entity's own key must not answer about itself.
	r := c.status(t, func(q *path.Query) { q.OCSPs = [][]byte{answer(nil, c.leaf().made, c.leaf().key)} })
	assert.Equal(t, path.RevocationUnknown, r.Code)

	// A revoked delegate.
	cert, key := responder(nil, own)
	r = c.status(t, func(q *path.Query) {
		q.OCSPs = [][]byte{answer(nil, cert, key)}
		lists := &chain{t: t, parts: c.parts}
		lists.list(1, func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{issuingPoint(t, true, element(0x83, []byte{6, 0x40}))}
			l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: cert.SerialNumber, RevocationTime: revokedLongSince, ReasonCode: 1}}
		})
		q.CRLs = append(q.CRLs, lists.lists...)
	})
	assert.Equal(t, path.RevocationUnknown, r.Code, r.Message)
}

// TestMemory: what is remembered answers as what is read.
func TestMemory(t *testing.T) {
	t.Parallel()
	c := made(t, nil)
	c.list(1, func(l *x509.RevocationList) { l.RevokedCertificateEntries = c.entry(revokedLongSince, 1) })
	memory := &path.Memory{}
	for range 3 {
		r := c.status(t, func(q *path.Query) { q.Memory = memory })
		assert.Equal(t, path.RevokedCode, r.Code)
	}
	// The same list does not verify with another key because it was remembered.
	other := newChain(t, 1)
	other.parts[1].key = certtest.Key(t, certtest.P256, "another authority")
	other.parts[0] = c.parts[0]
	other.make()
	r := other.status(t, func(q *path.Query) { q.Memory, q.CRLs = memory, append(q.CRLs, c.lists...) })
	assert.Equal(t, path.RevocationUnknown, r.Code)
}
