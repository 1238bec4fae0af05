package pades_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/pades/padestest"
)

// tagged is a PDF/UA-1 document of two pages. Object 7 is the structure tree root with those entries,
// the objects from 8 on are further ones.
func tagged(root string, objects ...string) []byte {
	xmp := `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ` +
		`xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		`<pdfuaid:part>1</pdfuaid:part><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Contrato</rdf:li>` +
		`</rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
	return padestest.Document{Pages: []string{a5, a5}, Catalog: "/Lang(es)/MarkInfo<</Marked true>>" +
		"/ViewerPreferences<</DisplayDocTitle true>>/Metadata 6 0 R/StructTreeRoot 7 0 R",
		Objects: append([]string{padestest.Stream("/Type/Metadata/Subtype/XML", xmp),
			"<</Type/StructTreeRoot" + root + ">>"}, objects...)}.Bytes()
}

// element is one of the structure, below the object up.
func element(kind string, up int, more string) string {
	return fmt.Sprintf("<</Type/StructElem/S/%s/P %d 0 R%s>>", kind, up, more)
}

// structures are tagged documents by the shape of their structure.
func structures() map[string][]byte {
	return map[string][]byte{
		"without elements": tagged(""),
		"a document": tagged("/K 8 0 R/ParentTree 9 0 R/ParentTreeNextKey 4",
			element("Document", 7, ""), "<</Nums[0 null]>>"),
		"a document in a list": tagged("/K[8 0 R]/ParentTree<</Nums[]>>", element("Document", 7, "/K 9 0 R"),
			element("Sect", 8, "")),
		"two elements": tagged("/K[8 0 R 9 0 R]/ParentTree<</Nums 10 0 R>>", element("Sect", 7, ""),
			element("Sect", 7, ""), "[]"),
		"a list elsewhere": tagged("/K 8 0 R", "[9 0 R]", element("Document", 7, "/K 10 0 R"), "[11 0 R]",
			element("Sect", 9, "")),
		"a tree of numbers": tagged("/K 8 0 R/ParentTree 9 0 R", element("Document", 7, ""),
			"<</Kids[10 0 R 11 0 R]>>", "<</Limits[0 1]/Nums[0 null 1 null]>>",
			"<</Limits[5 900]/Nums[5 null 900 null]>>"),
	}
}

// TestStampsKeepPDFUA signs tagged documents: they stay PDF/UA, and a second signature leaves their
// structure alone.
func TestStampsKeepPDFUA(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	var ua, signed bench
	names := map[string]string{}
	for name, doc := range structures() {
		ua.jobs = append(ua.jobs, certtest.Job{File: certtest.WriteFile(t, "*.pdf", doc)})
		names[ua.jobs[len(ua.jobs)-1].File] = name
		for what, stamp := range map[string]*pades.Stamp{"invisible": nil, "first": {Page: 1}, "last": {}} {
			p := pades.Profile{Level: signing.LevelLTA, Timestamper: w.tsa, Validation: w.evidence(), Stamp: stamp}
			out, err := sign(t, doc, signerOf(w.signer), p)
			require.NoError(t, err, name)
			ua.jobs = append(ua.jobs, certtest.Job{File: certtest.WriteFile(t, "*.pdf", out)})
			names[ua.jobs[len(ua.jobs)-1].File] = name + " " + what
			signed.add(t, w, out, signing.LevelLTA, "")
			require.Equal(t, stamp != nil, strings.Contains(string(out), "/S/Form"), name)
			if what == "last" {
				second, err := sign(t, out, signerOf(w.signer), p)
				require.NoError(t, err, name)
				report := validate(t, second, w.validation())
				require.Equal(t, signing.StatusValid, report.Status(), name)
				for _, m := range report.Signatures[0].Modifications {
					assert.NotEqual(t, signing.ModStructure, m.Class, name)
				}
			}
		}
	}
	for _, l := range certtest.Judge(t, "pdf", "verapdf", ua.jobs...) {
		assert.True(t, l.Accepted, "%s: %s", names[l.File], l.Error)
		assert.Equal(t, "PDF/A-ua1", l.Raw["level"], names[l.File])
	}
	signed.ask(t, "pyhanko,qpdf,pdfsig")
}
