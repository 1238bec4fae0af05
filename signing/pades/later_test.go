package pades_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/pades"
)

const emptyPicture = "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<<>>/Length 3>>\nstream\nq Q\nendstream"

// largeForm has n text fields, each with a picture; the field i is object 4 + 2i.
func largeForm(n int) []byte {
	objects := []string{"", "<</Type/Pages/Kids[3 0 R]/Count 1>>", ""}
	var refs strings.Builder
	for i := range n {
		fmt.Fprintf(&refs, "%d 0 R ", 4+2*i)
		objects = append(objects, fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Tx/T(f%d)/V(x)"+
			"/Rect[0 0 9 9]/P 3 0 R/AP<</N %d 0 R>>>>", i, 5+2*i), emptyPicture)
	}
	objects[0] = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[" + refs.String() + "]>>>>"
	objects[2] = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Annots[" + refs.String() + "]>>"
	return file("", objects...)
}

// TestLongHistory fills the fields of a large form in one revision each, values and pictures in
// place, and lets others sign in between: what a revision costs does not depend on the form, so that
// no limit is met.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	doc, err := sign(t, largeForm(3000), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	const fills = 300
	for i := range fills {
		g := newForge(t, doc)
		g.set(uint32(4+2*i), "V", text(fmt.Sprint("value ", i)))
		g.put(uint32(5+2*i), stream(fmt.Sprintf("q %d w Q", i), "Subtype", name("Form"), "BBox",
			ints(0, 0, 9, 9), "Resources", pdf.NewDict()))
		doc = g.finish(doc)
		if i%30 == 29 {
			doc, err = sign(t, doc, signerOf(w.signer), pades.Profile{})
			require.NoError(t, err)
		}
	}
	r := validate(t, doc, w.validation())
	require.Len(t, r.Signatures, 1+fills/30)
	for i, s := range r.Signatures {
		require.Equal(t, signing.TotalPassed, s.Indication)
		filled := map[string]bool{}
		for _, m := range s.Modifications {
			require.True(t, m.Allowed, "%v", m)
			if m.Class == signing.ModFormFill {
				filled[m.Object] = true
			}
		}
		require.Len(t, filled, 2*(fills-30*i))
	}
}

// TestWidgetOfSignedField changes the picture of a signature in a widget that is not merged with its
// field, in a revision of its own after the one that signed.
func TestWidgetOfSignedField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	blank := file("", "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 7 0 R]>>>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Annots[5 0 R 7 0 R]>>",
		"<</FT/Sig/T(second)/Kids[5 0 R]>>",
		"<</Type/Annot/Subtype/Widget/Parent 4 0 R/Rect[0 0 99 99]/P 3 0 R/AP<</N 6 0 R>>>>", emptyPicture,
		"<</Type/Annot/Subtype/Widget/FT/Sig/T(first)/Rect[0 0 0 0]/P 3 0 R>>")
	doc, err := sign(t, blank, signerOf(w.signer), pades.Profile{Field: "first"})
	require.NoError(t, err)
	doc, err = sign(t, doc, signerOf(w.signer), pades.Profile{Field: "second"})
	require.NoError(t, err)
	require.Equal(t, signing.StatusValid, validate(t, doc, w.validation()).Status())
	for what, forge := range map[string]func(*forge){
		"picture replaced": func(g *forge) { g.set(5, "AP", g.look("another")) },
		"picture changed": func(g *forge) {
			g.put(6, stream("0 0 9 9 re f", "Subtype", name("Form"), "BBox", ints(0, 0, 9, 9)))
		},
	} {
		g := newForge(t, doc)
		forge(g)
		for _, s := range validate(t, g.finish(doc), w.validation()).Signatures {
			require.Equal(t, signing.TotalFailed, s.Indication, what)
		}
	}
}

// TestCatalogBelowPages signs a document twice whose page tree leads back to the catalog by a key
// that means nothing: the second signature changes the catalog, and no page.
func TestCatalogBelowPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	doc := file("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1/Odd[1 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]>>")
	for range 2 {
		var err error
		doc, err = sign(t, doc, signerOf(w.signer), pades.Profile{Level: signing.LevelLTA,
			Timestamper: w.tsa, Validation: w.evidence()})
		require.NoError(t, err)
	}
	for _, s := range validate(t, doc, w.validation()).Signatures {
		require.Equal(t, signing.TotalPassed, s.Indication, "%v", s.Modifications)
	}
}
