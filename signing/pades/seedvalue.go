package pades

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// Flags of a seed value dictionary that make a constraint mandatory (table 237).
const (
	seedFilter = 1 << iota
	seedSubFilter
	seedV
	seedReasons
	_ // LegalAttestation, which only speaks to people
	seedRevocation
	seedDigest
)

// seedFacts is what a signature is, to be held against a seed value dictionary.
type seedFacts struct {
	filter, subFilter pdf.Name
	hash              crypto.Hash
	reason            string
	certify           Permission
	chain             []*x509.Certificate // leaf first
	stamped           bool
	revocation        bool // revocation data is inside of the CMS
}

// seedProblems lists the mandatory constraints that a signature does not keep (12.7.5.5).
func seedProblems(v *pdf.View, sv *pdf.Dict, f seedFacts) []string {
	if sv == nil {
		return nil
	}
	var out []string
	flags, _ := v.Value(sv, "Ff").(pdf.Integer)
	must := func(flag pdf.Integer, kept bool, format string, args ...any) {
		if flags&flag != 0 && !kept {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	if name := v.NameOf(sv, "Filter"); name != "" {
		must(seedFilter, name == f.filter, "the signature handler must be %s", name)
	}
	if list := seedNames(v, sv, "SubFilter"); len(list) > 0 {
		must(seedSubFilter, slices.Contains(list, string(f.subFilter)), "the form must be one of %s",
			strings.Join(list, ", "))
	}
	if list := seedNames(v, sv, "DigestMethod"); len(list) > 0 {
		must(seedDigest, slices.ContainsFunc(list, func(n string) bool { return sameHash(n, f.hash) }),
			"the digest must be one of %s", strings.Join(list, ", "))
	}
	out = append(out, seedReason(v, sv, flags, f.reason)...)
	if version, ok := pdf.NumberOf(v.Value(sv, "V")); ok {
		must(seedV, version <= 3, "seed values of version %v are not known", version)
	}
	if add, ok := v.Value(sv, "AddRevInfo").(bool); ok && add {
		must(seedRevocation, f.revocation, "revocation data must be part of the signature")
	}
	out = append(out, seedMDP(v, sv, f.certify)...)
	if stamp, _ := v.Dict(sv.Get("TimeStamp")); stamp != nil && v.Value(stamp,
		"Ff") == pdf.Object(pdf.Integer(1)) {
		if !f.stamped {
			out = append(out, "a time stamp is required")
		}
	}
	if cert, _ := v.Dict(sv.Get("Cert")); cert != nil {
		out = append(out, seedCertificate(v, cert, f.chain)...)
	}
	return out
}

// maxSeeds bounds the choices that a seed value is read to give: people choose among a handful.
const maxSeeds = 256

// seedArray reads an array of choices; what is beyond the limit is no choice.
func seedArray(v *pdf.View, d *pdf.Dict, key pdf.Name) pdf.Array {
	a, err := v.Array(d.Get(key))
	if err != nil {
		return nil
	}
	return a[:min(len(a), maxSeeds)]
}

// seedNames reads an array of names or strings.
func seedNames(v *pdf.View, d *pdf.Dict, key pdf.Name) []string {
	a := seedArray(v, d, key)
	var out []string
	for _, o := range a {
		switch x, _ := v.Resolve(o); s := x.(type) {
		case pdf.Name:
			out = append(out, string(s))
		case pdf.String:
			out = append(out, decodeText(s))
		}
	}
	return out
}

// sameHash compares a name of table 237, such as SHA256, with a hash.
func sameHash(name string, h crypto.Hash) bool {
	plain := func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(strings.ToUpper(s), "-", ""), "_", "")
	}
	return plain(name) == plain(algorithm.HashName(h))
}

// seedReason judges Reasons: one of those listed; a single period forbids any.
func seedReason(v *pdf.View, sv *pdf.Dict, flags pdf.Integer, reason string) []string {
	list := seedNames(v, sv, "Reasons")
	switch {
	case flags&seedReasons == 0:
		return nil
	case len(list) == 0, len(list) == 1 && list[0] == ".":
		if reason != "" {
			return []string{"no reason may be given"}
		}
	case !slices.Contains(list, reason):
		return []string{"the reason must be one of: " + strings.Join(list, "; ")}
	}
	return nil
}

// seedMDP judges MDP: 0 asks for an approval, 1 to 3 for a certification of that permission.
func seedMDP(v *pdf.View, sv *pdf.Dict, certify Permission) []string {
	d, _ := v.Dict(sv.Get("MDP"))
	n, ok := v.Value(d, "P").(pdf.Integer)
	if !ok {
		return nil
	}
	if want := Permission(n); want != certify {
		return []string{fmt.Sprintf("the signature must have the permission %d (0: an approval)", n)}
	}
	return nil
}

