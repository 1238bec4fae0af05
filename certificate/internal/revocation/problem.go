package revocation

// Code is a stable word for why a list or an answer cannot be used.
type Code string

// The codes.
const (
	OutOfScope      Code = "out-of-scope"      // it does not speak of the certificate
	WrongIssuer     Code = "wrong-issuer"      // made by somebody else
	BadSignature    Code = "bad-signature"     // broken, or by a key of another kind
	Unsupported     Code = "unsupported"       // an algorithm that is not supported
	WeakAlgorithm   Code = "weak-algorithm"    // refused by the algorithm policy at that time
	NotAuthorised   Code = "not-authorised"    // the signer may not sign lists or answers
	NotYetValid     Code = "not-yet-valid"     // issued after the time of judging
	Stale           Code = "stale"             // next update due before the time of judging
	NoNextUpdate    Code = "no-next-update"    // a list without nextUpdate
	CriticalUnknown Code = "unknown-extension" // a critical extension that is not known
	Profile         Code = "profile"           // breaks a demand of RFC 5280, 5 on the list
	Malformed       Code = "malformed"
	Unsuccessful    Code = "unsuccessful" // an OCSP error status
	NonceMismatch   Code = "nonce-mismatch"
)

// Problem says why a list or an answer cannot be used. It implements error.
type Problem struct {
	Code    Code
	Message string
}

// Error implements error.
func (p *Problem) Error() string { return p.Message }

func problem(code Code, message string) *Problem { return &Problem{Code: code, Message: message} }
