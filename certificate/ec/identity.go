package ec

import "crypto/x509"

// Identity is the holder as a certificate names it. A field that the certificate does not carry
// is empty. Numbers are as written there; read them with ParseCedula and ParseRUC.
type Identity struct {
	Authority  string // short name of the certification entity, "" when it is none of Ecuador's
	Generation string // "extensions", "subject", …: where the entity wrote the rest

	Cedula       string // or the passport number, when Passport is empty and it is no cédula
	Passport     string
	RUC          string
	GivenNames   string
	Surname      string // first family name, or both where they are written together
	SecondName   string // second family name
	CommonName   string
	Organization string // razón social or institution
	Position     string // cargo
	Department   string
	Address      string
	Telephone    string
	City         string
	Country      string
	Kind         string // what the policy says: "persona natural", …
}

// Name returns the full name: given names and family names, or the common name.
func (i Identity) Name() string {
	name := i.GivenNames
	for _, s := range []string{i.Surname, i.SecondName} {
		if s != "" && name != "" {
			name += " "
		}
		name += s
	}
	if name == "" {
		return i.CommonName
	}
	return name
}

// Holder reads who holds a certificate, by the rules of the authority that issued it.
func Holder(c *x509.Certificate) Identity {
	return Identity{CommonName: c.Subject.CommonName}
}
