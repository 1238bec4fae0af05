package icert_test

import (
	"fmt"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/icert"
)

// Who may do what, with one operator in place of two.
func ExampleNatural() {
	program, err := icert.Natural(map[string]bool{icert.FourEyes: false})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(program.Process.Can("paid", ra.RoleApplicant))
	fmt.Println(program.Process.Can("verified", ra.RoleOperator))
	fmt.Println(program.Process.Can("contract-signed", ra.RoleDirector))
	// Output:
	// [amend attach bill submit]
	// [cancel issue]
	// [countersign]
}
