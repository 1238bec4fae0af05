package certificate_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/ec/icert"
)

// A root, one certificate in two steps, a repeat after a crash, and its revocation.
func Example() {
	ctx := context.Background()
	profiles, err := icert.Profiles(icert.Config{})
	if err != nil {
		log.Fatal(err)
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	config := certificate.AuthorityConfig{
		Key: caKey, Ledger: &certificate.MemoryLedger{}, Profiles: profiles, Clock: time.Now,
	}
	config.Certificate, err = certificate.IssueRoot(ctx, config, certificate.Request{
		ID: "root", Profile: icert.Root,
		Subject: certificate.Subject{CommonName: "Autoridad de Prueba", Country: "EC"},
	})
	if err != nil {
		log.Fatal(err)
	}
	authority, err := certificate.NewAuthority(config)
	if err != nil {
		log.Fatal(err)
	}

	holderKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	request := certificate.Request{
		ID: "application-17/1", Profile: icert.NaturalPerson, PublicKey: &holderKey.PublicKey,
		Subject: certificate.Subject{
			Document: "0100000009", GivenNames: "Nadie", FirstSurname: "Imaginaria", Country: "EC",
			Email: "nadie@example.org",
		},
	}
	planned, err := authority.Plan(ctx, request) // checked, linted, recorded
	if err != nil {
		log.Fatal(err)
	}
	cert, err := authority.Issue(ctx, planned) // signed, recorded
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cert.Subject.CommonName, cert.EmailAddresses)

	planned, err = authority.Plan(ctx, request) // after a crash: the same again
	if err != nil {
		log.Fatal(err)
	}
	again, err := authority.Issue(ctx, planned)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(planned.Issued(), cert.Equal(again))

	err = authority.Revoke(ctx, cert.SerialNumber, certificate.Revocation{
		Reason: certificate.CessationOfOperation, Reference: "application-17",
	})
	if err != nil {
		log.Fatal(err)
	}
	record, err := authority.Find(ctx, cert.SerialNumber)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(record.Status().State, record.Status().Reason)
	// Output:
	// Nadie Imaginaria [nadie@example.org]
	// true true
	// revoked cessationOfOperation
}
