package sri

import (
	"fmt"
	"time"
)

// An AccessKey is the clave de acceso of a voucher, 49 digits:
//
//	ddmmaaaa codDoc(2) RUC(13) ambiente(1) estab(3) ptoEmi(3) secuencial(9)
//	código numérico(8) tipoEmision(1) dígito verificador(1)
//
// Its zero value is not valid. Make one with [NewAccessKey] or [ParseAccessKey].
type AccessKey struct{ digits string }

// AccessKeyFields are what an access key is made of.
type AccessKeyFields struct {
	Date          time.Time    // of emission; only its year, month and day count, in its own zone
	Document      DocumentType // codDoc
	RUC           string       // of the issuer, 13 digits
	Environment   Environment  // ambiente; the zero value is Tests
	Establishment string       // estab, 3 digits
	EmissionPoint string       // ptoEmi, 3 digits
	Sequential    uint32       // secuencial, 1 to 999999999
	NumericCode   uint32       // código numérico, chosen by the issuer, 0 to 99999999
}

// Environment is SRI's ambiente.
type Environment uint8

// The environments. The zero value means Tests, so that nothing real is sent by omission.
const (
	Tests      Environment = 1
	Production Environment = 2
)

// DocumentType is SRI's codDoc.
type DocumentType string

// The six electronic vouchers.
const (
	Invoice          DocumentType = "01" // factura
	PurchaseClearing DocumentType = "03" // liquidación de compra
	CreditNote       DocumentType = "04" // nota de crédito
	DebitNote        DocumentType = "05" // nota de débito
	DeliveryNote     DocumentType = "06" // guía de remisión
	Withholding      DocumentType = "07" // comprobante de retención
)

// An AccessKeyError says which part of an access key is wrong, and why.
type AccessKeyError struct {
	Part   string // as SRI names it: fecha, codDoc, ruc, ambiente, serie, secuencial, …
	Reason string
}

func (e *AccessKeyError) Error() string {
	return fmt.Sprintf("sri: access key: %s: %s", e.Part, e.Reason)
}

// Spanish says the same to the person who makes the voucher.
func (e *AccessKeyError) Spanish() string {
	switch e.Part {
	case "claveAcceso":
		return "no tiene 49 dígitos"
	case "digitoVerificador":
		return "su dígito verificador no coincide"
	case "fecha":
		return "su fecha no existe"
	}
	return "no concuerda con " + e.Part
}

// accessKeyDigits is the length of an access key (ficha técnica, clave de acceso).
const accessKeyDigits = 49

// NewAccessKey makes the access key of a voucher and computes its check digit. Error:
// [*AccessKeyError].
func NewAccessKey(f AccessKeyFields) (AccessKey, error) {
	if f.Environment == 0 {
		f.Environment = Tests
	}
	switch {
	case f.Date.IsZero() || f.Date.Year() > 9999 || f.Date.Year() < 0:
		return AccessKey{}, &AccessKeyError{"fecha", "is not a date of four-digit year"}
	case len(f.RUC) != 13 || !onlyDigits(f.RUC):
		return AccessKey{}, &AccessKeyError{"ruc", "is not 13 digits"}
	case len(f.Establishment) != 3 || !onlyDigits(f.Establishment):
		return AccessKey{}, &AccessKeyError{"estab", "is not 3 digits"}
	case len(f.EmissionPoint) != 3 || !onlyDigits(f.EmissionPoint):
		return AccessKey{}, &AccessKeyError{"ptoEmi", "is not 3 digits"}
	case f.Sequential == 0 || f.Sequential > 999_999_999:
		return AccessKey{}, &AccessKeyError{"secuencial", "is not between 1 and 999999999"}
	case f.NumericCode > 99_999_999:
		return AccessKey{}, &AccessKeyError{"codigoNumerico", "has more than 8 digits"}
	}
	digits := fmt.Sprintf("%s%s%s%d%s%s%09d%08d1", f.Date.Format("02012006"), f.Document, f.RUC,
		f.Environment, f.Establishment, f.EmissionPoint, f.Sequential, f.NumericCode)
	return ParseAccessKey(digits + string(checkDigit(digits)))
}

// ParseAccessKey reads an access key and checks its parts and check digit. The RUC's own check
// digit is not judged: registered companies exist whose RUC fails it. Error: [*AccessKeyError].
func ParseAccessKey(s string) (AccessKey, error) {
	if len(s) != accessKeyDigits || !onlyDigits(s) {
		return AccessKey{}, &AccessKeyError{"claveAcceso", "is not 49 digits"}
	}
	key := AccessKey{s}
	if key.Date().IsZero() {
		return AccessKey{}, &AccessKeyError{"fecha", "is not a date of the calendar (ddmmaaaa)"}
	}
	if key.Document().Root() == "" {
		return AccessKey{}, &AccessKeyError{"codDoc", "is none of 01, 03, 04, 05, 06, 07"}
	}
	if e := key.Environment(); e != Tests && e != Production {
		return AccessKey{}, &AccessKeyError{"ambiente", "is neither 1 nor 2"}
	}
	if s[47] != '1' {
		return AccessKey{}, &AccessKeyError{"tipoEmision", "is not 1"}
	}
	if want := checkDigit(s[:48]); s[48] != want {
		reason := fmt.Sprintf("is %c, want %c", s[48], want)
		return AccessKey{}, &AccessKeyError{"digitoVerificador", reason}
	}
	return key, nil
}

// String returns the 49 digits, or "" for the zero value.
func (k AccessKey) String() string { return k.digits }

// Date returns the date of emission at midnight UTC, or the zero time when it is none.
func (k AccessKey) Date() time.Time {
	t, err := time.Parse("02012006", k.part(0, 8))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Document returns the type of the voucher.
func (k AccessKey) Document() DocumentType { return DocumentType(k.part(8, 10)) }

// RUC returns the issuer's RUC.
func (k AccessKey) RUC() string { return k.part(10, 23) }

// Environment returns the ambiente.
func (k AccessKey) Environment() Environment {
	if s := k.part(23, 24); s != "" {
		return Environment(s[0] - '0')
	}
	return 0
}

// Establishment returns estab, 3 digits.
func (k AccessKey) Establishment() string { return k.part(24, 27) }

// EmissionPoint returns ptoEmi, 3 digits.
func (k AccessKey) EmissionPoint() string { return k.part(27, 30) }

// Sequential returns secuencial, 9 digits.
func (k AccessKey) Sequential() string { return k.part(30, 39) }

func (k AccessKey) part(from, to int) string {
	if len(k.digits) != accessKeyDigits {
		return ""
	}
	return k.digits[from:to]
}

// checkDigit is SRI's módulo 11: weights 2 to 7 cycling from the right; 11 gives 0, 10 gives 1.
func checkDigit(digits string) byte {
	sum, weight := 0, 2
	for i := len(digits) - 1; i >= 0; i-- {
		sum += int(digits[i]-'0') * weight
		if weight++; weight > 7 {
			weight = 2
		}
	}
	switch r := 11 - sum%11; r {
	case 11:
		return '0'
	case 10:
		return '1'
	default:
		return byte('0' + r)
	}
}

func onlyDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Root returns the name of the root element of the document type, "" for an unknown type.
func (d DocumentType) Root() string {
	switch d {
	case Invoice:
		return "factura"
	case PurchaseClearing:
		return "liquidacionCompra"
	case CreditNote:
		return "notaCredito"
	case DebitNote:
		return "notaDebito"
	case DeliveryNote:
		return "guiaRemision"
	case Withholding:
		return "comprobanteRetencion"
	}
	return ""
}
