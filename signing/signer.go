package signing

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
)

// A Signer is a key and who it belongs to. The key may live anywhere (memory, a token, a remote
// service): only its crypto.Signer is used.
type Signer struct {
	// Key makes the signature values.
	Key crypto.Signer
	// Chain is the certificate of Key first, then the certificates that lead to an anchor, in
	// order; the anchor itself may be left out. Required: at least the leaf.
	Chain []*x509.Certificate
}

// ErrNoCertificate says that a Signer has no certificate: fill Signer.Chain, leaf first.
var ErrNoCertificate = errors.New("signing: the signer has no certificate")

// ErrKeyMismatch says that the leaf certificate does not certify the signer's key: the chain
// belongs to another key, or its order is wrong.
var ErrKeyMismatch = errors.New("signing: the certificate does not belong to the key")

// Leaf returns the signer's own certificate after checking that it belongs to the key.
// Errors: [ErrNoCertificate], [ErrKeyMismatch].
func (s Signer) Leaf() (*x509.Certificate, error) {
	if len(s.Chain) == 0 || s.Chain[0] == nil {
		return nil, ErrNoCertificate
	}
	if s.Key == nil {
		return nil, fmt.Errorf("%w: the signer has no key", ErrKeyMismatch)
	}
	own, ok := s.Key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !own.Equal(s.Chain[0].PublicKey) {
		return nil, ErrKeyMismatch
	}
	return s.Chain[0], nil
}

// Level says how far a signature reaches in time: the baseline levels of ETSI EN 319 132-1,
// EN 319 142-1 and EN 319 122-1. The zero value is LevelB.
type Level uint8

// The baseline levels, each containing the one before.
const (
	LevelB   Level = iota // basic: signed, with the signing certificate bound
	LevelT                // a time stamp proves that the signature existed
	LevelLT               // certificates and revocation data are inside
	LevelLTA              // archive time stamps renew the proof
)

// String returns "B", "T", "LT" or "LTA".
func (l Level) String() string {
	switch l {
	case LevelB:
		return "B"
	case LevelT:
		return "T"
	case LevelLT:
		return "LT"
	case LevelLTA:
		return "LTA"
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// ParseLevel reads "B", "T", "LT" or "LTA".
func ParseLevel(s string) (Level, error) {
	for l := LevelB; l <= LevelLTA; l++ {
		if l.String() == s {
			return l, nil
		}
	}
	return LevelB, fmt.Errorf("signing: unknown level %q; known are B, T, LT, LTA", s)
}

// A Timestamper obtains time stamps by RFC 3161. It returns the TimeStampToken (a DER ContentInfo,
// not the response around it), already verified against hash and digest. See signing/tsp.
type Timestamper interface {
	Timestamp(ctx context.Context, hash crypto.Hash, digest []byte) (token []byte, err error)
}
