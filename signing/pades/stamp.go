package pades

import (
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A Stamp is how a signature looks on the page.
type Stamp struct {
	// Page counts from 1; 0 is the last page.
	Page int
	// Rect is llx, lly, urx, ury in points of the page's own space, before rotation.
	Rect [4]float64
	// Text is what is shown, lines separated by \n. Empty: signer, reason, place and time in
	// Spanish.
	Text string
}

// A line of a stamp's text.
type line struct {
	face faceID
	size float64
	text string
}

// A canvas is the content of an appearance stream being drawn.
type canvas struct {
	width, height float64
	faces         map[faceID]*typeface
	ops           strings.Builder
}

func newCanvas(width, height float64) *canvas {
	return &canvas{width: width, height: height, faces: map[faceID]*typeface{}}
}

func (c *canvas) face(id faceID) (*typeface, error) {
	if t := c.faces[id]; t != nil {
		return t, nil
	}
	t, err := id.open()
	if err == nil {
		c.faces[id] = t
	}
	return t, err
}

// resourceName is the name of a typeface in the appearance's resources.
func (id faceID) resourceName() pdf.Name { return pdf.Name(fmt.Sprintf("F%d", id+1)) }

// draw shows a line with its baseline at x, y.
func (c *canvas) draw(l line, x, y float64) error {
	t, err := c.face(l.face)
	if err != nil {
		return err
	}
	fmt.Fprintf(&c.ops, "BT /%s %s Tf %s %s Td <%x> Tj ET\n", l.face.resourceName(),
		number(l.size), number(x), number(y), t.encode(l.text))
	return nil
}

func number(f float64) string {
	switch v := pdf.NewReal(f).(type) {
	case pdf.Integer:
		return fmt.Sprint(int64(v))
	case pdf.Real:
		return string(v)
	}
	return "0"
}

// form adds the appearance to the update as a form XObject (8.10), turned so that it stands
// upright on a page that is shown rotated.
func (c *canvas) form(u *pdf.Update, rotate int) pdf.Ref {
	fonts := &pdf.Dict{}
	for id := faceRegular; id <= faceMonoBold; id++ {
		if t := c.faces[id]; t != nil {
			fonts.Set(id.resourceName(), t.embed(u))
		}
	}
	s := flateStream([]byte(c.ops.String()))
	d := pdf.NewDict("Type", pdf.Name("XObject"), "Subtype", pdf.Name("Form"), "FormType", pdf.Integer(1),
		"BBox", rect{0, 0, c.width, c.height}.array(), "Resources", pdf.NewDict("Font", fonts),
		"Filter", s.Dict.Get("Filter"))
	if m := rotation(rotate); m != nil {
		d.Set("Matrix", m)
	}
	return u.Add(&pdf.Stream{Dict: d, Data: s.Data})
}

// rotation is the matrix that turns a form against the rotation of its page; the viewer moves the
// turned box into the annotation's rectangle (12.5.5).
func rotation(degrees int) pdf.Array {
	var m [4]int64
	switch degrees {
	case 90:
		m = [4]int64{0, 1, -1, 0}
	case 180:
		m = [4]int64{-1, 0, 0, -1}
	case 270:
		m = [4]int64{0, -1, 1, 0}
	default:
		return nil
	}
	return pdf.Array{pdf.Integer(m[0]), pdf.Integer(m[1]), pdf.Integer(m[2]), pdf.Integer(m[3]),
		pdf.Integer(0), pdf.Integer(0)}
}

// text lays lines out from the top, in the largest size up to 10 points at which all fit.
func (c *canvas) text(lines []line) error {
	const margin, most, least = 2.0, 10.0, 1.0
	size := most
	for ; size > least; size -= 0.25 {
		fits, err := c.fits(lines, size, margin)
		if err != nil {
			return err
		}
		if fits {
			break
		}
	}
	y := c.height - margin
	for _, l := range lines {
		l.size = size
		y -= 1.2 * size
		if err := c.draw(l, margin, y+0.2*size); err != nil {
			return err
		}
	}
	return nil
}

func (c *canvas) fits(lines []line, size, margin float64) (bool, error) {
	if float64(len(lines))*1.2*size > c.height-2*margin {
		return false, nil
	}
	for _, l := range lines {
		t, err := c.face(l.face)
		if err != nil {
			return false, err
		}
		if t.width(l.text, size) > c.width-2*margin {
			return false, nil
		}
	}
	return true, nil
}

// stampLines is the text of a stamp.
func stampLines(s *Stamp, leaf *x509.Certificate, p *Profile) []line {
	var lines []line
	add := func(face faceID, text string) {
		lines = append(lines, line{face: face, text: text})
	}
	if s.Text != "" {
		for _, text := range strings.Split(s.Text, "\n") {
			add(faceRegular, text)
		}
		return lines
	}
	add(faceRegular, "Firmado electrónicamente por:")
	add(faceBold, signerName(leaf, p))
	if p.Reason != "" {
		add(faceRegular, "Razón: "+p.Reason)
	}
	if p.Location != "" {
		add(faceRegular, "Lugar: "+p.Location)
	}
	add(faceRegular, "Fecha: "+p.Time.Format("2006-01-02 15:04:05 -07:00"))
	return lines
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

// drawStamp makes the appearance of a stamp in a rectangle.
func drawStamp(u *pdf.Update, s *Stamp, leaf *x509.Certificate, p *Profile, r rect, rotate int) (pdf.Ref, error) {
	width, height := r.width(), r.height()
	if rotate == 90 || rotate == 270 {
		width, height = height, width
	}
	c := newCanvas(width, height)
	if err := c.text(stampLines(s, leaf, p)); err != nil {
		return pdf.Ref{}, err
	}
	return c.form(u, rotate), nil
}
