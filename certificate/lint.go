package certificate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"sync"
)

// Linter looks at a certificate before it is issued. The certificate's signature is of a throw-away
// key and says nothing. Safe for concurrent use.
type Linter interface {
	// Lint returns what it found, in any order; an error means that it could not look.
	Lint(certificate []byte) ([]Finding, error)
}

// Severity is the weight of a [Finding].
type Severity uint8

// From the lightest to the heaviest. From Error on the certificate is not issued.
const (
	Notice Severity = iota
	Warning
	Error
)

// String returns "notice", "warning" or "error".
func (s Severity) String() string {
	return [...]string{"notice", "warning", "error"}[min(s, Error)]
}

// Finding is one rule that a certificate breaks.
type Finding struct {
	Lint     string // name of the rule, stable
	Severity Severity
	Source   string // the standard and its clause
	Detail   string
}

// sample signs the template with a throw-away key of the authority's kind. Its RawTBSCertificate is
// what will be signed.
func (a *Authority) sample(
	template *x509.Certificate, pub crypto.PublicKey,
) (*x509.Certificate, error) {
	key, err := throwAway(a.c.Key.Public())
	if err != nil {
		return nil, err
	}
	parent := &x509.Certificate{RawSubject: a.name, SubjectKeyId: a.keyID}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		return nil, fmt.Errorf("certificate: encoding: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certificate: encoding: %w", err)
	}
	return cert, nil
}

// lint asks the own rules, then the configured linters.
func (a *Authority) lint(sample *x509.Certificate) error {
	findings := Lint(sample)
	for _, linter := range a.c.Linters {
		more, err := linter.Lint(sample.Raw)
		if err != nil {
			return fmt.Errorf("certificate: linter: %w", err)
		}
		findings = append(findings, more...)
	}
	var refused []Finding
	for _, f := range findings {
		if f.Severity >= Error {
			refused = append(refused, f)
		}
	}
	if len(refused) > 0 {
		return &LintError{refused}
	}
	return nil
}

// Throw-away keys, one of a kind in a process. They sign nothing that leaves it. An RSA key has
// 2048 bits whatever the authority's has: the signature is not what is linted.
var (
	throwAwayMu   sync.Mutex
	throwAwayKeys = map[string]crypto.Signer{}
)

func throwAway(like crypto.PublicKey) (crypto.Signer, error) {
	throwAwayMu.Lock()
	defer throwAwayMu.Unlock()
	kind := "Ed25519"
	switch pub := like.(type) {
	case *rsa.PublicKey:
		kind = "RSA"
	case *ecdsa.PublicKey:
		kind = pub.Curve.Params().Name
	}
	if key := throwAwayKeys[kind]; key != nil {
		return key, nil
	}
	var key crypto.Signer
	var err error
	switch pub := like.(type) {
	case *rsa.PublicKey:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case *ecdsa.PublicKey:
		key, err = ecdsa.GenerateKey(pub.Curve, rand.Reader)
	default:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		return nil, fmt.Errorf("certificate: throw-away key: %w", err)
	}
	throwAwayKeys[kind] = key
	return key, nil
}
