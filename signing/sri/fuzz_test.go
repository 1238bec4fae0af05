package sri_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/sri"
)

// FuzzCheck: every voucher gets its findings, and each has a code, a name and a message.
func FuzzCheck(f *testing.F) {
	m := newMaker(8)
	for _, k := range kinds {
		f.Add(m.voucher(f, k))
	}
	if _, err := os.Stat("../../../shared/vectors"); err == nil {
		files, _ := filepath.Glob(filepath.Join(certtest.Vectors(f), "sri", "documents", "*.xml"))
		for _, name := range files {
			if data, err := os.ReadFile(name); err == nil {
				f.Add(data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, found := range (sri.Checker{Now: time.Unix(1_780_000_000, 0)}).Check(data) {
			if found.Code == "" || found.Name == "" || found.Message == "" {
				t.Fatalf("a finding is not complete: %+v", found)
			}
		}
	})
}

// FuzzAccessKey: a key is refused, or its parts make the same key again.
func FuzzAccessKey(f *testing.F) {
	f.Add("1501202601179001691900110010010000001231234567819")
	f.Add(strings.Repeat("0", 49))
	f.Fuzz(func(t *testing.T, s string) {
		k, err := sri.ParseAccessKey(s)
		if err != nil {
			return
		}
		if k.String() != s || k.Date().IsZero() || k.Document().Root() == "" || len(k.RUC()) != 13 {
			t.Fatalf("%q is read as %+v", s, k)
		}
	})
}
