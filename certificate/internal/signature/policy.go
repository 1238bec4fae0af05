package signature

import (
	"crypto"
	"strconv"
	"time"
)

// Rule says from when on a kind of signature is not believed any more.
type Rule struct {
	// Hash the rule is about: signatures made over this digest. 0: any.
	Hash crypto.Hash
	// Key the rule is about: "RSA", "ECDSA" or "Ed25519". "": any.
	Key string
	// BelowBits limits the rule to keys shorter than this. 0: all.
	BelowBits int
	// Until is the instant from which on such signatures are refused; zero: always refused.
	Until time.Time
}

// applies reports whether the rule speaks of that signature.
func (r Rule) applies(a Algorithm, k Key) bool {
	return (r.Hash == 0 || r.Hash == a.Hash) && (r.Key == "" || r.Key == k.Name) &&
		(r.BelowBits == 0 || k.Bits < r.BelowBits)
}

// Policy is a list of rules; what no rule refuses is believed.
type Policy []Rule

// DefaultPolicy refuses from 2014 on what NIST SP 800-131A disallows for making signatures since
// then: SHA-1, and keys of less than 112 bits of strength.
func DefaultPolicy() Policy {
	from := time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC)
	return Policy{
		{Hash: crypto.SHA1, Until: from},
		{Key: "RSA", BelowBits: 2048, Until: from},
	}
}

// Refuses returns a word for what the policy refuses in a signature judged at a time, "" when
// nothing.
func (p Policy) Refuses(a Algorithm, k Key, at time.Time) string {
	for _, r := range p {
		if !r.applies(a, k) || !r.Until.IsZero() && at.Before(r.Until) {
			continue
		}
		if r.Hash != 0 {
			return "hash function " + r.Hash.String()
		}
		return k.Name + " key of " + strconv.Itoa(k.Bits) + " bits"
	}
	return ""
}
