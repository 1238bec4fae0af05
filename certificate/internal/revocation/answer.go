package revocation

import (
	"bytes"
	"crypto"
	"crypto/sha1" // the name of a key in a ResponderID, RFC 6960, 4.2.1
	"time"

	"github.com/rubrica/rubrica/certificate/internal/signature"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// MaxAge is how old an answer without nextUpdate may be: the longest interval that publicly
// trusted responders are allowed. Such an answer says that a newer one is always to be had.
const MaxAge = 10 * 24 * time.Hour

// maxSigners bounds the certificates of one responder's name whose keys are tried on an answer: a
// responder has one, and two while it changes its key.
const maxSigners = 8

// oidOCSPSigning is id-kp-OCSPSigning, contents octets.
const oidOCSPSigning = "\x2b\x06\x01\x05\x05\x07\x03\x09"

// Match reports whether a CertID names a certificate and its issuer.
func Match(id syntax.CertID, c, issuer *syntax.Certificate) bool {
	if !bytes.Equal(id.Serial, c.Serial) {
		return false
	}
	hash := signature.HashByOID(id.Algorithm.OID)
	if hash == 0 {
		return false
	}
	return bytes.Equal(id.NameHash, sum(hash, c.Issuer)) &&
		bytes.Equal(id.KeyHash, sum(hash, issuer.Key.Key))
}

func sum(hash crypto.Hash, octets []byte) []byte {
	h := hash.New()
	h.Write(octets)
	return h.Sum(nil)
}

// About returns the newest single answer about a certificate, or nil. Of two of the same time that
// contradict each other, the one that says revoked is believed.
func About(a *syntax.OCSPResponse, c, issuer *syntax.Certificate) *syntax.SingleResponse {
	var newest *syntax.SingleResponse
	for i := range a.Single {
		s := &a.Single[i]
		if (newest == nil || supersedes(s, newest)) && Match(s.ID, c, issuer) {
			newest = s
		}
	}
	return newest
}

func supersedes(s, other *syntax.SingleResponse) bool {
	if s.ThisUpdate.Equal(other.ThisUpdate) {
		return s.Status == syntax.StatusRevoked && other.Status != syntax.StatusRevoked
	}
	return s.ThisUpdate.After(other.ThisUpdate)
}

// CheckAnswerForm judges dates and critical extensions of an answer and of a single one in it.
func CheckAnswerForm(a *syntax.OCSPResponse, s *syntax.SingleResponse, when Interval) *Problem {
	if a.UnknownCritical || s.UnknownCritical {
		return problem(CriticalUnknown, "the answer has a critical extension that is not known")
	}
	if p := CheckDates(s.ThisUpdate, s.NextUpdate, when); p != nil {
		return p
	}
	if !s.NextUpdate.IsZero() && s.NextUpdate.Before(s.ThisUpdate) {
		return problem(Malformed, "the next update comes before this one")
	}
	if a.ProducedAt.After(when.Now.Add(ClockSkew)) {
		return problem(NotYetValid, "produced after the time of judging")
	}
	if s.NextUpdate.IsZero() && s.ThisUpdate.Add(MaxAge).Before(when.At) {
		return problem(Stale, "older than ten days and without a next update")
	}
	return nil
}

// FindSigner finds who signed an answer about certificates of issuer: the issuer itself, or a
// responder that the issuer certified for that (RFC 6960, 4.2.2.2), among the certificates beside
// the answer and others at hand. The signature is verified; a delegated responder's dates, usages
// and the issuer's signature on it are too. delegate is nil when the issuer signed.
func FindSigner(a *syntax.OCSPResponse, issuer Signer, others []*syntax.Certificate,
	policy signature.Policy, when Interval) (delegate *syntax.Certificate, p *Problem) {
	p = problem(WrongIssuer, "signed by neither the issuer nor a responder that it certified")
	if named(a, issuer.Certificate) {
		if p = verify(a.RawTBS, a.Signature, a.Algorithm, issuer.Key, policy, when.At); p == nil {
			return nil, nil
		}
	}
	tried := 0
	for _, c := range candidates(a, others) {
		if !named(a, c) {
			continue
		}
		if tried++; tried > maxSigners {
			break
		}
		if p = checkDelegate(a, c, issuer, policy, when); p == nil {
			return c, nil
		}
	}
	return nil, p
}

func candidates(a *syntax.OCSPResponse, others []*syntax.Certificate) []*syntax.Certificate {
	var list []*syntax.Certificate
	for _, der := range a.Certificates {
		if c, err := syntax.ReadCertificate(der); err == nil {
			list = append(list, c)
		}
	}
	return append(list, others...)
}

func named(a *syntax.OCSPResponse, c *syntax.Certificate) bool {
	if a.ByKey != nil {
		id := sha1.Sum(c.Key.Key)
		return bytes.Equal(a.ByKey, id[:])
	}
	return a.ByName.Equal(c.Subject)
}

func checkDelegate(a *syntax.OCSPResponse, c *syntax.Certificate, issuer Signer,
	policy signature.Policy, when Interval) *Problem {
	signer, err := NewSigner(c)
	if err != nil {
		return signatureProblem(err)
	}
	if p := verify(a.RawTBS, a.Signature, a.Algorithm, signer.Key, policy, when.At); p != nil {
		return p
	}
	if !c.Issuer.Equal(issuer.Certificate.Subject) {
		return problem(NotAuthorised, "the responder was certified by somebody else")
	}
	if !bytes.Equal(c.Algorithm.Raw, c.OuterAlgorithm.Raw) {
		return problem(BadSignature, "the responder's certificate names two signature algorithms")
	}
	if p := verify(c.RawTBS, c.Signature, c.Algorithm, issuer.Key, policy, when.At); p != nil {
		return problem(NotAuthorised, "the responder's certificate: "+p.Message)
	}
	at := a.ProducedAt
	if when.At.After(at) {
		at = when.At
	}
	return mayAnswer(c, at)
}

// mayAnswer judges a delegated responder's certificate at the time it answered, or at the time of
// judging if that is later.
func mayAnswer(c *syntax.Certificate, at time.Time) *Problem {
	switch {
	case !hasUsage(c, oidOCSPSigning):
		return problem(NotAuthorised, "the responder's certificate is not for signing answers")
	case c.Has(syntax.KeyUsage) && !c.KeyUsage.Has(syntax.DigitalSignature|syntax.NonRepudiation):
		return problem(NotAuthorised, "the responder's certificate is not for signing")
	case at.Before(c.NotBefore) || at.After(c.NotAfter):
		return problem(NotAuthorised, "the responder's certificate was not in its dates")
	case c.UnknownCritical() != nil:
		return problem(CriticalUnknown, "the responder's certificate has an unknown critical extension")
	}
	return nil
}

func hasUsage(c *syntax.Certificate, usage string) bool {
	for _, u := range c.ExtKeyUsage {
		if string(u) == usage {
			return true
		}
	}
	return false
}
