package pades_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/pades"
)

func TestInspect(t *testing.T) {
	t.Parallel()
	inspect := func(doc []byte) (codes []string) {
		list, err := pades.Inspect(context.Background(), bytes.NewReader(doc), int64(len(doc)), nil)
		require.NoError(t, err)
		for _, f := range list {
			codes = append(codes, f.Code)
		}
		return codes
	}
	// The form leads to one object that is not there.
	require.Equal(t, []string{"missing-content"}, inspect(formPDF()))
	for code, change := range map[string]func(*forge){
		"layers": func(g *forge) {
			g.set(objCatalog, "OCProperties", pdf.NewDict("OCGs", pdf.Array{}, "D", pdf.NewDict()))
		},
		"javascript":        func(g *forge) { g.set(objLink, "A", javascript) },
		"action-on-opening": func(g *forge) { g.set(objCatalog, "OpenAction", pdf.NewDict("S", name("GoTo"))) },
		"attachments": func(g *forge) {
			g.set(objCatalog, "Names", pdf.NewDict("EmbeddedFiles", pdf.NewDict()))
		},
		"xfa": func(g *forge) { g.set(objForm, "XFA", g.u.Add(stream("<xdp/>"))) },
		"external-content": func(g *forge) {
			g.put(objContent, stream("", "F", text("other.bin")))
		},
		"hidden-pages":  func(g *forge) { g.u.Reserve(); g.u.Add(g.get(objPage)) },
		"field-picture": func(g *forge) { g.set(objAmount, "V", text("900")) },
	} {
		g := newForge(t, formPDF())
		change(g)
		require.Contains(t, inspect(g.finish(formPDF())), code)
	}
}

// TestInspectDamage tells of damage that signing lives with.
func TestInspectDamage(t *testing.T) {
	t.Parallel()
	doc := bytes.Replace(formPDF(), []byte("startxref\n"), []byte("startxref\n9"), 1)
	list, err := pades.Inspect(context.Background(), bytes.NewReader(doc), int64(len(doc)), nil)
	require.NoError(t, err)
	require.Equal(t, "damaged", list[len(list)-1].Code)
	w := newWorld(t, certtest.P256)
	_, err = sign(t, doc, signerOf(w.signer), pades.Profile{Stamp: &pades.Stamp{Page: 99}})
	requireRefusal(t, err, "no-page")
	out, err := sign(t, doc, signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	require.Equal(t, signing.StatusValid, validate(t, out, w.validation()).Status())
	// What is signed is not repaired.
	signed, err := sign(t, formPDF(), signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	at := bytes.LastIndex(signed, []byte("startxref\n"))
	broken := append(bytes.Clone(signed[:at]), "startxref\n9999\n%%EOF\n"...)
	_, err = sign(t, broken, signerOf(w.signer), pades.Profile{})
	require.Error(t, err)
}

// TestInspectTwoPlaces tells of an object that the file places twice.
func TestInspectTwoPlaces(t *testing.T) {
	t.Parallel()
	doc := bytes.Replace(pageOf(a5), []byte("trailer\n"), []byte("3 1\n0000000017 00000 n \ntrailer\n"), 1)
	list, err := pades.Inspect(context.Background(), bytes.NewReader(doc), int64(len(doc)), nil)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "damaged", list[0].Code)
	require.Contains(t, list[0].Message, "object 3")
}
