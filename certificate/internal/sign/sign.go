// Package sign signs certificates, lists and OCSP answers: one algorithm for each kind of key, and
// the same signature for the same octets wherever the key can do it.
package sign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // hashes of the algorithms
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"io"
)

// Algorithm is what a key signs with.
type Algorithm struct {
	X509 x509.SignatureAlgorithm
	Key  x509.PublicKeyAlgorithm
	Hash crypto.Hash // 0: the key takes the message itself
	OID  asn1.ObjectIdentifier
	Null bool // the parameters are NULL, else absent (RFC 4055, 5; RFC 5758, 3.2; RFC 8410, 3)
}

// For returns the algorithm of a key: RSA PKCS #1 v1.5 with SHA-256, ECDSA with the hash of the
// curve's size, Ed25519. False for any other key.
func For(pub crypto.PublicKey) (Algorithm, bool) {
	ec := func(alg x509.SignatureAlgorithm, h crypto.Hash, last int) (Algorithm, bool) {
		return Algorithm{
			alg,
			x509.ECDSA,
			h,
			asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, last},
			false,
		}, true
	}
	switch key := pub.(type) {
	case *rsa.PublicKey:
		oid := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
		return Algorithm{x509.SHA256WithRSA, x509.RSA, crypto.SHA256, oid, true}, true
	case *ecdsa.PublicKey:
		switch key.Curve.Params().Name {
		case "P-256":
			return ec(x509.ECDSAWithSHA256, crypto.SHA256, 2)
		case "P-384":
			return ec(x509.ECDSAWithSHA384, crypto.SHA384, 3)
		case "P-521":
			return ec(x509.ECDSAWithSHA512, crypto.SHA512, 4)
		}
	case ed25519.PublicKey:
		oid := asn1.ObjectIdentifier{1, 3, 101, 112}
		return Algorithm{x509.PureEd25519, x509.Ed25519, 0, oid, false}, true
	}
	return Algorithm{}, false
}

// Sign signs a message. ECDSA keys in memory sign as RFC 6979 has it.
func (a Algorithm) Sign(key crypto.Signer, message []byte) ([]byte, error) {
	digest := message
	if a.Hash != 0 {
		h := a.Hash.New()
		h.Write(message)
		digest = h.Sum(nil)
	}
	return Repeatable{key}.Sign(rand.Reader, digest, a.Hash)
}

// Verify checks a signature with the public half of a key.
func (a Algorithm) Verify(pub crypto.PublicKey, message, signature []byte) error {
	holder := &x509.Certificate{PublicKey: pub, PublicKeyAlgorithm: a.Key}
	return holder.CheckSignature(a.X509, message, signature)
}

// Repeatable takes the randomness away from ECDSA keys that can do without.
type Repeatable struct{ crypto.Signer }

// Sign implements crypto.Signer.
func (r Repeatable) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if _, ok := r.Signer.(*ecdsa.PrivateKey); ok {
		random = nil
	}
	return r.Signer.Sign(random, digest, opts)
}
