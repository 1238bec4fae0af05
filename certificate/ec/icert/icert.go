package icert

import (
	"crypto/x509"
	"fmt"

	"github.com/rubrica/rubrica/certificate"
)

// Arc is where the numbers of ICERT's identity fields hang: arc.1 is the cédula, arc.11 the RUC.
const Arc = "1.3.6.1.4.1.43745.1.3"

const policyArc = "1.3.6.1.4.1.43745.1.2"

// Generation is how the identity is written.
type Generation uint8

const (
	// Ext is the generation up to 2024: otherNames under [Arc] in SubjectAltName.
	Ext Generation = iota
	// Subj is the generation of ARCOTEL's resolution 2024-0176: attributes of the subject.
	Subj
)

// Container is where the holder's key is kept. It is part of the policy identifier.
type Container string

// The containers that ICERT issues to.
const (
	File   Container = "archivo" // PKCS #12
	Token  Container = "token"
	Remote Container = "remoto" // HSM SFC
	HSM    Container = "hsm"
)

// Names of the profiles that [Profiles] returns.
const (
	Root           = "root"
	Subordinate    = "subordinate"
	NaturalPerson  = "natural-person"
	CompanyMember  = "company-member"  // miembro de empresa
	PublicFunction = "public-function" // función pública: the provincial director
	Seal           = "seal"            // sello electrónico of an organisation, the authority's own too
	TimeStamp      = "time-stamp"      // sellado de tiempo
	OCSPResponder  = "ocsp-responder"
)

// Config says which of ICERT's profiles are wanted. The zero value is the generation Ext in files.
type Config struct {
	Generation Generation
	Container  Container // "" is File
	CPS        string    // address of the practice statement; empty leaves it out
}

// containerArcs are the last two numbers of a policy by container, for persons.
var containerArcs = map[Container]string{
	"":     "2.1",
	File:   "2.1",
	Token:  "1.1",
	Remote: "1.2",
	HSM:    "1.3",
}

// sealArcs are the same for seals, which ICERT has in files and remote only.
var sealArcs = map[Container]string{"": "2.1", File: "2.1", Remote: "1.2"}

const (
	oidClientAuth      = "1.3.6.1.5.5.7.3.2"
	oidEmailProtection = "1.3.6.1.5.5.7.3.4"
	oidTimeStamping    = "1.3.6.1.5.5.7.3.8"
	oidOCSPSigning     = "1.3.6.1.5.5.7.3.9"
	oidDocumentSigning = "1.3.6.1.5.5.7.3.36" // RFC 9336
	oidAnyPolicy       = "2.5.29.32.0"
)

// Data returns the profiles as data, for a host that wants to change some before it builds them. A
// container that ICERT has no seals for leaves out [Seal].
func Data(c Config) ([]certificate.ProfileConfig, error) {
	person, ok := containerArcs[c.Container]
	if !ok {
		return nil, fmt.Errorf("icert: unknown container %q", c.Container)
	}
	identity, arc := certificate.InAltName, Arc
	switch c.Generation {
	case Ext:
	case Subj:
		identity, arc = certificate.InSubject, ""
	default:
		return nil, fmt.Errorf("icert: unknown generation %d", c.Generation)
	}
	policy := func(suffix string) []certificate.Policy {
		return []certificate.Policy{{OID: policyArc + suffix, CPS: c.CPS}}
	}
	holder := func(name, kind string, required ...string) certificate.ProfileConfig {
		return certificate.ProfileConfig{
			Name: name, Identity: identity, Arc: arc, Policies: policy(".1." + kind + "." + person),
			KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment |
				x509.KeyUsageKeyEncipherment,
			ExtKeyUsage: []string{oidClientAuth, oidEmailProtection, oidDocumentSigning},
			Validity:    certificate.Period{Years: 2},
			Required:    required,
		}
	}
	names := []string{"document", "givenNames", "firstSurname", "country", "email"}
	all := append(authorities(c),
		holder(NaturalPerson, "1", names...),
		holder(CompanyMember, "4", append(names, "organization", "ruc", "title")...),
		holder(PublicFunction, "3", append(names, "institution", "title")...))
	if suffix, ok := sealArcs[c.Container]; ok {
		seal := holder(Seal, "", "organization", "ruc", "country")
		seal.Policies = policy(".2.1." + suffix)
		all = append(all, seal)
	}
	return append(all, services(policy)...), nil
}

func authorities(c Config) []certificate.ProfileConfig {
	usage := x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return []certificate.ProfileConfig{
		{
			Name: Root, Authority: true, PathLength: -1, KeyUsage: usage, NoStatus: true,
			Validity: certificate.Period{Years: 20}, Required: []string{"commonName", "country"},
		},
		{
			Name: Subordinate, Authority: true, PathLength: 0, KeyUsage: usage,
			Policies: []certificate.Policy{{OID: oidAnyPolicy, CPS: c.CPS}},
			Validity: certificate.Period{Years: 20}, Required: []string{"commonName", "country"},
		},
	}
}

func services(policy func(string) []certificate.Policy) []certificate.ProfileConfig {
	return []certificate.ProfileConfig{
		{
			Name: TimeStamp, Policies: policy(".4.1.1.3"), KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []string{oidTimeStamping}, ExtKeyUsageCritical: true,
			Validity: certificate.Period{Years: 5}, Required: []string{"commonName", "country"},
		},
		{
			Name: OCSPResponder, KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []string{oidOCSPSigning}, NoCheck: true, NoStatus: true,
			Validity: certificate.Period{Months: 3}, Required: []string{"commonName", "country"},
		},
	}
}

// Profiles builds the profiles of [Data].
func Profiles(c Config) ([]*certificate.Profile, error) {
	data, err := Data(c)
	if err != nil {
		return nil, err
	}
	profiles := make([]*certificate.Profile, len(data))
	for i, config := range data {
		if profiles[i], err = certificate.NewProfile(config); err != nil {
			return nil, err
		}
	}
	return profiles, nil
}
