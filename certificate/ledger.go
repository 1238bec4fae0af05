package certificate

import (
	"context"
	"time"
)

// Ledger is where an authority records what it is about to do and what it did. It is the only state
// of an [Authority]; several authorities may share one, each under its own Issuer.
//
// An implementation MUST make each method atomic, and MUST have made its effect durable before it
// returns nil: a certificate is signed on the strength of that answer. It MUST NOT change or drop a
// record except as said here. It is used by many goroutines, and may be used by many processes.
// Errors of the store are returned as they are. The package ledgertest has the tests.
type Ledger interface {
	// Plan adds a record that has no certificate. If (Issuer, Request) exists it adds nothing and
	// returns the stored record with a nil error: the caller compares. If (Issuer, Serial) exists
	// under another request it adds nothing and returns ErrSerialTaken.
	Plan(ctx context.Context, r Record) (Record, error)

	// Certify puts the certificate into the record of (issuer, request) and returns the record.
	// When one is there already it stays; one that differs from it is added to Duplicates, once.
	// ErrNotFound when nothing was planned.
	Certify(
		ctx context.Context, issuer, request string, certificate []byte, at time.Time,
	) (Record, error)

	// Change appends s to the history of (issuer, serial) if the history has exactly seen entries,
	// and returns the record; ErrStale if it has another number, ErrNotFound if there is no record.
	Change(ctx context.Context, issuer, serial string, seen int, s Status) (Record, error)

	// Find returns the records that match, ordered by Serial as text, octet by octet. Nothing found
	// is an empty slice and no error.
	Find(ctx context.Context, q Query) ([]Record, error)

	// Next counts the named counter of the issuer up by one, from 1, and returns it. A number is
	// returned once for ever, also after a crash; gaps are allowed.
	Next(ctx context.Context, issuer, counter string) (int64, error)
}

// Query chooses records of one issuer. The zero value of each field but Issuer does not restrict.
type Query struct {
	Issuer  string
	Request string
	Serial  string
	Listed  bool   // only those whose latest status is Held or Revoked
	After   string // only those with a greater Serial: the last of the previous page
	Limit   int    // at most so many; 0 is all
}

// Record is what a ledger knows of one request. Slices in a record are not changed by either side
// after it was handed over.
type Record struct {
	Issuer  string // the authority, see [Authority.ID]
	Request string // the caller's identifier of the intent, unique under the issuer
	Digest  []byte // SHA-256 over the request, tells a repeat from another use of the identifier
	Serial  string // serial number, lower-case hexadecimal without leading zeros
	Profile string // name of the profile
	TBS     []byte // DER of the TBSCertificate: what is signed, all of it
	NotAfter,
	PlannedAt time.Time

	Certificate []byte    // DER; nil until issued
	IssuedAt    time.Time // zero until issued
	Duplicates  [][]byte  // other signatures over the same TBS, never handed out
	History     []Status  // status changes, oldest first; empty means good
}

// Status returns the latest status; the zero Status, which is Good, when there was no change.
func (r Record) Status() Status {
	if len(r.History) == 0 {
		return Status{}
	}
	return r.History[len(r.History)-1]
}

// State is the state of a certificate apart from its dates.
type State uint8

// The states. The zero value is Good.
const (
	Good    State = iota
	Held          // suspended: certificateHold, may become Good again
	Revoked       // for good
)

// String returns "good", "held" or "revoked".
func (s State) String() string {
	switch s {
	case Good:
		return "good"
	case Held:
		return "held"
	case Revoked:
		return "revoked"
	}
	return "unknown"
}

// Status is one change of a certificate's state.
type Status struct {
	State State
	// Since is the date that a list shows: when the certificate was revoked or held. A certificate
	// that was held and then revoked is revoked since it was held (X.509, 9.5.3.1).
	Since time.Time
	// At is when the change was recorded.
	At     time.Time
	Reason Reason
	// Invalid is when the key is thought to have been lost (RFC 5280, 5.3.2); zero when not known.
	Invalid time.Time
	// Reference points at what caused the change, in the caller's terms: an event, a case number.
	// It must hold no personal data.
	Reference string
}
