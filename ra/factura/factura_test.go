package factura_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/ra/factura"
	"github.com/rubrica/rubrica/signing/sri"
)

func example() factura.Invoice {
	return factura.Invoice{
		Date:       time.Date(2026, 10, 22, 23, 59, 0, 0, time.FixedZone("", -5*3600)),
		Sequential: 7, NumericCode: 12345678,
		Issuer: factura.Issuer{RUC: "1760001550001", Name: "ENTIDAD DE CERTIFICACIÓN DE PRUEBA <&>",
			Address: "Av. 12 de Octubre \"y\" Veintimilla, Quito", Establishment: "001",
			EmissionPoint: "002", Accounts: true},
		Buyer: factura.Buyer{Kind: factura.Cedula, Number: "1710034065", Name: "MARÍA JOSÉ ÑUÑEZ",
			Address: "Calle Larga 1-23", Email: "maria@correo.example.ec", Phone: "0990000000"},
		Items: []factura.Item{
			{Code: "FE-PN-2", Description: "Certificado de firma electrónica", Quantity: 1, UnitPrice: 2200},
			{Code: "X", Description: "Otro", Quantity: 3, UnitPrice: 1033, Discount: 99},
		},
	}
}

func TestSumsAreComputed(t *testing.T) {
	t.Parallel()
	i := example()
	require.Equal(t, factura.Total{Net: 5200, Discount: 99, Tax: 780, Sum: 5980}, i.Total())
	voucher, key, err := factura.Marshal(i)
	require.NoError(t, err)
	require.Equal(t, "221020260117600015500011001002000000007123456781", key.String()[:48])
	for _, want := range []string{
		"<importeTotal>59.80</importeTotal>", "<claveAcceso>" + key.String() + "</claveAcceso>",
		"PRUEBA &lt;&amp;&gt;", "<fechaEmision>22/10/2026</fechaEmision>", "<valor>4.50</valor>",
	} {
		require.Contains(t, string(voucher), want)
	}
	again, _, err := factura.Marshal(i)
	require.NoError(t, err)
	require.Equal(t, voucher, again)
}

func TestCents(t *testing.T) {
	t.Parallel()
	for cents, want := range map[factura.Cents]string{
		0: "0.00", 5: "0.05", 2464: "24.64", -5: "-0.05", -2464: "-24.64",
	} {
		require.Equal(t, want, cents.String())
	}
	require.Equal(t, factura.IVA{Code: "4", Percent: 15}, factura.IVA15())
}

// TestSchema asks SRI's own schema.
func TestSchema(t *testing.T) {
	t.Parallel()
	plain := example()
	plain.Buyer = factura.Buyer{Kind: factura.Passport, Number: "AB123456", Name: "Jane Roe"}
	plain.Items = plain.Items[:1]
	company := example()
	company.Buyer = factura.Buyer{Kind: factura.RUC, Number: "1790016919001", Name: "CORPORACIÓN S.A."}
	company.Issuer.TradeName, company.Environment = "ECP", sri.Production
	company.Payment = factura.Cash
	var jobs []certtest.Job
	for _, i := range []factura.Invoice{example(), plain, company} {
		voucher, _, err := factura.Marshal(i)
		require.NoError(t, err)
		file := filepath.Join(t.TempDir(), "factura.xml")
		require.NoError(t, os.WriteFile(file, voucher, 0o600))
		jobs = append(jobs, certtest.Job{File: file})
	}
	for _, line := range certtest.Judge(t, "sri", "xsd", jobs...) {
		require.True(t, line.Accepted, line.Error)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*factura.Invoice){
		"ruc":                         func(i *factura.Invoice) { i.Issuer.RUC = "1760001550" },
		"razonSocial":                 func(i *factura.Invoice) { i.Issuer.Name = "" },
		"nombreComercial":             func(i *factura.Invoice) { i.Issuer.TradeName = "a\nb" },
		"dirMatriz":                   func(i *factura.Invoice) { i.Issuer.Address = strings.Repeat("ñ", 301) },
		"razonSocialComprador":        func(i *factura.Invoice) { i.Buyer.Name = "x\x00" },
		"identificacionComprador":     func(i *factura.Invoice) { i.Buyer.Number = "9999999999" },
		"tipoIdentificacionComprador": func(i *factura.Invoice) { i.Buyer.Kind = "07" },
		"email":                       func(i *factura.Invoice) { i.Buyer.Email = "\xff" },
		"detalles":                    func(i *factura.Invoice) { i.Items = nil },
		"detalle[1]/cantidad":         func(i *factura.Invoice) { i.Items[0].Quantity = 0 },
		"detalle[2]/descuento":        func(i *factura.Invoice) { i.Items[1].Discount = 999999 },
		"detalle[2]/precioUnitario":   func(i *factura.Invoice) { i.Items[1].UnitPrice = -1 },
	} {
		i := example()
		spoil(&i)
		_, _, err := factura.Marshal(i)
		var bad *factura.Error
		require.ErrorAs(t, err, &bad, field)
		require.Equal(t, field, bad.Field)
	}
	for part, spoil := range map[string]func(*factura.Invoice){
		"fecha":      func(i *factura.Invoice) { i.Date = time.Time{} },
		"secuencial": func(i *factura.Invoice) { i.Sequential = 0 },
		"estab":      func(i *factura.Invoice) { i.Issuer.Establishment = "1" },
	} {
		i := example()
		spoil(&i)
		_, _, err := factura.Marshal(i)
		var bad *sri.AccessKeyError
		require.ErrorAs(t, err, &bad, part)
		require.Equal(t, part, bad.Part)
	}
}
