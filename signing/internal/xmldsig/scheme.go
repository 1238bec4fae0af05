package xmldsig

import (
	"crypto"
	"fmt"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
)

// signatureURIs lists the signature algorithms (RFC 9231, 2.3). RSA-PSS stands here in the forms
// without parameters (2.3.10): the salt is as long as the hash, MGF1 uses the same hash.
var signatureURIs = []struct {
	uri    string
	scheme algorithm.Scheme
}{
	{more01 + "rsa-sha256", algorithm.Scheme{Key: algorithm.RSA, Hash: crypto.SHA256}},
	{dsig + "rsa-sha1", algorithm.Scheme{Key: algorithm.RSA, Hash: crypto.SHA1}},
	{more01 + "ecdsa-sha256", algorithm.Scheme{Key: algorithm.ECDSA, Hash: crypto.SHA256}},
	{more01 + "rsa-sha512", algorithm.Scheme{Key: algorithm.RSA, Hash: crypto.SHA512}},
	{more01 + "rsa-sha384", algorithm.Scheme{Key: algorithm.RSA, Hash: crypto.SHA384}},
	{more01 + "rsa-sha224", algorithm.Scheme{Key: algorithm.RSA, Hash: crypto.SHA224}},
	{more01 + "ecdsa-sha1", algorithm.Scheme{Key: algorithm.ECDSA, Hash: crypto.SHA1}},
	{more01 + "ecdsa-sha224", algorithm.Scheme{Key: algorithm.ECDSA, Hash: crypto.SHA224}},
	{more01 + "ecdsa-sha384", algorithm.Scheme{Key: algorithm.ECDSA, Hash: crypto.SHA384}},
	{more01 + "ecdsa-sha512", algorithm.Scheme{Key: algorithm.ECDSA, Hash: crypto.SHA512}},
	{more21 + "ecdsa-sha3-224", algorithm.Scheme{Key: algorithm.ECDSA, Hash: crypto.SHA3_224}},
	{more21 + "ecdsa-sha3-256", algorithm.Scheme{Key: algorithm.ECDSA, Hash: crypto.SHA3_256}},
	{more21 + "ecdsa-sha3-384", algorithm.Scheme{Key: algorithm.ECDSA, Hash: crypto.SHA3_384}},
	{more21 + "ecdsa-sha3-512", algorithm.Scheme{Key: algorithm.ECDSA, Hash: crypto.SHA3_512}},
	{more21 + "eddsa-ed25519", algorithm.Scheme{Key: algorithm.Ed25519}},
	{more07 + "sha1-rsa-MGF1", algorithm.PSS(crypto.SHA1)},
	{more07 + "sha224-rsa-MGF1", algorithm.PSS(crypto.SHA224)},
	{more07 + "sha256-rsa-MGF1", algorithm.PSS(crypto.SHA256)},
	{more07 + "sha384-rsa-MGF1", algorithm.PSS(crypto.SHA384)},
	{more07 + "sha512-rsa-MGF1", algorithm.PSS(crypto.SHA512)},
	{more07 + "sha3-224-rsa-MGF1", algorithm.PSS(crypto.SHA3_224)},
	{more07 + "sha3-256-rsa-MGF1", algorithm.PSS(crypto.SHA3_256)},
	{more07 + "sha3-384-rsa-MGF1", algorithm.PSS(crypto.SHA3_384)},
	{more07 + "sha3-512-rsa-MGF1", algorithm.PSS(crypto.SHA3_512)},
}

// signaturePSS is RSASSA-PSS with RSAPSSParams below the method (RFC 9231, 2.3.9).
const signaturePSS = more07 + "rsa-pss"

// SignatureURI returns the identifier of a signature algorithm. Error: [*Unsupported] where none
// is registered, as for RSA PKCS #1 v1.5 with SHA-3.
func SignatureURI(s algorithm.Scheme) (string, error) {
	for _, known := range signatureURIs {
		if known.scheme == s {
			return known.uri, nil
		}
	}
	return "", &Unsupported{Kind: "signature-algorithm", Feature: fmt.Sprint(s)}
}

// schemeOf returns the scheme that an identifier without parameters names.
func schemeOf(uri string) (algorithm.Scheme, error) {
	for _, known := range signatureURIs {
		if known.uri == uri {
			return known.scheme, nil
		}
	}
	return algorithm.Scheme{}, &Unsupported{Kind: "signature-algorithm", Feature: uri}
}
