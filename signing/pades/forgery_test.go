package pades_test

import (
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/pades"
)

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
	{"signature shown on another page", signing.ModSignature, never, "", func(g *forge) {
		g.set(objPage2, "Annots", pdf.Array{g.array(objForm, "Fields")[5]})
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
