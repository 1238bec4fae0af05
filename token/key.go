package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Key is a private key with what is known about it. It is printed as its alias, algorithm and
// subject; its encoders refuse with [ErrSecret], because a key that lives in memory is a secret.
type Key struct {
	// Alias is the name in the file or on the device: friendlyName in PKCS #12, CKA_LABEL in
	// PKCS #11. It may be empty and need not be unique.
	Alias string

	// ID tells keys of one place apart: localKeyId in PKCS #12, CKA_ID in PKCS #11. May be nil.
	ID []byte

	// Signer does the work. It is never nil in a Key that this module hands out.
	Signer crypto.Signer

	// Chain is the certificate of the key, then those of its issuers as far as the place holds
	// them. Nil when there is no certificate for the key.
	Chain []*x509.Certificate
}

// Leaf returns the certificate of the key, or nil.
func (k Key) Leaf() *x509.Certificate {
	if len(k.Chain) == 0 {
		return nil
	}
	return k.Chain[0]
}

// Usage returns the key usage in the certificate; 0 when there is no certificate or it does not
// say.
func (k Key) Usage() x509.KeyUsage {
	if leaf := k.Leaf(); leaf != nil {
		return leaf.KeyUsage
	}
	return 0
}

// Signs reports whether the certificate lets the key sign documents: bit 0 (digitalSignature) or
// bit 1 (nonRepudiation) of the key usage, or no key usage at all (RFC 5280, 4.2.1.3).
func (k Key) Signs() bool {
	leaf := k.Leaf()
	if leaf == nil {
		return false
	}
	const sign = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	return leaf.KeyUsage == 0 || leaf.KeyUsage&sign != 0
}

// Algorithm names the kind and size of the key as "RSA-2048", "P-256" or "Ed25519"; "unknown" for a
// key of another kind.
func (k Key) Algorithm() string {
	if k.Signer == nil {
		return "unknown"
	}
	switch pub := k.Signer.Public().(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", pub.Size()*8)
	case *ecdsa.PublicKey:
		return pub.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "unknown"
}

// String implements fmt.Stringer: alias, algorithm and subject, never the key.
func (k Key) String() string {
	subject := "no certificate"
	if leaf := k.Leaf(); leaf != nil {
		subject = leaf.Subject.String()
	}
	return fmt.Sprintf("%q %s (%s)", k.Alias, k.Algorithm(), subject)
}

// GoString implements fmt.GoStringer as String does.
func (k Key) GoString() string { return k.String() }

// Format implements fmt.Formatter: as String, for every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue implements slog.LogValuer: alias and algorithm, without the holder's name.
func (k Key) LogValue() slog.Value {
	return slog.GroupValue(slog.String("alias", k.Alias), slog.String("algorithm", k.Algorithm()))
}

// MarshalJSON refuses with [ErrSecret].
func (k Key) MarshalJSON() ([]byte, error) { return nil, ErrSecret }

// MarshalText refuses with [ErrSecret].
func (k Key) MarshalText() ([]byte, error) { return nil, ErrSecret }

// MarshalBinary refuses with [ErrSecret].
func (k Key) MarshalBinary() ([]byte, error) { return nil, ErrSecret }

// GobEncode refuses with [ErrSecret].
func (k Key) GobEncode() ([]byte, error) { return nil, ErrSecret }

// MarshalYAML refuses with [ErrSecret].
func (k Key) MarshalYAML() (any, error) { return nil, ErrSecret }

// ErrNoSigningKey says that among the keys none has a certificate that lets it sign. Show the
// holder the list: the file may be the one for decryption.
var ErrNoSigningKey = errors.New("token: no key with a certificate for signing")

// SigningKey chooses the key for signing documents: the first whose certificate has bit 0 of the
// key usage (digitalSignature), as FirmaEC chooses; without one, the first that [Key.Signs]. A file
// with a signing key and a decryption key has one answer. [ErrNoSigningKey] when there is none.
func SigningKey(keys []Key) (Key, error) {
	for _, k := range keys {
		if k.Usage()&x509.KeyUsageDigitalSignature != 0 {
			return k, nil
		}
	}
	for _, k := range keys {
		if k.Signs() {
			return k, nil
		}
	}
	return Key{}, ErrNoSigningKey
}

// Algorithm is a kind of key that [Generate] makes. The zero value is RSA2048, what Ecuadorian and
// Colombian authorities issue to.
type Algorithm uint8

// The kinds of key.
const (
	RSA2048 Algorithm = iota
	RSA3072
	RSA4096
	P256
	P384
	P521
	Ed25519
)

// ErrAlgorithm says that an [Algorithm] is none of the constants: a mistake in the caller's code.
var ErrAlgorithm = errors.New("token: unknown key algorithm")

// String returns the name as [Key.Algorithm] gives it.
func (a Algorithm) String() string {
	names := [...]string{"RSA-2048", "RSA-3072", "RSA-4096", "P-256", "P-384", "P-521", "Ed25519"}
	if int(a) >= len(names) {
		return "unknown"
	}
	return names[a]
}

// ParseAlgorithm is the inverse of [Algorithm.String].
func ParseAlgorithm(name string) (Algorithm, error) {
	for a := RSA2048; a <= Ed25519; a++ {
		if a.String() == name {
			return a, nil
		}
	}
	return 0, fmt.Errorf("%w: %q", ErrAlgorithm, name)
}

// Generate makes a key in memory with the system's randomness.
func Generate(a Algorithm) (crypto.Signer, error) {
	switch a {
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case RSA4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, ErrAlgorithm
}
