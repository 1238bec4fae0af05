package path_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/path"
)

var (
	idKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	idBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	idSubjectKey       = asn1.ObjectIdentifier{2, 5, 29, 14}
	idAuthorityKey     = asn1.ObjectIdentifier{2, 5, 29, 35}
	idAltName          = asn1.ObjectIdentifier{2, 5, 29, 17}
	idAuthorityInfo    = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 1}
)

// raw is an extension with its value as it is.
func raw(id asn1.ObjectIdentifier, critical bool, value ...byte) pkix.Extension {
	return pkix.Extension{Id: id, Critical: critical, Value: value}
}

// TestStrict: what RFC 5280, 4 asks of authorities counts when it is asked for, and only then.
func TestStrict(t *testing.T) {
	t.Parallel()
	sub := func(value string) []byte { return element(0x30, element(0x82, []byte(value))) }
	permitted := func(forms ...[]byte) []byte { return element(0x30, element(0xa0, slices.Concat(forms...))) }
	for name, apply := range map[string]func(c *chain){
		"serial of 21 octets": func(c *chain) {
			c.leaf().tpl.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 160)
		},
		"authority key critical": func(c *chain) {
			c.leaf().add(pkix.Extension{Id: idAuthorityKey, Critical: true, Value: element(0x30, element(0x80, spkiHash(c, c.authority())))})
		},
		"authority key of another": func(c *chain) { c.leaf().add(raw(idAuthorityKey, false, 0x30, 3, 0x80, 1, 9)) },
		"authority key without identifier": func(c *chain) {
			c.leaf().add(raw(idAuthorityKey, false, 0x30, 0))
		},
		"authority key with serial alone": func(c *chain) {
			c.leaf().add(pkix.Extension{Id: idAuthorityKey, Value: element(0x30, append(element(0x80, spkiHash(c, c.authority())), 0x82, 1, 5))})
		},
		"subject key critical": func(c *chain) {
			c.authority().tpl.SubjectKeyId = spkiHash(c, c.authority())
			c.authority().add(pkix.Extension{Id: idSubjectKey, Critical: true, Value: element(4, spkiHash(c, c.authority()))})
		},
		"name constraints not critical": func(c *chain) {
			c.authority().add(pkix.Extension{Id: idNameConstraints, Value: permitted(sub("example"))})
		},
		"name constraints in the leaf": func(c *chain) {
			c.leaf().add(pkix.Extension{Id: idNameConstraints, Critical: true, Value: permitted(sub("example"))})
		},
		"constraint with leading dot": func(c *chain) {
			c.authority().add(pkix.Extension{Id: idNameConstraints, Critical: true, Value: permitted(sub(".example"))})
		},
		"inhibitAnyPolicy not critical": func(c *chain) { c.authority().add(raw(idInhibitAny, false, 2, 1, 0)) },
		"access information critical": func(c *chain) {
			c.leaf().add(pkix.Extension{Id: idAuthorityInfo, Critical: true, Value: element(0x30, element(0x30,
				append([]byte{6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1}, element(0x86, []byte("http://a.example"))...)))})
		},
		"leaf signs certificates":     func(c *chain) { c.leaf().tpl.KeyUsage |= x509.KeyUsageCertSign },
		"path length in the leaf":     func(c *chain) { c.leaf().add(raw(idBasicConstraints, false, 0x30, 3, 2, 1, 0)) },
		"authority without key usage": func(c *chain) { c.authority().tpl.KeyUsage = 0 },
		"empty subject, names not critical": func(c *chain) {
			c.leaf().tpl.Subject = pkix.Name{}
			c.leaf().add(pkix.Extension{Id: idAltName, Value: sub("host.example")})
		},
		"dNSName with a space": func(c *chain) { c.leaf().add(pkix.Extension{Id: idAltName, Value: sub("a b")}) },
		"mailbox with two ats": func(c *chain) {
			c.leaf().add(pkix.Extension{Id: idAltName, Value: element(0x30, element(0x81, []byte("a@b@c.example")))})
		},
		"mailbox without at": func(c *chain) {
			c.leaf().add(pkix.Extension{Id: idAltName, Value: element(0x30, element(0x81, []byte("nobody")))})
		},
		"relative URI": func(c *chain) {
			c.leaf().add(pkix.Extension{Id: idAltName, Value: element(0x30, element(0x86, []byte("/index")))})
		},
		"distribution point of reasons alone": func(c *chain) {
			c.leaf().add(raw(idDistribution, false, 0x30, 6, 0x30, 4, 0x81, 2, 6, 0x40))
		},
		"anchor expired":            func(c *chain) { c.anchor().tpl.NotAfter = moment.Add(-hour) },
		"anchor without key usage":  func(c *chain) { c.anchor().tpl.KeyUsage = 0 },
		"anchor basic not critical": func(c *chain) { c.anchor().add(raw(idBasicConstraints, false, 0x30, 3, 1, 1, 0xff)) },
		"serial of zero":            func(c *chain) { c.leaf().tpl.SerialNumber = big.NewInt(0) },
	} {
		c := newChain(t, 1)
		apply(c)
		c.make()
		q := c.query()
		r := c.validate(q)
		assert.Contains(t, []path.Code{path.Profile, path.Expired, path.Malformed}, r.Code, "%s: %s", name, r.Message)
		q.Strict = false
		r = c.validate(q)
		assert.Equal(t, path.Valid, r.Status, "%s, not strict: %s", name, r.Message)
	}
}

