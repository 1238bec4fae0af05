package ra

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rubrica/rubrica/certificate/ec"
)

// Form is what an applicant says of himself. It is personal data: it lies sealed in the vault.
type Form struct {
	IDType        IDType    `json:"idType"`
	IDNumber      string    `json:"idNumber"`
	GivenNames    string    `json:"givenNames"`
	FirstSurname  string    `json:"firstSurname"`
	SecondSurname string    `json:"secondSurname,omitempty"`
	Email         string    `json:"email"`
	Phone         string    `json:"phone"`
	Address       string    `json:"address"`
	City          string    `json:"city"`
	Province      string    `json:"province"`
	Container     Container `json:"container"`
	IncludeRUC    bool      `json:"includeRUC,omitempty"`
	RUC           string    `json:"ruc,omitempty"`
	Language      string    `json:"language,omitempty"` // of mails: "es" (also "") or "en"
}

// IDType says what identifies a person.
type IDType string

// The kinds of identification.
const (
	IDCedula   IDType = "cedula"
	IDPassport IDType = "pasaporte"
)

// Container says where the private key will live.
type Container string

// The containers.
const (
	ContainerFile   Container = "archivo" // PKCS#12
	ContainerToken  Container = "token"
	ContainerRemote Container = "remoto" // a service that signs
	ContainerHSM    Container = "hsm"
)

// Name is the full name, given names first.
func (f Form) Name() string {
	return strings.Join(strings.Fields(f.GivenNames+" "+f.FirstSurname+" "+f.SecondSurname), " ")
}

// Billing is to whom the fee is invoiced. It is personal data.
type Billing struct {
	IDType  string `json:"idType"` // "ruc", "cedula" or "pasaporte"
	Number  string `json:"number"`
	Name    string `json:"name"`
	Address string `json:"address"`
	Email   string `json:"email"`
}

// longestName is what fits in the common name of a certificate (RFC 5280, A.1: ub-common-name).
const longestName = 64

// longestField is what fits in a certificate's name attributes and in an invoice.
const longestField = 128

// Check says what is wrong with the form itself, field by field; nil when nothing is.
func (f Form) Check() []*Refusal {
	var c checker
	c.identity(f)
	c.text("givenNames", f.GivenNames, 60)
	c.text("firstSurname", f.FirstSurname, 60)
	if f.SecondSurname != "" {
		c.text("secondSurname", f.SecondSurname, 60)
	}
	if utf8.RuneCountInString(f.Name()) > longestName {
		c.add("name-too-long", "givenNames", "limit", itoa(longestName))
	}
	c.email("email", f.Email)
	c.phone("phone", f.Phone)
	c.text("address", f.Address, longestField)
	c.text("city", f.City, 60)
	c.text("province", f.Province, 60)
	switch f.Container {
	case ContainerFile, ContainerToken, ContainerRemote, ContainerHSM:
	default:
		c.add("field-choice", "container")
	}
	c.ruc(f)
	switch f.Language {
	case "", "es", "en":
	default:
		c.add("field-choice", "language")
	}
	return c.found
}

// Check says what is wrong with the billing data, field by field; nil when nothing is.
func (b Billing) Check() []*Refusal {
	var c checker
	var err error
	switch b.IDType {
	case "ruc":
		_, err = ec.ParseRUC(b.Number)
	case string(IDCedula):
		_, err = ec.ParseCedula(b.Number)
	case string(IDPassport):
		if !validPassport(b.Number) {
			c.add("passport-structure", "billing.number")
		}
	default:
		c.add("field-choice", "billing.idType")
	}
	if err != nil {
		c.add(b.IDType+"-structure", "billing.number")
	}
	c.text("billing.name", b.Name, longestField)
	c.text("billing.address", b.Address, longestField)
	c.email("billing.email", b.Email)
	return c.found
}

type checker struct{ found []*Refusal }

func (c *checker) add(code, where string, values ...string) {
	c.found = append(c.found, refuse(code, where, values...))
}

func (c *checker) identity(f Form) {
	switch f.IDType {
	case IDCedula:
		number, err := ec.ParseCedula(f.IDNumber)
		if err != nil {
			c.add("cedula-structure", "idNumber")
		} else if number.Checksum() == ec.Fails {
			c.add("cedula-checksum", "idNumber") // unlike a RUC's, a cédula's digit is never wrong
		}
	case IDPassport:
		if !validPassport(f.IDNumber) {
			c.add("passport-structure", "idNumber")
		}
	default:
		c.add("field-choice", "idType")
	}
}

// ruc checks structure alone: registered taxpayers exist whose check digit fails.
func (c *checker) ruc(f Form) {
	if !f.IncludeRUC {
		if f.RUC != "" {
			c.add("ruc-not-wanted", "ruc")
		}
		return
	}
	number, err := ec.ParseRUC(f.RUC)
	if err != nil {
		c.add("ruc-structure", "ruc")
		return
	}
	cedula, natural := number.Cedula()
	if !natural {
		c.add("ruc-not-natural", "ruc")
	} else if f.IDType == IDCedula && cedula.String() != f.IDNumber {
		c.add("ruc-not-own", "ruc")
	}
}

func (c *checker) text(where, s string, longest int) {
	switch {
	case strings.TrimSpace(s) == "":
		c.add("field-empty", where)
	case !utf8.ValidString(s) || strings.TrimSpace(s) != s || strings.ContainsFunc(s, unprintable):
		c.add("field-characters", where)
	case utf8.RuneCountInString(s) > longest:
		c.add("field-too-long", where, "limit", itoa(longest))
	}
}

func (c *checker) email(where, s string) {
	if !ValidEmail(s) {
		c.add("email-invalid", where)
	}
}

func (c *checker) phone(where, s string) {
	digits := strings.TrimPrefix(s, "+")
	if len(digits) < 7 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" { // E.164
		c.add("phone-invalid", where)
	}
}

// unprintable also counts the backslash, which no name or address has and mail headers cannot
// carry.
func unprintable(r rune) bool {
	return !unicode.IsPrint(r) || r == utf8.RuneError || r == '\\'
}

// validPassport admits what machine-readable passports carry (ICAO 9303-4): up to nine characters,
// and a few more that some states print.
func validPassport(s string) bool {
	return len(s) >= 5 && len(s) <= 15 && strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
