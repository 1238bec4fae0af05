package pades_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/pades"
)

// Objects of the form below.
const (
	objCatalog = iota + 1
	objPages
	objPage
	objPage2
	objContent
	objLength
	objFont
	objForm
	objAmount // a text field merged with its widget
	objNote   // a text field with a widget of its own
	objNoteWidget
	objCheck
	objRemark // a note of a reviewer
	objLink
	objLinkAction
	objInfo
	objMetadata
	objAppearance
	objOutlines
	objValue // of objNote
	objGroup // a field with a field below
	objLeaf
	objEmpty // an empty signature field
	objMore  // content
	objDangling
)

const xmp = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
	`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta><?xpacket end="w"?>`

// formPDF is a form of two pages with fields and annotations of every kind. It leads to one object
// that is not there.
func formPDF() []byte {
	return bytes.Replace(wholeForm(), []byte(fmt.Sprintf(" %d 0 R]/Resources", objMore)),
		[]byte(fmt.Sprintf(" %d 0 R]/Resources", objDangling)), 1)
}

// wholeForm is the form with all of its objects.
func wholeForm() []byte {
	objects, trailer := formObjects()
	return assemble(objects, objMore+1, trailer)
}

// compressedForm is the same in an object stream with a cross-reference stream.
func compressedForm() []byte {
	objects, trailer := formObjects()
	return compress(objects, objMore+1, trailer, objStore)
}

// objStore is the number of the object stream of the compressed form.
const objStore = objDangling + 1

// packed writes the objects that are no streams as an object stream, and lists their numbers.
func packed(objects map[int]string, size int) (string, []int) {
	var head, body strings.Builder
	var numbers []int
	for n := 1; n < size; n++ {
		if objects[n] != "" && !strings.Contains(objects[n], "stream\n") {
			fmt.Fprintf(&head, "%d %d ", n, body.Len())
			body.WriteString(objects[n] + " ")
			numbers = append(numbers, n)
		}
	}
	return streamObject(fmt.Sprintf("/Type/ObjStm/N %d/First %d", len(numbers), head.Len()),
		head.String()+body.String()), numbers
}

// compress writes a file whose objects stand in one object stream.
func compress(objects map[int]string, size int, trailer string, store int) []byte {
	out := []byte("%PDF-1.7\n")
	rows := make([][]byte, store+2)
	for n := range rows {
		rows[n] = make([]byte, 6)
	}
	put := func(n int, object string) {
		rows[n] = []byte{1, 0, byte(len(out) >> 16), byte(len(out) >> 8), byte(len(out)), 0}
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", n, object)
	}
	stored, numbers := packed(objects, size)
	for i, n := range numbers {
		rows[n] = []byte{2, 0, 0, 0, byte(store), byte(i)}
	}
	for n := 1; n < size; n++ {
		if strings.Contains(objects[n], "stream\n") {
			put(n, objects[n])
		}
	}
	put(store, stored)
	at := len(out)
	rows[store+1] = []byte{1, 0, byte(at >> 16), byte(at >> 8), byte(at), 0}
	out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", store+1, streamObject(
		fmt.Sprintf("/Type/XRef/Size %d/W[1 4 1]%s", store+2, trailer), string(bytes.Join(rows, nil))))
	return fmt.Appendf(out, "startxref\n%d\n%%%%EOF\n", at)
}

