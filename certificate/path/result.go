package path

import (
	"crypto/x509"
	"time"

	"github.com/rubrica/rubrica/certificate/crl"
)

// Status is the verdict on a path.
type Status uint8

const (
	// Indeterminate says that what was given does not suffice for a verdict. The zero value.
	Indeterminate Status = iota
	// Valid says that a path to an anchor stands at the time asked.
	Valid
	// Invalid says that no path stands, with the best reason found.
	Invalid
)

// String returns "valid", "invalid" or "indeterminate".
func (s Status) String() string {
	return [...]string{"indeterminate", "valid", "invalid"}[min(s, Invalid)]
}

// Code is a stable word for the reason of a verdict. "" goes with Valid.
type Code string

// The codes of a Result and of its problems.
const (
	NoChain           Code = "no-chain"           // Indeterminate: no path to an anchor was found
	RevocationUnknown Code = "revocation-unknown" // Indeterminate: evidence is missing
	LimitExceeded     Code = "limit-exceeded"     // Indeterminate: too much work, see the limits
	RevokedCode       Code = "revoked"            // also for the time being (certificateHold)
	Expired           Code = "expired"
	NotYetValid       Code = "not-yet-valid"
	BadSignature      Code = "bad-signature"
	UnsupportedAlgo   Code = "unsupported-algorithm" // Indeterminate
	WeakAlgorithm     Code = "weak-algorithm"
	NotAuthority      Code = "not-an-authority" // basicConstraints or version
	PathLength        Code = "path-length"
	KeyUsage          Code = "key-usage"
	ExtendedKeyUsage  Code = "extended-key-usage"
	NameConstraints   Code = "name-constraints"
	PolicyNotAllowed  Code = "policy"
	CriticalExtension Code = "unknown-critical-extension"
	Malformed         Code = "malformed"
	Profile           Code = "profile" // breaks RFC 5280, 4 (Strict), or has a negative serial number
)

// closeness orders the codes by how near to a valid path they are: of several paths that fail, the
// nearest is reported.
var closeness = map[Code]int{
	RevocationUnknown: 20, RevokedCode: 19, Expired: 17, NotYetValid: 16,
	WeakAlgorithm: 15, KeyUsage: 14, ExtendedKeyUsage: 13, PolicyNotAllowed: 12,
	NameConstraints: 11, PathLength: 10, NotAuthority: 9, CriticalExtension: 8, Profile: 7,
	Malformed: 6, UnsupportedAlgo: 5, BadSignature: 4, LimitExceeded: 3, NoChain: 2,
}

func (c Code) status() Status {
	switch c {
	case "":
		return Valid
	case NoChain, RevocationUnknown, LimitExceeded, UnsupportedAlgo:
		return Indeterminate
	}
	return Invalid
}

// RevocationStatus is what the evidence says of one certificate.
type RevocationStatus uint8

const (
	// Unknown says that nothing usable speaks of the certificate, or that nothing was asked, as of
	// an anchor.
	Unknown RevocationStatus = iota
	// Good says that fresh evidence does not count the certificate as revoked at the time asked.
	Good
	// Revoked says that it was revoked, or on hold, at the time asked.
	Revoked
)

// String returns "unknown", "good" or "revoked".
func (s RevocationStatus) String() string {
	return [...]string{"unknown", "good", "revoked"}[min(s, Revoked)]
}

// Evidence is what was found about one certificate of a path.
type Evidence struct {
	Status RevocationStatus
	At     time.Time  // of the revocation; also of one that comes after the time asked
	Reason crl.Reason // of the revocation
	Source []byte     // DER of the list or answer that decided, nil when Unknown
	Delta  []byte     // DER of the delta list that completed Source, nil when there was none
	// IssuedAt is thisUpdate of what decided.
	IssuedAt time.Time
	// Signer is who signed what decided.
	Signer *x509.Certificate
	// Why says why nothing usable was found, when Unknown.
	Why string
}

// Problem is what was found against one certificate.
type Problem struct {
	Certificate *x509.Certificate
	Code        Code
	Message     string
}

// Result is the verdict, with what decided it.
type Result struct {
	Status  Status
	Code    Code
	Message string
	// Chain is the path judged: leaf first, anchor last. nil when none reaches an anchor.
	Chain []*x509.Certificate
	// Policies are the OIDs of the user-constrained policy set, sorted; "2.5.29.32.0" stands for
	// any.
	Policies []string
	// Revocation has an entry for each certificate of Chain; that of the anchor says nothing.
	Revocation []Evidence
	// Problems are the reasons found against certificates of Chain, the first of each.
	Problems []Problem
}
