package path_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/path"
)

// accepted reports whether octets pass for a certificate with a valid path to the chain's anchor.
func (c *chain) accepted(der []byte, strict bool) bool {
	leaf, err := certificate.Parse(der)
	if err != nil {
		return false
	}
	q := c.query()
	q.Strict = strict
	r, err := path.Validate(context.Background(), leaf, q)
	return err == nil && r.Status == path.Valid
}

// TestForgedOctets: each octet of a leaf and of its issuer, changed in turn, is noticed.
func TestForgedOctets(t *testing.T) {
	t.Parallel()
	c := newChain(t, 1)
	c.make()
	leaf := c.leaf().made.Raw
	require.True(t, c.accepted(leaf, true))
	for i := range leaf {
		for _, bit := range []byte{0x01, 0x20, 0x80} {
			forged := bytes.Clone(leaf)
			forged[i] ^= bit
			assert.False(t, c.accepted(forged, false), "octet %d, bit %x", i, bit)
		}
	}
	q := c.query()
	for i := range q.Intermediates[0].Raw {
		forged := bytes.Clone(q.Intermediates[0].Raw)
		forged[i] ^= 1
		if one, err := certificate.Parse(forged); err == nil {
			r := c.validate(path.Query{Anchors: q.Anchors, Intermediates: []*x509.Certificate{one}, Time: moment})
			assert.NotEqual(t, path.Valid, r.Status, "octet %d of the issuer", i)
		}
	}
}

// tbs is a TBSCertificate of our own making, whose fields the tests spoil before it is signed by
// the right authority: what is wrong then is the form alone.
type tbs struct {
	version, serial, algorithm, issuer, validity, subject, key, extensions []byte
	outer                                                                  []byte // signatureAlgorithm
	after                                                                  []byte // inside the certificate, after the signature
}

func (c *chain) tbs() *tbs {
	p := c.leaf()
	spki, err := x509.MarshalPKIXPublicKey(p.key.Public())
	require.NoError(c.t, err)
	name, err := asn1.Marshal(p.tpl.Subject.ToRDNSequence())
	require.NoError(c.t, err)
	algorithm := element(0x30, []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}) // ecdsa-with-SHA256
	aki := ext([]byte{0x55, 0x1d, 0x23}, false, element(0x30, element(0x80, c.authority().made.SubjectKeyId)))
	return &tbs{version: element(0xa0, element(2, []byte{2})), serial: element(2, []byte{0x11}),
		algorithm: algorithm, outer: algorithm, issuer: c.authority().made.RawSubject,
		validity: element(0x30, append(utc(moment.Add(-time.Hour)), utc(moment.Add(time.Hour))...)),
		subject:  name, key: spki, extensions: aki}
}

func utc(t time.Time) []byte { return element(23, []byte(t.Format("060102150405Z"))) }

// ext is an Extension.
func ext(oid []byte, critical bool, value []byte) []byte {
	parts := element(6, oid)
	if critical {
		parts = append(parts, 1, 1, 0xff)
	}
	return element(0x30, append(parts, element(4, value)...))
}

// sign signs what stands there with the authority's key.
func (b *tbs) sign(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	extensions := b.extensions
	if extensions != nil {
		extensions = element(0xa3, element(0x30, extensions))
	}
	body := element(0x30, slices.Concat(b.version, b.serial, b.algorithm, b.issuer, b.validity,
		b.subject, b.key, extensions))
	return b.finish(t, body, key)
}

func (b *tbs) finish(t *testing.T, body []byte, key crypto.Signer) []byte {
	h := crypto.SHA256.New()
	h.Write(body)
	value, err := key.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
	require.NoError(t, err)
	return element(0x30, slices.Concat(body, b.outer, element(3, append([]byte{0}, value...)), b.after))
}

