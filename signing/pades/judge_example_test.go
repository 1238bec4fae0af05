package pades_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/pades/padestest"
)

// contract is the document of the examples.
var contract = padestest.Document{Pages: []string{"/MediaBox[0 0 595 842]"}}.Bytes()

// A certified document is judged; its signer is trusted by himself here.
func ExampleValidate() {
	signer := exampleSigner()
	var signed bytes.Buffer
	err := pades.Sign(context.Background(), &signed, bytes.NewReader(contract), int64(len(contract)), signer,
		pades.Profile{Time: time.Now(), Certify: pades.NoChanges})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := pades.Validate(context.Background(), bytes.NewReader(signed.Bytes()), int64(signed.Len()),
		signing.Validation{Time: time.Now(), Anchors: signer.Chain})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range report.Signatures {
		fmt.Println(s.ID, s.Crypto, s.Coverage, s.Indication)
	}
	// Output: Signature1 intact whole TOTAL-PASSED
}

// The key is elsewhere: what it signs is prepared, and its answer completes the document.
func ExamplePrepare() {
	signer := exampleSigner()
	document, size := bytes.NewReader(contract), int64(len(contract))
	prepared, err := pades.Prepare(context.Background(), document, size, signer.Chain, pades.Profile{Time: time.Now()})
	if err != nil {
		fmt.Println(err)
		return
	}
	state, err := prepared.MarshalBinary() // kept until the key has answered
	if err != nil {
		fmt.Println(err)
		return
	}
	value, err := signer.Key.Sign(rand.Reader, prepared.Digest(), prepared.Hash())
	if err != nil {
		fmt.Println(err)
		return
	}
	var later pades.Prepared
	if err := later.UnmarshalBinary(state); err != nil {
		fmt.Println(err)
		return
	}
	var signed bytes.Buffer
	err = later.Complete(context.Background(), &signed, document, size, value)
	fmt.Println(prepared.Algorithm(), err, bytes.HasPrefix(signed.Bytes(), contract))
	// Output: ECDSA SHA-256 <nil> true
}
