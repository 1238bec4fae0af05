package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// rule is one check of [Lint]. It returns what is wrong, or "".
type rule struct {
	name     string
	severity Severity
	source   string
	check    func(*x509.Certificate) string
}

// rules are what the authority itself insists on; zlint knows many more.
var rules = []rule{
	{"version-3", Error, "RFC 5280, 4.1.2.1", checkVersion},
	{"serial-number", Error, "RFC 5280, 4.1.2.2", checkSerial},
	{"validity", Error, "RFC 5280, 4.1.2.5", checkValidity},
	{"names", Error, "RFC 5280, 4.1.2.4 and 4.1.2.6", checkNames},
	{"key-strength", Error, "NIST SP 800-131A, 3", checkKeyStrength},
	{"extension-once", Error, "RFC 5280, 4.2", checkExtensionsOnce},
	{"key-identifiers", Error, "RFC 5280, 4.2.1.1 and 4.2.1.2", checkKeyIdentifiers},
	{"key-usage", Error, "RFC 5280, 4.2.1.3", checkKeyUsage},
	{"key-usage-of-key", Error, "RFC 3279, 2.3; RFC 5480, 3; RFC 8410, 5", checkKeyUsageOfKey},
	{"basic-constraints", Error, "RFC 5280, 4.2.1.9", checkBasicConstraints},
	{"policies", Error, "RFC 5280, 4.2.1.4", checkPolicies},
	{"time-stamping", Error, "RFC 3161, 2.3", checkTimeStamping},
	{"ocsp-nocheck", Warning, "RFC 6960, 4.2.2.2.1", checkNoCheck},
}

// Lint applies the package's own rules, those of RFC 5280 that a profile could break. It never
// returns findings about the signature.
func Lint(cert *x509.Certificate) []Finding {
	var findings []Finding
	for _, r := range rules {
		if wrong := r.check(cert); wrong != "" {
			findings = append(findings, Finding{r.name, r.severity, r.source, wrong})
		}
	}
	return findings
}

func checkVersion(c *x509.Certificate) string {
	if c.Version != 3 {
		return fmt.Sprintf("version %d", c.Version)
	}
	return ""
}

func checkSerial(c *x509.Certificate) string {
	switch bits := c.SerialNumber.BitLen(); {
	case c.SerialNumber.Sign() <= 0:
		return "not positive"
	case bits > 159: // 20 octets with the sign
		return "more than 20 octets"
	case bits < 64:
		return "less than 64 bits: could be foreseen"
	}
	return ""
}

func checkValidity(c *x509.Certificate) string {
	switch {
	case !c.NotBefore.Before(c.NotAfter):
		return "ends before it begins"
	case c.NotAfter.After(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)):
		return "ends after the year 9999"
	}
	return ""
}

func checkNames(c *x509.Certificate) string {
	if wrong := checkName(c.RawIssuer); wrong != "" {
		return "issuer: " + wrong
	}
	if wrong := checkName(c.RawSubject); wrong != "" {
		return "subject: " + wrong
	}
	return ""
}

func checkName(raw []byte) string {
	var rdns pkix.RDNSequence
	if rest, err := asn1.Unmarshal(raw, &rdns); err != nil || len(rest) > 0 || len(rdns) == 0 {
		return "empty or malformed"
	}
	for _, rdn := range rdns {
		for _, attribute := range rdn {
			if wrong := checkAttribute(attribute); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}

func checkAttribute(a pkix.AttributeTypeAndValue) string {
	value, ok := a.Value.(string)
	switch {
	case !ok || value == "" || !utf8.ValidString(value):
		return "empty attribute " + a.Type.String()
	case a.Type.Equal(oidCountry) && len(value) != 2:
		return "country is not two letters"
	}
	return ""
}

func checkKeyStrength(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSABits || key.E < 3 || key.E%2 == 0 {
			return fmt.Sprintf("RSA with %d bits and exponent %d", key.N.BitLen(), key.E)
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < 256 {
			return "curve " + key.Curve.Params().Name
		}
	case ed25519.PublicKey:
	default:
		return "unknown kind of key"
	}
	return ""
}

func checkExtensionsOnce(c *x509.Certificate) string {
	for i, e := range c.Extensions {
		for _, later := range c.Extensions[i+1:] {
			if e.Id.Equal(later.Id) {
				return e.Id.String() + " comes twice"
			}
		}
	}
	return ""
}

func checkKeyIdentifiers(c *x509.Certificate) string {
	switch {
	case len(c.SubjectKeyId) == 0:
		return "no subject key identifier"
	case len(c.AuthorityKeyId) == 0 && !bytes.Equal(c.RawIssuer, c.RawSubject):
		return "no authority key identifier"
	case isCritical(c, oidSubjectKeyID) || isCritical(c, oidAuthorityKeyID):
		return "a key identifier is critical"
	}
	return ""
}

func checkKeyUsage(c *x509.Certificate) string {
	const authority = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	const onlyAgreement = x509.KeyUsageEncipherOnly | x509.KeyUsageDecipherOnly
	switch {
	case c.KeyUsage == 0:
		return "no key usage"
	case !isCritical(c, oidKeyUsage):
		return "not critical"
	case c.IsCA && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return "an authority without keyCertSign"
	case !c.IsCA && c.KeyUsage&authority != 0:
		return "keyCertSign or cRLSign without being an authority"
	case c.KeyUsage&onlyAgreement != 0 && c.KeyUsage&x509.KeyUsageKeyAgreement == 0:
		return "encipherOnly or decipherOnly without keyAgreement"
	}
	return ""
}

func checkKeyUsageOfKey(c *x509.Certificate) string {
	const enciphers = x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment
	_, isRSA := c.PublicKey.(*rsa.PublicKey)
	_, isEdwards := c.PublicKey.(ed25519.PublicKey)
	switch {
	case !isRSA && c.KeyUsage&enciphers != 0:
		return "a key that cannot encipher is said to"
	case (isRSA || isEdwards) && c.KeyUsage&x509.KeyUsageKeyAgreement != 0:
		return "a key that cannot agree is said to"
	}
	return ""
}

func checkBasicConstraints(c *x509.Certificate) string {
	switch {
	case c.IsCA && !isCritical(c, oidBasicConstraints):
		return "not critical in an authority"
	case !c.IsCA && (c.MaxPathLen > 0 || c.MaxPathLenZero):
		return "a path length without being an authority"
	}
	return ""
}

func checkPolicies(c *x509.Certificate) string {
	for i, p := range c.Policies {
		if slices.ContainsFunc(c.Policies[i+1:], p.Equal) {
			return p.String() + " comes twice"
		}
	}
	return ""
}

func checkTimeStamping(c *x509.Certificate) string {
	if !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageTimeStamping) {
		return ""
	}
	switch {
	case len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) != 1:
		return "timeStamping is not the only extended key usage"
	case !isCritical(c, oidExtKeyUsage):
		return "the extended key usage is not critical"
	}
	return ""
}

func checkNoCheck(c *x509.Certificate) string {
	if slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) && !has(c, oidOCSPNoCheck) &&
		len(c.CRLDistributionPoints) == 0 && len(c.OCSPServer) == 0 {
		return "a responder whose own status nobody can ask for"
	}
	return ""
}

func has(c *x509.Certificate, oid asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oid) })
}

func isCritical(c *x509.Certificate, oid asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(c.Extensions,
		func(e pkix.Extension) bool { return e.Id.Equal(oid) && e.Critical })
}
