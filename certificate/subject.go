package certificate

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Subject is what a request says of the holder: a person, an organisation or a machine. The profile
// decides what goes where. Empty fields are left out. The JSON names are those that errors and
// ProfileConfig.Required use.
type Subject struct {
	CommonName      string `json:"commonName,omitempty"` // default: the names, else Organization
	Document        string `json:"document,omitempty"`   // number of cédula, passport or NIT
	GivenNames      string `json:"givenNames,omitempty"`
	FirstSurname    string `json:"firstSurname,omitempty"`
	SecondSurname   string `json:"secondSurname,omitempty"`
	Title           string `json:"title,omitempty"`        // cargo
	Institution     string `json:"institution,omitempty"`  // institución of a public servant
	Address         string `json:"address,omitempty"`      // dirección
	Phone           string `json:"phone,omitempty"`        // teléfono
	City            string `json:"city,omitempty"`         // ciudad
	Organization    string `json:"organization,omitempty"` // razón social
	RUC             string `json:"ruc,omitempty"`          // RUC of holder or organisation
	Country         string `json:"country,omitempty"`      // two capital letters, as "EC"
	CertificateType string `json:"certificateType,omitempty"`
	Container       string `json:"container,omitempty"` // where the key is kept: archivo, token, …
	RUP             string `json:"rup,omitempty"`
	Profession      string `json:"profession,omitempty"`
	Department      string `json:"department,omitempty"`
	Email           string `json:"email,omitempty"`
}

// field is one field of Subject: its number under an authority's arc (0: it has none there), and
// its upper bound (RFC 5280, appendix A.1; where it has none, what fits a form).
type field struct {
	name   string
	number int
	max    int
	get    func(*Subject) *string
}

var fields = []field{
	{"document", 1, 64, func(s *Subject) *string { return &s.Document }},
	{"givenNames", 2, 128, func(s *Subject) *string { return &s.GivenNames }},
	{"firstSurname", 3, 128, func(s *Subject) *string { return &s.FirstSurname }},
	{"secondSurname", 4, 128, func(s *Subject) *string { return &s.SecondSurname }},
	{"title", 5, 64, func(s *Subject) *string { return &s.Title }},
	{"institution", 6, 64, func(s *Subject) *string { return &s.Institution }},
	{"address", 7, 256, func(s *Subject) *string { return &s.Address }},
	{"phone", 8, 64, func(s *Subject) *string { return &s.Phone }},
	{"city", 9, 128, func(s *Subject) *string { return &s.City }},
	{"organization", 10, 64, func(s *Subject) *string { return &s.Organization }},
	{"ruc", 11, 32, func(s *Subject) *string { return &s.RUC }},
	{"country", 12, 2, func(s *Subject) *string { return &s.Country }},
	{"certificateType", 50, 128, func(s *Subject) *string { return &s.CertificateType }},
	{"container", 51, 128, func(s *Subject) *string { return &s.Container }},
	{"rup", 52, 64, func(s *Subject) *string { return &s.RUP }},
	{"profession", 53, 128, func(s *Subject) *string { return &s.Profession }},
	{"department", 54, 64, func(s *Subject) *string { return &s.Department }},
	{"email", 0, 254, func(s *Subject) *string { return &s.Email }}, // RFC 5321, 4.5.3.1.3
	// Last, so that what is wrong with a part of it is said of that part.
	{"commonName", 0, 64, func(s *Subject) *string { return &s.CommonName }},
}

// complete returns the subject with the profile's fixed values and defaults, checked.
func (p *Profile) complete(s Subject) (Subject, error) {
	for _, f := range fields {
		value, fixed := f.get(&s), *f.get(&p.c.Fixed)
		if *value == "" {
			*value = fixed
		} else if fixed != "" && *value != fixed {
			return s, &PolicyError{f.name, "fixed", "the profile sets another value"}
		}
	}
	if s.CommonName == "" {
		s.CommonName = strings.Join(present(s.GivenNames, s.FirstSurname, s.SecondSurname), " ")
	}
	if s.CommonName == "" {
		s.CommonName = s.Organization
	}
	for _, f := range fields {
		if err := f.check(*f.get(&s)); err != nil {
			return s, err
		}
	}
	for _, f := range fields {
		for _, name := range p.c.Required {
			if f.name == name && *f.get(&s) == "" {
				return s, &PolicyError{name, "required", "must be filled"}
			}
		}
	}
	if s.CommonName == "" {
		return s, &PolicyError{"commonName", "required", "no name to certify"}
	}
	return s, nil
}

