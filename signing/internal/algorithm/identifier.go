package algorithm

import (
	"crypto"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidRSA       = arc(pkcs1, 1) // rsaEncryption
	oidMGF1      = arc(pkcs1, 8)
	oidPSS       = arc(pkcs1, 10)
	oidECPublic  = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidEd25519   = asn1.ObjectIdentifier{1, 3, 101, 112}
	oidSHA1RSA14 = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 29} // sha1WithRSASignature of OIW
)

// Names of what exists and is not judged, so that a report can say more than a number.
var otherNames = map[string]string{
	"1.2.840.113549.2.2":       "MD2",
	"1.2.840.113549.2.4":       "MD4",
	"1.2.840.113549.2.5":       "MD5",
	"1.3.36.3.2.1":             "RIPEMD-160",
	"1.3.36.3.2.2":             "RIPEMD-128",
	"1.3.36.3.2.3":             "RIPEMD-256",
	"1.0.10118.3.0.55":         "Whirlpool",
	"2.16.840.1.101.3.4.2.11":  "SHAKE128",
	"2.16.840.1.101.3.4.2.12":  "SHAKE256",
	"1.2.643.7.1.1.2.2":        "GOST R 34.11-2012",
	"1.2.840.113549.1.1.2":     "RSA with MD2",
	"1.2.840.113549.1.1.3":     "RSA with MD4",
	"1.2.840.113549.1.1.4":     "RSA with MD5",
	"1.3.36.3.3.1.2":           "RSA with RIPEMD-160",
	"1.2.840.10040.4.1":        "DSA",
	"1.2.840.10040.4.3":        "DSA with SHA-1",
	"1.3.14.3.2.27":            "DSA with SHA-1",
	"2.16.840.1.101.3.4.3.1":   "DSA with SHA-224",
	"2.16.840.1.101.3.4.3.2":   "DSA with SHA-256",
	"2.16.840.1.101.3.4.3.3":   "DSA with SHA-384",
	"2.16.840.1.101.3.4.3.4":   "DSA with SHA-512",
	"2.16.840.1.101.3.4.3.17":  "ML-DSA-44",
	"2.16.840.1.101.3.4.3.18":  "ML-DSA-65",
	"2.16.840.1.101.3.4.3.19":  "ML-DSA-87",
	"1.3.6.1.5.5.7.6.30":       "RSA-PSS with SHAKE128",
	"1.3.6.1.5.5.7.6.31":       "RSA-PSS with SHAKE256",
	"1.3.6.1.5.5.7.6.32":       "ECDSA with SHAKE128",
	"1.3.6.1.5.5.7.6.33":       "ECDSA with SHAKE256",
	"1.3.101.113":              "Ed448",
	"1.2.840.113549.2.7":       "HMAC with SHA-1",
	"1.2.840.113549.2.9":       "HMAC with SHA-256",
	"1.2.156.10197.1.501":      "SM2 with SM3",
	"1.2.643.7.1.1.3.2":        "GOST R 34.10-2012",
	"1.3.36.3.3.2.8.1.1.7":     "curve brainpoolP256r1",
	"1.3.36.3.3.2.8.1.1.11":    "curve brainpoolP384r1",
	"1.3.36.3.3.2.8.1.1.13":    "curve brainpoolP512r1",
	"1.3.132.0.10":             "curve secp256k1",
	"0.4.0.127.0.7.1.1.4.1.3":  "plain ECDSA with SHA-256",
	"0.4.0.127.0.7.1.1.4.1.4":  "plain ECDSA with SHA-384",
	"0.4.0.127.0.7.1.1.4.1.5":  "plain ECDSA with SHA-512",
	"1.2.840.10045.3.1.1":      "curve P-192",
	"1.2.840.113549.1.1.7":     "RSA-OAEP",
	"2.16.840.1.114027.80.8.1": "composite signatures",
}

func nameOf(oid asn1.ObjectIdentifier) string {
	s := oid.String()
	if n := otherNames[s]; n != "" {
		return n
	}
	return s
}

// Identifier is the AlgorithmIdentifier of the scheme in DER: parameters NULL for RSA
// (RFC 4055, 5), absent for ECDSA (RFC 5758, 3.2) and Ed25519 (RFC 8410, 3), and
// RSASSA-PSS-params for PSS (RFC 4055, 3.1), defaults left out.
func (s Scheme) Identifier() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	info := infoOf(s.Hash)
	switch s.Key {
	case RSA:
		addIdentifier(&b, info.rsa, true, nil)
	case RSAPSS:
		params, err := s.pssParams()
		if err != nil {
			return nil, err
		}
		addIdentifier(&b, oidPSS, false, params)
	case ECDSA:
		if info.ecdsa == nil {
			return nil, unsupported("ECDSA with " + info.name)
		}
		addIdentifier(&b, info.ecdsa, false, nil)
	case Ed25519:
		addIdentifier(&b, oidEd25519, false, nil)
	}
	return b.Bytes()
}

