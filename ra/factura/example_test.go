package factura_test

import (
	"fmt"
	"time"

	"github.com/rubrica/rubrica/ra/factura"
)

// Make a voucher; sign the octets with signing/sri.
func ExampleMarshal() {
	invoice := factura.Invoice{
		Date: time.Date(2026, 10, 22, 9, 0, 0, 0, time.UTC), Sequential: 1,
		Issuer: factura.Issuer{RUC: "1760001550001", Name: "ENTIDAD", Address: "Quito",
			Establishment: "001", EmissionPoint: "002"},
		Buyer: factura.Buyer{Kind: factura.Cedula, Number: "1710034065", Name: "Ana Muestra"},
		Items: []factura.Item{{Code: "FE", Description: "Certificado", Quantity: 1, UnitPrice: 2200}},
	}
	voucher, key, err := factura.Marshal(invoice)
	fmt.Println(key, invoice.Total().Sum, len(voucher) > 0, err)
	// Output:
	// 2210202601176000155000110010020000000010000000011 25.30 true <nil>
}
