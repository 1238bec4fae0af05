package xmldsig

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// FuzzSignature reads and checks every signature of a document: no panic, no endless work, and a
// result for every reference.
func FuzzSignature(f *testing.F) {
	seeds, _ := filepath.Glob(filepath.Join(seedFolder(f), "xmldsig-interop", "*", "*.xml"))
	for _, name := range seeds {
		if data, err := os.ReadFile(name); err == nil && len(data) < 20_000 {
			f.Add(data)
		}
	}
	f.Add([]byte(`<a><Signature xmlns="` + Namespace + `"><SignedInfo/></Signature></a>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := xmltree.Parse(data, xmltree.Limits{})
		if err != nil {
			return
		}
		ctx := NewContext(len(data))
		for n := range doc.Node().Descendants(Namespace, "Signature") {
			s, err := Read(n)
			if s == nil {
				t.Fatal("no signature")
			}
			if ReadKeyInfo(s.KeyInfo); s.Check(ctx) != nil {
				return
			}
			for _, r := range s.References {
				if r.Err == nil && (r.Source == nil || r.Source.Octets(&bytes.Buffer{}) != nil) {
					t.Fatal("a reference stands without its octets")
				}
			}
			if err == nil {
				_, _ = s.SignedInfoOctets(ctx)
			}
		}
	})
}

// seedFolder is where conformance data lies, "" where it does not.
func seedFolder(f *testing.F) string {
	if os.Getenv("RUBRICA_SHARED") == "" {
		if _, err := os.Stat("../../../../shared/vectors"); err != nil {
			return ""
		}
	}
	return certtest.Vectors(f)
}

// FuzzBase64 compares with the standard decoder: what is accepted encodes back to the same text.
func FuzzBase64(f *testing.F) {
	for _, s := range []string{"", "QQ==", "QUI=", "QUJD", " Q U\nJ D ", "QQ", "QR==", "Q===", "QQ==QQ==", "QQ=A", "=", "Q!=="} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := DecodeBase64(text)
		if err != nil {
			return
		}
		compact := bytes.Map(func(r rune) rune {
			if r < 0x80 && isSpace(byte(r)) {
				return -1
			}
			return r
		}, text)
		if base64.StdEncoding.EncodeToString(got) != string(compact) {
			t.Fatalf("%q was read as %x, which is written differently", text, got)
		}
	})
}

// FuzzXPath: an expression is either one of the idioms or refused; reading ends.
func FuzzXPath(f *testing.F) {
	for _, s := range []string{"not(ancestor-or-self::d:Signature)", "ancestor-or-self::d:a and not(ancestor-or-self::b)",
		"count(ancestor-or-self::d:Signature | here()/ancestor::d:Signature[1]) > count(ancestor-or-self::d:Signature)",
		"//d:a", "/", "id('x')/d:a", "self::text()", "1", "'", "::::", "a:b:c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := xmltree.Parse([]byte(`<d:r xmlns:d="`+Namespace+`"/>`), xmltree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		x := &expression{whole: s, tokens: tokens(s), node: doc.Root()}
		for !x.end() {
			if _, ok := x.term(); !ok || !x.accept("and") {
				break
			}
		}
		var location filter
		location.location(&expression{whole: s, tokens: tokens(s), node: doc.Root()})
	})
}
