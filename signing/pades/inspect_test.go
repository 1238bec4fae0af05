package pades_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

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
