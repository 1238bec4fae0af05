package factura

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rubrica/rubrica/certificate/ec"
	"github.com/rubrica/rubrica/signing/sri"
)

// Cents is an amount in hundredths of a dollar.
type Cents int64

// String writes the amount with two decimals and a point, as "24.64".
func (c Cents) String() string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s%d.%02d", sign, c/100, c%100)
}

// Issuer is the taxpayer who invoices.
type Issuer struct {
	RUC           string // establishment 001: the schema takes no other
	Name          string // razón social
	TradeName     string // nombre comercial, may be empty
	Address       string // dirección de la matriz
	Establishment string // three digits
	EmissionPoint string // three digits
	Accounts      bool   // obligado a llevar contabilidad
}

// Buyer is who pays.
type Buyer struct {
	Kind    IDKind
	Number  string
	Name    string // razón social or names and surnames
	Address string // may be empty
	Email   string // into infoAdicional, may be empty
	Phone   string // into infoAdicional, may be empty
}

// IDKind is SRI's code for what identifies the buyer (ficha técnica, table 6).
type IDKind string

// The kinds of identification.
const (
	RUC      IDKind = "04"
	Cedula   IDKind = "05"
	Passport IDKind = "06"
	Foreign  IDKind = "08"
)

// Item is one line.
type Item struct {
	Code        string
	Description string
	Quantity    int64 // whole units
	UnitPrice   Cents // before tax
	Discount    Cents // of the whole line
}

// Payment says how the buyer paid (ficha técnica, table 24).
type Payment string

// Means of payment.
const (
	Cash           Payment = "01" // sin utilización del sistema financiero
	BankingNetwork Payment = "20" // otros con utilización del sistema financiero
)

// IVA is a rate of the value added tax with SRI's code (ficha técnica, table 17).
type IVA struct {
	Code    string // "4" is 15 %
	Percent int64
}

var iva15 = IVA{Code: "4", Percent: 15}

// IVA15 returns the general rate since April 2024: code 4, 15 %.
func IVA15() IVA { return iva15 }

// Invoice is what Marshal writes.
type Invoice struct {
	Environment sri.Environment // zero is Tests
	Date        time.Time       // of emission; the day counts, in its own zone
	Sequential  uint32          // 1 to 999999999
	NumericCode uint32          // 0 to 99999999, chosen by the issuer, part of the access key
	Issuer      Issuer
	Buyer       Buyer
	Items       []Item
	IVA         IVA // the zero value is the general rate
	Payment     Payment
}

// Error says which field of an invoice SRI would refuse.
type Error struct {
	Field  string // as SRI names it, such as "ruc", "detalle[2]/cantidad"
	Reason string
}

func (e *Error) Error() string { return "factura: " + e.Field + ": " + e.Reason }

// Limits of an invoice: what the schema says, and sums that stay far from overflowing.
const (
	maxItems    = 1000
	maxQuantity = 1_000_000
	maxPrice    = Cents(100_000_000_00)
)

// Total is what the buyer pays: net, tax, both.
type Total struct{ Net, Discount, Tax, Sum Cents }

// Total adds the invoice up. Tax is rounded half up on the sum, as SRI checks it.
func (i *Invoice) Total() Total {
	var t Total
	for _, item := range i.Items {
		t.Net += item.net()
		t.Discount += item.Discount
	}
	t.Tax = i.rate().of(t.Net)
	t.Sum = t.Net + t.Tax
	return t
}

func (i Item) net() Cents { return Cents(i.Quantity)*i.UnitPrice - i.Discount }

func (i *Invoice) rate() IVA {
	if i.IVA == (IVA{}) {
		return iva15
	}
	return i.IVA
}

func (v IVA) of(net Cents) Cents { return (net*Cents(v.Percent) + 50) / 100 }

// check says what SRI would refuse.
func (i *Invoice) check() error {
	ruc, err := ec.ParseRUC(i.Issuer.RUC)
	switch {
	case err != nil:
		return &Error{"ruc", err.Error()}
	case !strings.HasSuffix(ruc.String(), "001"):
		return &Error{"ruc", "the schema takes establishment 001 only"}
	case len(i.Items) == 0 || len(i.Items) > maxItems:
		return &Error{"detalles", "none, or more than 1000"}
	}
	for _, f := range []struct {
		name, value string
		max         int
		optional    bool
	}{
		{"razonSocial", i.Issuer.Name, 300, false},
		{"nombreComercial", i.Issuer.TradeName, 300, true},
		{"dirMatriz", i.Issuer.Address, 300, false},
		{"razonSocialComprador", i.Buyer.Name, 300, false},
		{"direccionComprador", i.Buyer.Address, 300, true},
		{"email", i.Buyer.Email, 300, true},
		{"telefono", i.Buyer.Phone, 300, true},
	} {
		if err := checkText(f.name, f.value, f.max, f.optional); err != nil {
			return err
		}
	}
	if err := i.Buyer.check(); err != nil {
		return err
	}
	for n, item := range i.Items {
		if err := item.check(n + 1); err != nil {
			return err
		}
	}
	return nil
}

func (b Buyer) check() error {
	var err error
	switch b.Kind {
	case RUC:
		_, err = ec.ParseRUC(b.Number)
	case Cedula:
		_, err = ec.ParseCedula(b.Number)
	case Passport, Foreign:
		err = checkText("identificacionComprador", b.Number, 20, false)
	default:
		return &Error{"tipoIdentificacionComprador", "is none of 04, 05, 06, 08"}
	}
	if err != nil {
		return &Error{"identificacionComprador", err.Error()}
	}
	return nil
}

func (i Item) check(n int) error {
	field := func(name string) string { return fmt.Sprintf("detalle[%d]/%s", n, name) }
	if err := checkText(field("codigoPrincipal"), i.Code, 25, false); err != nil {
		return err
	}
	if err := checkText(field("descripcion"), i.Description, 300, false); err != nil {
		return err
	}
	switch {
	case i.Quantity < 1 || i.Quantity > maxQuantity:
		return &Error{field("cantidad"), "is not between 1 and 1000000"}
	case i.UnitPrice < 0 || i.UnitPrice > maxPrice:
		return &Error{field("precioUnitario"), "is negative or above 100000000.00"}
	case i.Discount < 0 || i.Discount > Cents(i.Quantity)*i.UnitPrice:
		return &Error{field("descuento"), "is negative or more than the line"}
	}
	return nil
}

// checkText admits what XML 1.0 and the schema's patterns admit: one line of printable text.
func checkText(field, s string, longest int, optional bool) error {
	switch {
	case s == "" && optional:
		return nil
	case s == "" || strings.TrimSpace(s) != s:
		return &Error{field, "is empty, or begins or ends with a blank"}
	case !utf8.ValidString(s) || utf8.RuneCountInString(s) > longest:
		return &Error{field, "is not UTF-8 or too long"}
	case strings.ContainsFunc(s, notInOneLine):
		return &Error{field, "holds a line break or a control character"}
	}
	return nil
}

func notInOneLine(r rune) bool {
	return r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 ||
		r == 0xfffe || r == 0xffff || r == utf8.RuneError
}