// TestForgedForms: the signature is right, the form is not.
func TestForgedForms(t *testing.T) {
	t.Parallel()
	c := newChain(t, 1)
	c.make()
	key := c.authority().key
	require.True(t, c.accepted(c.tbs().sign(t, key), true), "the pattern itself")
	keyUsage := ext([]byte{0x55, 0x1d, 0x0f}, true, []byte{3, 2, 6, 0xc0})
	dns := func(name string) []byte {
		return ext([]byte{0x55, 0x1d, 0x11}, false, element(0x30, element(0x82, []byte(name))))
	}
	for name, spoil := range map[string]func(b *tbs){
		"version 1 written":          func(b *tbs) { b.version = element(0xa0, element(2, []byte{0})) },
		"version 4":                  func(b *tbs) { b.version = element(0xa0, element(2, []byte{3})) },
		"extensions in version 1":    func(b *tbs) { b.version = nil },
		"extensions in version 2":    func(b *tbs) { b.version = element(0xa0, element(2, []byte{1})) },
		"serial negative":            func(b *tbs) { b.serial = element(2, []byte{0x81}) },
		"serial padded":              func(b *tbs) { b.serial = element(2, []byte{0, 0x11}) },
		"serial empty":               func(b *tbs) { b.serial = element(2, nil) },
		"serial no integer":          func(b *tbs) { b.serial = element(4, []byte{1}) },
		"serial length not shortest": func(b *tbs) { b.serial = []byte{2, 0x81, 1, 0x11} },
		"extension twice":            func(b *tbs) { b.extensions = slices.Concat(b.extensions, keyUsage, keyUsage) },
		"no extensions in the list":  func(b *tbs) { b.extensions = []byte{} },
		"key usage empty": func(b *tbs) {
			b.extensions = append(b.extensions, ext([]byte{0x55, 0x1d, 0x0f}, true, []byte{3, 1, 0})...)
		},
		"critical written as false": func(b *tbs) {
			b.extensions = append(b.extensions, element(0x30, slices.Concat(element(6, []byte{0x55, 0x1d, 0x0f}), []byte{1, 1, 0}, element(4, []byte{3, 2, 6, 0xc0})))...)
		},
		"critical written as 1": func(b *tbs) {
			b.extensions = append(b.extensions, element(0x30, slices.Concat(element(6, []byte{0x55, 0x1d, 0x0f}), []byte{1, 1, 1}, element(4, []byte{3, 2, 6, 0xc0})))...)
		},
		"octets after the signature": func(b *tbs) { b.after = []byte{5, 0} },
		"another outer algorithm":    func(b *tbs) { b.outer = element(0x30, []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3}) },
		"outer algorithm with NULL":  func(b *tbs) { b.outer = element(0x30, []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2, 5, 0}) },
		"time without seconds": func(b *tbs) {
			b.validity = element(0x30, append(element(23, []byte("2001010000Z")), utc(moment.Add(time.Hour))...))
		},
		"time with offset": func(b *tbs) {
			b.validity = element(0x30, append(element(23, []byte("200101000000+0000")), utc(moment.Add(time.Hour))...))
		},
		"time with fraction": func(b *tbs) {
			b.validity = element(0x30, append(element(24, []byte("20200101000000.5Z")), utc(moment.Add(time.Hour))...))
		},
		"time that does not exist": func(b *tbs) {
			b.validity = element(0x30, append(element(23, []byte("200230000000Z")), utc(moment.Add(time.Hour))...))
		},
		"time not zulu": func(b *tbs) {
			b.validity = element(0x30, append(element(24, []byte("20200101000000")), utc(moment.Add(time.Hour))...))
		},
		"dates the wrong way round": func(b *tbs) {
			b.validity = element(0x30, append(utc(moment.Add(time.Hour)), utc(moment.Add(-time.Hour))...))
		},
		"a third date": func(b *tbs) {
			b.validity = element(0x30, slices.Concat(utc(moment.Add(-time.Hour)), utc(moment.Add(time.Hour)), utc(moment)))
		},
		"an empty RDN":        func(b *tbs) { b.subject = element(0x30, element(0x31, nil)) },
		"subject no sequence": func(b *tbs) { b.subject = element(0x31, nil) },
		"name with NUL":       func(b *tbs) { b.extensions = append(b.extensions, dns("good.example\x00.evil.example")...) },
		"name empty":          func(b *tbs) { b.extensions = append(b.extensions, dns("")...) },
		"name of spaces":      func(b *tbs) { b.extensions = append(b.extensions, dns(" ")...) },
		"name not ASCII":      func(b *tbs) { b.extensions = append(b.extensions, dns("\xc3\xb1.example")...) },
		"alternative names empty": func(b *tbs) {
			b.extensions = append(b.extensions, ext([]byte{0x55, 0x1d, 0x11}, false, element(0x30, nil))...)
		},
		"address of three octets": func(b *tbs) {
			b.extensions = append(b.extensions, ext([]byte{0x55, 0x1d, 0x11}, false, element(0x30, element(0x87, []byte{1, 2, 3})))...)
		},
		"octets after an extension": func(b *tbs) {
			b.extensions = append(b.extensions, ext([]byte{0x55, 0x1d, 0x0f}, true, []byte{3, 2, 6, 0xc0, 0})...)
		},
		"RSA exponent negative": func(b *tbs) { b.key = rsaKey(t, big.NewInt(-3)) },
		"RSA exponent one":      func(b *tbs) { b.key = rsaKey(t, big.NewInt(1)) },
		"empty subject":         func(b *tbs) { b.subject = element(0x30, nil) },
		"policies twice": func(b *tbs) {
			p := element(0x30, element(6, []byte{0x2a, 3}))
			b.extensions = append(b.extensions, ext([]byte{0x55, 0x1d, 0x20}, false, element(0x30, append(p, p...)))...)
		},
		"certificate indefinite (BER)": nil,
		"octets after the certificate": nil,
	} {
		der := []byte(nil)
		switch name {
		case "certificate indefinite (BER)":
			der = c.tbs().sign(t, key)
			_, contents := split(der)
			der = append(append([]byte{0x30, 0x80}, contents...), 0, 0)
		case "octets after the certificate":
			der = append(c.tbs().sign(t, key), 0)
		default:
			b := c.tbs()
			spoil(b)
			der = b.sign(t, key)
		}
		assert.False(t, c.accepted(der, true), name)
	}
}

