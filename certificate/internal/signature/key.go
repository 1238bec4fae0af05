package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// Bounds of RSA keys. Below, factoring is a matter of hours; above, one verification costs more
// than a whole path should.
const (
	MinRSABits = 1024
	MaxRSABits = 16384
)

// Key is a public key as a certificate states it.
type Key struct {
	Public crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	Bits   int
	Name   string    // "RSA", "ECDSA", "Ed25519"
	pss    *pssLimit // set when the key is for RSASSA-PSS only
}

// Object identifiers, contents octets.
const (
	oidRSA     = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
	oidPSS     = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
	oidMGF1    = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
	oidECKey   = "\x2a\x86\x48\xce\x3d\x02\x01"
	oidP224    = "\x2b\x81\x04\x00\x21"
	oidP256    = "\x2a\x86\x48\xce\x3d\x03\x01\x07"
	oidP384    = "\x2b\x81\x04\x00\x22"
	oidP521    = "\x2b\x81\x04\x00\x23"
	oidEd25519 = "\x2b\x65\x70"
	oidEd448   = "\x2b\x65\x71"
	oidDSA     = "\x2a\x86\x48\xce\x38\x04\x01"
)

// ReadKey reads a public key. The error is an *UnsupportedError or a *der.SyntaxError.
func ReadKey(info syntax.SubjectPublicKeyInfo) (Key, error) {
	switch string(info.Algorithm.OID) {
	case oidRSA:
		if p := info.Algorithm.Parameters; p != nil && !info.Algorithm.ParametersNull() {
			return Key{}, malformed("RSA parameters that are not NULL") // RFC 3279, 2.3.1
		}
		return readRSA(info.Key)
	case oidPSS:
		return readPSSKey(info)
	case oidECKey:
		return readEC(info)
	case oidEd25519:
		if info.Algorithm.Parameters != nil {
			return Key{}, malformed("Ed25519 key with parameters") // RFC 8410, 3
		}
		if len(info.Key) != ed25519.PublicKeySize {
			return Key{}, malformed("Ed25519 key of wrong length")
		}
		return Key{Public: ed25519.PublicKey(info.Key), Bits: 256, Name: "Ed25519"}, nil
	}
	return Key{}, &UnsupportedError{Feature: featureOf(string(info.Algorithm.OID), "public key")}
}

func readRSA(octets []byte) (Key, error) {
	r := der.NewReader(octets)
	seq := r.Read("RSAPublicKey", der.Sequence)
	n := seq.Integer("RSAPublicKey.modulus")
	e := seq.Integer("RSAPublicKey.publicExponent")
	seq.End("RSAPublicKey")
	r.End("RSAPublicKey")
	if err := r.Err(); err != nil {
		return Key{}, err
	}
	modulus, exponent := der.BigInt(n), der.BigInt(e)
	if modulus.Sign() <= 0 || exponent.Sign() <= 0 {
		return Key{}, malformed("RSA number that is not positive")
	}
	bits := modulus.BitLen()
	if bits > MaxRSABits || bits < MinRSABits {
		return Key{}, &UnsupportedError{Feature: "RSA key size"}
	}
	if modulus.Bit(0) == 0 || exponent.Bit(0) == 0 || exponent.Cmp(three) < 0 {
		return Key{}, malformed("RSA number that is even or 1")
	}
	if exponent.BitLen() > 31 {
		return Key{}, &UnsupportedError{Feature: "RSA exponent above 2^31"}
	}
	public := &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}
	return Key{Public: public, Bits: bits, Name: "RSA"}, nil
}

func readPSSKey(info syntax.SubjectPublicKeyInfo) (Key, error) {
	k, err := readRSA(info.Key)
	if err != nil {
		return Key{}, err
	}
	k.pss = &pssLimit{}
	if info.Algorithm.Parameters == nil {
		return k, nil // any parameters, RFC 4055, 1.2
	}
	k.pss.fixed = true
	k.pss.pssParameters, err = readPSSParameters(info.Algorithm.Parameters)
	return k, err
}

func readEC(info syntax.SubjectPublicKeyInfo) (Key, error) {
	r := der.NewReader(info.Algorithm.Parameters)
	if !r.Peek(der.OID) {
		// RFC 5480, 2.1.1: implicitCurve and specifiedCurve MUST NOT be used.
		return Key{}, malformed("elliptic curve without a name")
	}
	curve := curves(string(r.OID("namedCurve")))
	if curve == nil {
		return Key{}, &UnsupportedError{Feature: "elliptic curve"}
	}
	public := readPoint(curve, info.Key)
	if public == nil {
		return Key{}, malformed("not a point of the curve")
	}
	return Key{Public: public, Bits: curve.Params().BitSize, Name: "ECDSA"}, nil
}

// readPoint reads a point, uncompressed or compressed (RFC 5480, 2.2), and returns nil when it is
// not one of the curve.
func readPoint(curve elliptic.Curve, octets []byte) *ecdsa.PublicKey {
	if len(octets) > 0 && (octets[0] == 2 || octets[0] == 3) {
		x, y := elliptic.UnmarshalCompressed(curve, octets)
		if x == nil {
			return nil
		}
		size := len(octets) - 1
		octets = append([]byte{4}, make([]byte, 2*size)...)
		x.FillBytes(octets[1 : 1+size])
		y.FillBytes(octets[1+size:])
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, octets)
	if err != nil {
		return nil
	}
	return public
}

func curves(oid string) elliptic.Curve {
	switch oid {
	case oidP224:
		return elliptic.P224()
	case oidP256:
		return elliptic.P256()
	case oidP384:
		return elliptic.P384()
	case oidP521:
		return elliptic.P521()
	}
	return nil
}
