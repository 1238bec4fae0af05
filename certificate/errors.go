package certificate

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrNotFound says that the ledger has no such request or serial number under this authority.
	// For OCSP that is "unknown"; for a person it is a wrong number.
	ErrNotFound = errors.New("certificate: not found in the ledger")

	// ErrSerialTaken is what a [Ledger] answers when another request holds the serial number. The
	// authority draws another one; a host sees it only when its source of randomness is broken.
	ErrSerialTaken = errors.New("certificate: serial number taken")

	// ErrStale is what a [Ledger] answers when the status changed since it was read. The authority
	// reads again; a host sees it only when many change the same certificate at once, and may
	// repeat.
	ErrStale = errors.New("certificate: status changed meanwhile")

	// ErrRequestConflict says that the request's identifier was used before for something else:
	// another key, holder or profile. The caller's identifiers are wrong; repeating does not help.
	ErrRequestConflict = errors.New("certificate: request identifier used for another request")

	// ErrRevoked says that the certificate is revoked, for good: it cannot be issued, suspended or
	// reinstated, nor revoked for another reason.
	ErrRevoked = errors.New("certificate: revoked")

	// ErrNotSuspended says that a certificate to be reinstated is not on hold.
	ErrNotSuspended = errors.New("certificate: not suspended")

	// ErrLedger says that the ledger gave back something other than what was put in, or that the
	// profile or the authority's certificate was changed after a request was planned and before it
	// was issued. Stop issuing and look at the store: nothing was signed. If it was the profile or
	// the certificate, give the request another identifier.
	ErrLedger = errors.New("certificate: ledger is inconsistent")

	// ErrSigner says that the authority's key produced a signature that does not verify. Nothing
	// was recorded or handed out. Look at the key's hardware before repeating.
	ErrSigner = errors.New("certificate: the authority's key signed wrongly")
)

// ConfigError says that a profile or an authority cannot be built as configured: a mistake of the
// host's programmer or operator.
type ConfigError struct {
	Field  string // the field of the configuration, as "ProfileConfig.KeyUsage"
	Reason string
}

// Error implements error.
func (e *ConfigError) Error() string { return "certificate: " + e.Field + ": " + e.Reason }

// PolicyError says that the profile or the authority refuses the request. The applicant or operator
// has to change it; nothing was recorded.
type PolicyError struct {
	Field  string // what is wrong: a field of Subject by its JSON name, "publicKey", "notAfter", …
	Rule   string // stable word: "required", "too-long", "characters", "weak-key", "validity", …
	Detail string // in English, without the value itself
}

// Error implements error.
func (e *PolicyError) Error() string {
	return fmt.Sprintf("certificate: request refused: %s: %s (%s)", e.Field, e.Detail, e.Rule)
}

// LintError says that the certificate that would have been signed breaks a rule: our bug or a
// profile that should not exist. Nothing was recorded or signed.
type LintError struct{ Findings []Finding }

// Error implements error.
func (e *LintError) Error() string {
	words := make([]string, len(e.Findings))
	for i, f := range e.Findings {
		words[i] = f.Lint
	}
	return "certificate: refused by lint: " + strings.Join(words, ", ")
}
