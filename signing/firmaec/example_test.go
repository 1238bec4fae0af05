package firmaec_test

import (
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/firmaec"
	"github.com/rubrica/rubrica/signing/pades"
)

// A document is signed as FirmaEC does when a system sends llx=260, lly=580 and estampado=QR.
func ExampleBasic() {
	p := firmaec.Basic(time.Now())
	p.Reason = "Autorización"
	p.Stamp = &pades.Stamp{Page: 1, Rect: firmaec.Rect(260, 580), Look: firmaec.QR{}}
	fmt.Println(p.Hash, p.Stamp.Rect)
	// Output: SHA-512 [260 544 370 580]
}

// What a validator says is told in FirmaEC's words.
func ExampleView() {
	report := &signing.Report{Signatures: []signing.Signature{{Crypto: signing.Intact,
		Indication: signing.Indeterminate, ClaimedTime: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}}}
	answer := firmaec.View(report)
	out, err := json.Marshal(answer.Signatures[0].SignedAt)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Valid, answer.Intact, answer.Error, string(out))
	// Output: false true Hay firmas que no son válidas "2026-01-01 07:00:00"
}
