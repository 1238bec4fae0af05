package path_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/path"
)

// moment is the time that the tests of made chains judge at.
var moment = time.Now().Truncate(time.Second).UTC()

// part is one certificate of a chain that is being made, the anchor first.
type part struct {
	tpl    *x509.Certificate
	key    crypto.Signer
	signer crypto.Signer     // nil: the one above
	issuer *x509.Certificate // nil: the one above
	made   *x509.Certificate
	raw    func(der []byte) []byte // changes the finished certificate; nil: does not
}

// chain makes certificates from templates: an anchor, authorities, and a leaf.
type chain struct {
	t     testing.TB
	parts []*part
	lists [][]byte
}

// newChain returns templates of a right chain with so many subordinate authorities.
func newChain(t testing.TB, authorities int) *chain {
	c := &chain{t: t}
	for i := range authorities + 2 {
		tpl := &x509.Certificate{SerialNumber: certtest.Serial(),
			Subject:   pkix.Name{Country: []string{"EC"}, Organization: []string{"Chain"}, CommonName: fmt.Sprintf("level %d", i)},
			NotBefore: moment.Add(-24 * time.Hour), NotAfter: moment.Add(24 * time.Hour),
		}
		if i <= authorities {
			tpl.IsCA, tpl.BasicConstraintsValid = true, true
			tpl.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
		} else {
			tpl.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
		}
		c.parts = append(c.parts, &part{tpl: tpl, key: certtest.Key(t, certtest.P256, fmt.Sprint("chain ", i))})
	}
	return c
}

func (c *chain) anchor() *part { return c.parts[0] }
func (c *chain) leaf() *part   { return c.parts[len(c.parts)-1] }

// authority is the last subordinate authority, which issues the leaf.
func (c *chain) authority() *part { return c.parts[len(c.parts)-2] }

// make signs every part.
func (c *chain) make() {
	for i, p := range c.parts {
		if p.made != nil {
			continue
		}
		parent, signer := p.tpl, p.key
		if i > 0 {
			parent, signer = c.parts[i-1].made, c.parts[i-1].key
		}
		if p.issuer != nil {
			parent = p.issuer
		}
		if p.signer != nil {
			signer = p.signer
		}
		if p.tpl.SubjectKeyId == nil && p.tpl.IsCA {
			spki, err := x509.MarshalPKIXPublicKey(p.key.Public())
			require.NoError(c.t, err)
			h := crypto.SHA256.New()
			h.Write(spki)
			p.tpl.SubjectKeyId = h.Sum(nil)[:20]
		}
		der, err := x509.CreateCertificate(rand.Reader, p.tpl, unverified(parent), p.key.Public(), signer)
		require.NoError(c.t, err)
		if p.raw != nil {
			der = p.raw(der)
		}
		p.made, err = certificate.Parse(der)
		require.NoError(c.t, err)
	}
}

// unverified drops the key, so that a certificate can be signed with another one than its issuer's.
func unverified(c *x509.Certificate) *x509.Certificate {
	out := *c
	out.PublicKey = nil
	return &out
}

// query asks about the leaf as the strict peers would.
func (c *chain) query() path.Query {
	q := path.Query{Anchors: []*x509.Certificate{c.anchor().made}, Time: moment, Strict: true,
		CRLs: c.lists}
	for _, p := range c.parts[1 : len(c.parts)-1] {
		q.Intermediates = append(q.Intermediates, p.made)
	}
	if len(c.lists) > 0 {
		q.Revocation = path.Required
	}
	return q
}

func (c *chain) validate(q path.Query) *path.Result {
	c.t.Helper()
	r, err := path.Validate(context.Background(), c.leaf().made, q)
	require.NoError(c.t, err)
	return r
}

// list makes a revocation list of the i-th certificate; change edits it before it is signed.
func (c *chain) list(i int, change func(*x509.RevocationList)) {
	tpl := &x509.RevocationList{Number: big.NewInt(5), ThisUpdate: moment.Add(-time.Hour),
		NextUpdate: moment.Add(time.Hour)}
	if change != nil {
		change(tpl)
	}
	p := c.parts[i]
	der, err := x509.CreateRevocationList(rand.Reader, tpl, p.made, p.key)
	require.NoError(c.t, err)
	c.lists = append(c.lists, der)
}

func extension(_ testing.TB, id asn1.ObjectIdentifier, critical bool, value any) pkix.Extension {
	der, err := asn1.Marshal(value)
	if err != nil {
		panic(err) // of a value written in the test itself
	}
	return pkix.Extension{Id: id, Critical: critical, Value: der}
}

// identifiers of extensions and policies
var (
	idNameConstraints   = asn1.ObjectIdentifier{2, 5, 29, 30}
	idPolicyMappings    = asn1.ObjectIdentifier{2, 5, 29, 33}
	idPolicyConstraints = asn1.ObjectIdentifier{2, 5, 29, 36}
	idInhibitAny        = asn1.ObjectIdentifier{2, 5, 29, 54}
	idUnknown           = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}
	policyA             = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 2, 1}
	policyB             = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 2, 2}
	anyPolicy           = asn1.ObjectIdentifier{2, 5, 29, 32, 0}
)

func (p *part) policies(t testing.TB, list ...asn1.ObjectIdentifier) {
	for _, oid := range list {
		id, err := x509.ParseOID(oid.String())
		require.NoError(t, err)
		p.tpl.Policies = append(p.tpl.Policies, id)
	}
}

func (p *part) add(e pkix.Extension) { p.tpl.ExtraExtensions = append(p.tpl.ExtraExtensions, e) }
