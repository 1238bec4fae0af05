package pades_test

import (
	"bytes"
	"fmt"
	"strings"
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
)

// objDangling is content that is not there, under a number that no signature takes.
const objDangling = 40

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
