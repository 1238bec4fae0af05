package algorithm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
)

// Options are what crypto.Signer takes for the scheme. A PSS scheme whose MGF1 uses another
// hash, or whose salt is empty, cannot be stated to a crypto.Signer and gives [*Unsupported].
func (s Scheme) Options() (crypto.SignerOpts, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	switch {
	case s.Key == Ed25519:
		return crypto.Hash(0), nil
	case s.Key != RSAPSS:
		return s.Hash, nil
	case s.MGFHash != s.Hash || s.SaltLength == 0:
		return nil, unsupported("signing with RSA-PSS of these parameters")
	}
	return &rsa.PSSOptions{SaltLength: s.SaltLength, Hash: s.Hash}, nil
}

// Sign signs a message with a key, which hashes it itself when it is a crypto.MessageSigner.
// ECDSA values are DER, as CMS and certificates carry them. The key's answer is checked for
// its form only; [Scheme.Verify] checks the value.
func (s Scheme) Sign(key crypto.Signer, message []byte) ([]byte, error) {
	opts, err := s.fits(key)
	if err != nil {
		return nil, err
	}
	value, err := crypto.SignMessage(key, rand.Reader, message, opts)
	if err != nil {
		return nil, fmt.Errorf("key refused to sign: %w", err)
	}
	return value, s.checkForm(key.Public(), value)
}

// SignDigest signs a digest that was computed before. Ed25519 has no such form (RFC 8032, pure)
// and gives [ErrKey].
func (s Scheme) SignDigest(key crypto.Signer, digest []byte) ([]byte, error) {
	opts, err := s.fits(key)
	if err != nil {
		return nil, err
	}
	if s.Key == Ed25519 {
		return nil, fmt.Errorf("%w: Ed25519 signs messages, not digests", ErrKey)
	}
	if len(digest) != s.Hash.Size() {
		return nil, fmt.Errorf("%w: digest of %d octets for %s", ErrKey, len(digest), s)
	}
	value, err := key.Sign(rand.Reader, digest, opts)
	if err != nil {
		return nil, fmt.Errorf("key refused to sign: %w", err)
	}
	return value, s.checkForm(key.Public(), value)
}

func (s Scheme) fits(key crypto.Signer) (crypto.SignerOpts, error) {
	if key == nil {
		return nil, fmt.Errorf("%w: no key", ErrKey)
	}
	opts, err := s.Options()
	if err != nil {
		return nil, err
	}
	pub := key.Public()
	if err := checkKey(pub); err != nil {
		return nil, err
	}
	if !s.accepts(pub) {
		return nil, fmt.Errorf("%w: %T under %s", ErrKey, pub, s)
	}
	return opts, nil
}

// accepts says whether a key is of the scheme's family and free to be used under it.
func (s Scheme) accepts(pub crypto.PublicKey) bool {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return s.Key == RSA || s.Key == RSAPSS
	case *PSSPublicKey:
		b := k.Bound
		return s.Key == RSAPSS && (b == nil || s.Hash == b.Hash && s.MGFHash == b.MGFHash &&
			s.SaltLength >= b.SaltLength)
	case *ecdsa.PublicKey:
		return s.Key == ECDSA
	case ed25519.PublicKey:
		return s.Key == Ed25519
	}
	return false
}

// checkForm refuses what a key returned when it cannot be a value of the scheme at all, as
// when a token returns r‖s.
func (s Scheme) checkForm(pub crypto.PublicKey, value []byte) error {
	ok := true
	switch k := pub.(type) {
	case *rsa.PublicKey:
		ok = len(value) == k.Size()
	case *PSSPublicKey:
		ok = len(value) == k.Size()
	case *ecdsa.PublicKey:
		_, _, ok = parseECDSA(k, value)
	case ed25519.PublicKey:
		ok = len(value) == ed25519.SignatureSize
	}
	if !ok {
		return fmt.Errorf("%w: the key returned %d octets that are no %s value", ErrKey,
			len(value), s)
	}
	return nil
}

// MaxSignature is the greatest length of a value that a key makes, in octets; for ECDSA in DER.
func MaxSignature(pub crypto.PublicKey) int {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return k.Size()
	case *PSSPublicKey:
		return k.Size()
	case *ecdsa.PublicKey:
		return 2*(orderSize(k)+3) + 3
	case ed25519.PublicKey:
		return ed25519.SignatureSize
	}
	return 0
}