func (f field) check(value string) error {
	switch {
	case value == "":
		return nil
	case !utf8.ValidString(value):
		return &PolicyError{f.name, "characters", "not UTF-8"}
	case utf8.RuneCountInString(value) > f.max:
		return &PolicyError{f.name, "too-long", fmt.Sprintf("more than %d characters", f.max)}
	case strings.TrimSpace(value) != value:
		return &PolicyError{f.name, "characters", "begins or ends with a space"}
	case strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }):
		return &PolicyError{f.name, "characters", "holds a character that cannot be printed"}
	}
	switch f.name {
	case "country":
		if len(value) != 2 || value[0] < 'A' || value[0] > 'Z' || value[1] < 'A' || value[1] > 'Z' {
			return &PolicyError{f.name, "characters", "not two capital letters (ISO 3166)"}
		}
	case "document", "ruc":
		if strings.ContainsFunc(value, func(r rune) bool { return !isNumberRune(r) }) {
			return &PolicyError{
				f.name,
				"characters",
				"letters without accents, digits, '-' and '.' only",
			}
		}
	case "email":
		return checkEmail(value)
	}
	return nil
}

func isNumberRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' ||
		r == '.'
}

// checkEmail wants an address that fits rfc822Name: a Mailbox of RFC 5321 in ASCII (RFC 5280,
// 4.2.1.6).
func checkEmail(value string) error {
	local, domain, ok := strings.Cut(value, "@")
	bad := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`()<>[]:;@\,"`, r) }
	switch {
	case !ok || local == "" || len(local) > 64 || strings.ContainsFunc(local, bad):
		return &PolicyError{"email", "characters", "not an address in ASCII"}
	case local[0] == '.' || strings.HasSuffix(local, ".") || strings.Contains(local, ".."):
		return &PolicyError{"email", "characters", "a dot is misplaced"}
	}
	for _, label := range strings.Split(domain, ".") {
		notHost := func(r rune) bool { return !isNumberRune(r) || r == '.' }
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, notHost) ||
			strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return &PolicyError{"email", "characters", "the domain is not a host name"}
		}
	}
	return nil
}

func present(values ...string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		if v != "" {
			out = append(out, v)
		}
	}
	return out
}

// Attribute types of X.520 (RFC 5280, appendix A.1).
var (
	oidCommonName             = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSurname                = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidSerialNumber           = asn1.ObjectIdentifier{2, 5, 4, 5}
	oidCountry                = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidLocality               = asn1.ObjectIdentifier{2, 5, 4, 7}
	oidOrganization           = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidOrganizationalUnit     = asn1.ObjectIdentifier{2, 5, 4, 11}
	oidTitle                  = asn1.ObjectIdentifier{2, 5, 4, 12}
	oidGivenName              = asn1.ObjectIdentifier{2, 5, 4, 42}
	oidOrganizationIdentifier = asn1.ObjectIdentifier{2, 5, 4, 97}
)

// rucPrefix introduces a RUC in organizationIdentifier, in the manner of ETSI EN 319 412-1, 5.1.4.
const rucPrefix = "VATEC-"

// name returns the DER of the distinguished name. Two holders of the same name differ in
// serialNumber (RFC 5280, 4.1.2.6), in every placement.
func (p *Profile) name(s Subject) ([]byte, error) {
	organization := s.Organization
	if organization == "" {
		organization = s.Institution
	}
	var rdns pkix.RDNSequence
	add := func(oid asn1.ObjectIdentifier, value string) {
		if value != "" {
			rdns = append(rdns, pkix.RelativeDistinguishedNameSET{{Type: oid, Value: value}})
		}
	}
	add(oidCountry, s.Country)
	add(oidOrganization, organization)
	if p.c.Identity == InSubject && s.RUC != "" {
		add(oidOrganizationIdentifier, rucPrefix+s.RUC)
	}
	add(oidOrganizationalUnit, s.Department)
	add(oidLocality, s.City)
	if p.c.Identity == InSubject {
		add(oidTitle, s.Title)
		add(oidSurname, strings.Join(present(s.FirstSurname, s.SecondSurname), " "))
		add(oidGivenName, s.GivenNames)
	}
	add(oidSerialNumber, s.Document)
	add(oidCommonName, s.CommonName)
	der, err := asn1.Marshal(rdns)
	if err != nil {
		return nil, fmt.Errorf("certificate: name: %w", err)
	}
	return der, nil
}
