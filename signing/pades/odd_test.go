package pades_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

const oddPage = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Resources<<>>%s>>"

// deepTree is a document whose only page stands below so many nodes.
func deepTree(depth int) []byte {
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>"}
	for i := range depth {
		up := ""
		if i > 0 {
			up = fmt.Sprintf("/Parent %d 0 R", i+1)
		}
		objects = append(objects, fmt.Sprintf("<</Type/Pages/Kids[%d 0 R]/Count 1%s>>", i+3, up))
	}
	return file("", append(objects, strings.Replace(fmt.Sprintf(oddPage, ""), "2 0 R",
		fmt.Sprintf("%d 0 R", depth+1), 1))...)
}

// withObject appends an object with that number to a document.
func withObject(doc []byte, num int64, size int64) []byte {
	at := bytes.LastIndex(doc, []byte("startxref\n"))
	prev := 0
	fmt.Sscanf(string(doc[at:]), "startxref\n%d", &prev)
	out := fmt.Appendf(bytes.Clone(doc), "%d 0 obj\n<</Free true>>\nendobj\n", num)
	xref := len(out)
	return fmt.Appendf(out, "xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n",
		num, len(doc), size, prev, xref)
}

// oddDocuments are as the standard allows, or nearly, and seldom.
func oddDocuments() map[string][]byte {
	page := fmt.Sprintf(oddPage, "")
	plain := file("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", page)
	return map[string][]byte{
		"a deep page tree": deepTree(150),
		"nodes without pages": file("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[4 0 R 3 0 R 5 0 R]/Count 1>>",
			page, "<</Type/Pages/Parent 2 0 R/Kids[]/Count 0>>", "<</Type/Pages/Parent 2 0 R/Kids[]/Count 0>>"),
		"as many kids as pages": file("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[4 0 R 5 0 R]/Count 2>>",
			strings.Replace(page, "2 0 R", "5 0 R", 1), "<</Type/Pages/Parent 2 0 R/Kids[]/Count 0>>",
			"<</Type/Pages/Parent 2 0 R/Kids[3 0 R 6 0 R]/Count 2>>", strings.Replace(page, "2 0 R", "5 0 R", 1)),
		"kids that are null": file("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[null 3 0 R null]/Count 1>>", page),
		"a direct page":      file("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids["+page+"]/Count 1>>"),
		"an empty MediaBox": file("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
			strings.Replace(page, "420 595", "0 0", 1)),
		"a CropBox elsewhere": file("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
			fmt.Sprintf(oddPage, "/CropBox[1000 1000 1100 1100]")),
		"too large a Size":     bytes.Replace(plain, []byte("/Size 4"), []byte("/Size 2147483646"), 1),
		"Size beyond integers": bytes.Replace(plain, []byte("/Size 4"), []byte("/Size 4294967295"), 1),
		"a large number":       withObject(plain, 2_147_483_640, 2_147_483_641),
		"the largest number":   withObject(plain, 2_147_483_646, 2_147_483_647),
		"the usual limit":      withObject(plain, 8_388_607, 8_388_608),
		"fields that are no list": file("", "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 3 0 R>>>>",
			"<</Type/Pages/Kids[3 0 R]/Count 1>>", page),
		"fields and annotations in one list": file("", "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 4 0 R>>>>",
			"<</Type/Pages/Kids[3 0 R]/Count 1>>", fmt.Sprintf(oddPage, "/Annots 4 0 R"), "[]"),
		"a form without fields": file("", "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 9 0 R>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", page),
	}
}

// TestOddDocuments signs each twice, visibly and not, up to the level LTA.
func TestOddDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	var b, lenient bench
	for name, doc := range oddDocuments() {
		for _, stamp := range []*pades.Stamp{nil, {}, {Page: 1}} {
			out := doc
			for range 2 {
				p := pades.Profile{Level: signing.LevelLTA, Timestamper: w.tsa, Validation: w.evidence(), Stamp: stamp}
				signed, err := sign(t, out, signerOf(w.signer), p)
				require.NoError(t, err, name)
				require.True(t, bytes.HasPrefix(signed, out), name)
				out = signed
			}
			r := validate(t, out, w.validation())
			require.Equal(t, signing.StatusValid, r.Status(), "%s: %+v", name, r.Signatures)
			require.Len(t, r.Signatures, 4)
			switch name {
			case "a direct page", "kids that are null", "nodes without pages", "as many kids as pages",
				"a deep page tree", "a large number", "the largest number":
				// pyHanko wants a sound and shallow page tree, and every new number above all others.
				lenient.add(t, w, out, signing.LevelLTA, "")
			default:
				b.add(t, w, out, signing.LevelLTA, "")
			}
		}
	}
	if !testing.Short() {
		b.ask(t, "pyhanko,pdfsig")
		lenient.ask(t, "dss")
	}
}

