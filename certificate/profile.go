package certificate

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Placement says where a profile writes the holder's identity.
type Placement uint8

const (
	// InSubject writes all of it into attributes of the subject, as ARCOTEL's resolution 2024-0176
	// has it (serialNumber is the cédula or passport, organizationIdentifier "VATEC-" and the RUC).
	InSubject Placement = iota
	// InExtensions adds an extension arc.N for each field, its value a UTF8String.
	InExtensions
	// InAltName adds an otherName arc.N for each field to SubjectAltName, its value a UTF8String.
	InAltName
)

// Period is a length of time on the calendar.
type Period struct{ Years, Months, Days int }

func (p Period) after(t time.Time) time.Time { return t.AddDate(p.Years, p.Months, p.Days) }

// Policy is a certificate policy (RFC 5280, 4.2.1.4).
type Policy struct {
	OID string // dotted
	CPS string // address of the practice statement; empty for none
}

// ProfileConfig describes a kind of certificate, as data. [NewProfile] checks it.
type ProfileConfig struct {
	Name string // how requests name the profile: lower-case letters, digits and hyphens

	// Authority makes certificates of authorities. PathLength is then how many authorities may
	// follow below; 0 is none, a negative number is no limit.
	Authority  bool
	PathLength int

	// KeyUsage is required. keyEncipherment and dataEncipherment are left out for keys other than
	// RSA.
	KeyUsage x509.KeyUsage

	ExtKeyUsage         []string // dotted; none by default
	ExtKeyUsageCritical bool     // RFC 3161, 2.3 asks for it in a time-stamping certificate

	Policies []Policy

	// Validity is the longest that a certificate lives, and how long it lives if the request does
	// not say. Required.
	Validity Period

	Identity Placement
	Arc      string // where the identity's numbers hang, for InExtensions and InAltName; dotted

	// Required names the fields of Subject, as in JSON, that a request must fill.
	Required []string

	// Fixed is put in where a request leaves a field of Subject empty; a request that fills it
	// otherwise is refused.
	Fixed Subject

	// NoCheck adds id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1), for OCSP responders.
	NoCheck bool

	// NoStatus leaves out the addresses of CRL and OCSP: for certificates whose status nobody asks.
	NoStatus bool

	// MinRSABits is the shortest RSA key; 0 means 2048, and less is refused.
	MinRSABits int
}

// Profile is a checked [ProfileConfig]. It does not change and is safe for concurrent use.
type Profile struct {
	c           ProfileConfig
	extKeyUsage []asn1.ObjectIdentifier
	policies    []asn1.ObjectIdentifier
	arc         asn1.ObjectIdentifier
}

// Name returns the name of the profile.
func (p *Profile) Name() string { return p.c.Name }

const (
	maxRSABits    = 16384 // a signature check with a longer key is a burden to everyone who verifies
	minRSABits    = 2048  // NIST SP 800-131A
	maxOIDArcs    = 32    // far beyond any OID in use
	maxNameLength = 64    // of profiles and fields in errors
)

// NewProfile checks the configuration. The error is a [*ConfigError].
func NewProfile(c ProfileConfig) (*Profile, error) {
	p := &Profile{c: c}
	p.c.ExtKeyUsage, p.c.Policies = slices.Clone(c.ExtKeyUsage), slices.Clone(c.Policies)
	p.c.Required = slices.Clone(c.Required)
	for _, check := range []func() error{
		p.checkName, p.checkUsage, p.checkOIDs, p.checkIdentity, p.checkRest,
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func profileError(field, format string, args ...any) error {
	return &ConfigError{Field: "ProfileConfig." + field, Reason: fmt.Sprintf(format, args...)}
}

func (p *Profile) checkName() error {
	if p.c.Name == "" || len(p.c.Name) > maxNameLength {
		return profileError("Name", "empty or longer than %d", maxNameLength)
	}
	for _, r := range p.c.Name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return profileError("Name", "only lower-case letters, digits and hyphens")
		}
	}
	return nil
}

func (p *Profile) checkUsage() error {
	const authority = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	switch {
	case p.c.KeyUsage == 0 || p.c.KeyUsage > x509.KeyUsageDecipherOnly<<1-1:
		return profileError("KeyUsage", "empty or out of range")
	case p.c.Authority && p.c.KeyUsage&x509.KeyUsageCertSign == 0:
		return profileError("KeyUsage", "an authority needs keyCertSign")
	case !p.c.Authority && p.c.KeyUsage&authority != 0:
		return profileError("KeyUsage", "keyCertSign and cRLSign are for authorities")
	case p.c.ExtKeyUsageCritical && len(p.c.ExtKeyUsage) == 0:
		return profileError("ExtKeyUsageCritical", "no ExtKeyUsage")
	}
	return nil
}

func (p *Profile) checkOIDs() error {
	for _, dotted := range p.c.ExtKeyUsage {
		oid, err := parseOID(dotted)
		if err != nil || slices.ContainsFunc(p.extKeyUsage, oid.Equal) {
			return profileError("ExtKeyUsage", "%q is no OID or comes twice", dotted)
		}
		p.extKeyUsage = append(p.extKeyUsage, oid)
	}
	for _, policy := range p.c.Policies {
		oid, err := parseOID(policy.OID)
		if err != nil || slices.ContainsFunc(p.policies, oid.Equal) {
			return profileError("Policies", "%q is no OID or comes twice", policy.OID)
		}
		if !isIA5(policy.CPS) {
			return profileError("Policies", "the address of a CPS is ASCII")
		}
		p.policies = append(p.policies, oid)
	}
	return nil
}

