package algorithm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Verify checks a signature value over a message: nil, [ErrBroken], or [*Unsupported] when the
// scheme or the key is not judged. pub comes from [PublicKey] or is one of the keys it returns.
// ECDSA values are strict DER.
func (s Scheme) Verify(pub crypto.PublicKey, message, signature []byte) error {
	if err := s.judges(pub); err != nil {
		return err
	}
	if s.Key == Ed25519 {
		if !ed25519.Verify(pub.(ed25519.PublicKey), message, signature) {
			return ErrBroken
		}
		return nil
	}
	return s.verifyDigest(pub, Digest(s.Hash, message), signature)
}

// VerifyDigest checks a signature value over a digest that was computed before. Ed25519 signs
// messages, not digests, and gives [*Unsupported].
func (s Scheme) VerifyDigest(pub crypto.PublicKey, digest, signature []byte) error {
	if err := s.judges(pub); err != nil {
		return err
	}
	if s.Key == Ed25519 {
		return unsupported("Ed25519 over a digest")
	}
	return s.verifyDigest(pub, digest, signature)
}

func (s Scheme) judges(pub crypto.PublicKey) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := checkKey(pub); err != nil {
		return err
	}
	if !s.accepts(pub) {
		return fmt.Errorf("%w: a key of another kind than %s", ErrBroken, s)
	}
	return nil
}

func (s Scheme) verifyDigest(pub crypto.PublicKey, digest, signature []byte) error {
	if len(digest) != s.Hash.Size() {
		return ErrBroken
	}
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return s.verifyRSA(k, digest, signature)
	case *PSSPublicKey:
		return s.verifyRSA(k.PublicKey, digest, signature)
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(k, digest, signature) {
			return ErrBroken
		}
		return nil
	}
	return unsupported(fmt.Sprintf("key of type %T", pub))
}

func (s Scheme) verifyRSA(pub *rsa.PublicKey, digest, signature []byte) error {
	if s.Key == RSAPSS {
		return s.verifyPSS(pub, digest, signature)
	}
	if rsa.VerifyPKCS1v15(pub, s.Hash, digest, signature) == nil {
		return nil
	}
	// RFC 8017, B.1 has NULL parameters within DigestInfo; some producers leave them out, and
	// 9.2, note 2 lets a verifier accept that. It is one more exact encoding, not a looser one.
	info, err := digestInfoWithoutNull(s.Hash, digest)
	if err != nil || rsa.VerifyPKCS1v15(pub, 0, info, signature) != nil {
		return ErrBroken
	}
	return nil
}

func digestInfoWithoutNull(h crypto.Hash, digest []byte) ([]byte, error) {
	id, err := hashIdentifier(h, false)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(id)
		b.AddASN1OctetString(digest)
	})
	return b.Bytes()
}
