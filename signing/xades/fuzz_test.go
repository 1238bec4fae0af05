package xades_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/xades"
)

// FuzzValidate: no panic, no endless work; an entry for every signature, and the octets of whatever
// is said to be signed.
func FuzzValidate(f *testing.F) {
	for _, folder := range []string{"dss/xades", "made-by-dss/xml", "sri/documents"} {
		if _, err := os.Stat("../../../shared/vectors"); err != nil {
			break
		}
		files, _ := filepath.Glob(filepath.Join(certtest.Vectors(f), folder, "*.xml"))
		for _, name := range files {
			if data, err := os.ReadFile(name); err == nil && len(data) < 30_000 {
				f.Add(data)
			}
		}
	}
	f.Add([]byte(order))
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := xades.Validate(context.Background(), data, signing.Validation{Time: time.Unix(1_780_000_000, 0)})
		if err != nil {
			return
		}
		for _, s := range report.Signatures {
			if s.Crypto == "" || s.Indication == "" || s.Binding == "" || s.Coverage == "" {
				t.Fatalf("an entry is not complete: %+v", s)
			}
			for _, signed := range s.Signed {
				if s.Crypto != signing.Intact || signed.Octets(io.Discard) != nil {
					t.Fatal("signed octets cannot be had")
				}
			}
		}
	})
}

// FuzzState: a stored state is read or refused.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p xades.Prepared
		if p.UnmarshalBinary(data) != nil {
			return
		}
		if err := p.Complete(&bytes.Buffer{}, nil, []byte{1}); err == nil {
			t.Fatal("a made-up state was completed")
		}
	})
}
