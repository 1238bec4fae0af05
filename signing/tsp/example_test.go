package tsp_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/tsp"
)

// ExampleClient asks two authorities, the second when the first fails, and checks what they give.
func ExampleClient() {
	a := newAuthority(new(testing.T), certtest.P256, nil)
	web := httptest.NewServer(a.server)
	defer web.Close()

	client := &tsp.Client{
		Authorities: []tsp.Authority{{URL: "http://127.0.0.1:1/down"}, {URL: web.URL}},
		Transport:   &tsp.HTTP{Client: &http.Client{Timeout: 10 * time.Second}},
		Validation:  signing.Validation{Anchors: []*x509.Certificate{a.pki.Root.Certificate}},
		Clock:       time.Now,
		Attempts:    1,
	}
	digest := sha256.Sum256([]byte("hola"))
	token, err := client.Timestamp(context.Background(), crypto.SHA256, digest[:])
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := tsp.Verify(context.Background(), tsp.Query{Token: token, Imprint: tsp.Digest([]byte("hola"))},
		signing.Validation{Anchors: client.Validation.Anchors, Time: time.Now()})
	fmt.Println(err, v.Good(), v.Trust)
	// Output: <nil> true trusted
}