// Flags of a certificate seed value dictionary (table 238).
const (
	seedSubject = 1 << iota
	seedIssuer
	seedOID
	seedSubjectDN
	_
	seedKeyUsage
)

func seedCertificate(v *pdf.View, d *pdf.Dict, chain []*x509.Certificate) []string {
	if len(chain) == 0 {
		return nil
	}
	var out []string
	flags, _ := v.Value(d, "Ff").(pdf.Integer)
	must := func(flag pdf.Integer, kept bool, problem string) {
		if flags&flag != 0 && !kept {
			out = append(out, problem)
		}
	}
	leaf := chain[0]
	if list := seedStrings(v, d, "Subject"); len(list) > 0 {
		must(seedSubject, slices.ContainsFunc(list, func(der []byte) bool {
			return bytes.Equal(der,
				leaf.Raw)
		}),
			"another certificate is prescribed")
	}
	if list := seedStrings(v, d, "Issuer"); len(list) > 0 {
		must(seedIssuer, issuedByAny(list, chain), "another issuer of the certificate is prescribed")
	}
	if list := seedStrings(v, d, "OID"); len(list) > 0 {
		must(seedOID, hasPolicy(leaf, list), "another certificate policy is prescribed")
	}
	if list := seedStrings(v, d, "KeyUsage"); len(list) > 0 {
		must(seedKeyUsage, slices.ContainsFunc(list,
			func(p []byte) bool { return usageMatches(leaf.KeyUsage, p) }),
			"another key usage of the certificate is prescribed")
	}
	if a := seedArray(v, d, "SubjectDN"); len(a) > 0 {
		must(seedSubjectDN, subjectMatches(v, a, leaf),
			"another subject of the certificate is prescribed")
	}
	return out
}

func seedStrings(v *pdf.View, d *pdf.Dict, key pdf.Name) [][]byte {
	a := seedArray(v, d, key)
	var out [][]byte
	for _, o := range a {
		if s, err := v.Resolve(o); err == nil {
			if text, ok := s.(pdf.String); ok {
				out = append(out, text.Value)
			}
		}
	}
	return out
}

// issuedByAny reports whether one of the listed certificates is in the chain, or issued a member
// of it.
func issuedByAny(list [][]byte, chain []*x509.Certificate) bool {
	for _, der := range list {
		issuer, err := x509.ParseCertificate(der)
		for _, c := range chain {
			if bytes.Equal(der, c.Raw) || err == nil && bytes.Equal(issuer.RawSubject, c.RawIssuer) &&
				c.CheckSignatureFrom(issuer) == nil {
				return true
			}
		}
	}
	return false
}

func hasPolicy(c *x509.Certificate, list [][]byte) bool {
	for _, want := range list {
		for _, have := range c.PolicyIdentifiers {
			der, err := asn1.Marshal(have)
			if string(want) == have.String() || err == nil && bytes.Equal(der, want) {
				return true
			}
		}
	}
	return false
}

// usageMatches compares key usage with a pattern of 1, 0 and X, digitalSignature first.
func usageMatches(usage x509.KeyUsage, pattern []byte) bool {
	for i, c := range pattern {
		set := i < 9 && usage&(1<<i) != 0
		if c == '1' && !set || c == '0' && set {
			return false
		}
	}
	return true
}

// subjectMatches reports whether the subject has all attributes of one of the dictionaries, whose
// keys are attribute types by their short name or object identifier.
func subjectMatches(v *pdf.View, list pdf.Array, c *x509.Certificate) bool {
	short := map[string]string{"2.5.4.3": "cn", "2.5.4.4": "sn", "2.5.4.5": "serialnumber",
		"2.5.4.6": "c",
		"2.5.4.7": "l", "2.5.4.8": "st", "2.5.4.10": "o", "2.5.4.11": "ou", "2.5.4.12": "title",
		"2.5.4.42": "givenname", "1.2.840.113549.1.9.1": "e"}
	have := map[string]bool{}
	for _, a := range c.Subject.Names {
		value := fmt.Sprint(a.Value)
		have[a.Type.String()+"="+value] = true
		have[short[a.Type.String()]+"="+value] = true
	}
	for _, o := range list {
		d, err := v.Dict(o)
		if err != nil || d == nil {
			continue
		}
		all := true
		for key := range d.All {
			name := strings.ToLower(string(key))
			all = all && have[name+"="+decodeText(v.Value(d, key))]
		}
		if all {
			return true
		}
	}
	return false
}

// seedRefusal refuses a signature that would break what its field prescribes.
func seedRefusal(v *pdf.View, sv *pdf.Dict, f seedFacts) error {
	if problems := seedProblems(v, sv, f); len(problems) > 0 {
		return refuse("seed-value", "the field prescribes otherwise: "+strings.Join(problems, "; "))
	}
	return nil
}
