package ec

import (
	"crypto/x509"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// Identity is the holder as a certificate names it. A field that the certificate does not carry is
// empty. Numbers are as written there, without the prefixes that say what they are; ParseCedula and
// ParseRUC tell whether they are numbers at all.
type Identity struct {
	// Authority is the accredited entity by whose rules the rest was read; "" when it is none of
	// those known, and then only CommonName is read.
	Authority string
	// Generation says where the rest was written: Extensions, AltName or Subject; "" nowhere.
	Generation string
	// Kind of certificate, by its policy identifiers: KindNatural and the others; "" unknown.
	Kind string

	Cedula     string
	Passport   string // or whatever stands in a cédula's place and is none
	RUC        string
	GivenNames string
	Surname    string // the first, or both where they are written together
	SecondName string // the second surname
	CommonName string

	Organization   string // razón social
	Institution    string
	Department     string
	Position       string // cargo
	Profession     string
	Representative string // legal representative, where the certificate names him beside the holder
	Address        string
	Telephone      string
	City           string
	Country        string
	RUP            string
	Container      string // where the key was made: archivo, token, …
}

// Name returns the full name: given names and surnames, or the common name.
func (i Identity) Name() string {
	var parts []string
	for _, s := range []string{i.GivenNames, i.Surname, i.SecondName} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return i.CommonName
	}
	return strings.Join(parts, " ")
}

// Holder reads who holds a certificate, by the rules of the authority that issued it. Everything is
// taken as the certificate says it: whether to believe the certificate is package path's business.
//
// The authority is known by its arc, then by its policy identifiers, then by the issuer's name.
// serialNumber in the subject is a person's number in certificates of the generation Subject only:
// before, some authorities kept other numbers there.
func Holder(c *x509.Certificate) Identity {
	cert, err := syntax.ReadCertificate(c.Raw)
	if err != nil {
		return Identity{CommonName: c.Subject.CommonName}
	}
	id := Identity{CommonName: attribute(cert.Subject, oidCommonName)}
	var oids []string
	for _, p := range cert.Policies {
		oids = append(oids, dotted(p.OID))
	}
	a, row := byPolicy(oids)
	if row != nil {
		id.Kind = row.kind
	}
	switch {
	case id.readArcs(cert):
	case row != nil && row.subject:
		id.Authority, id.Generation = a.name, Subject
		id.readSubject(cert.Subject)
	default:
		if a == nil {
			a = byIssuer(attribute(cert.Issuer, oidOrganization))
		}
		if a != nil {
			id.readUnmarked(a, cert.Subject)
		}
	}
	return id
}

// readArcs reads the legacy generation, if there is a field under some authority's arc.
func (i *Identity) readArcs(c *syntax.Certificate) bool {
	for n := range authorities {
		for m := range authorities[n].arcs {
			a := &authorities[n].arcs[m]
			if i.readArc(a, c) {
				i.Authority, i.Generation = authorities[n].name, Extensions
				if a.place == inAltName {
					i.Generation = AltName
				}
				return true
			}
		}
	}
	return false
}

func (i *Identity) readArc(a *arc, c *syntax.Certificate) (found bool) {
	read := func(oid []byte, text string) {
		number, ok := strings.CutPrefix(dotted(oid), a.oid+".")
		if !ok {
			return
		}
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return
		}
		found = true
		i.set(a.field(uint(n)), text)
	}
	// Both places are looked at: entities have moved from one to the other within an arc.
	for _, e := range c.Extensions {
		if e.ID() == syntax.NotKnown {
			read(e.OID, value(e.Value))
		}
	}
	for _, g := range c.AltNames {
		if g.Form == syntax.OtherName {
			oid, tag, octets := g.OtherNameParts()
			read(oid, text(tag, octets))
		}
	}
	return found
}

func (a *arc) field(n uint) field {
	if f, ok := a.fields[n]; ok || a.own {
		return f
	}
	return common[n]
}

// set puts a value where the field belongs.
func (i *Identity) set(f field, value string) {
	switch f {
	case fieldDocument, fieldCedula:
		i.setDocument(value)
	case noField:
	default:
		if at := i.at(f); at != nil && *at == "" {
			*at = value
		}
	}
}

