package signature

import (
	"crypto"
	_ "crypto/sha1" // registers SHA-1, which old signatures use; a policy decides about it
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"math/big"
	"strings"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

var three = big.NewInt(3)

// UnsupportedError says which algorithm or parameter is not supported. Nothing is said about the
// signature.
type UnsupportedError struct{ Feature string }

// Error implements error.
func (e *UnsupportedError) Error() string { return "unsupported: " + e.Feature }

func malformed(problem string) error {
	return &der.SyntaxError{Field: "algorithm", Problem: problem}
}

// Scheme is the kind of a signature.
type Scheme uint8

// The schemes.
const (
	PKCS1 Scheme = iota + 1 // RSASSA-PKCS1-v1_5, RFC 8017, 8.2
	PSS                     // RSASSA-PSS, RFC 8017, 8.1
	ECDSA                   // RFC 5480
	EdDSA                   // Ed25519, RFC 8410
)

// Algorithm is a signature algorithm with its parameters.
type Algorithm struct {
	Scheme     Scheme
	Hash       crypto.Hash // 0 for EdDSA
	Name       string      // as in "SHA256-RSA"
	MGFHash    crypto.Hash // PSS
	SaltLength int         // PSS
}

type row struct {
	oid    string
	scheme Scheme
	hash   crypto.Hash
	name   string
}

const (
	pkcs1Arc  = "\x2a\x86\x48\x86\xf7\x0d\x01\x01"
	x962Arc   = "\x2a\x86\x48\xce\x3d\x04"
	nistSign  = "\x60\x86\x48\x01\x65\x03\x04\x03"
	nistHash  = "\x60\x86\x48\x01\x65\x03\x04\x02"
	oidSHA1   = "\x2b\x0e\x03\x02\x1a"
	oiwRSAMD5 = "\x2b\x0e\x03\x02\x03"
)

// algorithms: RFC 3279, RFC 4055, RFC 5758, RFC 8410; SHA-3 by NIST's own arc.
var algorithms = []row{
	{pkcs1Arc + "\x0b", PKCS1, crypto.SHA256, "SHA256-RSA"},
	{x962Arc + "\x03\x02", ECDSA, crypto.SHA256, "ECDSA-SHA256"},
	{x962Arc + "\x03\x03", ECDSA, crypto.SHA384, "ECDSA-SHA384"},
	{x962Arc + "\x03\x04", ECDSA, crypto.SHA512, "ECDSA-SHA512"},
	{pkcs1Arc + "\x0c", PKCS1, crypto.SHA384, "SHA384-RSA"},
	{pkcs1Arc + "\x0d", PKCS1, crypto.SHA512, "SHA512-RSA"},
	{pkcs1Arc + "\x05", PKCS1, crypto.SHA1, "SHA1-RSA"},
	{"\x2b\x0e\x03\x02\x1d", PKCS1, crypto.SHA1, "SHA1-RSA"}, // OIW sha1WithRSASignature
	{pkcs1Arc + "\x0e", PKCS1, crypto.SHA224, "SHA224-RSA"},
	{x962Arc + "\x01", ECDSA, crypto.SHA1, "ECDSA-SHA1"},
	{x962Arc + "\x03\x01", ECDSA, crypto.SHA224, "ECDSA-SHA224"},
	{nistSign + "\x0a", ECDSA, crypto.SHA3_256, "ECDSA-SHA3-256"},
	{nistSign + "\x0b", ECDSA, crypto.SHA3_384, "ECDSA-SHA3-384"},
	{nistSign + "\x0c", ECDSA, crypto.SHA3_512, "ECDSA-SHA3-512"},
	{nistSign + "\x0e", PKCS1, crypto.SHA3_256, "SHA3-256-RSA"},
	{nistSign + "\x0f", PKCS1, crypto.SHA3_384, "SHA3-384-RSA"},
	{nistSign + "\x10", PKCS1, crypto.SHA3_512, "SHA3-512-RSA"},
}

// ReadAlgorithmIdentifier finds the algorithm. The error is an *UnsupportedError, or a
// *der.SyntaxError when the parameters are not what its standard demands.
func ReadAlgorithmIdentifier(id syntax.AlgorithmIdentifier) (Algorithm, error) {
	oid := string(id.OID)
	switch oid {
	case oidPSS:
		return readPSS(id)
	case oidEd25519:
		if id.Parameters != nil {
			return Algorithm{}, malformed("Ed25519 with parameters") // RFC 8410, 3
		}
		return Algorithm{Scheme: EdDSA, Name: "Ed25519"}, nil
	}
	for i := range algorithms {
		a := &algorithms[i]
		if a.oid != oid {
			continue
		}
		if a.scheme == ECDSA && id.Parameters != nil { // RFC 5758, 3.2
			return Algorithm{}, malformed("ECDSA with parameters")
		}
		if a.scheme == PKCS1 && id.Parameters != nil && !id.ParametersNull() { // RFC 4055, 5
			return Algorithm{}, malformed("RSA with parameters that are not NULL")
		}
		return Algorithm{Scheme: a.scheme, Hash: a.hash, Name: a.name}, nil
	}
	return Algorithm{}, &UnsupportedError{Feature: featureOf(oid, "signature algorithm")}
}

// featureOf names what is known but not supported, so that a report can count it.
func featureOf(oid, otherwise string) string {
	switch {
	case oid == oidDSA, oid == "\x2a\x86\x48\xce\x38\x04\x03",
		strings.HasPrefix(oid, nistSign) && oid[len(oid)-1] <= 8:
		return "DSA"
	case oid == pkcs1Arc+"\x02":
		return "MD2"
	case oid == pkcs1Arc+"\x03":
		return "MD4"
	case oid == pkcs1Arc+"\x04", oid == oiwRSAMD5:
		return "MD5"
	case oid == oidEd448:
		return "Ed448"
	case strings.HasPrefix(oid, nistSign) && oid[len(oid)-1] >= 17 && oid[len(oid)-1] <= 19:
		return "ML-DSA"
	case strings.HasPrefix(oid, nistSign) && oid[len(oid)-1] >= 20 && oid[len(oid)-1] <= 31:
		return "SLH-DSA"
	case strings.HasPrefix(oid, "\x2b\x24\x03\x03\x01"):
		return "RIPEMD"
	case strings.HasPrefix(oid, "\x2a\x85\x03"):
		return "GOST"
	}
	return otherwise
}

var hashes = []struct {
	oid  string
	hash crypto.Hash
}{
	{oidSHA1, crypto.SHA1}, {nistHash + "\x01", crypto.SHA256}, {nistHash + "\x02", crypto.SHA384},
	{nistHash + "\x03", crypto.SHA512}, {nistHash + "\x04", crypto.SHA224},
	{nistHash + "\x08", crypto.SHA3_256}, {nistHash + "\x09", crypto.SHA3_384},
	{nistHash + "\x0a", crypto.SHA3_512},
}

// HashByOID returns the hash function of a digest algorithm, or 0.
func HashByOID(oid []byte) crypto.Hash {
	for i := range hashes {
		if hashes[i].oid == string(oid) {
			return hashes[i].hash
		}
	}
	return 0
}

// HashIdentifier returns the AlgorithmIdentifier of a hash function, with NULL for SHA-1 as
// everybody writes it there, or nil.
func HashIdentifier(hash crypto.Hash) []byte {
	for i := range hashes {
		if hashes[i].hash != hash {
			continue
		}
		contents := der.Element(der.OID, []byte(hashes[i].oid))
		if hash == crypto.SHA1 {
			contents = append(contents, byte(der.Null), 0)
		}
		return der.Element(der.Sequence, contents)
	}
	return nil
}