func spkiHash(c *chain, p *part) []byte {
	if p.tpl.SubjectKeyId == nil {
		other := newChain(c.t, 0)
		other.parts = []*part{{tpl: &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}, key: p.key}}
		other.make()
		p.tpl.SubjectKeyId = other.parts[0].made.SubjectKeyId
	}
	return p.tpl.SubjectKeyId
}

// TestTolerated: what national authorities write, and section 6 takes in its stride.
func TestTolerated(t *testing.T) {
	t.Parallel()
	for name, apply := range map[string]func(c *chain){
		"basic constraints not critical": func(c *chain) { c.authority().add(raw(idBasicConstraints, false, 0x30, 3, 1, 1, 0xff)) },
		"basic constraints write FALSE":  func(c *chain) { c.leaf().add(raw(idBasicConstraints, true, 0x30, 3, 1, 1, 0)) },
		"key usage not critical":         func(c *chain) { c.authority().add(raw(idKeyUsage, false, 3, 2, 1, 6)) },
		"key usage with zeros at the end": func(c *chain) {
			c.leaf().add(raw(idKeyUsage, true, 3, 2, 0, 0xc0))
		},
		"policyConstraints not critical": func(c *chain) { c.authority().add(raw(idPolicyConstraints, false, 0x30, 3, 0x80, 1, 9)) },
		"anchor with a serial of zero":   func(c *chain) { c.anchor().tpl.SerialNumber = big.NewInt(0) },
		"serial of 20 octets": func(c *chain) {
			c.leaf().tpl.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 158)
		},
		"an ocsp address among lists": func(c *chain) {
			c.leaf().tpl.CRLDistributionPoints = []string{"http://ocsp.example/", "ldap://x/y?z"}
		},
		"private key usage period": func(c *chain) { c.leaf().add(raw(asn1.ObjectIdentifier{2, 5, 29, 16}, false, 0x30, 0)) },
		"names of mixed types": func(c *chain) {
			c.authority().tpl.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: "Señal S.A."}}
		},
	} {
		c := newChain(t, 1)
		apply(c)
		c.make()
		r := c.validate(c.query())
		assert.Equal(t, path.Valid, r.Status, "%s: %s", name, r.Message)
	}
}

// TestAnchorConstraints: what an anchor's certificate says of itself counts, unless told otherwise.
func TestAnchorConstraints(t *testing.T) {
	t.Parallel()
	for name, apply := range map[string]func(c *chain){
		"path length": func(c *chain) { c.anchor().tpl.MaxPathLenZero = true },
		"names": func(c *chain) {
			withNames(c)
			c.anchor().tpl.PermittedDNSDomainsCritical, c.anchor().tpl.ExcludedDNSDomains = true, []string{"good.example"}
		},
		"policy": func(c *chain) {
			c.anchor().add(extension(t, idPolicyConstraints, true, policyConstraints{0, -1}))
		},
		"unknown critical extension": func(c *chain) { c.anchor().add(extension(t, idUnknown, true, 1)) },
		"not an authority":           func(c *chain) { c.anchor().tpl.IsCA = false },
	} {
		c := newChain(t, 1)
		apply(c)
		c.make()
		q := c.query()
		q.Strict = false
		assert.Equal(t, path.Invalid, c.validate(q).Status, name)
		q.IgnoreAnchorConstraints = true
		r := c.validate(q)
		assert.Equal(t, path.Valid, r.Status, "%s: %s", name, r.Message)
	}
}

