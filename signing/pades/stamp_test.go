package pades_test

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/pades/padestest"
)

// pageOf is a document of one page with those entries in its page dictionary.
func pageOf(entries string) []byte { return padestest.Document{Pages: []string{entries}}.Bytes() }

const a5 = "/MediaBox[0 0 420 595]"

// stampTime is when the stamps of these tests were set.
func stampTime() time.Time {
	return time.Date(2026, 5, 4, 10, 20, 30, 0, time.FixedZone("", -5*3600))
}

func stampSigner(t testing.TB) *certtest.Entity {
	tpl := certtest.Template{}
	tpl.Subject.CommonName = "María José Núñez Peñaherrera"
	return certtest.NewPKI(t, certtest.RSA2048).Signer(t, tpl)
}

// drawing is a picture with a transparent ground, a soft edge and colours.
func drawing() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 120, 60))
	for y := range 60 {
		for x := range 120 {
			dx, dy := float64(x-60)/60, float64(y-30)/30
			if d := dx*dx + dy*dy; d < 1 {
				img.SetNRGBA(x, y, color.NRGBA{uint8(2 * x), 40, uint8(4 * y), uint8(255 * min(1, 3*(1-d)))})
			}
		}
	}
	return img
}

func pngOf(t testing.TB, img image.Image) []byte {
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, img))
	return out.Bytes()
}

// jpegOf is a picture with a dark corner at its upper left, so that it shows how it is turned.
func jpegOf(t testing.TB, gray bool) []byte {
	var img interface {
		image.Image
		Set(x, y int, c color.Color)
	} = image.NewRGBA(image.Rect(0, 0, 96, 64))
	if gray {
		img = image.NewGray(image.Rect(0, 0, 96, 64))
	}
	for y := range 64 {
		for x := range 96 {
			c := color.RGBA{230, uint8(120 + x), uint8(60 + 2*y), 255}
			if x < 32 && y < 24 {
				c = color.RGBA{20, 20, 90, 255}
			}
			img.Set(x, y, c)
		}
	}
	var out bytes.Buffer
	require.NoError(t, jpeg.Encode(&out, img, nil))
	return out.Bytes()
}

// turned gives a JPEG an orientation as a camera writes it.
func turned(data []byte, orientation uint16, order binary.AppendByteOrder) []byte {
	tiff := []byte("MM\x00*")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		tiff = []byte("II*\x00")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, 0x0112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(2+6+len(tiff)))
	segment = append(append(segment, "Exif\x00\x00"...), tiff...)
	return append(append(bytes.Clone(data[:2]), segment...), data[2:]...)
}

// A stampCase is a stamp on a document, with the part of the page that is compared.
type stampCase struct {
	doc   []byte
	stamp pades.Stamp
	view  padestest.View
}

func stampCases(t testing.TB) map[string]stampCase {
	at := [4]float64{30, 40, 230, 100}
	near := padestest.View{Page: 1, DPI: 90, X: 26, Y: 608, W: 270, H: 96}
	drawn := pngOf(t, drawing())
	photo := jpegOf(t, false)
	cases := map[string]stampCase{}
	for name, look := range map[string]pades.Look{
		"text":       nil,
		"text-own":   pades.TextLook{Text: "Aprobado por la Dirección\nAño ñandú: «¿Qué?» – €"},
		"text-wraps": pades.TextLook{Text: strings.Repeat("Suscribo en calidad de compareciente. ", 9)},
		"text-nfd":   pades.TextLook{Text: "Nun\u0303ez Mari\u0301a\tPe\u0301rez"},
		"png":        pades.ImageLook{Image: drawn},
		"jpeg":       pades.ImageLook{Image: photo},
		"jpeg-gray":  pades.ImageLook{Image: jpegOf(t, true)},
		"text-image": pades.Beside{Left: pades.ImageLook{Image: drawn}, Right: pades.TextLook{}},
		"qr":         pades.QRLook{},
		"qr-text":    pades.Beside{Left: pades.QRLook{Content: "ñandú"}, Right: pades.TextLook{}, Share: 0.3},
	} {
		cases[name] = stampCase{pageOf(a5), pades.Stamp{Rect: at, Look: look}, near}
	}
	for o := range uint16(8) {
		var order binary.AppendByteOrder = binary.BigEndian
		if o%2 == 1 {
			order = binary.LittleEndian
		}
		cases[fmt.Sprintf("jpeg-turned-%d", o+1)] = stampCase{pageOf(a5),
			pades.Stamp{Rect: at, Look: pades.ImageLook{Image: turned(photo, o+1, order)}}, near}
	}
	for _, degrees := range []int{90, 180, 270} {
		page := pageOf(fmt.Sprintf("%s/CropBox[20 30 400 560]/Rotate %d", a5, degrees))
		whole := padestest.View{Page: 1, DPI: 60}
		cases[fmt.Sprintf("free-%d", degrees)] = stampCase{page, pades.Stamp{}, whole}
		cases[fmt.Sprintf("rect-%d", degrees)] = stampCase{page,
			pades.Stamp{Rect: [4]float64{100, 200, 160, 400}}, padestest.View{Page: 1, DPI: 60}}
	}
	return cases
}

