package algorithm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha1" // registers SHA-1, judged but weak
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"fmt"
)

// Key is a family of signature algorithms.
type Key uint8

// The families.
const (
	Unknown Key = iota
	RSA         // RSASSA-PKCS1-v1_5 (RFC 8017, 8.2)
	RSAPSS      // RSASSA-PSS (RFC 8017, 8.1)
	ECDSA       // FIPS 186-5, over the curves of NIST
	Ed25519     // pure Ed25519 (RFC 8032, 5.1)
)

// String is the family's usual name: "RSA-PSS".
func (k Key) String() string {
	switch k {
	case RSA:
		return "RSA"
	case RSAPSS:
		return "RSA-PSS"
	case ECDSA:
		return "ECDSA"
	case Ed25519:
		return "Ed25519"
	}
	return "unknown"
}

// Scheme is a signature algorithm with its parameters. Schemes are comparable.
type Scheme struct {
	Key        Key
	Hash       crypto.Hash // of the message; 0 for Ed25519, which takes the message itself
	SaltLength int         // octets; RSAPSS only, exact
	MGFHash    crypto.Hash // of MGF1; RSAPSS only
}

// ForKey is the scheme to sign with a key by default: PKCS #1 v1.5 for RSA, ECDSA and Ed25519
// for theirs, PSS with h throughout and a salt as long as h for a key that is bound to PSS.
// A private key's Public() or a certificate's key ([PublicKey]) is given.
func ForKey(pub crypto.PublicKey, h crypto.Hash) (Scheme, error) {
	var s Scheme
	switch k := pub.(type) {
	case *rsa.PublicKey:
		s = Scheme{Key: RSA, Hash: h}
	case *PSSPublicKey:
		if k.Bound != nil {
			return *k.Bound, checkKey(pub)
		}
		s = PSS(h)
	case *ecdsa.PublicKey:
		s = Scheme{Key: ECDSA, Hash: h}
	case ed25519.PublicKey:
		return Scheme{Key: Ed25519}, nil
	default:
		return Scheme{}, unsupported(fmt.Sprintf("key of type %T", pub))
	}
	if !Supported(h) {
		return Scheme{}, unsupported("hash " + HashName(h))
	}
	return s, checkKey(pub)
}

// PSS is RSASSA-PSS with h as the hash of the message and of MGF1, and a salt as long as h.
func PSS(h crypto.Hash) Scheme {
	return Scheme{Key: RSAPSS, Hash: h, SaltLength: hashSize(h), MGFHash: h}
}

// String names the scheme as people do: "RSA-PSS SHA-256".
func (s Scheme) String() string {
	if s.Key == Ed25519 || s.Key == Unknown {
		return s.Key.String()
	}
	return s.Key.String() + " " + HashName(s.Hash)
}

// check refuses schemes that cannot be computed, whatever the key.
func (s Scheme) check() error {
	switch s.Key {
	case RSA, ECDSA:
	case RSAPSS:
		if !Supported(s.MGFHash) {
			return unsupported("MGF1 with " + HashName(s.MGFHash))
		}
		if s.SaltLength < 0 || s.SaltLength > maxSalt {
			return fmt.Errorf("%w: salt length", ErrMalformed)
		}
	case Ed25519:
		return nil
	default:
		return unsupported("unknown signature algorithm")
	}
	if !Supported(s.Hash) {
		return unsupported("hash " + HashName(s.Hash))
	}
	return nil
}

// Weakness names what makes a signature under this scheme and key weak today: SHA-1, RSA
// below 2,048 bits or a curve below 256. It is empty for what is not weak. pub may be nil.
func (s Scheme) Weakness(pub crypto.PublicKey) string {
	if s.Key != Ed25519 && s.Hash == crypto.SHA1 {
		return "SHA-1"
	}
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return weakRSA(k)
	case *PSSPublicKey:
		return weakRSA(k.PublicKey)
	case *ecdsa.PublicKey:
		if bits := k.Curve.Params().BitSize; bits < 256 {
			return fmt.Sprintf("ECDSA %d bits", bits)
		}
	}
	return ""
}

// Weak says whether [Scheme.Weakness] names anything.
func (s Scheme) Weak(pub crypto.PublicKey) bool { return s.Weakness(pub) != "" }

func weakRSA(k *rsa.PublicKey) string {
	if bits := k.N.BitLen(); bits < 2048 {
		return fmt.Sprintf("RSA %d bits", bits)
	}
	return ""
}