// formObjects are the objects of the form by their number, and its trailer.
func formObjects() (map[int]string, string) {
	objects := map[int]string{
		objCatalog: fmt.Sprintf("<</Type/Catalog/Pages %d 0 R/AcroForm %d 0 R/Metadata %d 0 R/Outlines %d 0 R>>", objPages, objForm, objMetadata, objOutlines),
		objPages:   fmt.Sprintf("<</Type/Pages/Count 2/Kids[%d 0 R %d 0 R]>>", objPage, objPage2),
		objPage: fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 400 400]/Contents[%d 0 R %d 0 R]/Resources<</Font<</F1 %d 0 R>>>>/Annots[%d 0 R %d 0 R %d 0 R %d 0 R %d 0 R %d 0 R %d 0 R]>>",
			objPages, objContent, objMore, objFont, objAmount, objNoteWidget, objCheck, objRemark, objLink, objLeaf, objEmpty),
		objPage2: fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 400 400]/Resources<<>>>>",
			objPages),
		objContent: fmt.Sprintf("<</Length %d 0 R>>\nstream\nBT /F1 24 Tf 40 300 Td (Pay 100 dollars) Tj ET\nendstream", objLength),
		objLength:  "47",
		objFont:    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		objForm:    fmt.Sprintf("<</Fields[%d 0 R %d 0 R %d 0 R %d 0 R %d 0 R]/DR<</Font<</Helv %d 0 R>>>>/DA(/Helv 0 Tf 0 g)>>", objAmount, objNote, objCheck, objGroup, objEmpty, objFont),
		objAmount: fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(100)/Rect[40 40 240 60]/P %d 0 R/F 4/AP<</N %d 0 R>>/DA(/Helv 12 Tf 0 g)/A<</S/URI/URI(http://a.example/)>>>>",
			objPage, objAppearance),
		objNote: fmt.Sprintf("<</FT/Tx/T(note)/V %d 0 R/Kids[%d 0 R]>>", objValue, objNoteWidget),
		objNoteWidget: fmt.Sprintf("<</Type/Annot/Subtype/Widget/Parent %d 0 R/Rect[40 70 240 90]/F 4>>",
			objNote),
		objCheck:  "<</Type/Annot/Subtype/Widget/FT/Btn/T(agree)/V/Off/AS/Off/Rect[40 100 60 120]/F 4>>",
		objRemark: "<</Type/Annot/Subtype/Text/Contents(look)/Rect[300 300 320 320]/F 4>>",
		objLink: fmt.Sprintf("<</Type/Annot/Subtype/Link/Rect[10 10 30 30]/F 4/A %d 0 R>>",
			objLinkAction),
		objLinkAction: "<</S/URI/URI(http://a.example/)>>",
		objInfo:       "<</Title(Contract)>>",
		objMetadata:   streamObject("/Type/Metadata/Subtype/XML", xmp),
		objAppearance: fmt.Sprintf("<</Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</Helv %d 0 R>>>>/Length 37>>\nstream\nBT /Helv 12 Tf 2 5 Td (100) Tj ET    \nendstream", objFont),
		objOutlines:   "<</Type/Outlines/Count 0>>",
		objValue:      "(nothing)",
		objGroup:      fmt.Sprintf("<</T(group)/Kids[%d 0 R]>>", objLeaf),
		objLeaf:       fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Tx/T(leaf)/Parent %d 0 R/Rect[40 130 60 150]/F 4>>", objGroup),
		objMore:       streamObject("", "q Q"),
		objEmpty:      "<</Type/Annot/Subtype/Widget/FT/Sig/T(second)/Rect[0 0 0 0]/F 132>>",
	}
	return objects, fmt.Sprintf("/Root %d 0 R/Info %d 0 R/ID[<00><00>]", objCatalog, objInfo)
}