// TestStamps makes stamps of every kind, compares them with golden pictures, and asks strangers in
// one batch whether the signed files stand.
func TestStamps(t *testing.T) {
	t.Parallel()
	e := stampSigner(t)
	signed := map[string][]byte{}
	t.Run("pictures", func(t *testing.T) { stampPictures(t, e, signed) })
	t.Run("several", func(t *testing.T) { severalStamps(t, e, signed) })
	t.Run("field", func(t *testing.T) { stampInField(t, e, signed) })
	t.Run("field without page", func(t *testing.T) { stampInFieldWithoutPage(t, e, signed) })
	requireAllAccepted(t, e, signed)
}

func stampPictures(t *testing.T, e *certtest.Entity, signed map[string][]byte) {
	for name, c := range stampCases(t) {
		out, err := sign(t, c.doc, signerOf(e), pades.Profile{Reason: "Suscripción del contrato",
			Location: "Cañar", Time: stampTime(), Stamp: &c.stamp})
		require.NoError(t, err, name)
		require.True(t, bytes.HasPrefix(out, c.doc), name)
		padestest.Golden(t, name, padestest.Picture(t, out, c.view))
		signed[name] = out
	}
}

// requireAllAccepted asks strangers in one batch, with trust.
func requireAllAccepted(t *testing.T, e *certtest.Entity, docs map[string][]byte) {
	t.Helper()
	trust := []string{certtest.WritePEM(t, e.Issuer.Issuer.Certificate)}
	names, jobs := map[string]string{}, []certtest.Job{}
	for name, doc := range docs {
		file := certtest.WriteFile(t, "*.pdf", doc)
		names[file] = name
		jobs = append(jobs, certtest.Job{File: file, Trust: trust})
	}
	for _, l := range certtest.Judge(t, "pdf", "pdfsig,pyhanko,openssl,qpdf,dss", jobs...) {
		assert.True(t, l.Accepted, "%s: %s: %s %+v", names[l.File], l.Judge, l.Error, l.Signatures)
		assert.NotEqual(t, "warnings", l.Structure, names[l.File])
	}
}

// TestQRCodeIsRead has another program read the code from the picture of the page.
func TestQRCodeIsRead(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"short": "ñandú", "long": strings.Repeat("Señor Núñez, RAZÓN: 1234567890. ", 14)} {
		out, err := sign(t, pageOf(a5), signerOf(stampSigner(t)), pades.Profile{Time: stampTime(),
			Stamp: &pades.Stamp{Rect: [4]float64{50, 50, 150, 150}, Look: pades.QRLook{Content: content}}})
		require.NoError(t, err)
		img := padestest.Picture(t, out, padestest.View{Page: 1, DPI: 300})
		bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
		require.NoError(t, err)
		read, err := qrcode.NewQRCodeReader().Decode(bitmap,
			map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
		require.NoError(t, err, name)
		assert.Equal(t, content, strings.TrimPrefix(read.GetText(), "\ufeff"), name)
	}
}

// severalStamps lets four people sign one page without saying where.
func severalStamps(t *testing.T, e *certtest.Entity, signed map[string][]byte) {
	doc := pageOf(a5)
	for range 4 {
		out, err := sign(t, doc, signerOf(e), pades.Profile{Time: stampTime(), Stamp: &pades.Stamp{}})
		require.NoError(t, err)
		doc = out
	}
	padestest.Golden(t, "four", padestest.Picture(t, doc, padestest.View{Page: 1, DPI: 60}))
	signed["four"] = doc
	r := validate(t, doc, signing.Validation{Time: time.Now(),
		Anchors: []*x509.Certificate{e.Issuer.Issuer.Certificate}})
	require.Equal(t, signing.StatusValid, r.Status(), "later stamps are changes that are allowed: %+v", r)
	require.Len(t, r.Signatures, 4)
	_, err := sign(t, doc, signerOf(e), pades.Profile{Time: stampTime(),
		Stamp: &pades.Stamp{Rect: [4]float64{200, 90, 300, 120}}})
	requireRefusal(t, err, "overlap")
}

