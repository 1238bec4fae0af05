package crl

import (
	"bytes"
	"crypto/x509"
	"time"

	"github.com/rubrica/rubrica/certificate/internal/revocation"
	"github.com/rubrica/rubrica/certificate/internal/signature"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// Question is how a list is to be judged.
type Question struct {
	// Time of judging. Required.
	Time time.Time
	// Lenient passes over what RFC 5280, 5 demands of those who make lists but the validation of
	// section 6 does not need: version 2, a number that is not critical, a critical
	// issuingDistributionPoint that says something, an authorityKeyIdentifier that agrees.
	Lenient bool
}

// Error says why a list cannot be used.
type Error struct {
	// Code is a stable word: "wrong-issuer", "bad-signature", "unsupported", "weak-algorithm",
	// "not-authorised", "not-yet-valid", "stale", "no-next-update", "unknown-extension",
	// "profile", "malformed".
	Code    string
	Message string
}

// Error implements error.
func (e *Error) Error() string { return "crl: " + e.Message }

func asError(p *revocation.Problem) error {
	if p == nil {
		return nil
	}
	return &Error{Code: string(p.Code), Message: p.Message}
}

// Verify judges a list: issued and signed by that issuer, who may sign lists, in its dates, with no
// critical extension that is not known. The issuer is taken on trust: its own path is the
// caller's business. The error is an *Error.
func (l *List) Verify(issuer *x509.Certificate, q Question) error {
	c, err := syntax.ReadCertificate(issuer.Raw)
	if err != nil {
		return &Error{Code: "malformed", Message: "the issuer's certificate: " + err.Error()}
	}
	return asError(l.verify(c, q))
}

func (l *List) verify(c *syntax.Certificate, q Question) *revocation.Problem {
	if !l.list.Issuer.Equal(c.Subject) {
		return &revocation.Problem{Code: revocation.WrongIssuer,
			Message: "the list was issued by somebody else"}
	}
	if !revocation.MaySignLists(c) {
		return &revocation.Problem{Code: revocation.NotAuthorised,
			Message: "the issuer's key usages do not allow to sign lists"}
	}
	signer, err := revocation.NewSigner(c)
	if err != nil {
		return &revocation.Problem{Code: revocation.Unsupported,
			Message: "the issuer's key: " + err.Error()}
	}
	p := revocation.CheckList(l.list, signer.Key, signature.DefaultPolicy(), q.Time)
	if p != nil {
		return p
	}
	named := l.list.AuthorityKey.KeyID
	if !q.Lenient && named != nil && c.SubjectKeyID != nil && !bytes.Equal(named, c.SubjectKeyID) {
		return &revocation.Problem{Code: revocation.Profile,
			Message: "the list names another key than the issuer's"} // RFC 5280, 5.2.1
	}
	return revocation.CheckForm(l.list, revocation.Interval{At: q.Time, Now: q.Time}, !q.Lenient)
}

// Status is what a list says of a certificate.
type Status uint8

// The values of Status.
const (
	Unknown Status = iota // it does not speak of the certificate, or not of all reasons
	Good
	Revoked
)

// String returns "unknown", "good" or "revoked".
func (s Status) String() string {
	return [...]string{"unknown", "good", "revoked"}[min(s, Revoked)]
}

// Status says what the list, once verified, says of a certificate at a time: a revocation counts
// from its date. A delta list alone, and a list limited to some reasons, can only say Revoked or
// Unknown. The entry is set when there is one.
func (l *List) Status(c *x509.Certificate, at time.Time) (Status, Entry, error) {
	cert, err := syntax.ReadCertificate(c.Raw)
	if err != nil {
		return Unknown, Entry{}, err
	}
	reasons := revocation.Scope(l.list, cert)
	if reasons == 0 {
		return Unknown, Entry{}, nil
	}
	e, ok := l.list.Find(cert.Issuer, cert.Serial)
	switch {
	case ok && e.Reason == syntax.RemoveFromCRL:
		return Good, entry(e), nil
	case ok && !e.RevokedAt.After(at):
		return Revoked, entry(e), nil
	case l.list.BaseNumber != nil || reasons != revocation.AllReasons:
		return Unknown, Entry{}, nil
	case ok:
		return Good, entry(e), nil
	}
	return Good, Entry{}, nil
}
