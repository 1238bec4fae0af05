package cades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log"
	"math/big"
	"strings"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
)

// somebody is a signer with a certificate that he made himself, and the validation that trusts it.
func somebody() (signing.Signer, signing.Validation) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Somebody"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		log.Fatal(err)
	}
	return signing.Signer{Key: key, Chain: []*x509.Certificate{c}},
		signing.Validation{Anchors: []*x509.Certificate{c}, Time: time.Now()}
}

// A signature around its content, judged, and its content taken out again.
func ExampleSign() {
	signer, trust := somebody()
	ctx := context.Background()
	var p7m bytes.Buffer
	err := cades.Sign(ctx, &p7m, strings.NewReader("hola"), signer, cades.Profile{SigningTime: time.Now()})
	if err != nil {
		log.Fatal(err)
	}
	file := bytes.NewReader(p7m.Bytes())
	report, err := cades.Validate(ctx, file, file.Size(), trust)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Status(), report.Signatures[0].Level)
	var content strings.Builder
	if err := cades.CopyContent(&content, file, file.Size()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(content.String())
	// Output:
	// valid CAdES-BASELINE-B
	// hola
}

// A key that lives elsewhere gets what is to be signed and gives its value later.
func ExamplePrepare() {
	signer, _ := somebody()
	ctx := context.Background()
	prepared, err := cades.Prepare(ctx, strings.NewReader("hola"), signer.Chain,
		cades.Profile{Detached: true, SigningTime: time.Now()})
	if err != nil {
		log.Fatal(err)
	}
	state, err := prepared.MarshalBinary() // kept until the value comes, perhaps in another process
	if err != nil {
		log.Fatal(err)
	}

	h := crypto.SHA256.New() // elsewhere
	h.Write(prepared.ToBeSigned())
	value, err := signer.Key.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
	if err != nil {
		log.Fatal(err)
	}

	var later cades.Prepared
	if err := later.UnmarshalBinary(state); err != nil {
		log.Fatal(err)
	}
	var p7s bytes.Buffer
	if err := later.Complete(ctx, &p7s, nil, value, cades.Extension{}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(later.Algorithm(), p7s.Len() > 0)
	// Output: ECDSA SHA-256 true
}