func requireRefusal(t *testing.T, err error, reason string) {
	t.Helper()
	refusal, ok := errors.AsType[*pades.RefusalError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, reason, refusal.Reason, "%v", err)
	require.Equal(t, signing.Code(reason), signing.CodeOf(err))
}

// failing is a look of a host that fails.
type failing struct{ error }

func (f failing) Draw(*pades.Canvas, pades.Facts) error { return f.error }

func TestStampRefusals(t *testing.T) {
	t.Parallel()
	s := signerOf(stampSigner(t))
	at := [4]float64{50, 50, 150, 100}
	huge := pngOf(t, image.NewGray(image.Rect(0, 0, 1, 1)))
	binary.BigEndian.PutUint32(huge[16:], 1<<30) // a width that would take a gigabyte
	photo := jpegOf(t, false)
	for name, c := range map[string]struct {
		stamp  pades.Stamp
		reason string
	}{
		"below the page":    {pades.Stamp{Rect: [4]float64{50, -5, 150, 40}}, "off-page"},
		"right of the page": {pades.Stamp{Rect: [4]float64{400, 50, 450, 90}}, "off-page"},
		"outside the crop":  {pades.Stamp{Rect: [4]float64{5, 50, 100, 90}}, "off-page"},
		"no area":           {pades.Stamp{Rect: [4]float64{50, 50, 50, 90}}, "off-page"},
		"corners swapped":   {pades.Stamp{Rect: [4]float64{150, 100, 50, 50}}, "off-page"},
		"no number":         {pades.Stamp{Rect: [4]float64{nan(), 50, 150, 100}}, "off-page"},
		"page beyond":       {pades.Stamp{Page: 2, Rect: at}, "no-page"},
		"page before":       {pades.Stamp{Page: -1, Rect: at}, "no-page"},
		"no room":           {pades.Stamp{Rect: [4]float64{50, 50, 58, 58}}, "no-room"},
		"no image":          {pades.Stamp{Rect: at, Look: pades.ImageLook{}}, "image"},
		"another format":    {pades.Stamp{Rect: at, Look: pades.ImageLook{Image: []byte("GIF89a")}}, "image"},
		"half a JPEG":       {pades.Stamp{Rect: at, Look: pades.ImageLook{Image: photo[:400]}}, "image"},
		"a huge PNG":        {pades.Stamp{Rect: at, Look: pades.ImageLook{Image: huge}}, "image"},
		"a huge file":       {pades.Stamp{Look: pades.ImageLook{Image: make([]byte, 9<<20)}}, "image"},
		"a huge code":       {pades.Stamp{Look: pades.QRLook{Content: strings.Repeat("ñ", 3000)}}, "too-large"},
		"half a stamp":      {pades.Stamp{Rect: at, Look: pades.Beside{Left: pades.QRLook{}}}, "look"},
	} {
		out, err := sign(t, pageOf(a5+"/CropBox[10 10 410 585]"), s, pades.Profile{Stamp: &c.stamp})
		assert.Empty(t, out, name)
		require.Error(t, err, name)
		requireRefusal(t, err, c.reason)
	}
	own := errors.New("no ink")
	_, err := sign(t, pageOf(a5), s, pades.Profile{Stamp: &pades.Stamp{Rect: at, Look: failing{own}}})
	require.ErrorIs(t, err, own)
}

func nan() float64 { zero := 0.0; return zero / zero }

// stampInField dresses a field that exists: its own place counts, and where nobody asked for a
// stamp and letters have no room, it stays empty.
func stampInField(t *testing.T, e *certtest.Entity, signed map[string][]byte) {
	withField := func(rect string) []byte {
		return padestest.Document{Pages: []string{a5 + "/Rotate 90/Annots[5 0 R]"},
			Catalog: "/AcroForm<</Fields[5 0 R]>>",
			Objects: []string{"<</Type/Annot/Subtype/Widget/FT/Sig/T(Firma)/F 4/P 4 0 R" +
				"/Rect[" + rect + "]>>"}}.Bytes()
	}
	asked := pades.Profile{Time: stampTime(), Field: "Firma", Stamp: &pades.Stamp{}}
	unasked := pades.Profile{Time: stampTime(), Field: "Firma"}

	out, err := sign(t, withField("100 100 150 260"), signerOf(e), asked)
	require.NoError(t, err)
	padestest.Golden(t, "field", padestest.Picture(t, out, padestest.View{Page: 1, DPI: 60}))
	tiny, err := sign(t, withField("100 100 105 105"), signerOf(e), unasked)
	require.NoError(t, err)
	signed["field"], signed["tiny"] = out, tiny
	_, err = sign(t, withField("100 100 105 105"), signerOf(e), asked)
	requireRefusal(t, err, "no-room")
	_, err = sign(t, withField("0 0 0 0"), signerOf(e), asked)
	requireRefusal(t, err, "off-page")
}

