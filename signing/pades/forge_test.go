package pades_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/pades"
)

// A forgery appends a revision to a signed document.
type forgery struct {
	name  string
	class signing.ModificationClass
	// least is the permission from which on it is allowed after a certification; 4: never.
	least pades.Permission
	// field is what a lock must name to forbid it.
	field string
	make  func(*forge)
}

// A forge changes objects of a document by the library's own writer.
type forge struct {
	t testing.TB
	f *pdf.File
	u *pdf.Update
}

func newForge(t testing.TB, doc []byte) *forge {
	f, err := pdf.Open(bytes.NewReader(doc), int64(len(doc)), pdf.Options{})
	require.NoError(t, err)
	u, err := f.NewUpdate()
	require.NoError(t, err)
	return &forge{t, f, u}
}

func (g *forge) get(num uint32) *pdf.Dict {
	d, err := g.u.Dict(pdf.Ref{Num: num})
	require.NoError(g.t, err)
	require.NotNil(g.t, d, "object %d", num)
	return d.Clone()
}

// set changes keys of an object: pairs of key and value, nil removes.
func (g *forge) set(num uint32, pairs ...any) {
	d := g.get(num)
	for i := 0; i < len(pairs); i += 2 {
		d.Set(pdf.Name(pairs[i].(string)), pairs[i+1])
	}
	g.put(num, d)
}

func (g *forge) put(num uint32, o pdf.Object) { g.u.Put(pdf.Ref{Num: num}, o) }

func (g *forge) array(num uint32, key pdf.Name) pdf.Array {
	o, err := g.u.Resolve(g.get(num).Get(key))
	require.NoError(g.t, err)
	a, _ := o.(pdf.Array)
	return append(pdf.Array{}, a...)
}

func (g *forge) finish(doc []byte) []byte {
	update, err := g.u.Layout()
	require.NoError(g.t, err)
	return append(bytes.Clone(doc), update...)
}

// widget is a signature field merged with its widget.
func (g *forge) widget(title string, value pdf.Object) *pdf.Dict {
	return pdf.NewDict("Type", name("Annot"), "Subtype", name("Widget"), "FT", name("Sig"), "T",
		text(title),
		"Rect", ints(0, 0, 0, 0), "V", value)
}

// look is an appearance dictionary that shows a text.
func (g *forge) look(shown string) *pdf.Dict {
	return pdf.NewDict("N", g.u.Add(stream("BT ("+shown+") Tj ET", "Subtype", name("Form"), "BBox",
		ints(0, 0, 9, 9))))
}

func stream(data string, pairs ...any) *pdf.Stream {
	return &pdf.Stream{Dict: pdf.NewDict(pairs...), Data: []byte(data)}
}

func ref(num int) pdf.Ref { return pdf.Ref{Num: uint32(num)} }

func name(s string) pdf.Name { return pdf.Name(s) }

func text(s string) pdf.String { return pdf.Text(s) }

func ints(list ...int) pdf.Array {
	out := pdf.Array{}
	for _, n := range list {
		out = append(out, pdf.Integer(n))
	}
	return out
}

const never = pades.Permission(4)

var javascript = pdf.NewDict("S", name("JavaScript"), "JS", text("app.alert(1)"))

// signedForms signs the form in every way that matters to later changes.
func signedForms(t testing.TB, w *world, blank []byte) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for name, p := range map[string]pades.Profile{
		"approval":    {},
		"certified 1": {Certify: pades.NoChanges},
		"certified 2": {Certify: pades.FormFilling},
		"certified 3": {Certify: pades.FormsAndComments},
		"locked all":  {Lock: &pades.Lock{}},
		"locked amount and group": {Lock: &pades.Lock{Action: pades.LockInclude,
			Fields: []string{"amount", "group"}}},
		"locked but note": {Lock: &pades.Lock{Action: pades.LockExclude,
			Fields: []string{"note"}}},
	} {
		p.Field = "first"
		doc, err := sign(t, blank, signerOf(w.signer), p)
		require.NoError(t, err)
		out[name] = doc
	}
	return out
}

// permissionOf is what the signature of a form permits, and the fields that it locks.
func permissionOf(form string) (pades.Permission, func(string) bool) {
	never := func(string) bool { return false }
	switch form {
	case "certified 1":
		return pades.NoChanges, never
	case "certified 3":
		return pades.FormsAndComments, never
	case "locked all":
		return pades.FormFilling, func(string) bool { return true }
	case "locked amount and group":
		return pades.FormFilling, func(f string) bool { return f == "amount" || f == "group" }
	case "locked but note":
		return pades.FormFilling, func(f string) bool { return f != "note" }
	}
	return pades.FormFilling, never
}

func TestForgedRevisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	requireForgeries(t, w, signedForms(t, w, formPDF()))
}

// TestForgedCompressedRevisions does the same in files with object streams.
func TestForgedCompressedRevisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	requireForgeries(t, w, signedForms(t, w, compressedForm()))
}

func requireForgeries(t *testing.T, w *world, forms map[string][]byte) {
	for form, doc := range forms {
		require.Equal(t, signing.StatusValid, validate(t, doc, w.validation()).Status())
		level, locked := permissionOf(form)
		for _, f := range forgeries {
			t.Run(form+": "+f.name, func(t *testing.T) {
				if f.name == "dangling content defined" && !bytes.Contains(doc, fmt.Appendf(nil,
					" %d 0 R]/Resources", objDangling)) {
					t.Skip("nothing dangles")
				}
				g := newForge(t, doc)
				f.make(g)
				forged := g.finish(doc)
				r, err := pades.Validate(context.Background(), bytes.NewReader(forged), int64(len(forged)),
					w.validation())
				if err != nil {
					require.Equal(t, never, f.least)
					return
				}
				s := r.Signatures[0]
				require.Equal(t, signing.Intact, s.Crypto)
				require.Equal(t, signing.CoversRevision, s.Coverage)
				found := false
				for _, m := range s.Modifications {
					found = found || m.Class == f.class
					require.NotEqual(t, signing.ModUnknown, m.Class, "%v", m)
				}
				require.True(t, found, "%v", s.Modifications)
				allowed := f.least <= level && !(f.field != "" && locked(f.field))
				require.Equal(t, allowed, s.Indication == signing.TotalPassed, "%v", s.Modifications)

				// The same before a second, honest signature is no better.
				again, err := sign(t, forged, signerOf(w.signer), pades.Profile{Time: time.Now()})
				if err != nil {
					return
				}
				r = validate(t, again, w.validation())
				require.False(t, !allowed && r.Signatures[0].Indication == signing.TotalPassed)
			})
		}
	}
}
