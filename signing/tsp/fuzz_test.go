package tsp_test

import (
	"bytes"
	"context"
	"crypto"
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/tsp"
)

// FuzzRequest: a server answers anything; what it reads it can write again.
func FuzzRequest(f *testing.F) {
	a := newAuthority(f, certtest.P256, nil)
	r := tsp.Request{Imprint: tsp.Imprint{Hash: crypto.SHA256, Digest: digestOf(crypto.SHA256)},
		Policy: policy, CertReq: true}
	raw, err := r.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, in []byte) {
		answer, refused := a.server.Answer(context.Background(), in)
		token, err := tsp.Open(answer)
		if (refused == nil) != (err == nil) {
			t.Fatalf("refused: %v; the answer says: %v", refused, err)
		}
		if refused != nil {
			return
		}
		asked, err := tsp.ParseRequest(in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tsp.ParseToken(token)
		if err != nil || !bytes.Equal(got.Imprint.Digest, asked.Imprint.Digest) {
			t.Fatalf("stamped something else: %v", err)
		}
	})
}

// FuzzAnswer: no answer but the authority's own is accepted, and none panics.
func FuzzAnswer(f *testing.F) {
	a := newAuthority(f, certtest.P256, nil)
	r := tsp.Request{Imprint: tsp.Imprint{Hash: crypto.SHA256, Digest: digestOf(crypto.SHA256)},
		CertReq: true}
	raw, err := r.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	answer, err := a.server.Answer(context.Background(), raw)
	if err != nil {
		f.Fatal(err)
	}
	token, err := tsp.Open(answer)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer)
	f.Add(token)
	trust := a.trust()
	f.Fuzz(func(t *testing.T, in []byte) {
		token, err := tsp.Open(in)
		if err != nil {
			return
		}
		v, err := tsp.Verify(context.Background(), tsp.Query{Token: token,
			Imprint: tsp.Digest([]byte("never stamped"))}, trust)
		if err != nil || v.Good() {
			t.Fatalf("%v, %v", err, v.Good())
		}
	})
}
