package path

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"github.com/rubrica/rubrica/certificate/fetch"
)

// Revocation says what a caller asks about the revocation of every certificate of a path.
type Revocation uint8

const (
	// WhenPresent judges by the evidence that is given, embedded or fetched; a certificate of
	// which no evidence speaks stays unknown and does not lower the verdict. The default.
	WhenPresent Revocation = iota
	// Required makes the verdict Indeterminate when a certificate stays unknown.
	Required
	// Ignored looks at no evidence at all.
	Ignored
)

// Query is what a caller trusts, knows and asks. The zero value trusts nobody and fetches nothing.
type Query struct {
	Anchors       []*x509.Certificate // trusted; nothing else is
	Intermediates []*x509.Certificate // untrusted help, in any order
	CRLs, OCSPs   [][]byte            // DER evidence
	Time          time.Time           // the time at which the path must stand, required
	// KnownAt is the time up to which evidence may have been issued, not before Time; zero means
	// Time. A past signature is judged with Time at its proven time and KnownAt at the present:
	// a list issued since then (thisUpdate <= KnownAt, nextUpdate >= Time) speaks of it, and a
	// revocation counts only when its date is not after Time (ETSI EN 319 102-1, 5.2.6.2).
	KnownAt    time.Time
	Revocation Revocation     // WhenPresent unless told otherwise
	Fetcher    *fetch.Fetcher // nil: nothing is fetched
	Algorithms Algorithms     // the zero value is today's default
}

// Status is the verdict on a path.
type Status uint8

const (
	// Indeterminate says that what was given does not suffice for a verdict. The zero value.
	Indeterminate Status = iota
	// Valid says that a path to an anchor stands at the time asked.
	Valid
	// Invalid says that no path can stand, with the best reason in Result.Code.
	Invalid
)

// Code is a stable word for the reason of a verdict.
type Code string

// RevocationStatus is what the evidence says of one certificate.
type RevocationStatus uint8

const (
	// Unknown says that no evidence speaks of the certificate.
	Unknown RevocationStatus = iota
	// Good says that evidence in its dates does not list the certificate.
	Good
	// Revoked says that the certificate is revoked or on hold.
	Revoked
)

// Evidence is what was found about one certificate of a path.
type Evidence struct {
	Status RevocationStatus
	At     time.Time // of the revocation
	Reason int       // CRLReason, RFC 5280, 5.3.1
	Source []byte    // DER of the list or response that decided
}

// Result is the verdict, with what decided it.
type Result struct {
	Status     Status
	Code       Code
	Message    string
	Chain      []*x509.Certificate // leaf first, anchor last; nil when none was found
	Policies   []string            // OIDs
	Revocation []Evidence          // one a certificate of Chain
}

// Validate judges the path from leaf to one of q.Anchors. The error is about the question itself;
// every judgement of the certificates is in the Result.
func Validate(ctx context.Context, leaf *x509.Certificate, q Query) (*Result, error) {
	if leaf == nil || q.Time.IsZero() {
		return nil, errors.New("path: a leaf and a time are required")
	}
	roots, inter := x509.NewCertPool(), x509.NewCertPool()
	for _, c := range q.Anchors {
		roots.AddCert(c)
	}
	for _, c := range q.Intermediates {
		inter.AddCert(c)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: inter,
		CurrentTime: q.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		var unknown x509.UnknownAuthorityError
		if errors.As(err, &unknown) {
			return &Result{Status: Indeterminate, Code: "no-chain", Message: err.Error()}, nil
		}
		return &Result{Status: Invalid, Code: "invalid", Message: err.Error()}, nil
	}
	return &Result{Status: Valid, Chain: chains[0],
		Revocation: make([]Evidence, len(chains[0]))}, nil
}
