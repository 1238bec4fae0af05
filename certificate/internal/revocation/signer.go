package revocation

import (
	"bytes"
	"errors"
	"time"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/signature"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// Signer is who may have signed: a certificate, and its key once it was read.
type Signer struct {
	Certificate *syntax.Certificate
	Key         signature.Key
}

// NewSigner reads the key of a certificate.
func NewSigner(c *syntax.Certificate) (Signer, error) {
	key, err := signature.ReadKey(c.Key)
	return Signer{Certificate: c, Key: key}, err
}

// CheckList verifies the signature of a list by a key, and judges its algorithm at a time.
func CheckList(l *syntax.CertificateList, key signature.Key, p signature.Policy,
	at time.Time) *Problem {
	if !bytes.Equal(l.Algorithm.Raw, l.OuterAlgorithm.Raw) { // RFC 5280, 5.1.1.2
		return problem(BadSignature, "the list names two different signature algorithms")
	}
	return verify(l.RawTBS, l.Signature, l.Algorithm, key, p, at)
}

func verify(message, value []byte, id syntax.AlgorithmIdentifier, key signature.Key,
	p signature.Policy, at time.Time) *Problem {
	algorithm, err := signature.ReadAlgorithmIdentifier(id)
	if err == nil {
		err = signature.Verify(key, algorithm, message, value)
	}
	if err != nil {
		return signatureProblem(err)
	}
	return refused(p, algorithm, key, at)
}

func signatureProblem(err error) *Problem {
	var unsupported *signature.UnsupportedError
	var syntaxError *der.SyntaxError
	switch {
	case errors.As(err, &unsupported):
		return problem(Unsupported, "signed with what is not supported: "+unsupported.Feature)
	case errors.As(err, &syntaxError):
		return problem(Malformed, "signature algorithm: "+syntaxError.Problem)
	case errors.Is(err, signature.ErrMismatch):
		return problem(BadSignature, "signed with another kind of key than the signer's")
	}
	return problem(BadSignature, "the signature is broken")
}

// CheckListAlgorithm judges the algorithm alone of a list whose signature was verified before.
func CheckListAlgorithm(l *syntax.CertificateList, key signature.Key, p signature.Policy,
	at time.Time) *Problem {
	algorithm, err := signature.ReadAlgorithmIdentifier(l.Algorithm)
	if err != nil {
		return signatureProblem(err)
	}
	return refused(p, algorithm, key, at)
}

func refused(p signature.Policy, a signature.Algorithm, key signature.Key, at time.Time) *Problem {
	if weak := p.Refuses(a, key, at); weak != "" {
		return problem(WeakAlgorithm, "signed with what is no longer believed: "+weak)
	}
	return nil
}
