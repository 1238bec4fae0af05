package path_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/path"
)

// patience is far above what any of these takes, and far below what an exponential search would.
const patience = 20 * time.Second

func validateInTime(t *testing.T, leaf *x509.Certificate, q path.Query) *path.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	start := time.Now()
	r, err := path.Validate(ctx, leaf, q)
	require.NoError(t, err)
	t.Logf("%s: %s %q in %v", t.Name(), r.Status, r.Code, time.Since(start))
	return r
}

// mesh makes n authorities that have all certified each other, and a leaf of the first.
func mesh(t *testing.T, n int, change func(c *x509.Certificate, from, to int)) (leaf *x509.Certificate,
	all []*x509.Certificate) {
	t.Helper()
	issue := func(to, from int) *x509.Certificate {
		tpl := &x509.Certificate{SerialNumber: certtest.Serial(), NotBefore: moment.Add(-time.Hour),
			NotAfter: moment.Add(time.Hour), IsCA: to >= 0, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign, Subject: pkix.Name{CommonName: fmt.Sprint("mesh ", to)}}
		if change != nil {
			change(tpl, from, to)
		}
		parent := &x509.Certificate{Subject: pkix.Name{CommonName: fmt.Sprint("mesh ", from)}}
		key := certtest.Key(t, certtest.Ed25519, fmt.Sprint("mesh ", from))
		own := certtest.Key(t, certtest.Ed25519, fmt.Sprint("mesh ", to))
		der, err := x509.CreateCertificate(rand.Reader, tpl, parent, own.Public(), key)
		require.NoError(t, err)
		c, err := certificate.Parse(der)
		require.NoError(t, err)
		return c
	}
	for from := range n {
		for to := range n {
			if from != to {
				all = append(all, issue(to, from))
			}
		}
	}
	return issue(-1, 0), all
}

// TestMeshWithoutAnchor: a graph with n! paths, none of which ends.
func TestMeshWithoutAnchor(t *testing.T) {
	t.Parallel()
	leaf, all := mesh(t, 24, nil)
	root := certtest.NewPKI(t, certtest.P256).Root.Certificate
	r := validateInTime(t, leaf, path.Query{Anchors: []*x509.Certificate{root}, Intermediates: all, Time: moment})
	assert.Equal(t, path.Indeterminate, r.Status)
	assert.Contains(t, []path.Code{path.NoChain, path.LimitExceeded}, r.Code)
}

// TestMeshWithAnchor: the same, and the last is trusted. The short path is found.
func TestMeshWithAnchor(t *testing.T) {
	t.Parallel()
	leaf, all := mesh(t, 24, nil)
	anchor := all[len(all)-1] // 23 certified by …; its subject is "mesh 22"
	r := validateInTime(t, leaf, path.Query{Anchors: []*x509.Certificate{anchor}, Intermediates: all, Time: moment})
	assert.Equal(t, path.Valid, r.Status, r.Message)
	assert.LessOrEqual(t, len(r.Chain), 4)
}

// TestMeshAllExpired: every path reaches the anchor and fails.
func TestMeshAllExpired(t *testing.T) {
	t.Parallel()
	leaf, all := mesh(t, 24, func(c *x509.Certificate, _, to int) {
		if to >= 0 {
			c.NotAfter = moment.Add(-time.Minute)
		}
	})
	anchor := all[len(all)-1]
	q := path.Query{Anchors: []*x509.Certificate{anchor}, Intermediates: all[:len(all)-1], Time: moment}
	r := validateInTime(t, leaf, q)
	assert.NotEqual(t, path.Valid, r.Status)
	assert.Equal(t, path.Expired, r.Code)
}

// TestManyOfOneName: two thousand certificates with the issuer's name, one of them right.
func TestManyOfOneName(t *testing.T) {
	t.Parallel()
	c := newChain(t, 1)
	c.make()
	q := c.query()
	right := q.Intermediates[0]
	q.Intermediates = nil
	for i := range 2000 {
		key := certtest.Key(t, certtest.Ed25519, fmt.Sprint("many ", i%50))
		tpl := *c.authority().tpl
		tpl.SerialNumber, tpl.SubjectKeyId = certtest.Serial(), []byte{byte(i), byte(i >> 8), 1}
		der, err := x509.CreateCertificate(rand.Reader, &tpl, unverified(c.anchor().made), key.Public(), c.anchor().key)
		require.NoError(t, err)
		one, err := certificate.Parse(der)
		require.NoError(t, err)
		q.Intermediates = append(q.Intermediates, one)
	}
	q.Intermediates = append(q.Intermediates, right)
	assert.Equal(t, path.Valid, validateInTime(t, c.leaf().made, q).Status)
}

