package pades_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// FuzzRevisions appends any octets to signed forms: nothing may panic or take long, and only what
// says nothing about the pages may stay valid.
func FuzzRevisions(f *testing.F) {
	w := newWorld(f, certtest.P256)
	doc, err := sign(f, formPDF(), signerOf(w.signer), pades.Profile{Certify: pades.NoChanges})
	require.NoError(f, err)
	for _, forged := range forgeries {
		func() {
			defer func() { _ = recover() }() // forgeries that skip do not fit a fuzz target
			g := newForge(quiet{f}, doc)
			forged.make(g)
			f.Add(g.finish(doc)[len(doc):])
		}()
	}
	v := w.validation()
	f.Fuzz(func(t *testing.T, tail []byte) {
		forged := append(bytes.Clone(doc), tail...)
		r, err := pades.Validate(context.Background(), bytes.NewReader(forged), int64(len(forged)), v)
		if err != nil || r.Status() != signing.StatusValid {
			return
		}
		for _, m := range r.Signatures[0].Modifications {
			if !m.Allowed || m.Class == signing.ModContent || m.Class == signing.ModUnknown {
				t.Fatalf("valid with %v", m)
			}
		}
	})
}

// quiet is a test that can be skipped without an end.
type quiet struct{ testing.TB }

func (quiet) Skip(args ...any) { panic(args) }

// FuzzValidate reads any file as a signed document.
func FuzzValidate(f *testing.F) {
	files, err := filepath.Glob(certtest.Vectors(f, "made-by-pyhanko", "*.pdf"))
	require.NoError(f, err)
	for i, path := range files {
		if data, err := os.ReadFile(path); err == nil && len(data) < 20<<10 && i%4 == 0 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		v := signing.Validation{Time: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)}
		r, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)), v)
		if err == nil && r.Status() == signing.StatusValid {
			t.Fatal("nobody is trusted, and yet it is valid")
		}
		_, _ = pades.Inspect(context.Background(), bytes.NewReader(doc), int64(len(doc)), nil)
	})
}

// FuzzSign signs any file, with a look and in a lock: what is signed begins with the original, and is
// judged intact over all of it.
func FuzzSign(f *testing.F) {
	w := newWorld(f, certtest.P256)
	whole := formPDF()
	signed, err := sign(f, whole, signerOf(w.signer), pades.Profile{})
	require.NoError(f, err)
	for _, doc := range [][]byte{whole, compressedForm(), signed, largeForm(3), paddedPDF(8),
		file("", "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
			"<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots 5 0 R>>",
			"<</Type/Annot/Subtype/Widget/FT/Sig/T(a)/Rect[0 0 2 9]/P 3 0 R>>", "[4 0 R]")} {
		for look := range uint8(3) {
			f.Add(doc, look)
		}
	}
	looks := []pades.Profile{{}, {Stamp: &pades.Stamp{}}, {Lock: &pades.Lock{}, Certify: pades.FormFilling}}
	f.Fuzz(func(t *testing.T, doc []byte, look uint8) {
		out, err := sign(t, doc, signerOf(w.signer), looks[int(look)%len(looks)])
		if err != nil {
			return
		}
		require.True(t, bytes.HasPrefix(out, doc), "the original stays")
		r, err := pades.Validate(context.Background(), bytes.NewReader(out), int64(len(out)), w.validation())
		require.NoError(t, err)
		last := r.Signatures[len(r.Signatures)-1]
		for _, s := range r.Signatures {
			if s.Coverage == signing.CoversWhole {
				last = s
			}
		}
		require.Equal(t, signing.Intact, last.Crypto, "%v", last.Findings)
		require.Equal(t, signing.CoversWhole, last.Coverage)
	})
}
