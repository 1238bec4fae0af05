package ocsp

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"

	"github.com/rubrica/rubrica/certificate/crl"
	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/public"
	"github.com/rubrica/rubrica/certificate/internal/revocation"
	"github.com/rubrica/rubrica/certificate/internal/signature"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// Response is an answer that was read. It is safe for concurrent use, and aliases the octets it was
// read from, which must not change.
type Response struct{ answer *syntax.OCSPResponse }

// Parse reads one OCSPResponse in DER. The error names the field and its offset. An error status
// of the responder is no error here: see Response.ResponderStatus.
func Parse(der []byte) (*Response, error) {
	a, err := syntax.ReadOCSPResponse(der)
	if err != nil {
		return nil, err
	}
	return &Response{a}, nil
}

// Raw returns the response's DER.
func (r *Response) Raw() []byte { return r.answer.Raw }

// ResponderStatus is an OCSPResponseStatus, RFC 6960, 4.2.1. When it is not 0, the response holds
// no answer.
type ResponderStatus uint8

var statusNames = [...]string{"successful", "malformedRequest", "internalError", "tryLater", "",
	"sigRequired", "unauthorized"}

// String returns the name in the standard's spelling.
func (s ResponderStatus) String() string {
	if int(s) < len(statusNames) && statusNames[s] != "" {
		return statusNames[s]
	}
	return "unknown"
}

// ResponderStatus returns whether the responder answered at all.
func (r *Response) ResponderStatus() ResponderStatus {
	return ResponderStatus(min(r.answer.Status, 255))
}

// ProducedAt returns when the answer was signed.
func (r *Response) ProducedAt() time.Time { return r.answer.ProducedAt }

// Nonce returns the nonce, nil when there is none (RFC 9654).
func (r *Response) Nonce() []byte { return r.answer.Nonce }

// Responder returns how the responder is named: its name, or the SHA-1 of its key.
func (r *Response) Responder() (name pkix.Name, keyHash []byte) {
	return public.Name(r.answer.ByName), r.answer.ByKey
}

// Certificates returns the DER of the certificates beside the answer.
func (r *Response) Certificates() [][]byte { return r.answer.Certificates }

// Status is what an answer says of a certificate.
type Status uint8

// The values of Status. Unknown is also what nothing says.
const (
	Unknown Status = iota
	Good
	Revoked
)

// String returns "unknown", "good" or "revoked".
func (s Status) String() string {
	return [...]string{"unknown", "good", "revoked"}[min(s, Revoked)]
}

// Single is what an answer says of one certificate.
type Single struct {
	Status        Status
	Serial        *big.Int
	RevokedAt     time.Time
	Reason        crl.Reason
	ThisUpdate    time.Time
	NextUpdate    time.Time // zero: a newer answer is always to be had
	ArchiveCutoff time.Time // zero when absent
}

// Singles returns the single answers in order.
func (r *Response) Singles() []Single {
	list := make([]Single, 0, len(r.answer.Single))
	for i := range r.answer.Single {
		list = append(list, single(&r.answer.Single[i]))
	}
	return list
}

func single(s *syntax.SingleResponse) Single {
	out := Single{Serial: der.BigInt(s.ID.Serial), RevokedAt: s.RevokedAt,
		Reason: crl.Reason(min(s.Reason, 255)), ThisUpdate: s.ThisUpdate, NextUpdate: s.NextUpdate,
		ArchiveCutoff: s.ArchiveCutoff}
	switch s.Status {
	case syntax.StatusGood:
		out.Status = Good
	case syntax.StatusRevoked:
		out.Status = Revoked
	}
	return out
}

// Question is how an answer is to be judged.
type Question struct {
	// Time of judging. Required.
	Time time.Time
	// Certificate that the answer must be about. nil: the first it speaks of that issuer's.
	Certificate *x509.Certificate
	// Responders are further certificates that may have signed, for answers that carry none.
	Responders []*x509.Certificate
	// Nonce that was sent; an answer with another is refused, one without is not (RFC 9654, 2.1).
	Nonce []byte
}

