package path

// The codes that other rooms decide by. Package signing's verdicts depend on these names.
const (
	NoChain           Code = "no-chain"
	Expired           Code = "expired"
	NotYetValid       Code = "not-yet-valid"
	RevokedCode       Code = "revoked"
	RevocationUnknown Code = "revocation-unknown"
	WeakAlgorithm     Code = "weak-algorithm"
)

// Algorithms is the policy on algorithms and keys along a path. The zero value is today's default:
// no SHA-1 in a certificate's signature, RSA from 2,048 bits.
type Algorithms struct {
	AllowSHA1  bool
	MinRSABits int // zero means 2048
}