// assemble writes a file of objects with a cross-reference table.
func assemble(objects map[int]string, size int, trailer string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	at := make([]int, size)
	for n := 1; n < size; n++ {
		if objects[n] != "" {
			at[n] = b.Len()
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n, objects[n])
		}
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", size)
	for n := 1; n < size; n++ {
		kind, gen := 'n', 0
		if at[n] == 0 {
			kind, gen = 'f', 65535
		}
		fmt.Fprintf(&b, "%010d %05d %c \n", at[n], gen, kind)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d%s>>\nstartxref\n%d\n%%%%EOF\n", size, trailer, xref)
	return b.Bytes()
}

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

// forgeries are changes of every class, allowed and not.
var forgeries = []forgery{
	{"content replaced", signing.ModContent, never, "", func(g *forge) {
		g.put(objContent,
			stream("BT (Pay 900) Tj ET"))
	}},
	{"length of content shortened", signing.ModContent, never, "", func(g *forge) {
		g.put(objLength,
			pdf.Integer(10))
	}},
	{"dangling content defined", signing.ModContent, never, "", func(g *forge) {
		g.put(objDangling,
			stream("0 0 400 400 re f"))
	}},
	{"contents redirected", signing.ModContent, never, "", func(g *forge) {
		g.set(objPage, "Contents",
			g.u.Add(stream("BT ET")))
	}},
	{"font replaced", signing.ModContent, never, "", func(g *forge) {
		g.set(objFont, "BaseFont",
			name("Symbol"))
	}},
	{"resources replaced", signing.ModContent, never, "", func(g *forge) {
		g.set(objPage, "Resources",
			pdf.NewDict())
	}},
	{"media box", signing.ModContent, never, "", func(g *forge) {
		g.set(objPage, "MediaBox", ints(0,
			0, 10, 10))
	}},
	{"crop box", signing.ModContent, never, "", func(g *forge) {
		g.set(objPage, "CropBox", ints(0, 0,
			10, 10))
	}},
	{"rotated", signing.ModContent, never, "", func(g *forge) {
		g.set(objPage, "Rotate",
			pdf.Integer(180))
	}},
	{"user unit", signing.ModContent, never, "", func(g *forge) {
		g.set(objPage, "UserUnit",
			pdf.Integer(2))
	}},
	{"transparency group", signing.ModContent, never, "", func(g *forge) {
		g.set(objPage, "Group",
			pdf.NewDict("S", name("Transparency")))
	}},
	{"page action", signing.ModStructure, never, "", func(g *forge) {
		g.set(objPage, "AA",
			pdf.NewDict("O", javascript))
	}},
	{"page removed", signing.ModContent, never, "", func(g *forge) {
		g.set(objPages, "Kids",
			pdf.Array{ref(objPage)}, "Count", pdf.Integer(1))
	}},
	{"pages swapped", signing.ModContent, never, "", func(g *forge) {
		g.set(objPages, "Kids",
			pdf.Array{ref(objPage2), ref(objPage)})
	}},
	{"page added", signing.ModContent, never, "", func(g *forge) {
		p := g.u.Add(pdf.NewDict("Type", name("Page"), "Parent", ref(objPages), "MediaBox", ints(0, 0, 9,
			9)))
		g.set(objPages, "Kids", append(g.array(objPages, "Kids"), p), "Count", pdf.Integer(3))
	}},
	{"inherited rotation", signing.ModContent, never, "", func(g *forge) {
		g.set(objPages, "Rotate",
			pdf.Integer(90))
	}},
	{"other pages", signing.ModContent, never, "", func(g *forge) {
		other := g.get(objPages)
		other.Set("Kids", pdf.Array{ref(objPage2), ref(objPage)})
		g.set(objCatalog, "Pages", g.u.Add(other))
	}},

	{"names: attachment", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "Names", pdf.NewDict("EmbeddedFiles", pdf.NewDict("Names", pdf.Array{})))
	}},
	{"names: script", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "Names", pdf.NewDict("JavaScript", pdf.NewDict("Names", pdf.Array{text("a"),
			javascript})))
	}},
	{"open action", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "OpenAction",
			javascript)
	}},
	{"catalog action", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "AA",
			pdf.NewDict("WC", javascript))
	}},
	{"layers", signing.ModContent, never, "", func(g *forge) {
		g.set(objCatalog, "OCProperties", pdf.NewDict("OCGs", pdf.Array{}, "D", pdf.NewDict()))
	}},
	{"permissions", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "Perms", pdf.NewDict("UR3", pdf.NewDict("Type", name("Sig"))))
	}},
	{"permissions removed", signing.ModStructure, never, "", func(g *forge) {
		if !g.get(objCatalog).Has("Perms") {
			g.t.Skip("not certified")
		}
		g.set(objCatalog, "Perms", nil)
	}},
	{"outlines", signing.ModStructure, never, "", func(g *forge) {
		g.set(objOutlines, "Count",
			pdf.Integer(1))
	}},
	{"page labels", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "PageLabels",
			pdf.NewDict("Nums", pdf.Array{}))
	}},
	{"viewer preferences", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "ViewerPreferences", pdf.NewDict("HideToolbar", true))
	}},
	{"structure tree", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "StructTreeRoot", pdf.NewDict("Type", name("StructTreeRoot")))
	}},
	{"portfolio", signing.ModContent, never, "", func(g *forge) {
		g.set(objCatalog, "Collection",
			pdf.NewDict("View", name("H")))
	}},
	{"unknown key in the catalog", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog,
			"XYZZ", pdf.Integer(1))
	}},
	{"version raised without a reason", signing.ModSignature, never, "",
		func(g *forge) { g.set(objCatalog, "Version", name("2.0")) }},
	{"version lowered", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "Version",
			name("1.2"))
	}},
	{"version invalid", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "Version",
			name("9.9.9"))
	}},
	{"version no name", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "Version",
			pdf.Integer(2))
	}},
	{"catalog no dictionary", signing.ModStructure, never, "", func(g *forge) {
		g.put(objCatalog,
			text("none"))
	}},

	{"title", signing.ModMetadata, pades.FormFilling, "", func(g *forge) {
		g.set(objInfo, "Title",
			text("Other"))
	}},
	{"metadata", signing.ModMetadata, pades.FormFilling, "", func(g *forge) {
		g.put(objMetadata, stream("<y/>", "Type", name("Metadata"), "Subtype", name("XML")))
	}},
	{"metadata replaced by something else", signing.ModMetadata, never, "",
		func(g *forge) { g.put(objMetadata, pdf.NewDict()) }},

	{"text field filled", signing.ModFormFill, pades.FormFilling, "amount", func(g *forge) {
		look := g.u.Add(stream("BT ET", "Type", name("XObject"), "Subtype", name("Form"), "BBox", ints(0,
			0, 200, 20)))
		g.set(objAmount, "V", text("5"), "AP", pdf.NewDict("N", look))
	}},
	{"picture replaced in place", signing.ModFormFill, pades.FormFilling, "amount", func(g *forge) {
		g.put(objAppearance, stream("BT (900) Tj ET", "Type", name("XObject"), "Subtype", name("Form"),
			"BBox", ints(0, 0, 200, 20)))
	}},
	{"picture removed", signing.ModContent, never, "", func(g *forge) { g.set(objAmount, "AP", nil) }},
	{"value replaced in place", signing.ModFormFill, pades.FormFilling, "note",
		func(g *forge) { g.put(objValue, text("all")) }},
	{"picture of a separate widget", signing.ModFormFill, pades.FormFilling, "note", func(g *forge) {
		g.set(objNoteWidget, "AP", pdf.NewDict("N", g.u.Add(stream("", "Subtype", name("Form"), "BBox",
			ints(0, 0, 1, 1)))))
	}},
	{"box ticked", signing.ModFormFill, pades.FormFilling, "agree", func(g *forge) {
		g.set(objCheck,
			"V", name("Yes"), "AS", name("Yes"))
	}},
	{"leaf filled", signing.ModFormFill, pades.FormFilling, "group", func(g *forge) {
		g.set(objLeaf,
			"V", text("x"))
	}},
	{"field made read-only", signing.ModFormFill, pades.FormFilling, "amount",
		func(g *forge) { g.set(objAmount, "Ff", pdf.Integer(1)) }},
	{"field renamed", signing.ModStructure, never, "", func(g *forge) {
		g.set(objAmount, "T",
			text("total"))
	}},
	{"field of another kind", signing.ModStructure, never, "", func(g *forge) {
		g.set(objAmount, "FT",
			name("Ch"))
	}},
	{"field moved", signing.ModContent, never, "", func(g *forge) {
		g.set(objAmount, "Rect", ints(0,
			0, 400, 400))
	}},
	{"field hidden", signing.ModStructure, never, "", func(g *forge) {
		g.set(objAmount, "F",
			pdf.Integer(2))
	}},
	{"widget moved", signing.ModContent, never, "", func(g *forge) {
		g.set(objNoteWidget, "Rect",
			ints(0, 0, 400, 400))
	}},
	{"field's font", signing.ModStructure, never, "", func(g *forge) {
		g.set(objAmount, "DA",
			text("/Helv 90 Tf 0 g"))
	}},
	{"field's caption", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCheck, "MK",
			pdf.NewDict("CA", text("x")))
	}},
	{"field's action", signing.ModStructure, never, "", func(g *forge) {
		g.set(objAmount, "A",
			javascript)
	}},
	{"field's further action", signing.ModStructure, never, "", func(g *forge) {
		g.set(objAmount,
			"AA", pdf.NewDict("K", javascript))
	}},
	{"field's flags", signing.ModStructure, never, "", func(g *forge) {
		g.set(objAmount, "Ff",
			pdf.Integer(1<<13))
	}},
	{"field's layer", signing.ModStructure, never, "", func(g *forge) {
		g.set(objAmount, "OC",
			pdf.NewDict("Type", name("OCG")))
	}},
	{"widget of another field", signing.ModStructure, never, "", func(g *forge) {
		g.set(objNoteWidget,
			"Parent", ref(objGroup))
	}},
	{"second widget", signing.ModStructure, never, "", func(g *forge) {
		w := g.u.Add(pdf.NewDict("Subtype", name("Widget"), "Parent", ref(objNote), "Rect", ints(0, 0,
			400, 400)))
		g.set(objNote, "Kids", append(g.array(objNote, "Kids"), w))
		g.set(objPage, "Annots", append(g.array(objPage, "Annots"), w))
	}},
	{"field removed", signing.ModStructure, never, "", func(g *forge) {
		g.set(objForm, "Fields",
			g.array(objForm, "Fields")[1:])
	}},
	{"field off the page", signing.ModStructure, never, "", func(g *forge) {
		g.set(objPage, "Annots",
			g.array(objPage, "Annots")[1:])
	}},
	{"text field added", signing.ModStructure, never, "", func(g *forge) {
		w := g.u.Add(pdf.NewDict("Subtype", name("Widget"), "FT", name("Tx"), "T", text("new"), "Rect",
			ints(0, 0, 400, 400)))
		g.set(objForm, "Fields", append(g.array(objForm, "Fields"), w))
		g.set(objPage, "Annots", append(g.array(objPage, "Annots"), w))
	}},
	{"widget without a field", signing.ModAnnotation, never, "", func(g *forge) {
		w := g.u.Add(pdf.NewDict("Subtype", name("Widget"), "Rect", ints(0, 0, 400, 400)))
		g.set(objPage, "Annots", append(g.array(objPage, "Annots"), w))
	}},
	{"XFA", signing.ModStructure, never, "", func(g *forge) {
		g.set(objForm, "XFA",
			g.u.Add(stream("<xdp/>")))
	}},
	{"calculation order", signing.ModStructure, never, "", func(g *forge) {
		g.set(objForm, "CO",
			pdf.Array{ref(objAmount)})
	}},
	{"default appearance", signing.ModStructure, never, "", func(g *forge) {
		g.set(objForm, "DA",
			text("/Helv 99 Tf"))
	}},
	{"default font replaced", signing.ModStructure, never, "", func(g *forge) {
		f := g.u.Add(pdf.NewDict("Type", name("Font"), "Subtype", name("Type1"), "BaseFont",
			name("Symbol")))
		g.set(objForm, "DR", pdf.NewDict("Font", pdf.NewDict("Helv", f)))
	}},
	{"form removed", signing.ModStructure, never, "", func(g *forge) {
		g.set(objCatalog, "AcroForm",
			nil)
	}},
	{"signature flags cleared", signing.ModStructure, never, "", func(g *forge) {
		g.set(objForm,
			"SigFlags", pdf.Integer(0))
	}},

	{"note added", signing.ModAnnotation, pades.FormsAndComments, "", func(g *forge) {
		a := g.u.Add(pdf.NewDict("Type", name("Annot"), "Subtype", name("Text"), "Contents", text("hm"),
			"Rect", ints(0, 0, 9, 9)))
		g.set(objPage, "Annots", append(g.array(objPage, "Annots"), a))
	}},
	{"note changed", signing.ModAnnotation, pades.FormsAndComments, "",
		func(g *forge) { g.set(objRemark, "Contents", text("else")) }},
	{"note removed", signing.ModAnnotation, pades.FormsAndComments, "", func(g *forge) {
		a := g.array(objPage, "Annots")
		g.set(objPage, "Annots", append(a[:3:3], a[4:]...))
	}},
	{"note on a page without", signing.ModAnnotation, pades.FormsAndComments, "", func(g *forge) {
		a := g.u.Add(pdf.NewDict("Type", name("Annot"), "Subtype", name("Text"), "Rect", ints(0, 0, 9,
			9)))
		g.set(objPage2, "Annots", pdf.Array{a})
	}},
	{"annotations reordered", signing.ModAnnotation, pades.FormsAndComments, "", func(g *forge) {
		a := g.array(objPage, "Annots")
		a[3], a[4] = a[4], a[3]
		g.set(objPage, "Annots", a)
	}},
	{"action of a link replaced", signing.ModStructure, never, "",
		func(g *forge) { g.put(objLinkAction, javascript) }},
	{"link redirected", signing.ModAnnotation, never, "", func(g *forge) {
		g.set(objLink, "A",
			javascript)
	}},
	{"link with a script added", signing.ModAnnotation, never, "", func(g *forge) {
		a := g.u.Add(pdf.NewDict("Subtype", name("Link"), "Rect", ints(0, 0, 9, 9), "A", javascript))
		g.set(objPage, "Annots", append(g.array(objPage, "Annots"), a))
	}},
	{"redaction added", signing.ModAnnotation, never, "", func(g *forge) {
		a := g.u.Add(pdf.NewDict("Subtype", name("Redact"), "Rect", ints(0, 0, 400, 400)))
		g.set(objPage, "Annots", append(g.array(objPage, "Annots"), a))
	}},
	{"note turned into a field", signing.ModAnnotation, never, "", func(g *forge) {
		g.set(objRemark,
			"Subtype", name("Widget"), "FT", name("Tx"))
	}},

	{"empty signature field added", signing.ModSignature, pades.FormFilling, "", func(g *forge) {
		w := g.u.Add(pdf.NewDict("Subtype", name("Widget"), "FT", name("Sig"), "T", text("later"),
			"Rect", ints(0, 0, 0, 0)))
		g.set(objForm, "Fields", append(g.array(objForm, "Fields"), w))
		g.set(objPage, "Annots", append(g.array(objPage, "Annots"), w))
	}},
	{"signature field with a script", signing.ModStructure, never, "", func(g *forge) {
		w := g.u.Add(pdf.NewDict("Subtype", name("Widget"), "FT", name("Sig"), "T", text("later"),
			"Rect", ints(0, 0, 0, 0),
			"AA", pdf.NewDict("E", javascript)))
		g.set(objForm, "Fields", append(g.array(objForm, "Fields"), w))
		g.set(objPage, "Annots", append(g.array(objPage, "Annots"), w))
	}},
	{"fields drawn anew", signing.ModFormFill, pades.FormFilling, "", func(g *forge) {
		g.set(objForm,
			"NeedAppearances", true)
	}},
	{"content encoded anew", signing.ModContent, never, "", func(g *forge) {
		g.put(objContent, stream(deflate([]byte("BT /F1 24 Tf 40 300 Td (Pay 100 dollars) Tj ET\n")),
			"Filter", name("FlateDecode")))
	}},
	{"developer extension", signing.ModSignature, pades.NoChanges, "", func(g *forge) {
		g.set(objCatalog, "Extensions", pdf.NewDict("ESIC", pdf.NewDict("BaseVersion", name("1.7"),
			"ExtensionLevel", pdf.Integer(1))))
	}},
	{"evidence", signing.ModLTV, pades.NoChanges, "", func(g *forge) {
		g.set(objCatalog, "DSS", g.u.Add(pdf.NewDict("Certs", pdf.Array{g.u.Add(stream("x"))})))
	}},
}

// worldOfForgeries signs the form in every way that matters to later changes.
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