func (i *Identity) at(f field) *string {
	switch f {
	case fieldPassport:
		return &i.Passport
	case fieldNames:
		return &i.GivenNames
	case fieldSurname:
		return &i.Surname
	case fieldSecondName:
		return &i.SecondName
	case fieldPosition:
		return &i.Position
	case fieldInstitution:
		return &i.Institution
	case fieldAddress:
		return &i.Address
	case fieldTelephone:
		return &i.Telephone
	case fieldCity:
		return &i.City
	case fieldOrganization:
		return &i.Organization
	case fieldRUC:
		return &i.RUC
	case fieldCountry:
		return &i.Country
	case fieldContainer:
		return &i.Container
	case fieldRUP:
		return &i.RUP
	case fieldProfession:
		return &i.Profession
	case fieldDepartment:
		return &i.Department
	case fieldRepresentative:
		return &i.Representative
	}
	return nil
}

// setDocument tells a cédula from a passport by its structure.
func (i *Identity) setDocument(number string) {
	if _, err := ParseCedula(number); err == nil {
		i.Cedula = number
	} else if i.Passport == "" {
		i.Passport = number
	}
}

// Attribute types of names, contents octets: X.520 and RFC 5280, 4.1.2.4.
const (
	oidCommonName   = "\x55\x04\x03"
	oidSurname      = "\x55\x04\x04"
	oidSerialNumber = "\x55\x04\x05"
	oidCountry      = "\x55\x04\x06"
	oidLocality     = "\x55\x04\x07"
	oidOrganization = "\x55\x04\x0a"
	oidUnit         = "\x55\x04\x0b"
	oidTitle        = "\x55\x04\x0c"
	oidGivenName    = "\x55\x04\x2a"
	oidOrgID        = "\x55\x04\x61"
)

// readSubject reads the generation of ARCOTEL-2024-0176.
func (i *Identity) readSubject(n syntax.Name) {
	i.GivenNames, i.Surname = attribute(n, oidGivenName), attribute(n, oidSurname)
	i.Country, i.City = attribute(n, oidCountry), attribute(n, oidLocality)
	i.Organization, i.Department = attribute(n, oidOrganization), attribute(n, oidUnit)
	i.Position = attribute(n, oidTitle)
	i.RUC = unprefixed(attribute(n, oidOrgID))
	if number := attribute(n, oidSerialNumber); number != "" {
		i.setDocument(unprefixed(number))
	}
}

// readUnmarked reads a certificate of a known authority that says neither by arc nor by policy of
// which generation it is: organizationIdentifier, which only the new one has, tells.
func (i *Identity) readUnmarked(a *authority, n syntax.Name) {
	i.Authority = a.name
	if attribute(n, oidOrgID) != "" || len(a.arcs) == 0 {
		i.Generation = Subject
		i.readSubject(n)
	}
}

// unprefixed takes off what ETSI EN 319 412-1, 5.1.3 and 5.1.4 put before a number: a type of three
// letters, a country, a hyphen, as in VATEC-1790016919001.
func unprefixed(s string) string {
	if len(s) > 6 && s[5] == '-' && capitalLetters(s[:5]) {
		return s[6:]
	}
	return s
}

func capitalLetters(s string) bool {
	for _, c := range []byte(s) {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

func attribute(n syntax.Name, oid string) string {
	for a := range n.Attributes {
		if string(a.Type) == oid {
			s, _ := a.Text()
			return clean(s)
		}
	}
	return ""
}

// value reads an extension's value: an ASN.1 string, or octets as they are.
func value(octets []byte) string {
	r := der.NewReader(octets)
	tag, _, contents := r.Any("field")
	if r.Empty() && r.Err() == nil {
		if s, ok := syntax.DecodeString(tag, contents.Rest()); ok {
			return clean(s)
		}
		if tag == der.OctetString {
			return value(contents.Rest())
		}
	}
	return text(0, octets)
}

// text reads a string of a type, or octets of none.
func text(tag der.Tag, octets []byte) string {
	if s, ok := syntax.DecodeString(tag, octets); ok {
		return clean(s)
	}
	if utf8.Valid(octets) {
		return clean(string(octets))
	}
	s, _ := syntax.DecodeString(der.T61String, octets)
	return clean(s)
}

// clean takes padding off.
func clean(s string) string { return strings.Trim(s, " \t\r\n\x00") }

func dotted(oid []byte) string {
	var id x509.OID
	if id.UnmarshalBinary(oid) != nil {
		return ""
	}
	return id.String()
}
