package ec

import "strings"

// Checksum says what the check digit of a number says. A check digit never refuses a number:
// companies are registered whose RUC fails modulo 11, an accredited certification entity among
// them, so a caller may warn but must not reject.
type Checksum uint8

const (
	// NotApplicable says that numbers of this kind carry no check digit that can be relied on.
	NotApplicable Checksum = iota
	// OK says that the check digit agrees.
	OK
	// Fails says that the check digit does not agree.
	Fails
)

// String returns "n.a.", "ok" or "fails".
func (c Checksum) String() string {
	switch c {
	case OK:
		return "ok"
	case Fails:
		return "fails"
	default:
		return "n.a."
	}
}

// Kind says whom a RUC names.
type Kind uint8

const (
	// Natural is a person: the RUC begins with the cédula.
	Natural Kind = iota + 1
	// Private is a private company, or a foreigner without cédula; the third digit is 9.
	Private
	// Public is an institution of the state; the third digit is 6.
	Public
)

// Cedula is a checked number of an identity card: ten digits, province and third digit plausible.
// The zero value is no number.
type Cedula struct {
	number   string
	checksum Checksum
}

// String returns the ten digits, or "" for the zero value.
func (c Cedula) String() string { return c.number }

// Checksum says whether the last digit agrees with the others (modulo 10).
func (c Cedula) Checksum() Checksum { return c.checksum }

// Province returns the two first digits: 1 to 24, or 30 for a card issued abroad.
func (c Cedula) Province() int { return digits(c.number, 0, 2) }

// ParseCedula reads a cédula. It refuses by structure only, with a *NumberError: look at
// Checksum for the check digit.
func ParseCedula(s string) (Cedula, error) {
	if err := structure("cédula", s, 10); err != nil {
		return Cedula{}, err
	}
	if s[2] > '6' {
		return Cedula{}, &NumberError{Number: "cédula", Problem: "third digit is above 6"}
	}
	return Cedula{s, agree(luhn(s[:9]) == int(s[9]-'0'))}, nil
}

// RUC is a checked number of the taxpayers' register: thirteen digits. The zero value is no
// number.
type RUC struct {
	number   string
	kind     Kind
	checksum Checksum
}

// String returns the thirteen digits, or "" for the zero value.
func (r RUC) String() string { return r.number }

// Kind says whom the number names.
func (r RUC) Kind() Kind { return r.kind }

// Checksum says whether the check digit agrees; see there why that refuses nobody.
func (r RUC) Checksum() Checksum { return r.checksum }

// Establishment returns the last three digits, or four for a public institution.
func (r RUC) Establishment() int {
	if r.kind == Public {
		return digits(r.number, 9, 13)
	}
	return digits(r.number, 10, 13)
}

// Cedula returns the identity number inside the RUC of a natural person.
func (r RUC) Cedula() (Cedula, bool) {
	if r.kind != Natural {
		return Cedula{}, false
	}
	return Cedula{r.number[:10], r.checksum}, true
}

// weights of the two modulo 11 sums; the check digit follows the weighted ones.
var (
	privateWeights = []int{4, 3, 2, 7, 6, 5, 4, 3, 2}
	publicWeights  = []int{3, 2, 7, 6, 5, 4, 3, 2}
)

// ParseRUC reads a RUC. It refuses by structure only, with a *NumberError: look at Checksum for
// the check digit.
func ParseRUC(s string) (RUC, error) {
	if err := structure("RUC", s, 13); err != nil {
		return RUC{}, err
	}
	r := RUC{number: s}
	switch {
	case s[2] == '9':
		r.kind, r.checksum = Private, agree(mod11(s, privateWeights))
	case s[2] == '6' && !naturalSix(s):
		r.kind, r.checksum = Public, agree(mod11(s, publicWeights))
	case s[2] <= '6':
		r.kind, r.checksum = Natural, agree(luhn(s[:9]) == int(s[9]-'0'))
	default:
		return RUC{}, &NumberError{Number: "RUC", Problem: "third digit is 7 or 8"}
	}
	if r.Establishment() == 0 {
		return RUC{}, &NumberError{Number: "RUC", Problem: "establishment is zero"}
	}
	return r, nil
}

// naturalSix tells a person of the newest series of cédulas, whose third digit is 6 too, from a
// public institution: the institution's own check digit decides, then the person's.
func naturalSix(s string) bool {
	return !mod11(s, publicWeights) && luhn(s[:9]) == int(s[9]-'0')
}

// NumberError says why a number can be no number of its kind. It does not repeat the number,
// which is personal data.
type NumberError struct {
	Number  string // "cédula", "RUC"
	Problem string
}

// Error implements error.
func (e *NumberError) Error() string { return e.Number + ": " + e.Problem }

func structure(what, s string, length int) error {
	if len(s) != length {
		return &NumberError{Number: what, Problem: "wrong number of digits"}
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return &NumberError{Number: what, Problem: "not all digits"}
		}
	}
	if p := digits(s, 0, 2); p < 1 || p > 24 && p != 30 {
		return &NumberError{Number: what, Problem: "no such province"}
	}
	return nil
}

// luhn returns the check digit of nine digits: weights 2,1,2,…, products above 9 less 9.
func luhn(s string) int {
	sum := 0
	for i := range len(s) {
		d := int(s[i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return (10 - sum%10) % 10
}

// mod11 reports whether the digit after the weighted ones completes the sum. No digit completes
// a remainder of 1.
func mod11(s string, weights []int) bool {
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return (11-sum%11)%11 == int(s[len(weights)]-'0')
}

func agree(ok bool) Checksum {
	if ok {
		return OK
	}
	return Fails
}

func digits(s string, from, to int) int {
	n := 0
	for i := from; i < to && i < len(s); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// Passport is a number of a travel document of any country. It carries no check digit here.
type Passport struct{ number string }

// String returns the number in capitals.
func (p Passport) String() string { return p.number }

// ParsePassport reads a passport number: 4 to 20 letters and digits (ICAO 9303 prints 9; older
// ones are longer). The error is a *NumberError.
func ParsePassport(s string) (Passport, error) {
	number := strings.ToUpper(strings.TrimSpace(s))
	if len(number) < 4 || len(number) > 20 {
		return Passport{}, &NumberError{Number: "passport", Problem: "not 4 to 20 characters"}
	}
	for _, c := range []byte(number) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return Passport{}, &NumberError{Number: "passport", Problem: "neither letter nor digit"}
		}
	}
	return Passport{number}, nil
}