// TestNegativeSerial is read and shown, and fails the path in any mode.
func TestNegativeSerial(t *testing.T) {
	t.Parallel()
	c := newChain(t, 1)
	c.make()
	b := c.tbs()
	b.serial = element(2, []byte{0x81})
	leaf, err := certificate.Parse(b.sign(t, c.authority().key))
	require.NoError(t, err)
	assert.Equal(t, big.NewInt(-127), leaf.SerialNumber)
	c.leaf().made = leaf
	q := c.query()
	q.Strict = false
	assert.Equal(t, path.Profile, c.validate(q).Code)
}

// TestUsages asked of the leaf.
func TestUsages(t *testing.T) {
	t.Parallel()
	c := newChain(t, 1)
	c.leaf().tpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
	c.make()
	q := c.query()
	q.KeyUsage = x509.KeyUsageContentCommitment | x509.KeyUsageKeyAgreement
	assert.Equal(t, path.Valid, c.validate(q).Status)
	q.KeyUsage = x509.KeyUsageKeyAgreement
	assert.Equal(t, path.KeyUsage, c.validate(q).Code)
	q.KeyUsage, q.ExtKeyUsages = 0, []string{"1.3.6.1.5.5.7.3.8"}
	assert.Equal(t, path.Valid, c.validate(q).Status)
	q.ExtKeyUsages = []string{"1.3.6.1.5.5.7.3.1"}
	assert.Equal(t, path.ExtendedKeyUsage, c.validate(q).Code)
	for _, bad := range []path.Query{{}, {Time: moment, Policies: []string{"x"}}, {Time: moment, ExtKeyUsages: []string{""}}} {
		_, err := path.Validate(t.Context(), c.leaf().made, bad)
		_, ok := err.(*path.QuestionError)
		assert.True(t, ok, "%v", err)
	}
}

// TestCrossCertified: two ways up, one of them expired or constrained; the other is found, and when
// none stands the nearest reason is told.
func TestCrossCertified(t *testing.T) {
	t.Parallel()
	build := func(first, second func(p *part)) (*chain, path.Query) {
		c := newChain(t, 1)
		first(c.authority())
		c.make()
		other := newChain(t, 1)
		other.parts[0], other.parts[1].key = c.parts[0], c.authority().key
		second(other.authority())
		other.parts = other.parts[:2]
		other.make()
		q := c.query()
		q.Intermediates = append(q.Intermediates, other.parts[1].made)
		return c, q
	}
	right := func(*part) {}
	expired := func(p *part) { p.tpl.NotAfter = moment.Add(-hour) }
	mute := func(p *part) { p.tpl.KeyUsage = x509.KeyUsageCRLSign }
	for name, want := range map[string]struct {
		first, second func(*part)
		code          path.Code
	}{
		"first right":  {right, expired, ""},
		"second right": {mute, right, ""},
		"none right":   {mute, expired, path.Expired},
	} {
		c, q := build(want.first, want.second)
		assert.Equal(t, want.code, c.validate(q).Code, name)
		slices.Reverse(q.Intermediates)
		assert.Equal(t, want.code, c.validate(q).Code, name)
	}
}

// TestTrustedLeaf: a certificate that is itself an anchor.
func TestTrustedLeaf(t *testing.T) {
	t.Parallel()
	c := newChain(t, 1)
	c.make()
	q := path.Query{Anchors: []*x509.Certificate{c.leaf().made}, Time: moment}
	r := c.validate(q)
	assert.Equal(t, path.Valid, r.Status, r.Message)
	assert.Len(t, r.Chain, 1)
	q.Time = moment.Add(100 * hour)
	assert.Equal(t, path.Expired, c.validate(q).Code)
}

// TestRenewedAnchor: an anchor's newer certificate about itself, with the same key.
func TestRenewedAnchor(t *testing.T) {
	t.Parallel()
	c := newChain(t, 0)
	c.make()
	again := *c.anchor().tpl
	again.SerialNumber, again.NotAfter = certtest.Serial(), again.NotAfter.Add(hour)
	c.parts[1] = &part{tpl: &again, key: c.anchor().key}
	c.make()
	r := c.validate(c.query())
	assert.Equal(t, path.Valid, r.Status, r.Message)
	assert.Len(t, r.Chain, 2)
	c.parts[1] = &part{tpl: &again, key: certtest.Key(t, certtest.P256, "another"), signer: certtest.Key(t, certtest.P256, "another")}
	again.SubjectKeyId = nil
	c.make()
	assert.NotEqual(t, path.Valid, c.validate(c.query()).Status, "its own signature alone")
}

