package certtest

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
)

// keyID is the leftmost 160 bits of SHA-256 over the public key, RFC 7093, 2 (method 1, taken over
// the whole SubjectPublicKeyInfo for simplicity: identifiers need only be unlike each other).
func keyID(pub crypto.PublicKey) ([]byte, error) {
	spki, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(spki)
	return sum[:20], nil
}
