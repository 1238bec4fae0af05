package pades

import (
	"crypto/x509"
	"errors"
	"time"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A Stamp is how a signature looks on the page.
type Stamp struct {
	// Page counts from 1; 0 is the last page.
	Page int
	// Rect is llx, lly, urx, ury in points of the page's own space, before rotation. Zero: the
	// first free place from the foot of the page up, as it is shown. A field that exists already
	// keeps its own page and place.
	Rect [4]float64
	// Look draws the stamp. Nil: [TextLook] with its own text.
	Look Look
}

// A Look draws stamps. [TextLook], [ImageLook], [QRLook] and [Beside] are here, those of FirmaEC
// in package firmaec; a host may bring its own.
type Look interface {
	// Draw draws a stamp for those facts. The canvas stands as the reader will see it, also on a
	// page that is shown rotated.
	Draw(c *Canvas, about Facts) error
}

// A Placer is a [Look] that has a say about where its stamps go.
type Placer interface {
	Look
	// Page returns the page to stamp, from 1, when asked was asked for in a document of so many
	// pages. An answer outside of the document is refused.
	Page(asked, pages int) int
	// Size returns width and height in points of a stamp without a Rect.
	Size() (width, height float64)
}

// Facts are what a stamp may say of the signature that it stands for.
type Facts struct {
	// Certificate of the signer.
	Certificate *x509.Certificate
	// Name of the signer: the profile's, or else the certificate's common name.
	Name string
	// Reason, Location and Application are those of the profile.
	Reason, Location, Application string
	// Time is the time of signing as the signer claims it.
	Time time.Time
}

func (p *Profile) facts(leaf *x509.Certificate) Facts {
	return Facts{Certificate: leaf, Name: signerName(leaf, p), Reason: p.Reason, Location: p.Location,
		Application: p.Application, Time: p.Time}
}

func signerName(leaf *x509.Certificate, p *Profile) string {
	if p.Name != "" || leaf == nil {
		return p.Name
	}
	if cn := leaf.Subject.CommonName; cn != "" {
		return cn
	}
	return leaf.Subject.String()
}

func (s *Stamp) look() Look {
	if s.Look == nil {
		return TextLook{}
	}
	return s.Look
}

// drawStamp makes the appearance of a stamp in a rectangle of a page.
func drawStamp(u *pdf.Update, v *pdf.View, look Look, about Facts, r rect, rotate int) (
	pdf.Ref, error) {
	width, height := r.width(), r.height()
	if rotate == 90 || rotate == 270 {
		width, height = height, width
	}
	c := newCanvas(width, height, archiveOf(v))
	if err := look.Draw(c, about); err != nil {
		return pdf.Ref{}, err
	}
	return c.form(u, rotate)
}

// drawField is drawStamp for a field that has its place. Where no stamp was asked for and the place
// has no room for text, the field stays empty.
func drawField(u *pdf.Update, v *pdf.View, s *Stamp, about Facts, r rect, rotate int) (
	pdf.Ref, error) {
	if s != nil {
		return drawStamp(u, v, s.look(), about, r, rotate)
	}
	ref, err := drawStamp(u, v, TextLook{}, about, r, rotate)
	if refusal, ok := errors.AsType[*RefusalError](err); ok && refusal.Reason == reasonRoom {
		return drawStamp(u, v, emptyLook{}, about, r, rotate)
	}
	return ref, err
}

// emptyLook shows nothing.
type emptyLook struct{}

func (emptyLook) Draw(*Canvas, Facts) error { return nil }
