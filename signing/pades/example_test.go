package pades_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log"
	"math/big"
	"os"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/pades/padestest"
)

// exampleSigner is a key with a certificate that it signed itself.
func exampleSigner() signing.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Ana Ñauta"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		log.Fatal(err)
	}
	return signing.Signer{Key: key, Chain: []*x509.Certificate{c}}
}

// A contract is signed with a stamp on its last page: a QR code, and the text beside it.
func ExampleSign() {
	contract := padestest.Document{Pages: []string{"/MediaBox[0 0 595 842]"}}.Bytes()
	var signed bytes.Buffer
	err := pades.Sign(context.Background(), &signed, bytes.NewReader(contract), int64(len(contract)),
		exampleSigner(), pades.Profile{
			Time:   time.Now(),
			Reason: "Acepto el contrato",
			Stamp: &pades.Stamp{
				Rect: [4]float64{50, 50, 250, 110},
				Look: pades.Beside{Left: pades.QRLook{}, Right: pades.TextLook{}},
			},
		})
	fmt.Println(err, bytes.HasPrefix(signed.Bytes(), contract))
	// Output: <nil> true
}

// A file is signed where it lies. Whatever goes wrong, its octets stay.
func ExampleSignInPlace() {
	f, err := os.CreateTemp("", "contract-*.pdf")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	contract := padestest.Document{Pages: []string{"/MediaBox[0 0 595 842]"}}.Bytes()
	if _, err := f.Write(contract); err != nil {
		log.Fatal(err)
	}
	err = pades.SignInPlace(context.Background(), f, int64(len(contract)), exampleSigner(),
		pades.Profile{Time: time.Now()})
	fmt.Println(err)
	// Output: <nil>
}

// underlined is a look of a host's own: the name above a line.
type underlined struct{}

// Draw implements pades.Look.
func (underlined) Draw(c *pades.Canvas, about pades.Facts) error {
	width, height := c.Size()
	if !c.Part(4, 0, width-8, height).Column(1.2,
		pades.Line{Face: pades.SansBold, Size: 9, Text: about.Name},
		pades.Line{Size: 7, Text: about.Time.Format("02-01-2006")}) {
		return &pades.RefusalError{Reason: "no-room", Message: "the stamp is too small"}
	}
	return nil
}

// A host brings a look of its own.
func ExampleLook() {
	var look pades.Look = underlined{}
	letter := padestest.Document{Pages: []string{"/MediaBox[0 0 595 842]"}}.Bytes()
	err := pades.Sign(context.Background(), new(bytes.Buffer), bytes.NewReader(letter), int64(len(letter)),
		exampleSigner(), pades.Profile{Time: time.Now(), Stamp: &pades.Stamp{Look: look}})
	fmt.Println(err)
	// Output: <nil>
}