func (p *Profile) checkIdentity() error {
	switch p.c.Identity {
	case InSubject:
		if p.c.Arc != "" {
			return profileError("Arc", "has no meaning with InSubject")
		}
	case InExtensions, InAltName:
		arc, err := parseOID(p.c.Arc)
		if err != nil {
			return profileError("Arc", "%q is no OID", p.c.Arc)
		}
		p.arc = arc
	default:
		return profileError("Identity", "unknown placement %d", p.c.Identity)
	}
	for _, name := range p.c.Required {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == name }) {
			return profileError("Required", "%q is no field of Subject", name)
		}
	}
	return nil
}

func (p *Profile) checkRest() error {
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	if v := p.c.Validity; v.Years < 0 || v.Months < 0 || v.Days < 0 || !v.after(now).After(now) {
		return profileError("Validity", "required and not negative")
	}
	if p.c.MinRSABits == 0 {
		p.c.MinRSABits = minRSABits
	}
	if p.c.MinRSABits < minRSABits || p.c.MinRSABits > maxRSABits {
		return profileError(
			"MinRSABits", "%d is not within %d and %d", p.c.MinRSABits, minRSABits, maxRSABits)
	}
	return nil
}

// keyUsage returns the usages that make sense for the key (RFC 3279, 2.3.1; RFC 5480, 3; RFC 8410,
// 5).
func (p *Profile) keyUsage(pub any) x509.KeyUsage {
	if _, ok := pub.(*rsa.PublicKey); ok {
		return p.c.KeyUsage
	}
	return p.c.KeyUsage &^ (x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment)
}

// checkKey refuses keys that should get no certificate.
func (p *Profile) checkKey(pub any) error {
	refuse := func(rule, detail string) error {
		return &PolicyError{Field: "publicKey", Rule: rule, Detail: detail}
	}
	switch key := pub.(type) {
	case *rsa.PublicKey:
		switch bits := key.N.BitLen(); {
		case bits < p.c.MinRSABits:
			return refuse("weak-key", "the RSA key is shorter than "+strconv.Itoa(p.c.MinRSABits)+" bits")
		case bits > maxRSABits || bits%8 != 0:
			return refuse("weak-key", "the RSA key has an odd length or is too long")
		case key.E < 65537 || key.E%2 == 0: // FIPS 186-5, A.1.1
			return refuse("weak-key", "the RSA exponent is even or below 65537")
		case hasSmallFactor(key.N):
			return refuse("weak-key", "the RSA modulus has a small factor")
		case isROCA(key.N):
			return refuse("weak-key", "the RSA key is of the kind of CVE-2017-15361 (ROCA)")
		}
	case *ecdsa.PublicKey:
		if name := key.Curve.Params().Name; name != "P-256" && name != "P-384" && name != "P-521" {
			return refuse("unsupported-key", "the curve is none of P-256, P-384 and P-521")
		}
		if _, err := key.ECDH(); err != nil {
			return refuse("weak-key", "the point is not on its curve")
		}
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize {
			return refuse("weak-key", "the Ed25519 key has a wrong length")
		}
	default:
		return refuse("unsupported-key", "neither RSA, ECDSA nor Ed25519")
	}
	return nil
}

// smallPrimes is the product of the odd primes below 752.
var smallPrimes = sync.OnceValue(func() *big.Int {
	product := big.NewInt(1)
	for n := int64(3); n < 752; n += 2 {
		if p := big.NewInt(n); p.ProbablyPrime(0) { // exact below 2^64
			product.Mul(product, p)
		}
	}
	return product
})

// hasSmallFactor finds the moduli that a broken generator makes.
func hasSmallFactor(n *big.Int) bool {
	return n.Bit(0) == 0 || new(big.Int).GCD(nil, nil, smallPrimes(), n).Cmp(big.NewInt(1)) != 0
}

// isROCA tells the keys of CVE-2017-15361, which some tokens made until 2017: modulo each of these
// primes the modulus is a power of 65537. One in 2^27 good keys looks the same.
func isROCA(n *big.Int) bool {
	var m big.Int
	for _, p := range [...]int64{
		11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
	} {
		rest := m.Mod(n, big.NewInt(p)).Int64()
		power := int64(1)
		for power != rest {
			if power = power * 65537 % p; power == 1 {
				return false
			}
		}
	}
	return true
}

func parseOID(dotted string) (asn1.ObjectIdentifier, error) {
	parts := strings.Split(dotted, ".")
	if len(parts) < 2 || len(parts) > maxOIDArcs {
		return nil, fmt.Errorf("certificate: not an object identifier: %q", dotted)
	}
	oid := make(asn1.ObjectIdentifier, len(parts))
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || strconv.Itoa(n) != part {
			return nil, fmt.Errorf("certificate: not an object identifier: %q", dotted)
		}
		oid[i] = n
	}
	if oid[0] > 2 || (oid[0] < 2 && oid[1] > 39) {
		return nil, fmt.Errorf("certificate: not an object identifier: %q", dotted)
	}
	return oid, nil
}

func isIA5(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
