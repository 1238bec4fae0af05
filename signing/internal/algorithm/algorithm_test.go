package algorithm_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
)

var message = []byte("lo que se firma")

// schemes are all that a key can sign under.
func schemes(t *testing.T, pub crypto.PublicKey) []algorithm.Scheme {
	var out []algorithm.Scheme
	for _, h := range algorithm.Hashes() {
		s, err := algorithm.ForKey(pub, h)
		require.NoError(t, err)
		if _, err := s.Identifier(); err != nil {
			continue // ECDSA has no identifier with SHA-512/256 and SHA-512/224
		}
		out = append(out, s)
		if s.Key == algorithm.RSA {
			out = append(out, algorithm.PSS(h),
				algorithm.Scheme{Key: algorithm.RSAPSS, Hash: h, MGFHash: h, SaltLength: 7})
		}
	}
	return out
}

func TestSignAndVerify(t *testing.T) {
	t.Parallel()
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384,
		certtest.P521, certtest.Ed25519} {
		key := certtest.Key(t, kind, "algorithm")
		for _, s := range schemes(t, key.Public()) {
			value, err := s.Sign(key, message)
			require.NoError(t, err, s)
			require.NoError(t, s.Verify(key.Public(), message, value), s)
			require.LessOrEqual(t, len(value), algorithm.MaxSignature(key.Public()))
			require.ErrorIs(t, s.Verify(key.Public(), []byte("otra cosa"), value),
				algorithm.ErrBroken)
			der, err := s.Identifier()
			require.NoError(t, err)
			back, err := algorithm.ParseSignature(der, 0)
			require.NoError(t, err)
			require.Equal(t, s, back)
			if s.Key == algorithm.Ed25519 {
				_, err = s.SignDigest(key, message)
				require.ErrorIs(t, err, algorithm.ErrKey)
				break
			}
			value, err = s.SignDigest(key, algorithm.Digest(s.Hash, message))
			require.NoError(t, err, s)
			require.NoError(t, s.VerifyDigest(key.Public(),
				algorithm.Digest(s.Hash, message), value))
			assert.Equal(t, s.Hash == crypto.SHA1, s.Weakness(key.Public()) != "", s)
		}
	}
}

// TestSchemesAreNotMixed: a value under one scheme is none under another.
func TestSchemesAreNotMixed(t *testing.T) {
	t.Parallel()
	key := certtest.Key(t, certtest.RSA2048, "algorithm")
	all := schemes(t, key.Public())
	for i, s := range all {
		value, err := s.Sign(key, message)
		require.NoError(t, err)
		for j, other := range all {
			if i != j {
				require.ErrorIs(t, other.Verify(key.Public(), message, value), algorithm.ErrBroken,
					"%s as %s", s, other)
			}
		}
	}
	ec := certtest.Key(t, certtest.P256, "algorithm")
	err := all[0].Verify(ec.Public(), message, nil)
	require.ErrorIs(t, err, algorithm.ErrBroken, "another kind of key")
	_, err = all[0].Sign(ec, message)
	require.ErrorIs(t, err, algorithm.ErrKey)
}

// TestUnsupported: what is not judged has its own error, and its name.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	oid := func(n ...int) []byte {
		der, err := asn1.Marshal(struct{ OID asn1.ObjectIdentifier }{n})
		require.NoError(t, err)
		return der
	}
	for name, der := range map[string][]byte{
		"RSA with MD5":     oid(1, 2, 840, 113549, 1, 1, 4),
		"DSA with SHA-256": oid(2, 16, 840, 1, 101, 3, 4, 3, 2),
		"Ed448":            oid(1, 3, 101, 113),
		"HMAC with SHA-1":  oid(1, 2, 840, 113549, 2, 7),
		"1.2.3.4":          oid(1, 2, 3, 4),
		"ML-DSA-65":        oid(2, 16, 840, 1, 101, 3, 4, 3, 18),
	} {
		_, err := algorithm.ParseSignature(der, crypto.SHA256)
		bad, ok := errors.AsType[*algorithm.Unsupported](err)
		require.True(t, ok, name)
		assert.Equal(t, name, bad.Feature)
	}
	for name, der := range map[string][]byte{"hash MD5": oid(1, 2, 840, 113549, 2, 5),
		"hash RIPEMD-160": oid(1, 3, 36, 3, 2, 1)} {
		_, err := algorithm.ParseHash(der)
		bad, ok := errors.AsType[*algorithm.Unsupported](err)
		require.True(t, ok, name)
		assert.Equal(t, name, bad.Feature)
	}
	long := certtest.Key(t, certtest.RSA2048, "algorithm").Public().(*rsa.PublicKey)
	small := &rsa.PublicKey{N: new(big.Int).Rsh(long.N, 1300), E: 65537}
	err := algorithm.Scheme{Key: algorithm.RSA, Hash: crypto.SHA256}.Verify(small, message, nil)
	bad, ok := errors.AsType[*algorithm.Unsupported](err)
	require.True(t, ok, err)
	assert.Equal(t, "RSA of 748 bits", bad.Feature)
	for _, der := range [][]byte{nil, {0x30, 0}, {0x30, 3, 6, 1, 0x80}, {0x30, 0x80, 0, 0}} {
		_, err := algorithm.ParseSignature(der, crypto.SHA256)
		require.ErrorIs(t, err, algorithm.ErrMalformed)
	}
}

func TestPublicKeys(t *testing.T) {
	t.Parallel()
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P384, certtest.Ed25519} {
		pub := certtest.Key(t, kind, "algorithm").Public()
		der, err := x509.MarshalPKIXPublicKey(pub)
		require.NoError(t, err)
		back, err := algorithm.ParsePublicKey(der)
		require.NoError(t, err)
		assert.Equal(t, pub, back)
	}
	key := certtest.Key(t, certtest.P256, "algorithm").Public().(*ecdsa.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(key)
	require.NoError(t, err)
	der[len(der)-1] ^= 1
	_, err = algorithm.ParsePublicKey(der)
	require.ErrorIs(t, err, algorithm.ErrMalformed, "a point beside its curve")
}

func TestECDSAForms(t *testing.T) {
	t.Parallel()
	key := certtest.Key(t, certtest.P521, "algorithm").(*ecdsa.PrivateKey)
	for range 50 {
		der, err := ecdsa.SignASN1(rand.Reader, key, algorithm.Digest(crypto.SHA512, message))
		require.NoError(t, err)
		raw, err := algorithm.ECDSAToRaw(&key.PublicKey, der)
		require.NoError(t, err)
		require.Len(t, raw, 132)
		back, err := algorithm.ECDSAFromRaw(&key.PublicKey, raw)
		require.NoError(t, err)
		require.Equal(t, der, back)
		_, err = algorithm.ECDSAToRaw(&key.PublicKey, append(der, 0))
		require.ErrorIs(t, err, algorithm.ErrBroken)
		_, err = algorithm.ECDSAFromRaw(&key.PublicKey, raw[1:])
		require.ErrorIs(t, err, algorithm.ErrBroken)
	}
	_, err := algorithm.ECDSAFromRaw(&key.PublicKey, make([]byte, 132))
	require.ErrorIs(t, err, algorithm.ErrBroken, "zero is out of range")
}
