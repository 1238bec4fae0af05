package algorithm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	minRSABits = 1024  // below, a value proves nothing: factored on a desktop
	maxRSABits = 16384 // above, one verification costs more than a document may ask for
)

// PSSPublicKey is an RSA key whose certificate binds it to RSASSA-PSS (RFC 4055, 1.2). It must
// not verify PKCS #1 v1.5.
type PSSPublicKey struct {
	*rsa.PublicKey
	// Bound is what the key is bound to, nil when any parameters will do. A signature must use
	// the same hashes and a salt at least as long (RFC 4055, 3.3).
	Bound *Scheme
}

// Equal says whether x is the same key; the parameters are not compared.
func (k *PSSPublicKey) Equal(x crypto.PublicKey) bool {
	switch o := x.(type) {
	case *PSSPublicKey:
		return k.PublicKey.Equal(o.PublicKey)
	case *rsa.PublicKey:
		return k.PublicKey.Equal(o)
	}
	return false
}

// PublicKey is a certificate's key for [Scheme.Verify] and [ForKey]: *rsa.PublicKey,
// *[PSSPublicKey], *ecdsa.PublicKey or ed25519.PublicKey. What is not judged gives
// [*Unsupported] with its name.
func PublicKey(c *x509.Certificate) (crypto.PublicKey, error) {
	switch c.PublicKeyAlgorithm {
	case x509.RSA, x509.ECDSA, x509.Ed25519: // read before, and of the kind that it says
		if c.PublicKey != nil {
			return c.PublicKey, checkKey(c.PublicKey)
		}
	}
	return ParsePublicKey(c.RawSubjectPublicKeyInfo)
}

// ParsePublicKey reads a SubjectPublicKeyInfo in DER (RFC 5280, 4.1.2.7); see [PublicKey].
func ParsePublicKey(spki []byte) (crypto.PublicKey, error) {
	in := cryptobyte.String(spki)
	var seq, alg cryptobyte.String
	var bits asn1.BitString
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() ||
		!seq.ReadASN1Element(&alg, cbasn1.SEQUENCE) || !seq.ReadASN1BitString(&bits) ||
		!seq.Empty() || bits.BitLength%8 != 0 {
		return nil, fmt.Errorf("%w: SubjectPublicKeyInfo", ErrMalformed)
	}
	oid, params, err := parseIdentifier(alg)
	if err != nil {
		return nil, err
	}
	pub, err := publicKeyOf(oid, params, bits.Bytes)
	if err != nil {
		return nil, err
	}
	return pub, checkKey(pub)
}

func publicKeyOf(oid asn1.ObjectIdentifier, params, key []byte) (crypto.PublicKey, error) {
	switch {
	case oid.Equal(oidRSA):
		return rsaKey(key)
	case oid.Equal(oidPSS):
		k, err := rsaKey(key)
		if err != nil || len(params) == 0 {
			return &PSSPublicKey{PublicKey: k}, err
		}
		s, err := parsePSSParams(params)
		return &PSSPublicKey{PublicKey: k, Bound: &s}, err
	case oid.Equal(oidECPublic):
		return ecKey(params, key)
	case oid.Equal(oidEd25519):
		if len(params) != 0 || len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("%w: Ed25519 key", ErrMalformed)
		}
		return ed25519.PublicKey(key), nil
	}
	return nil, unsupported("key " + nameOf(oid))
}

// rsaKey reads RSAPublicKey (RFC 8017, A.1.1).
func rsaKey(der []byte) (*rsa.PublicKey, error) {
	in := cryptobyte.String(der)
	var seq cryptobyte.String
	n, e := new(big.Int), new(big.Int)
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(n) ||
		!seq.ReadASN1Integer(e) || !seq.Empty() || n.Sign() <= 0 || e.Sign() <= 0 {
		return nil, fmt.Errorf("%w: RSA key", ErrMalformed)
	}
	if e.BitLen() > 31 {
		return nil, unsupported(fmt.Sprintf("RSA with an exponent of %d bits", e.BitLen()))
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

var (
	oidP224 = asn1.ObjectIdentifier{1, 3, 132, 0, 33}
	oidP256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}
	oidP384 = asn1.ObjectIdentifier{1, 3, 132, 0, 34}
	oidP521 = asn1.ObjectIdentifier{1, 3, 132, 0, 35}
)

// ecKey reads an elliptic curve point, uncompressed or compressed (RFC 5480, 2.2).
func ecKey(params, point []byte) (*ecdsa.PublicKey, error) {
	in := cryptobyte.String(params)
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1ObjectIdentifier(&oid) || !in.Empty() {
		return nil, unsupported("curve with explicit parameters") // RFC 5480, 2.1.1: MUST NOT
	}
	var curve elliptic.Curve
	switch {
	case oid.Equal(oidP224):
		curve = elliptic.P224()
	case oid.Equal(oidP256):
		curve = elliptic.P256()
	case oid.Equal(oidP384):
		curve = elliptic.P384()
	case oid.Equal(oidP521):
		curve = elliptic.P521()
	default:
		return nil, unsupported("curve " + strings.TrimPrefix(nameOf(oid), "curve "))
	}
	if len(point) > 0 && (point[0] == 2 || point[0] == 3) {
		x, y := elliptic.UnmarshalCompressed(curve, point)
		if x == nil {
			return nil, fmt.Errorf("%w: point not on its curve", ErrMalformed)
		}
		//lint:ignore SA1019 a point that was uncompressed is written for the constructor that checks it
		point = elliptic.Marshal(curve, x, y)
	}
	k, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, fmt.Errorf("%w: point not on its curve", ErrMalformed)
	}
	return k, nil
}

// checkKey refuses keys that are not judged.
func checkKey(pub crypto.PublicKey) error {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return checkRSA(k)
	case *PSSPublicKey:
		return checkRSA(k.PublicKey)
	case *ecdsa.PublicKey:
		return checkEC(k)
	case ed25519.PublicKey:
		if len(k) != ed25519.PublicKeySize {
			return fmt.Errorf("%w: Ed25519 key", ErrMalformed)
		}
		return nil
	}
	return unsupported(fmt.Sprintf("key of type %T", pub))
}

func checkRSA(k *rsa.PublicKey) error {
	if k == nil || k.N == nil {
		return fmt.Errorf("%w: RSA key", ErrMalformed)
	}
	bits := k.N.BitLen()
	switch {
	case bits < minRSABits:
		return unsupported(fmt.Sprintf("RSA of %d bits", bits))
	case bits > maxRSABits:
		return unsupported(fmt.Sprintf("RSA of %d bits", bits))
	case k.E < 3 || k.E&1 == 0 || k.E > 1<<31-1:
		return unsupported(fmt.Sprintf("RSA with exponent %d", k.E))
	case k.N.Bit(0) == 0:
		return fmt.Errorf("%w: even RSA modulus", ErrMalformed)
	}
	return nil
}

func checkEC(k *ecdsa.PublicKey) error {
	switch k.Curve {
	case elliptic.P224(), elliptic.P256(), elliptic.P384(), elliptic.P521():
		return nil
	case nil:
		return fmt.Errorf("%w: key without a curve", ErrMalformed)
	}
	return unsupported("curve " + k.Curve.Params().Name)
}