// Error says why an answer cannot be used.
type Error struct {
	// Code is a stable word: "unsuccessful", "wrong-issuer", "out-of-scope", "bad-signature",
	// "unsupported", "weak-algorithm", "not-authorised", "not-yet-valid", "stale",
	// "unknown-extension", "nonce-mismatch", "malformed".
	Code    string
	Message string
}

// Error implements error.
func (e *Error) Error() string { return "ocsp: " + e.Message }

func asError(p *revocation.Problem) error {
	if p == nil {
		return nil
	}
	return &Error{Code: string(p.Code), Message: p.Message}
}

// Verify judges an answer about a certificate of issuer: signed by the issuer or by a responder
// that it certified for that, in its dates. The issuer is taken on trust: its own path is the
// caller's business. A revocation that comes after the time of judging is Good. The error is an
// *Error.
func (r *Response) Verify(issuer *x509.Certificate, q Question) (Single, error) {
	s, p := r.verify(issuer, q)
	if p != nil {
		return Single{}, asError(p)
	}
	out := single(s)
	if out.Status == Revoked && out.RevokedAt.After(q.Time) {
		out.Status = Good
	}
	return out, nil
}

func (r *Response) verify(issuer *x509.Certificate,
	q Question) (*syntax.SingleResponse, *revocation.Problem) {
	if r.answer.Status != 0 {
		return nil, &revocation.Problem{Code: revocation.Unsuccessful,
			Message: "the responder gave no answer: " + r.ResponderStatus().String()}
	}
	c, err := syntax.ReadCertificate(issuer.Raw)
	if err != nil {
		return nil, malformed("the issuer's certificate", err)
	}
	signer, err := revocation.NewSigner(c)
	if err != nil {
		return nil, malformed("the issuer's key", err)
	}
	s, p := r.about(c, q)
	if p != nil {
		return nil, p
	}
	when := revocation.Interval{At: q.Time, Now: q.Time}
	others, err := readAll(q.Responders)
	if err != nil {
		return nil, malformed("a responder's certificate", err)
	}
	_, p = revocation.FindSigner(r.answer, signer, others, signature.DefaultPolicy(), when)
	if p != nil {
		return nil, p
	}
	if p := revocation.CheckAnswerForm(r.answer, s, when); p != nil {
		return nil, p
	}
	if q.Nonce != nil && r.answer.Nonce != nil && string(q.Nonce) != string(r.answer.Nonce) {
		return nil, &revocation.Problem{Code: revocation.NonceMismatch,
			Message: "the answer is to another request"}
	}
	return s, nil
}

func (r *Response) about(issuer *syntax.Certificate,
	q Question) (*syntax.SingleResponse, *revocation.Problem) {
	if q.Certificate != nil {
		c, err := syntax.ReadCertificate(q.Certificate.Raw)
		if err != nil {
			return nil, malformed("the certificate", err)
		}
		if !c.Issuer.Equal(issuer.Subject) {
			return nil, &revocation.Problem{Code: revocation.WrongIssuer,
				Message: "the certificate was issued by somebody else"}
		}
		if s := revocation.About(r.answer, c, issuer); s != nil {
			return s, nil
		}
		return nil, &revocation.Problem{Code: revocation.OutOfScope,
			Message: "the answer does not speak of the certificate"}
	}
	for i := range r.answer.Single {
		s := &r.answer.Single[i]
		if revocation.Match(s.ID,
			&syntax.Certificate{Serial: s.ID.Serial, Issuer: issuer.Subject}, issuer) {
			return s, nil
		}
	}
	return nil, &revocation.Problem{Code: revocation.WrongIssuer,
		Message: "the answer speaks of certificates of another issuer"}
}

func malformed(what string, err error) *revocation.Problem {
	return &revocation.Problem{Code: revocation.Malformed, Message: what + ": " + err.Error()}
}

func readAll(list []*x509.Certificate) ([]*syntax.Certificate, error) {
	var out []*syntax.Certificate
	for _, c := range list {
		s, err := syntax.ReadCertificate(c.Raw)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
