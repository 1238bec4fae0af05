package ec_test

import (
	"fmt"

	"github.com/rubrica/rubrica/certificate/ec"
)

// A RUC is refused by its structure only: its check digit is reported.
func ExampleParseRUC() {
	for _, number := range []string{"1790016919001", "1793221101001", "9999999999999"} {
		ruc, err := ec.ParseRUC(number)
		fmt.Println(ruc, ruc.Checksum(), err)
	}
	// Output:
	// 1790016919001 ok <nil>
	// 1793221101001 fails <nil>
	//  n.a. RUC: no such province
}