// TestKeyKinds: chains of every kind of key that is supported.
func TestKeyKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.RSA3072, certtest.RSA4096,
		certtest.P256, certtest.P384, certtest.P521, certtest.Ed25519} {
		c := newChain(t, 1)
		for i, p := range c.parts {
			p.key = certtest.Key(t, kind, fmt.Sprint("kind ", i))
		}
		c.make()
		r := c.validate(c.query())
		assert.Equal(t, path.Valid, r.Status, "%s: %s", kind, r.Message)
		if kind != certtest.RSA2048 {
			continue
		}
		for _, a := range []x509.SignatureAlgorithm{x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSA} {
			c.leaf().made, c.leaf().tpl.SignatureAlgorithm = nil, a
			c.make()
			assert.Equal(t, path.Valid, c.validate(c.query()).Status, "%s", a)
		}
	}
}

// TestCriticalPolicies: a critical certificatePolicies with a qualifier that is not known is
// refused, one that is not critical is not (RFC 5280, 4.2.1.4).
func TestCriticalPolicies(t *testing.T) {
	t.Parallel()
	policies := func(qualifier ...byte) []byte {
		kind := append([]byte{6, 8, 0x2b, 6, 1, 5, 5, 7, 2}, qualifier...)
		return element(0x30, element(0x30, append([]byte{6, 3, 0x2a, 3, 4},
			element(0x30, element(0x30, append(kind, element(22, []byte("http://policy.example"))...)))...)))
	}
	for _, want := range []struct {
		critical  bool
		qualifier byte
		code      path.Code
	}{{true, 1, ""}, {false, 9, ""}, {true, 9, path.CriticalExtension}} {
		c := newChain(t, 1)
		c.leaf().add(raw(asn1.ObjectIdentifier{2, 5, 29, 32}, want.critical, policies(want.qualifier)...))
		c.make()
		r := c.validate(c.query())
		assert.Equal(t, want.code, r.Code, "%v: %s", want, r.Message)
	}
}

// TestCompressedPoint: the key of an authority is written as a compressed point (RFC 5480, 2.2),
// and as what is none.
func TestCompressedPoint(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]bool{"sound": false, "no point": true} {
		c := newChain(t, 1)
		c.make()
		key := certtest.Key(t, certtest.P256, "compressed").(*ecdsa.PrivateKey)
		whole, err := key.PublicKey.Bytes()
		require.NoError(t, err)
		point := append([]byte{2 | whole[64]&1}, whole[1:33]...)
		for spoil {
			point[len(point)-1]++
			if x, _ := elliptic.UnmarshalCompressed(key.Curve, point); x == nil {
				break
			}
		}
		algorithm := append([]byte{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8}, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7)
		b := c.tbs()
		b.subject = element(0x30, element(0x31, element(0x30, append([]byte{6, 3, 0x55, 4, 3}, element(12, []byte("compressed"))...))))
		b.key = element(0x30, append(element(0x30, algorithm), element(3, append([]byte{0}, point...))...))
		b.extensions = slices.Concat(b.extensions, ext([]byte{0x55, 0x1d, 0x13}, true, element(0x30, []byte{1, 1, 0xff})),
			ext([]byte{0x55, 0x1d, 0x0e}, false, element(4, []byte{9})), ext([]byte{0x55, 0x1d, 0x0f}, true, []byte{3, 2, 2, 4}))
		authority, err := certificate.Parse(b.sign(t, c.authority().key))
		require.NoError(t, err)
		leaf := c.tbs()
		leaf.issuer, leaf.extensions = authority.RawSubject, ext([]byte{0x55, 0x1d, 0x23}, false, element(0x30, element(0x80, []byte{9})))
		end, err := certificate.Parse(leaf.sign(t, key))
		require.NoError(t, err)
		q := c.query()
		q.Intermediates = append(q.Intermediates, authority)
		r, err := path.Validate(t.Context(), end, q)
		require.NoError(t, err)
		assert.Equal(t, map[bool]path.Code{false: "", true: path.Malformed}[spoil], r.Code, "%s: %s", name, r.Message)
	}
}
