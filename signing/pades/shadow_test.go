package pades_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/pades"
)

// A shadow is a document that its author prepared so that a later revision can change what it
// shows, and that revision.
type shadow struct {
	prepare func(objects map[int]string)
	change  func(g *forge)
}

// Objects that the author of a shadow adds.
const (
	objShadow = 40 + iota
	objShadow2
	objHighest
)

// annotated puts one more annotation on the first page.
func annotated(objects map[int]string, num int) {
	objects[objPage] = strings.Replace(objects[objPage], "/Annots[", fmt.Sprintf("/Annots[%d 0 R ", num), 1)
}

// drawn makes an object the XObject resources of the first page.
func drawn(objects map[int]string, num int, name string) {
	objects[objPage] = strings.Replace(objects[objPage], "/Resources<<",
		fmt.Sprintf("/Resources<</XObject %d 0 R", num), 1)
	objects[objContent] = streamObject("", "/"+name+" Do")
}

const picture = "/Type/XObject/Subtype/Form/BBox[0 0 400 400]"

func evilPicture() *pdf.Stream {
	return stream("BT /F1 24 Tf 40 300 Td (Pay 900 dollars) Tj ET", "Type", name("XObject"), "Subtype",
		name("Form"), "BBox", ints(0, 0, 400, 400))
}

// shadows are such documents by how they hide what they do.
var shadows = map[string]shadow{
	"page of an annotation is drawn": {
		func(o map[int]string) {
			o[objShadow] = fmt.Sprintf("<</Subtype/Text/Rect[0 0 9 9]/P %d 0 R>>", objShadow2)
			o[objShadow2] = streamObject(picture, "q Q")
			annotated(o, objShadow)
			drawn(o, objShadow, "P")
		},
		func(g *forge) { g.put(objShadow2, evilPicture()) },
	},
	"the store of evidence is drawn": {
		func(o map[int]string) {
			o[objShadow2] = streamObject(picture, "q Q")
			o[objCatalog] = strings.Replace(o[objCatalog], "<<", fmt.Sprintf("<</DSS %d 0 R", objShadow2), 1)
			drawn(o, objCatalog, "DSS")
		},
		func(g *forge) { g.put(objShadow2, evilPicture()) },
	},
	"the metadata are drawn": {
		func(o map[int]string) {
			o[objMetadata] = streamObject(picture, "q Q")
			drawn(o, objCatalog, "Metadata")
		},
		func(g *forge) {
			s := evilPicture()
			s.Dict.Set("Subtype", name("XML"))
			g.put(objMetadata, s)
		},
	},
	"an annotation is a font": {
		func(o map[int]string) {
			o[objShadow] = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Rect[0 0 9 9]>>"
			annotated(o, objShadow)
			o[objPage] = strings.Replace(o[objPage], fmt.Sprintf("/F1 %d", objFont),
				fmt.Sprintf("/F1 %d", objShadow), 1)
		},
		func(g *forge) { g.set(objShadow, "BaseFont", name("Symbol")) },
	},
	"a pop-up is the font": {
		func(o map[int]string) {
			o[objRemark] = strings.Replace(o[objRemark], "<<", fmt.Sprintf("<</Popup %d 0 R", objFont), 1)
		},
		func(g *forge) { g.set(objFont, "BaseFont", name("Symbol")) },
	},
	"a pop-up is an action": {
		func(o map[int]string) {
			o[objRemark] = strings.Replace(o[objRemark], "<<", fmt.Sprintf("<</Popup %d 0 R", objLinkAction), 1)
		},
		func(g *forge) { g.set(objLinkAction, "S", name("JavaScript"), "JS", text("app.alert(1)")) },
	},
	"a pop-up holds the names": {
		func(o map[int]string) {
			o[objShadow] = "<</EmbeddedFiles<</Names[]>>>>"
			o[objCatalog] = strings.Replace(o[objCatalog], "<<", fmt.Sprintf("<</Names %d 0 R", objShadow), 1)
			o[objRemark] = strings.Replace(o[objRemark], "<<", fmt.Sprintf("<</IRT %d 0 R", objShadow), 1)
		},
		func(g *forge) {
			g.set(objShadow, "JavaScript", pdf.NewDict("Names", pdf.Array{text("a"), javascript}))
		},
	},
	"evidence is content": {
		func(o map[int]string) {
			o[objCatalog] = strings.Replace(o[objCatalog], "<<",
				fmt.Sprintf("<</DSS<</Certs[%d 0 R]>>", objContent), 1)
		},
		func(g *forge) { g.put(objContent, stream("BT (Pay 900) Tj ET")) },
	},
	"a picture of a field is content": {
		func(o map[int]string) {
			o[objPage] = strings.Replace(o[objPage], "/Resources<<",
				fmt.Sprintf("/Resources<</XObject<</X %d 0 R>>", objAppearance), 1)
		},
		func(g *forge) { g.put(objAppearance, evilPicture()) },
	},
	"an unsigned field gets a picture": {
		func(o map[int]string) {
			o[objEmpty] = strings.Replace(o[objEmpty], "[0 0 0 0]", "[0 0 400 400]", 1)
		},
		func(g *forge) { g.set(objEmpty, "AP", g.look("signed by somebody")) },
	},
	"the picture of an unsigned field is replaced": {
		func(o map[int]string) {
			o[objEmpty] = strings.Replace(o[objEmpty], "[0 0 0 0]",
				fmt.Sprintf("[0 0 400 400]/AP<</N %d 0 R>>", objShadow), 1)
			o[objShadow] = streamObject(picture, "")
		},
		func(g *forge) { g.put(objShadow, evilPicture()) },
	},
	"a widget of two fields": {
		func(o map[int]string) {
			o[objNote] = strings.Replace(o[objNote], "/Kids[", fmt.Sprintf("/Kids[%d 0 R ", objShadow), 1)
			o[objLeaf] = fmt.Sprintf("<</FT/Tx/T(leaf)/Parent %d 0 R/Kids[%d 0 R]>>", objGroup, objShadow)
			o[objShadow] = fmt.Sprintf("<</Subtype/Widget/Parent %d 0 R/Rect[40 130 60 150]/F 4>>", objLeaf)
			annotated(o, objShadow)
		},
		func(g *forge) { g.set(objShadow, "AP", g.look("900")) },
	},
}

