package ra_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/factura"
)

func goodForm() ra.Form {
	return ra.Form{
		IDType:       ra.IDCedula,
		IDNumber:     "1710034065",
		GivenNames:   "María José",
		FirstSurname: "Ñuñez",
		Email:        "maria@correo.example",
		Phone:        "+593990000000",
		Address:      "Av. 1 y 2",
		City:         "Quito",
		Province:     "Pichincha",
		Container:    ra.ContainerFile,
		IncludeRUC:   true,
		RUC:          "1710034065001",
	}
}

func TestForm(t *testing.T) {
	t.Parallel()
	require.Empty(t, goodForm().Check())
	require.Equal(t, "María José Ñuñez", goodForm().Name())
	for name, c := range map[string]struct {
		spoil       func(*ra.Form)
		code, where string
	}{
		"no id":               {func(f *ra.Form) { f.IDNumber = "" }, "cedula-structure", "idNumber"},
		"short cédula":        {func(f *ra.Form) { f.IDNumber = "171003406" }, "cedula-structure", "idNumber"},
		"province 25":         {func(f *ra.Form) { f.IDNumber = "2510034065" }, "cedula-structure", "idNumber"},
		"cédula check digit":  {func(f *ra.Form) { f.IDNumber = "1710034066" }, "cedula-checksum", "idNumber"},
		"passport":            {func(f *ra.Form) { f.IDType, f.IDNumber = ra.IDPassport, "ab 1" }, "passport-structure", "idNumber"},
		"unknown id":          {func(f *ra.Form) { f.IDType = "licencia" }, "field-choice", "idType"},
		"no names":            {func(f *ra.Form) { f.GivenNames = " " }, "field-empty", "givenNames"},
		"control character":   {func(f *ra.Form) { f.FirstSurname = "a\u202eb" }, "field-characters", "firstSurname"},
		"line break":          {func(f *ra.Form) { f.Address = "a\nb" }, "field-characters", "address"},
		"not UTF-8":           {func(f *ra.Form) { f.City = "\xff" }, "field-characters", "city"},
		"long":                {func(f *ra.Form) { f.SecondSurname = strings.Repeat("ñ", 61) }, "field-too-long", "secondSurname"},
		"no mail":             {func(f *ra.Form) { f.Email = "maria" }, "email-invalid", "email"},
		"two mails":           {func(f *ra.Form) { f.Email = "a@b.ec,c@d.ec" }, "email-invalid", "email"},
		"mail with a name":    {func(f *ra.Form) { f.Email = "María <a@b.ec>" }, "email-invalid", "email"},
		"mail header":         {func(f *ra.Form) { f.Email = "a@b.ec\r\nBcc: x@y.ec" }, "email-invalid", "email"},
		"telephone":           {func(f *ra.Form) { f.Phone = "099-000" }, "phone-invalid", "phone"},
		"container":           {func(f *ra.Form) { f.Container = "disco" }, "field-choice", "container"},
		"language":            {func(f *ra.Form) { f.Language = "fr" }, "field-choice", "language"},
		"RUC of 12 digits":    {func(f *ra.Form) { f.RUC = "171003406500" }, "ruc-structure", "ruc"},
		"RUC establishment 0": {func(f *ra.Form) { f.RUC = "1710034065000" }, "ruc-structure", "ruc"},
		"RUC of a company":    {func(f *ra.Form) { f.RUC = "1790016919001" }, "ruc-not-natural", "ruc"},
		"RUC of another":      {func(f *ra.Form) { f.RUC = "1700000001001" }, "ruc-not-own", "ruc"},
		"RUC not wanted":      {func(f *ra.Form) { f.IncludeRUC = false }, "ruc-not-wanted", "ruc"},
	} {
		t.Run(name, func(t *testing.T) {
			f := goodForm()
			c.spoil(&f)
			found := f.Check()
			require.NotEmpty(t, found)
			requireRefusal(t, found[0], c.code, c.where)
		})
	}
	all := ra.Form{}.Check()
	require.Greater(t, len(all), 8, "every field is told at once")
}

