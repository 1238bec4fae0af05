package pades_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/pades/padestest"
)

// profileICC is the smallest colour profile of a display that validators take (ICC.1:2001-04).
func profileICC() string {
	var tags, data []byte
	xyz := func(x, y, z float64) string {
		b := []byte("XYZ \x00\x00\x00\x00")
		for _, f := range []float64{x, y, z} {
			b = binary.BigEndian.AppendUint32(b, uint32(int32(f*65536)))
		}
		return string(b)
	}
	curve := "curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x33\x00\x00"
	text := "desc\x00\x00\x00\x00\x00\x00\x00\x02x\x00" + string(make([]byte, 78))
	list := []struct{ tag, value string }{{"desc", text}, {"cprt", "text\x00\x00\x00\x00CC0\x00"},
		{"wtpt", xyz(0.9642, 1, 0.8249)}, {"rXYZ", xyz(0.4361, 0.2225, 0.0139)}, {"gXYZ", xyz(0.3851, 0.7169, 0.0971)},
		{"bXYZ", xyz(0.1431, 0.0606, 0.7141)}, {"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve}}
	at := 128 + 4 + 12*len(list)
	for _, e := range list {
		tags = append(tags, e.tag...)
		tags = binary.BigEndian.AppendUint32(tags, uint32(at+len(data)))
		tags = binary.BigEndian.AppendUint32(tags, uint32(len(e.value)))
		data = append(data, e.value...)
		for len(data)%4 != 0 {
			data = append(data, 0)
		}
	}
	head := make([]byte, 128, 132)
	binary.BigEndian.PutUint32(head, uint32(at+len(data)))
	copy(head[8:], "\x02\x10\x00\x00mntrRGB XYZ ")
	copy(head[36:], "acsp")
	copy(head[68:], xyz(0.9642, 1, 0.8249)[8:])
	head = binary.BigEndian.AppendUint32(head, uint32(len(list)))
	return string(head) + string(tags) + string(data)
}

// archived is a PDF/A document of that part, level b, with or without an output intent.
func archived(part int, intent bool) []byte {
	conformance := "<pdfaid:conformance>B</pdfaid:conformance>"
	if part == 4 {
		conformance = "<pdfaid:rev>2020</pdfaid:rev>"
	}
	xmp := fmt.Sprintf(`<?xpacket begin="%s" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">`+
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" `+
		`xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>%d</pdfaid:part>`+
		`%s</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`,
		"\ufeff", part, conformance)
	d := padestest.Document{Version: "1.4", Pages: []string{a5}, Catalog: "/Metadata 5 0 R",
		Objects: []string{padestest.Stream("/Type/Metadata/Subtype/XML", xmp)}}
	switch part {
	case 2, 3:
		d.Version = "1.7"
	case 4:
		d.Version = "2.0"
	}
	if intent {
		d.Catalog += "/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(x)/Info(x)" +
			"/DestOutputProfile 6 0 R>>]"
		d.Objects = append(d.Objects, padestest.Stream("/N 3", profileICC()))
	}
	return d.Bytes()
}

// TestStampsKeepPDFA signs PDF/A documents of every part, with and without output intent, with
// every kind of stamp and up to the level LTA without one: they stay PDF/A. The picture shows that colours and shapes stay too.
func TestStampsKeepPDFA(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	e := stampSigner(t)
	drawn := pades.ImageLook{Image: pngOf(t, drawing())}
	looks := map[string]pades.Look{
		"text": pades.Beside{Left: pades.QRLook{}, Right: pades.TextLook{}},
		"png":  drawn, "jpeg": pades.ImageLook{Image: jpegOf(t, false)}, "gray": pades.ImageLook{Image: jpegOf(t, true)},
	}
	var jobs []certtest.Job
	names, signed := map[string]string{}, map[string][]byte{}
	for part := 1; part <= 4; part++ {
		for _, intent := range []bool{true, false} {
			doc := archived(part, intent)
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.pdf", doc)})
			out, err := sign(t, doc, signerOf(w.signer), pades.Profile{Level: signing.LevelLTA, Timestamper: w.tsa,
				Validation: w.evidence()})
			require.NoError(t, err)
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.pdf", out)})
			names[jobs[len(jobs)-1].File] = fmt.Sprintf("invisible-pdfa-%d-%v", part, intent)
			for name, look := range looks {
				out, err := sign(t, doc, signerOf(e), pades.Profile{Time: stampTime(),
					Stamp: &pades.Stamp{Rect: [4]float64{30, 40, 230, 100}, Look: look}})
				require.NoError(t, err)
				jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.pdf", out)})
				name = fmt.Sprintf("%s-pdfa-%d-%v", name, part, intent)
				names[jobs[len(jobs)-1].File], signed[name] = name, out
			}
		}
	}
	for _, l := range certtest.Judge(t, "pdf", "verapdf", jobs...) {
		assert.True(t, l.Accepted, "%s: %s", names[l.File], l.Error)
	}
	near := padestest.View{Page: 1, DPI: 90, X: 26, Y: 608, W: 270, H: 96}
	padestest.Golden(t, "png-pdfa", padestest.Picture(t, signed["png-pdfa-1-true"], near))
	padestest.Golden(t, "jpeg-pdfa", padestest.Picture(t, signed["jpeg-pdfa-2-false"], near))
	padestest.Golden(t, "text-pdfa", padestest.Picture(t, signed["text-pdfa-1-false"], near))
}