// TestHundredThousandNames against as many constraints: neither multiplies the other.
func TestHundredThousandNames(t *testing.T) {
	t.Parallel()
	const n = 100_000
	c := newChain(t, 1)
	var permitted, excluded, names []byte
	name := func(i int) []byte { return element(0x82, fmt.Appendf(nil, "%x.e", i)) }
	for i := range n {
		names = append(names, name(i)...)
		if i%2 == 0 {
			permitted = append(permitted, element(0x30, name(i))...)
		} else {
			excluded = append(excluded, element(0x30, element(0x82, fmt.Appendf(nil, "%x.z", i)))...)
		}
	}
	permitted = append(permitted, element(0x30, element(0x82, []byte("e")))...)
	value := element(0x30, append(element(0xa0, permitted), element(0xa1, excluded)...))
	c.authority().add(pkix.Extension{Id: idNameConstraints, Critical: true, Value: value})
	c.leaf().add(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: element(0x30, names)})
	c.make()
	require.Greater(t, len(c.leaf().made.Raw), 800_000)
	q := c.query()
	q.Strict = false
	assert.Equal(t, path.Valid, validateInTime(t, c.leaf().made, q).Status)
}

// TestHundredThousandDirectories: the same with directory names of many lengths.
func TestHundredThousandDirectories(t *testing.T) {
	t.Parallel()
	c := newChain(t, 1)
	var excluded, names []byte
	long := pkix.Name{}.ToRDNSequence()
	for i := range 600 {
		long = append(long, pkix.RelativeDistinguishedNameSET{{Type: asn1.ObjectIdentifier{2, 5, 4, 11}, Value: fmt.Sprint(i)}})
		wrong := append(long[:len(long):len(long)], pkix.RelativeDistinguishedNameSET{{
			Type: asn1.ObjectIdentifier{2, 5, 4, 11}, Value: "x"}})
		der, err := asn1.Marshal(wrong)
		require.NoError(t, err)
		excluded = append(excluded, element(0x30, element(0xa4, der))...)
	}
	der, err := asn1.Marshal(long)
	require.NoError(t, err)
	for range 100 {
		names = append(names, element(0xa4, der)...)
	}
	c.authority().add(pkix.Extension{Id: idNameConstraints, Critical: true,
		Value: element(0x30, element(0xa1, excluded))})
	c.leaf().add(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: element(0x30, names)})
	c.make()
	q := c.query()
	assert.Equal(t, path.Valid, validateInTime(t, c.leaf().made, q).Status)
}

// TestPolicyExplosion: in a tree each authority would multiply the nodes by a hundred.
func TestPolicyExplosion(t *testing.T) {
	t.Parallel()
	const n = 200
	c := newChain(t, 6)
	explicit(c)
	policy := func(i int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 9, i} }
	var mappings []policyMapping
	for i := range n {
		for j := range n {
			mappings = append(mappings, policyMapping{policy(i), policy(j)})
		}
	}
	for _, p := range c.parts[1:] {
		for i := range n {
			p.policies(t, policy(i))
		}
		if p != c.leaf() {
			p.add(extension(t, idPolicyMappings, true, mappings))
		}
	}
	c.make()
	r := validateInTime(t, c.leaf().made, c.query())
	assert.Equal(t, path.Valid, r.Status, r.Message)
	assert.Len(t, r.Policies, n)
}

// TestManyDistributionPoints of a certificate, and as many names of a list's: compared by look-up.
func TestManyDistributionPoints(t *testing.T) {
	t.Parallel()
	const n = 20_000
	uri := func(i int, kind string) []byte { return element(0x86, fmt.Appendf(nil, "http://%s/%d", kind, i)) }
	c := newChain(t, 1)
	var points, names []byte
	for i := range n {
		points = append(points, element(0x30, element(0xa0, element(0xa0, uri(i, "point"))))...)
		names = append(names, uri(i, "list")...)
	}
	c.leaf().add(pkix.Extension{Id: idDistribution, Value: element(0x30, points)})
	c.make()
	for range 10 {
		c.list(1, func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{{Id: idIssuingPoint, Critical: true,
				Value: element(0x30, element(0xa0, element(0xa0, names)))}}
		})
	}
	q := c.query()
	q.Revocation = path.Required
	assert.Equal(t, path.RevocationUnknown, validateInTime(t, c.leaf().made, q).Code)
}

// TestManyAnswers about one certificate, all forged.
func TestManyAnswers(t *testing.T) {
	t.Parallel()
	c := newChain(t, 1)
	c.make()
	q := c.query()
	q.Revocation = path.Required
	forged := (&certtest.Entity{Certificate: c.authority().made, Key: c.authority().key}).OCSP(t,
		&certtest.Entity{Certificate: c.leaf().made}, 0)
	forged[len(forged)-3] ^= 1
	for range 5000 {
		q.OCSPs = append(q.OCSPs, forged)
	}
	r := validateInTime(t, c.leaf().made, q)
	assert.Equal(t, path.Indeterminate, r.Status)
	assert.Equal(t, path.LimitExceeded, r.Code)
}
