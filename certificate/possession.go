package certificate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
)

// maxPKCS10 bounds a PKCS #10 request: one with an RSA-16384 key has 5 KB.
const maxPKCS10 = 64 << 10

// CheckPossession reads a PKCS #10 request (RFC 2986) and returns its key if the request is signed
// with it: proof that whoever made the request has the private key. All else in the request is
// ignored. The error is a [*PolicyError].
func CheckPossession(der []byte) (crypto.PublicKey, error) {
	refuse := func(rule, detail string) (crypto.PublicKey, error) {
		return nil, &PolicyError{"publicKey", rule, detail}
	}
	if len(der) > maxPKCS10 {
		return refuse("too-long", "the PKCS #10 request has more than 64 KB")
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return refuse("malformed", "not a PKCS #10 request")
	}
	// A signature of a key as long as the request takes half a minute to check.
	if key, ok := request.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSABits {
		return refuse("weak-key", "the RSA key is too long")
	}
	if err := request.CheckSignature(); err != nil {
		return refuse("possession", "the PKCS #10 request is not signed with its key")
	}
	return request.PublicKey, nil
}

// subjectPublicKeyInfo encodes a key. Anything that is no key is refused, a nil pointer too.
func subjectPublicKeyInfo(pub crypto.PublicKey) ([]byte, error) {
	refused := &PolicyError{"publicKey", "unsupported-key", "neither RSA, ECDSA nor Ed25519"}
	switch key := pub.(type) {
	case *rsa.PublicKey:
		if key == nil || key.N == nil {
			return nil, refused
		}
	case *ecdsa.PublicKey:
		//lint:ignore SA1019 only compared with nil, at which every encoder panics
		if key == nil || key.Curve == nil || key.X == nil || key.Y == nil {
			return nil, refused
		}
	}
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, refused
	}
	return der, nil
}
