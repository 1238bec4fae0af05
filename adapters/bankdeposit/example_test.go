package bankdeposit_test

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/rubrica/rubrica/adapters/bankdeposit"
	"github.com/rubrica/rubrica/ra"
)

// Find a declared deposit in a bank's export with its own headings and decimal commas.
func ExampleAccount_Find() {
	account := &bankdeposit.Account{
		Number: "2100123456",
		Format: bankdeposit.Format{Separator: ';', Date: "02/01/2006", DecimalComma: true,
			DateColumn: "Fecha", ReferenceColumn: "Comprobante", AmountColumn: "Valor"},
		Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("Fecha;Comprobante;Valor\n21/10/2026;0045170;25,30\n")), nil
		},
	}
	declared := ra.Deposit{Reference: "45170", Amount: 2530, Date: "2026-10-21"}
	receipt, err := account.Find(context.Background(), declared)
	fmt.Println(receipt.ID, err)
	declared.Amount = 3000
	_, err = account.Find(context.Background(), declared)
	fmt.Println(err)
	// Output:
	// 2100123456/2026-10-21/45170/25.30 <nil>
	// ra: payment-wrong-amount: reference "45170": declared 30.00, found 25.30
}
