package cades_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
)

// FuzzValidate: content that was never signed is never valid, whatever stands around it.
func FuzzValidate(f *testing.F) {
	w := newWorld(f)
	s := w.signer(f, certtest.P256, "Fuzz")
	for _, level := range levels {
		p := w.profile(f, s, level)
		f.Add(sign(f, letter, s, p))
		p.Detached = true
		f.Add(sign(f, letter, s, p))
	}
	f.Add([]byte("-----BEGIN CMS-----\nMIAG\n-----END CMS-----\n"))
	v := w.trust()
	v.Detached = given([]byte("never signed"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := cades.Validate(context.Background(), bytes.NewReader(in), int64(len(in)), v)
		if err != nil {
			return
		}
		for _, s := range r.Signatures {
			if s.Parent == "" && s.Indication == signing.TotalPassed {
				t.Fatalf("valid: %+v", s)
			}
		}
	})
}