// A RUC whose check digit fails is registered all the same: it warns nobody and refuses nobody.
func TestRUCCheckDigitDoesNotRefuse(t *testing.T) {
	t.Parallel()
	b := ra.Billing{
		IDType:  "ruc",
		Number:  "1793221101001",
		Name:    "Una empresa",
		Address: "Quito",
		Email:   "a@b.ec",
	}
	require.Empty(t, b.Check())
	b.Number = "1793221101"
	requireRefusal(t, b.Check()[0], "ruc-structure", "billing.number")
	b.IDType = "otro"
	requireRefusal(t, b.Check()[0], "field-choice", "billing.idType")
}

func TestValidEmail(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"a@b.ec", "maria.jose+icert@correo.example.ec", "x_y-z@a-b.co"} {
		require.True(t, ra.ValidEmail(s), s)
	}
	for _, s := range []string{"", "a", "@b.ec", "a@", "a@b", "a@b.ec ", "a b@c.ec", "ñ@b.ec", "a@[127.0.0.1]",
		"\"a\"@b.ec", "a@b.ec\n", "a@@b.ec", "a..b@c.ec", ".a@b.ec", "<a@b.ec>", strings.Repeat("a", 65) + "@b.ec",
		"a@" + strings.Repeat("b", 300) + ".ec"} {
		require.False(t, ra.ValidEmail(s), s)
	}
}

func FuzzValidEmail(f *testing.F) {
	f.Add("a@b.ec")
	f.Add("\"a b\"@[1.2.3.4]")
	f.Fuzz(func(t *testing.T, s string) {
		if ra.ValidEmail(s) && (strings.ContainsAny(s, " \r\n<>,;") || strings.Count(s, "@") != 1) {
			t.Fatalf("%q would open a header", s)
		}
	})
}

func TestAmountsAndDays(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"0.00", "25.30", "1234567.89"} {
		c, err := ra.ParseCents(s)
		require.NoError(t, err)
		require.Equal(t, s, c.String())
	}
	for _, s := range []string{"", ".", "25", "25.3", "25.300", "+1.00", " 1.00", "01.00", "1,00", "99999999999999.00", "a.bc"} {
		_, err := ra.ParseCents(s)
		require.Error(t, err, s)
	}
	require.Equal(t, "-0.05", ra.Cents(-5).String())
	require.True(t, ra.Day("2028-02-29").Valid())
	for _, d := range []ra.Day{"", "2026-02-29", "2026-2-9", "2026-13-01"} {
		require.False(t, d.Valid(), d)
		require.True(t, d.Start(time.UTC).IsZero(), d)
	}
	digest, err := ra.ParseDigest(ra.DigestOf([]byte("x")).String())
	require.NoError(t, err)
	require.Equal(t, ra.DigestOf([]byte("x")), digest)
	for _, s := range []string{"", "00", strings.Repeat("0", 63) + "g", strings.Repeat("A", 64)} {
		_, err := ra.ParseDigest(s)
		require.Error(t, err, s)
	}
}

// FuzzBilling: whatever billing data pass the check make an invoice.
func FuzzBilling(f *testing.F) {
	f.Add("Ana Muestra", "Calle 1", "a@b.ec", "1710034065")
	f.Add("Ñ & <b> \"x\" ]]>", "a\ufffdb", "a!#$%&'*+-/=?^_`{|}~@b-c.ec", "AB12345")
	f.Fuzz(func(t *testing.T, name, address, email, number string) {
		for kind, id := range map[string]factura.IDKind{"cedula": factura.Cedula, "ruc": factura.RUC,
			"pasaporte": factura.Passport} {
			b := ra.Billing{IDType: kind, Number: number, Name: name, Address: address, Email: email}
			if len(b.Check()) > 0 {
				continue
			}
			_, _, err := factura.Marshal(factura.Invoice{
				Date: received, Sequential: 1,
				Issuer: factura.Issuer{RUC: "1760001550001", Name: "E", Address: "Q",
					Establishment: "001", EmissionPoint: "002"},
				Buyer: factura.Buyer{Kind: id, Number: number, Name: name, Address: address, Email: email},
				Items: []factura.Item{{Code: "a", Description: "b", Quantity: 1, UnitPrice: 1}},
			})
			if err != nil {
				t.Fatalf("%+v: %v", b, err)
			}
		}
	})
}
