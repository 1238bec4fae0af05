package path

import (
	"crypto"
	"crypto/x509"
	"time"

	"github.com/rubrica/rubrica/certificate/fetch"
	"github.com/rubrica/rubrica/certificate/internal/signature"
)

// Revocation says what a caller asks about the revocation of the certificates of a path.
type Revocation uint8

const (
	// WhenPresent judges by the evidence that is given or fetched. A certificate of which nothing
	// usable speaks stays Unknown, which does not lower the verdict. The default.
	WhenPresent Revocation = iota
	// Required makes the verdict Indeterminate when a certificate stays Unknown.
	Required
	// Ignored looks at no evidence at all.
	Ignored
	// RequiredWhereGiven is WhenPresent, but a certificate whose issuer's evidence was given and
	// could not be used (broken, stale, of a wrong form) makes the verdict Indeterminate.
	RequiredWhereGiven
)

// Query is what a caller trusts, knows and asks. The zero value trusts nobody and fetches nothing.
// Nothing in it is changed, and its certificates and octets must not change while it is in use.
type Query struct {
	// Anchors are trusted; nothing else is. What the certificate of an anchor says of itself
	// (that it is an authority, path length, name and policy constraints) is honoured as
	// RFC 5937 does, unless IgnoreAnchorConstraints is set.
	Anchors                 []*x509.Certificate
	IgnoreAnchorConstraints bool
	// Intermediates are untrusted help, in any order: authorities, signers of lists and answers.
	Intermediates []*x509.Certificate

	// CRLs and OCSPs are evidence, in DER. Which certificate each speaks about is found out.
	CRLs, OCSPs [][]byte

	// Time is the moment at which the path must stand. Required.
	Time time.Time
	// KnownAt is the time up to which evidence may have been issued, not before Time; zero means
	// Time. A past signature is judged with Time at its proven time and KnownAt at the present:
	// a list issued since then (thisUpdate <= KnownAt, nextUpdate >= Time) speaks of it, and a
	// revocation counts only when its date is not after Time (ETSI EN 319 102-1, 5.2.6.2).
	KnownAt time.Time

	Revocation Revocation

	// Fetcher gets certificates of issuers, lists and answers from where certificates say they
	// are. nil: nothing is fetched.
	Fetcher *fetch.Fetcher

	// Policies are the acceptable certificate policies (user-initial-policy-set, RFC 5280, 6.1.1),
	// as dotted OIDs. Empty: any-policy.
	Policies              []string
	RequireExplicitPolicy bool          // initial-explicit-policy
	InhibitAnyPolicy      bool          // initial-any-policy-inhibit
	InhibitPolicyMapping  bool          // initial-policy-mapping-inhibit
	KeyUsage              x509.KeyUsage // one of these at least, when the leaf limits its usages
	ExtKeyUsages          []string      // one of these OIDs at least, when the leaf limits them
	// Algorithms says which signatures are believed at which time; the zero value is today's default.
	Algorithms Algorithms
	// Strict also refuses certificates and lists that are not as RFC 5280, sections 4 and 5, tells
	// authorities to make them, where the validation of section 6 would let them pass: key
	// identifiers that are missing or do not agree, extensions of wrong criticality, serial
	// numbers above 20 octets, expired anchors, and the like. Documents signed in the field are
	// judged without.
	Strict bool
	// Memory keeps lists that were read, and the signatures on them that were verified, from one
	// question to the next. nil: nothing is kept.
	Memory *Memory
}

// Algorithms is the policy on the signatures of certificates, lists and answers. The zero value
// holds the default rules: from 2014 on, no SHA-1 and no RSA keys below 2,048 bits (NIST SP
// 800-131A). What is weaker still (MD5, RSA below 1,024 bits) is not supported at any time.
type Algorithms struct {
	AllowSHA1  bool            // takes the rule on SHA-1 away
	MinRSABits int             // replaces the 2,048; 0 leaves it
	Rules      []AlgorithmRule // replace the default rules; nil leaves them
}

// AlgorithmRule says from when on a kind of signature is not believed any more.
type AlgorithmRule = signature.Rule

// DefaultAlgorithmRules returns a copy of the default rules, to begin [Algorithms.Rules] with.
func DefaultAlgorithmRules() []AlgorithmRule { return signature.DefaultPolicy() }

var defaultPolicy = signature.DefaultPolicy() // never changed

func (a Algorithms) policy() signature.Policy {
	if a.Rules == nil && !a.AllowSHA1 && a.MinRSABits == 0 {
		return defaultPolicy
	}
	rules := a.Rules
	if rules == nil {
		rules = defaultPolicy
	}
	var out signature.Policy
	for _, r := range rules {
		if a.AllowSHA1 && r.Hash == crypto.SHA1 {
			continue
		}
		if a.MinRSABits != 0 && r.Key == "RSA" {
			r.BelowBits = a.MinRSABits
		}
		out = append(out, r)
	}
	return out
}

// Limits on the work that one question may cause. Graphs of cross-certified authorities have more
// paths than anybody can try, and whoever is judged may choose the graph.
const (
	maxDepth      = 32      // certificates of a path
	maxSteps      = 20_000  // certificates looked at while building
	maxSignatures = 512     // verified while building; RSA-4096 takes some 0.1 ms each
	maxPaths      = 256     // complete paths judged
	maxFetches    = 24      // exchanges over the network
	maxNesting    = 3       // signers of lists whose own lists have signers …
	maxHelp       = 100_000 // certificates given as help
)