// TestShadows signs each prepared document in every way, and lets its author change it.
func TestShadows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	for name, s := range shadows {
		objects, trailer := formObjects()
		s.prepare(objects)
		doc := assemble(objects, objHighest, trailer)
		for form, p := range map[string]pades.Profile{
			"approval": {}, "certified 1": {Certify: pades.NoChanges}, "certified 3": {Certify: pades.FormsAndComments},
			"locked group": {Lock: &pades.Lock{Action: pades.LockInclude, Fields: []string{"group"}}},
		} {
			t.Run(name+": "+form, func(t *testing.T) {
				if strings.HasPrefix(name, "a widget of two") && form != "locked group" && form != "certified 1" {
					return // filling it in is allowed
				}
				p.Field = "first"
				signed, err := sign(t, doc, signerOf(w.signer), p)
				require.NoError(t, err)
				require.Equal(t, signing.StatusValid, validate(t, signed, w.validation()).Status())
				g := newForge(t, signed)
				s.change(g)
				forged := g.finish(signed)
				require.NotEqual(t, signed, forged)
				requireNotValid(t, forged, w.validation())
			})
		}
	}
}

// TestShadowUnreadable signs a document whose content cannot be read where the cross-references say,
// which other programs put right: what it leads to cannot be told.
func TestShadowUnreadable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	objects, trailer := formObjects()
	doc := assemble(objects, objMore+1, trailer)
	at := bytes.Index(doc, fmt.Appendf(nil, "\n%d 0 obj", objContent)) + 1
	require.Positive(t, at)
	doc = bytes.Replace(doc, fmt.Appendf(nil, "%010d 00000 n", at), fmt.Appendf(nil, "%010d 00000 n", at+1), 1)
	signed, err := sign(t, doc, signerOf(w.signer), pades.Profile{})
	require.NoError(t, err)
	g := newForge(t, signed)
	g.put(objLength, pdf.Integer(10))
	status, r := verdictOf(g.finish(signed), w.validation())
	require.NotEqual(t, signing.StatusValid, status, "%v", r)
}