// stampInFieldWithoutPage finds the page of a field that does not say where it is.
func stampInFieldWithoutPage(t *testing.T, e *certtest.Entity, signed map[string][]byte) {
	doc := padestest.Document{Pages: []string{a5, a5 + "/Rotate 270/Annots 6 0 R"},
		Catalog: "/AcroForm<</Fields[7 0 R]>>",
		Objects: []string{"[7 0 R]",
			"<</Type/Annot/Subtype/Widget/FT/Sig/T(Firma)/F 4/Rect[100 100 150 260]>>"}}.Bytes()
	out, err := sign(t, doc, signerOf(e),
		pades.Profile{Time: stampTime(), Field: "Firma", Stamp: &pades.Stamp{}})
	require.NoError(t, err)
	view := padestest.View{Page: 2, DPI: 60}
	padestest.Golden(t, "field-without-page", padestest.Picture(t, out, view))
	signed["field-without-page"] = out
}

// TestStampOverlap covers no field that can be seen; links and fields without area are no obstacle.
func TestStampOverlap(t *testing.T) {
	t.Parallel()
	s := signerOf(stampSigner(t))
	with := func(annotation string) []byte {
		return padestest.Document{Pages: []string{a5 + "/Annots[5 0 R]"},
			Catalog: "/AcroForm<</Fields[5 0 R]>>",
			Objects: []string{"<</Type/Annot" + annotation + ">>"}}.Bytes()
	}
	at := [4]float64{50, 50, 150, 100}
	for name, c := range map[string]struct {
		annotation string
		overlaps   bool
	}{
		"text field":      {"/Subtype/Widget/FT/Tx/T(a)/Rect[140 90 200 120]", true},
		"corners swapped": {"/Subtype/Widget/FT/Tx/T(a)/Rect[200 120 140 90]", true},
		"beside":          {"/Subtype/Widget/FT/Tx/T(a)/Rect[150 50 200 100]", false},
		"without area":    {"/Subtype/Widget/FT/Sig/T(a)/Rect[60 60 60 60]", false},
		"a link":          {"/Subtype/Link/Rect[60 60 100 100]/T(a)/FT/Tx", false},
	} {
		_, err := sign(t, with(c.annotation), s, pades.Profile{Stamp: &pades.Stamp{Rect: at}})
		if c.overlaps {
			requireRefusal(t, err, "overlap")
			continue
		}
		require.NoError(t, err, name)
	}
	covered := with("/Subtype/Widget/FT/Tx/T(a)/Rect[0 0 420 595]")
	_, err := sign(t, covered, s, pades.Profile{Stamp: &pades.Stamp{}})
	requireRefusal(t, err, "overlap")
	huge := strings.Repeat("9", 30) + " " + strings.Repeat("9", 30)
	endless := padestest.Document{Pages: []string{"/MediaBox[0 0 " + huge + "]/Annots[5 0 R]"},
		Objects: []string{"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/Rect[0 0 " + huge + "]>>"}}.Bytes()
	_, err = sign(t, endless, s, pades.Profile{Stamp: &pades.Stamp{}})
	requireRefusal(t, err, "overlap")
	_, err = sign(t, pageOf("/MediaBox[0 0 60 60]"), s, pades.Profile{Stamp: &pades.Stamp{}})
	requireRefusal(t, err, "overlap")
	_, err = sign(t, pageOf("/MediaBox[0 0 120 50]"), s, pades.Profile{Stamp: &pades.Stamp{}})
	require.NoError(t, err, "half the size has room")
	long := pades.TextLook{Text: strings.Repeat("x ", 1<<20)}
	_, err = sign(t, pageOf(a5), s, pades.Profile{Stamp: &pades.Stamp{Look: long}})
	requireRefusal(t, err, "no-room")
}

// TestStampText is found again by a program that extracts text: the fonts say which letters their
// glyphs are.
func TestStampText(t *testing.T) {
	t.Parallel()
	out, err := sign(t, pageOf(a5), signerOf(stampSigner(t)), pades.Profile{Time: stampTime(),
		Location: "Cañar", Stamp: &pades.Stamp{}})
	require.NoError(t, err)
	text := padestest.Text(t, out)
	for _, want := range []string{"Firmado electrónicamente por:", "María José Núñez Peñaherrera",
		"Lugar: Cañar"} {
		assert.Contains(t, text, want)
	}
}