// split returns identifier and length octets, and the contents.
func split(der []byte) (header, contents []byte) {
	var v asn1.RawValue
	_, err := asn1.Unmarshal(der, &v)
	if err != nil {
		panic(err)
	}
	return der[:len(der)-len(v.Bytes)], v.Bytes
}

// rsaKey is the SubjectPublicKeyInfo of an RSA key with an odd exponent; the modulus is sound.
func rsaKey(t *testing.T, e *big.Int) []byte {
	key := certtest.Key(t, certtest.RSA2048, "odd").Public().(*rsa.PublicKey)
	n, err := asn1.Marshal(key.N)
	require.NoError(t, err)
	exponent, err := asn1.Marshal(e)
	require.NoError(t, err)
	bits := append([]byte{0}, element(0x30, append(n, exponent...))...)
	algorithm := element(0x30, []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0})
	return element(0x30, append(algorithm, element(3, bits)...))
}

// TestForgedAuthorityKeys: an authority with a key that makes forging easy, and whatever signature.
func TestForgedAuthorityKeys(t *testing.T) {
	t.Parallel()
	for name, exponent := range map[string]*big.Int{"one": big.NewInt(1), "negative": big.NewInt(-65537),
		"even": big.NewInt(4), "zero": big.NewInt(0)} {
		c := newChain(t, 1)
		c.make()
		b := c.tbs()
		b.key = rsaKey(t, exponent)
		name2, err := asn1.Marshal(pkix.Name{CommonName: "evil"}.ToRDNSequence())
		require.NoError(t, err)
		b.subject = name2
		b.extensions = slices.Concat(b.extensions,
			ext([]byte{0x55, 0x1d, 0x13}, true, element(0x30, []byte{1, 1, 0xff})),
			ext([]byte{0x55, 0x1d, 0x0e}, false, element(4, []byte{9})),
			ext([]byte{0x55, 0x1d, 0x0f}, true, []byte{3, 2, 2, 4}))
		evil, err := certificate.Parse(b.sign(t, c.authority().key))
		require.NoError(t, err, name)
		// With e = 1 the signature is the padded digest itself.
		leaf := c.tbs()
		leaf.issuer = evil.RawSubject
		leaf.algorithm = element(0x30, []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0})
		leaf.outer, leaf.extensions = leaf.algorithm, ext([]byte{0x55, 0x1d, 0x23}, false, element(0x30, element(0x80, []byte{9})))
		body := element(0x30, slices.Concat(leaf.version, leaf.serial, leaf.algorithm, leaf.issuer,
			leaf.validity, leaf.subject, leaf.key, element(0xa3, element(0x30, leaf.extensions))))
		h := crypto.SHA256.New()
		h.Write(body)
		info := element(0x30, append(element(0x30, []byte{6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0}), element(4, h.Sum(nil))...))
		padded := slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 256-3-len(info)), []byte{0}, info)
		der := element(0x30, slices.Concat(body, leaf.outer, element(3, append([]byte{0}, padded...))))
		forged, err := certificate.Parse(der)
		require.NoError(t, err)
		q := c.query()
		q.Intermediates = append(q.Intermediates, evil)
		q.Strict = false
		r, err := path.Validate(context.Background(), forged, q)
		require.NoError(t, err)
		assert.NotEqual(t, path.Valid, r.Status, name)
	}
}