// ParseSignature reads the AlgorithmIdentifier of a signature in DER. Some name the key only
// (rsaEncryption in CMS, RFC 3370, 3.2); those take their hash from h, the digest algorithm
// that stands beside them. Whether h agrees with an identifier that names a hash is for the
// caller to compare.
func ParseSignature(der []byte, h crypto.Hash) (Scheme, error) {
	oid, params, err := parseIdentifier(der)
	if err != nil {
		return Scheme{}, err
	}
	s, err := schemeByOID(oid, params, h)
	if err != nil {
		return Scheme{}, err
	}
	if s.Key != RSAPSS && !absentOrNull(params) && !oid.Equal(oidECPublic) {
		return Scheme{}, fmt.Errorf("%w: parameters of %s", ErrMalformed, s)
	}
	return s, s.check()
}

func schemeByOID(oid asn1.ObjectIdentifier, params []byte, h crypto.Hash) (Scheme, error) {
	switch {
	case oid.Equal(oidRSA):
		return Scheme{Key: RSA, Hash: h}, nil
	case oid.Equal(oidSHA1RSA14):
		return Scheme{Key: RSA, Hash: crypto.SHA1}, nil
	case oid.Equal(oidECPublic):
		// Not an algorithm of signatures, but some producers write the key's instead.
		return Scheme{Key: ECDSA, Hash: h}, nil
	case oid.Equal(oidPSS):
		return parsePSSParams(params)
	case oid.Equal(oidEd25519):
		if len(params) != 0 { // RFC 8410, 3: MUST be absent
			return Scheme{}, fmt.Errorf("%w: parameters of Ed25519", ErrMalformed)
		}
		return Scheme{Key: Ed25519}, nil
	}
	for _, i := range hashes {
		if i.rsa.Equal(oid) {
			return Scheme{Key: RSA, Hash: i.hash}, nil
		}
		if i.ecdsa != nil && i.ecdsa.Equal(oid) {
			return Scheme{Key: ECDSA, Hash: i.hash}, nil
		}
	}
	return Scheme{}, unsupported(nameOf(oid))
}

// pssParams writes RSASSA-PSS-params (RFC 4055, 3.1):
//
//	SEQUENCE { hashAlgorithm [0] DEFAULT sha1, maskGenAlgorithm [1] DEFAULT mgf1SHA1,
//	           saltLength [2] INTEGER DEFAULT 20, trailerField [3] INTEGER DEFAULT 1 }
func (s Scheme) pssParams() ([]byte, error) {
	hash, err := hashIdentifier(s.Hash, true)
	if err != nil {
		return nil, err
	}
	mgf, err := hashIdentifier(s.MGFHash, true)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if s.Hash != crypto.SHA1 {
			b.AddASN1(tag(0), func(b *cryptobyte.Builder) { b.AddBytes(hash) })
		}
		if s.MGFHash != crypto.SHA1 {
			b.AddASN1(tag(1), func(b *cryptobyte.Builder) { addIdentifier(b, oidMGF1, false, mgf) })
		}
		if s.SaltLength != 20 {
			b.AddASN1(tag(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(s.SaltLength)) })
		}
	})
	return b.Bytes()
}

func tag(n cbasn1.Tag) cbasn1.Tag { return n.Constructed().ContextSpecific() }

// maxSalt bounds a PSS salt: no key that is judged (maxRSABits) has room for a longer one.
const maxSalt = maxRSABits / 8

// parsePSSParams reads RSASSA-PSS-params. They must be there (RFC 4055, 3.1: MUST be present in
// a signature's identifier).
func parsePSSParams(der []byte) (Scheme, error) {
	bad := fmt.Errorf("%w: RSASSA-PSS parameters", ErrMalformed)
	in := cryptobyte.String(der)
	var seq, hash, mgf, salt, trailer cryptobyte.String
	var hasHash, hasMGF, hasSalt, hasTrailer bool
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() ||
		!seq.ReadOptionalASN1(&hash, &hasHash, tag(0)) ||
		!seq.ReadOptionalASN1(&mgf, &hasMGF, tag(1)) ||
		!seq.ReadOptionalASN1(&salt, &hasSalt, tag(2)) ||
		!seq.ReadOptionalASN1(&trailer, &hasTrailer, tag(3)) || !seq.Empty() {
		return Scheme{}, bad
	}
	s := Scheme{Key: RSAPSS, Hash: crypto.SHA1, MGFHash: crypto.SHA1, SaltLength: 20}
	var err error
	if hasHash {
		if s.Hash, err = ParseHash(hash); err != nil {
			return Scheme{}, err
		}
	}
	if hasMGF {
		if s.MGFHash, err = parseMGF1(mgf); err != nil {
			return Scheme{}, err
		}
	}
	if hasSalt && (!salt.ReadASN1Integer(&s.SaltLength) || !salt.Empty()) {
		return Scheme{}, bad
	}
	if s.SaltLength < 0 || s.SaltLength > maxSalt {
		return Scheme{}, fmt.Errorf("%w: salt length", ErrMalformed)
	}
	if n := 1; hasTrailer {
		if !trailer.ReadASN1Integer(&n) || !trailer.Empty() {
			return Scheme{}, bad
		}
		if n != 1 {
			return Scheme{}, unsupported(fmt.Sprintf("RSA-PSS trailer field %d", n))
		}
	}
	return s, nil
}

func parseMGF1(der []byte) (crypto.Hash, error) {
	oid, params, err := parseIdentifier(der)
	if err != nil {
		return 0, err
	}
	if !oid.Equal(oidMGF1) {
		return 0, unsupported("mask generation " + nameOf(oid))
	}
	return ParseHash(params)
}
