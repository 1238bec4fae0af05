package certificate

import "fmt"

// Reason is why a certificate was revoked or held: CRLReason of RFC 5280, 5.3.1, with its numbers.
type Reason int

// The reasons of RFC 5280. 7 is not used.
const (
	Unspecified          Reason = 0
	KeyCompromise        Reason = 1
	CACompromise         Reason = 2
	AffiliationChanged   Reason = 3
	Superseded           Reason = 4
	CessationOfOperation Reason = 5
	CertificateHold      Reason = 6
	RemoveFromCRL        Reason = 8
	PrivilegeWithdrawn   Reason = 9
	AACompromise         Reason = 10
)

var reasonNames = map[Reason]string{
	Unspecified: "unspecified", KeyCompromise: "keyCompromise", CACompromise: "cACompromise",
	AffiliationChanged: "affiliationChanged", Superseded: "superseded",
	CessationOfOperation: "cessationOfOperation", CertificateHold: "certificateHold",
	RemoveFromCRL: "removeFromCRL", PrivilegeWithdrawn: "privilegeWithdrawn",
	AACompromise: "aACompromise",
}

// String returns the name in RFC 5280, as "keyCompromise".
func (r Reason) String() string {
	if name, ok := reasonNames[r]; ok {
		return name
	}
	return fmt.Sprintf("reason(%d)", int(r))
}

// ParseReason is the inverse of [Reason.String].
func ParseReason(name string) (Reason, error) {
	for r, n := range reasonNames {
		if n == name {
			return r, nil
		}
	}
	return 0, &PolicyError{
		Field:  "reason",
		Rule:   "unknown",
		Detail: "not a reason of RFC 5280, 5.3.1",
	}
}

// final reports whether a certificate can be revoked for good for this reason.
func (r Reason) final() bool {
	_, known := reasonNames[r]
	return known && r != CertificateHold && r != RemoveFromCRL
}
