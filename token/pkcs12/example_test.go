package pkcs12_test

import (
	"fmt"
	"log"

	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

// A key leaves in a file under a generated password, and is opened again.
func Example() {
	signer, err := token.Generate(token.P256)
	if err != nil {
		log.Fatal(err)
	}
	password, err := token.Password(nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer password.Destroy()
	key := token.Key{Alias: "firma", Signer: signer} // and Chain, when it is certified
	file, err := pkcs12.Encode([]token.Key{key}, password, pkcs12.Options{Iterations: 10_000})
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println("the password is", password) // nothing to see in a log
	opened, err := pkcs12.Open(file, password, pkcs12.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(opened.Keys[0])
	_, err = pkcs12.Open(file, token.SecretString("guess"), pkcs12.Limits{})
	fmt.Println(err)
	// Output:
	// the password is [secret]
	// "firma" P-256 (no certificate)
	// pkcs12: wrong password, or the file was altered
}