// TestFieldWithoutValue signs fields whose value is as good as absent (7.3.10).
func TestFieldWithoutValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	for _, value := range []string{"null", "9 0 R"} {
		doc := file("", "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
			fmt.Sprintf(oddPage, "/Annots[4 0 R]"),
			"<</FT/Sig/T(firma)/Type/Annot/Subtype/Widget/Rect[10 10 110 60]/F 4/P 3 0 R/V "+value+">>")
		out, err := sign(t, doc, signerOf(w.signer), pades.Profile{Field: "firma", Certify: pades.FormFilling})
		require.NoError(t, err)
		r := validate(t, out, w.validation())
		require.Equal(t, signing.StatusValid, r.Status())
		require.Equal(t, "firma", r.Signatures[0].ID)
		_, err = sign(t, out, signerOf(w.signer), pades.Profile{Field: "firma"})
		requireRefusal(t, err, "field-signed")
	}
}

// TestNamesInUse finds names for new fields that neither a field nor a parent of fields has.
func TestNamesInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	doc := file("", "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 6 0 R]>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		fmt.Sprintf(oddPage, "/Annots[5 0 R 7 0 R]"), "<</T(Signature1)/Kids[5 0 R]>>",
		"<</T(a)/FT/Tx/Parent 4 0 R/Type/Annot/Subtype/Widget/Rect[10 10 60 30]/F 4>>",
		"<</T(amount)/FT/Tx/Kids[7 0 R]>>", "<</Parent 6 0 R/Type/Annot/Subtype/Widget/Rect[10 50 60 70]/F 4>>")
	out, err := sign(t, doc, signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	require.Equal(t, "Signature2", validate(t, out, w.validation()).Signatures[0].ID)
	out, err = sign(t, doc, signerOf(w.signer), pades.Profile{Field: "Signature1.b"})
	require.NoError(t, err)
	require.Equal(t, "Signature1.b", validate(t, out, w.validation()).Signatures[0].ID)
	for _, name := range []string{"Signature1", "Signature1.a.b", "amount.b"} {
		_, err = sign(t, doc, signerOf(w.signer), pades.Profile{Field: name})
		require.Error(t, err, name)
	}
}

// TestLaterSignatures refuses a signature that an earlier one forbids, by whatever it says so.
func TestLaterSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	for lock, reason := range map[string]string{"": "", "/Action/All/P 1": "certified", "/Action/Include/Fields[(x)]/P 2": "",
		"/Action/All": "field-locked", "/Action/Exclude/Fields[(x)]": "field-locked", "/Action/Exclude/Fields[(Signature1)]": "",
		"/Action/Include/Fields[(Signature1)]": "field-locked"} {
		entry := "/Lock<</Type/SigFieldLock" + lock + ">>"
		if lock == "" {
			entry = ""
		}
		doc := file("", "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
			fmt.Sprintf(oddPage, "/Annots[4 0 R]"),
			"<</FT/Sig/T(firma)/Type/Annot/Subtype/Widget/Rect[10 10 110 60]/F 4/P 3 0 R"+entry+">>")
		out, err := sign(t, doc, signerOf(w.signer), pades.Profile{Field: "firma"})
		require.NoError(t, err)
		out, err = sign(t, out, signerOf(w.signer), pades.Profile{Stamp: &pades.Stamp{}})
		if reason != "" {
			requireRefusal(t, err, reason)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, signing.StatusValid, validate(t, out, w.validation()).Status(), lock)
	}
}

// TestUsageRightsStay keeps what Perms says beside a certification (12.8.4).
func TestUsageRightsStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	for _, perms := range []string{"<</UR3 4 0 R>>", "5 0 R"} {
		doc := file("", "<</Type/Catalog/Pages 2 0 R/Perms "+perms+">>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
			fmt.Sprintf(oddPage, ""), "<</Type/Sig/Filter/Adobe.PPKLite>>", "<</UR3 4 0 R>>")
		out, err := sign(t, doc, signerOf(w.signer), pades.Profile{Certify: pades.NoChanges})
		require.NoError(t, err)
		require.Regexp(t, `/Perms <</UR3 4 0 R/DocMDP \d+ 0 R>>`, string(out))
	}
}

// TestTinyFields signs fields that have room for nothing, with and without a stamp asked for.
func TestTinyFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	for _, rect := range []string{"10 10 11 11", "10 10 13.9 60", "10 10 110 12", "10 10 10.001 10.001", "10 10 14 14",
		"0 0 99999999999 1", "0 0 1 99999999999", "-1 -1 0.5 0.5"} {
		doc := file("", "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
			fmt.Sprintf(oddPage, "/Annots[4 0 R]"),
			"<</FT/Sig/T(firma)/Type/Annot/Subtype/Widget/Rect["+rect+"]/F 4/P 3 0 R>>")
		out, err := sign(t, doc, signerOf(w.signer), pades.Profile{Field: "firma"})
		require.NoError(t, err, rect)
		require.Equal(t, signing.StatusValid, validate(t, out, w.validation()).Status(), rect)
		for _, look := range []pades.Look{pades.TextLook{}, pades.QRLook{}, pades.ImageLook{Image: pngOf(t, drawing())},
			pades.Beside{Left: pades.QRLook{}, Right: pades.TextLook{}}} {
			out, err := sign(t, doc, signerOf(w.signer), pades.Profile{Field: "firma", Stamp: &pades.Stamp{Look: look}})
			if err != nil {
				requireRefusal(t, err, "no-room")
				continue
			}
			require.Equal(t, signing.StatusValid, validate(t, out, w.validation()).Status(), rect)
		}
	}
}