// TestForgedAlgorithms: digests for which collisions are made.
func TestForgedAlgorithms(t *testing.T) {
	t.Parallel()
	c := newChain(t, 1)
	key := certtest.Key(t, certtest.RSA2048, "weak authority").(*rsa.PrivateKey)
	c.parts[1].key = key
	c.make()
	for name, a := range map[string]struct {
		last byte
		hash crypto.Hash
		sum  func([]byte) []byte
		code path.Code
	}{
		"SHA-1": {5, crypto.SHA1, func(b []byte) []byte { s := sha1.Sum(b); return s[:] }, path.WeakAlgorithm},
		"MD5":   {4, crypto.MD5, func(b []byte) []byte { s := md5.Sum(b); return s[:] }, path.UnsupportedAlgo},
	} {
		b := c.tbs()
		b.algorithm = element(0x30, []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, a.last, 5, 0})
		body := element(0x30, slices.Concat(b.version, b.serial, b.algorithm, b.issuer, b.validity,
			b.subject, b.key, element(0xa3, element(0x30, b.extensions))))
		value, err := rsa.SignPKCS1v15(rand.Reader, key, a.hash, a.sum(body))
		require.NoError(t, err)
		leaf, err := certificate.Parse(element(0x30, slices.Concat(body, b.algorithm, element(3, append([]byte{0}, value...)))))
		require.NoError(t, err)
		q := c.query()
		r, err := path.Validate(context.Background(), leaf, q)
		require.NoError(t, err)
		assert.Equal(t, a.code, r.Code, name)
		assert.NotEqual(t, path.Valid, r.Status)
		if a.hash == crypto.SHA1 {
			q.Algorithms.AllowSHA1 = true
			r, err = path.Validate(context.Background(), leaf, q)
			require.NoError(t, err)
			assert.Equal(t, path.Valid, r.Status, "the policy decides: %s", r.Message)
		}
	}
}

// TestForgedDelegation: an end entity cannot issue, not even when it is trusted.
func TestForgedDelegation(t *testing.T) {
	t.Parallel()
	c := newChain(t, 1)
	c.make()
	tpl := &x509.Certificate{SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "below"},
		NotBefore: moment.Add(-time.Hour), NotAfter: moment.Add(time.Hour)}
	key := certtest.Key(t, certtest.P256, "below")
	der, err := x509.CreateCertificate(rand.Reader, tpl, c.leaf().made, key.Public(), c.leaf().key)
	require.NoError(t, err)
	below, err := certificate.Parse(der)
	require.NoError(t, err)
	q := c.query()
	q.Strict = false
	q.Intermediates = append(q.Intermediates, c.leaf().made)
	r, err := path.Validate(context.Background(), below, q)
	require.NoError(t, err)
	assert.Equal(t, path.NotAuthority, r.Code)
	q.Anchors = []*x509.Certificate{c.leaf().made}
	r, err = path.Validate(context.Background(), below, q)
	require.NoError(t, err)
	assert.Equal(t, path.NotAuthority, r.Code)
	assert.Equal(t, path.Invalid, r.Status)
}
