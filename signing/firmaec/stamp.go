package firmaec

import (
	"strings"
	"time"

	"github.com/rubrica/rubrica/certificate/ec"
	"github.com/rubrica/rubrica/signing/pades"
)

// The size of FirmaEC's stamps in points.
const (
	Width  = 110
	Height = 36
)

// Rect is the rectangle of a stamp for the two coordinates that systems hand to FirmaEC: its left
// side, and its upper side (which they call lly).
func Rect(llx, lly float64) [4]float64 {
	return [4]float64{llx, lly - Height, llx + Width, lly}
}

// Words that the stamps share.
const (
	signedBy = "Firmado electrónicamente por:"
	validate = "Validar únicamente con FirmaEC"
	site     = "VALIDAR CON: www.firmadigital.gob.ec"
)

// QR is the stamp "QR": a QR code that says who signed, why, where and when, and the name beside
// it.
type QR struct{}

// Information1 is the stamp "information1": the name, time, reason, place and the certificate's
// subject.
type Information1 struct{}

// Information2 is the stamp "information2": the name, and reason, place and time in larger letters.
type Information2 struct{}

var (
	_ pades.Placer = QR{}
	_ pades.Placer = Information1{}
	_ pades.Placer = Information2{}
)

// Page implements [pades.Placer]: a page that the document does not have is its last.
func (QR) Page(asked, pages int) int { return page(asked, pages) }

// Page implements [pades.Placer]: a page that the document does not have is its last.
func (Information1) Page(asked, pages int) int { return page(asked, pages) }

// Page implements [pades.Placer]: a page that the document does not have is its last.
func (Information2) Page(asked, pages int) int { return page(asked, pages) }

func page(asked, pages int) int {
	if asked < 1 || asked > pages {
		return 0
	}
	return asked
}

// Size implements [pades.Placer].
func (QR) Size() (width, height float64) { return Width, Height }

// Size implements [pades.Placer].
func (Information1) Size() (width, height float64) { return Width, Height }

// Size implements [pades.Placer].
func (Information2) Size() (width, height float64) { return Width, Height }

// Draw implements [pades.Look].
func (QR) Draw(c *pades.Canvas, about pades.Facts) error {
	width, height := c.Size()
	if err := c.Part(0, 0, width/3, height).QR(code(about)); err != nil {
		return err
	}
	return column(c.Part(width/3, 0, width-width/3, height),
		pades.Line{Face: pades.Mono, Size: 3.25, Text: signedBy},
		pades.Line{Face: pades.MonoBold, Size: 6.25, Text: shortened(name(about))},
		pades.Line{Face: pades.Mono, Size: 3.25, Text: "\n" + validate})
}

// code is the content of the QR code.
func code(about pades.Facts) string {
	lines := []string{"FIRMADO POR: " + name(about), "RAZON: " + about.Reason,
		"LOCALIZACION: " + about.Location, "FECHA: " + about.Time.Format(time.RFC3339), site}
	if about.Application != "" {
		lines = append(lines, "Firmado digitalmente con "+about.Application)
	}
	return strings.Join(lines, "\n")
}

// Draw implements [pades.Look].
func (Information1) Draw(c *pades.Canvas, about pades.Facts) error {
	const small = 2.75
	subject := ""
	if about.Certificate != nil {
		subject = about.Certificate.Subject.String()
	}
	return column(c,
		pades.Line{Size: 4.75, Text: shortened(name(about))},
		pades.Line{Size: small, Text: "\n" + validate},
		pades.Line{Size: small, Text: "Fecha: " + about.Time.Format(time.RFC3339)},
		pades.Line{Size: small, Text: "Razón: " + about.Reason},
		pades.Line{Size: small, Text: "Localización: " + about.Location},
		pades.Line{Size: 2.60, Text: "Nombre de reconocimiento " + subject})
}

// Draw implements [pades.Look].
func (Information2) Draw(c *pades.Canvas, about pades.Facts) error {
	const middle = 4.25
	return column(c,
		pades.Line{Size: 3.25, Text: signedBy},
		pades.Line{Size: 6.25, Text: shortened(name(about))},
		pades.Line{Size: 3.25, Text: "\n" + validate},
		pades.Line{Size: middle, Text: "Razón: " + about.Reason},
		pades.Line{Size: middle, Text: "Localización: " + about.Location},
		pades.Line{Size: middle, Text: "Fecha: " + about.Time.Format(time.RFC3339)})
}

// name is the holder's name as the authority that issued the certificate writes it, in capitals,
// unless the profile gave another.
func name(about pades.Facts) string {
	if c := about.Certificate; c != nil && about.Name == c.Subject.CommonName {
		if holder := ec.Holder(c).Name(); holder != "" {
			return strings.ToUpper(strings.TrimSpace(holder))
		}
	}
	return strings.ToUpper(strings.TrimSpace(about.Name))
}

// shortened cuts a name at as many characters as FirmaEC shows.
func shortened(name string) string {
	const most = 57
	runes := []rune(name)
	return string(runes[:min(most, len(runes))])
}

// column sets lines in their sizes. Where they have no room all become smaller by the same measure,
// down to a third, instead of being cut off.
func column(c *pades.Canvas, lines ...pades.Line) error {
	const leading, step, least = 1.0, 0.95, 1.0 / 3
	for scale := 1.0; scale >= least; scale *= step {
		scaled := append([]pades.Line(nil), lines...)
		for i := range scaled {
			scaled[i].Size *= scale
		}
		if c.Column(leading, scaled...) {
			return nil
		}
	}
	return &pades.RefusalError{Reason: "no-room", Message: "the stamp is too small for its text"}
}
