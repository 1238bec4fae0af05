package co

import "strings"

// Checksum says what the check digit of a number says. It never refuses a number: a caller may
// warn.
type Checksum uint8

const (
	// NotApplicable says that no check digit was given.
	NotApplicable Checksum = iota
	// OK says that the check digit agrees.
	OK
	// Fails says that the check digit does not agree.
	Fails
)

// String returns "n.a.", "ok" or "fails".
func (c Checksum) String() string {
	return [...]string{"n.a.", "ok", "fails"}[min(c, Fails)]
}

// NumberError says why a number can be no number of its kind. It does not repeat the number, which
// is personal data.
type NumberError struct {
	Number  string // "NIT", "cédula de ciudadanía"
	Problem string
}

// Error implements error.
func (e *NumberError) Error() string { return e.Number + ": " + e.Problem }

// NIT is a checked tax number, the check digit apart. The zero value is no number.
type NIT struct {
	number   string
	digit    byte // 0: not given
	checksum Checksum
}

// String returns the number with a hyphen and its check digit when that was given.
func (n NIT) String() string {
	if n.digit == 0 {
		return n.number
	}
	return n.number + "-" + string(n.digit)
}

// Number returns the digits without the check digit.
func (n NIT) Number() string { return n.number }

// Checksum says whether the check digit agrees; NotApplicable when none was given.
func (n NIT) Checksum() Checksum { return n.checksum }

// CheckDigit returns the check digit that the number should have, as text.
func (n NIT) CheckDigit() string { return string(checkDigit(n.number)) }

// Bounds of a NIT in digits, without the check digit: companies have 9, people the 6 to 10 of their
// cédula; the weights end at 15.
const (
	minNIT = 5
	maxNIT = 15
)

// ParseNIT reads a NIT: digits, with thousands points or without, and the check digit after a
// hyphen if it is given. Without a hyphen all digits are the number. It refuses by structure only,
// with a *NumberError: look at Checksum for the check digit.
func ParseNIT(s string) (NIT, error) {
	number, digit, given := strings.Cut(strings.TrimSpace(s), "-")
	number = strings.ReplaceAll(number, ".", "")
	switch {
	case len(number) < minNIT || len(number) > maxNIT:
		return NIT{}, &NumberError{Number: "NIT", Problem: "wrong number of digits"}
	case !allDigits(number) || given && !allDigits(digit):
		return NIT{}, &NumberError{Number: "NIT", Problem: "not all digits"}
	case given && len(digit) != 1:
		return NIT{}, &NumberError{Number: "NIT", Problem: "not one check digit"}
	case number[0] == '0':
		return NIT{}, &NumberError{Number: "NIT", Problem: "begins with zero"}
	}
	n := NIT{number: number}
	if given {
		n.digit, n.checksum = digit[0], Fails
		if digit[0] == checkDigit(number) {
			n.checksum = OK
		}
	}
	return n, nil
}

// weights of the check digit, from the right.
var weights = [maxNIT]int{3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71}

func checkDigit(number string) byte {
	sum := 0
	for i := range len(number) {
		sum += int(number[len(number)-1-i]-'0') * weights[i]
	}
	if r := sum % 11; r < 2 {
		return byte('0' + r)
	} else {
		return byte('0' + 11 - r)
	}
}

// Cedula is a checked number of a cédula de ciudadanía. It carries no check digit.
type Cedula struct{ number string }

// String returns the digits.
func (c Cedula) String() string { return c.number }

// ParseCedula reads a cédula de ciudadanía: 3 to 10 digits, with thousands points or without. The
// error is a *NumberError.
func ParseCedula(s string) (Cedula, error) {
	number := strings.ReplaceAll(strings.TrimSpace(s), ".", "")
	if len(number) < 3 || len(number) > 10 || !allDigits(number) || number[0] == '0' {
		return Cedula{}, &NumberError{Number: "cédula de ciudadanía", Problem: "not 3 to 10 digits"}
	}
	return Cedula{number}, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
