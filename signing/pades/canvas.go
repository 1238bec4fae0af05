package pades

import (
	"fmt"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A Canvas is the area that a [Look] draws on, in points, with its origin at the lower left. What
// goes beyond the area of the whole stamp is cut off.
type Canvas struct {
	area  rect // in the space of the sheet
	sheet *sheet
}

// A sheet is the appearance stream of a stamp being drawn.
type sheet struct {
	width, height float64
	archive       archive
	faces         map[Face]*typeface
	images        []*picture
	ops           strings.Builder
	err           error
}

func newCanvas(width, height float64, a archive) *Canvas {
	s := &sheet{width: width, height: height, archive: a, faces: map[Face]*typeface{}}
	return &Canvas{area: rect{0, 0, width, height}, sheet: s}
}

// Size returns the width and the height of the canvas.
func (c *Canvas) Size() (width, height float64) { return c.area.width(), c.area.height() }

// Part returns the canvas of an area of this one.
func (c *Canvas) Part(x, y, width, height float64) *Canvas {
	x, y = c.area[0]+x, c.area[1]+y
	return &Canvas{area: rect{x, y, x + width, y + height}, sheet: c.sheet}
}

// A Line is a line of text.
type Line struct {
	Face Face
	Size float64 // in points
	Text string
}

// Text draws a line with its baseline beginning at x, y.
func (c *Canvas) Text(x, y float64, l Line) {
	t := c.sheet.face(l.Face)
	if t == nil || l.Text == "" {
		return
	}
	c.sheet.op("BT /%s %s Tf %s %s Td <%x> Tj ET", l.Face.resource(), number(l.Size),
		number(c.area[0]+x), number(c.area[1]+y), t.encode(l.Text))
}

// Width returns the width of a line in points.
func (c *Canvas) Width(l Line) float64 {
	t := c.sheet.face(l.Face)
	if t == nil {
		return 0
	}
	return t.width(l.Text, l.Size)
}

// blank paints the canvas white, so that what is drawn on it can be read on any page.
func (c *Canvas) blank() {
	c.sheet.op("%s %s re %s f %s", c.corner(), c.extent(), c.sheet.gray(1), c.sheet.gray(0))
}

func (c *Canvas) corner() string { return number(c.area[0]) + " " + number(c.area[1]) }
func (c *Canvas) extent() string { return number(c.area.width()) + " " + number(c.area.height()) }

func (s *sheet) op(format string, args ...any) { fmt.Fprintf(&s.ops, format+"\n", args...) }

// gray is the operator that sets the colour of what is filled.
func (s *sheet) gray(level int) string {
	if s.archive.calibrated() {
		return fmt.Sprintf("/Gray cs %d sc", level)
	}
	return fmt.Sprintf("%d g", level)
}

// face returns a typeface, nil when it cannot be opened, which ends the drawing.
func (s *sheet) face(id Face) *typeface {
	if t := s.faces[id]; t != nil || s.err != nil {
		return t
	}
	t, err := id.open()
	if err != nil {
		s.err = err
		return nil
	}
	s.faces[id] = t
	return t
}

// form adds the appearance to the update as a form XObject (8.10), turned so that it stands
// upright on a page that is shown rotated.
func (c *Canvas) form(u *pdf.Update, rotate int) (pdf.Ref, error) {
	s := c.sheet
	if s.err != nil {
		return pdf.Ref{}, s.err
	}
	stream := flateStream([]byte(s.gray(0) + "\n" + s.ops.String()))
	d := pdf.NewDict("Type", pdf.Name("XObject"), "Subtype", pdf.Name("Form"),
		"FormType", pdf.Integer(1), "BBox", rect{0, 0, s.width, s.height}.array(),
		"Resources", s.resources(u), "Filter", stream.Dict.Get("Filter"))
	if m := rotation(rotate); m != nil {
		d.Set("Matrix", m)
	}
	return u.Add(&pdf.Stream{Dict: d, Data: stream.Data}), nil
}

// resources is the dictionary of what the operators name (7.8.3).
func (s *sheet) resources(u *pdf.Update) *pdf.Dict {
	d, fonts, images := &pdf.Dict{}, &pdf.Dict{}, &pdf.Dict{}
	for id := Sans; id <= MonoBold; id++ {
		if t := s.faces[id]; t != nil {
			fonts.Set(id.resource(), t.embed(u))
		}
	}
	for i, p := range s.images {
		images.Set(imageName(i), p.embed(u, s.archive))
	}
	if fonts.Len() > 0 {
		d.Set("Font", fonts)
	}
	if images.Len() > 0 {
		d.Set("XObject", images)
	}
	if s.archive.calibrated() {
		d.Set("ColorSpace", pdf.NewDict("Gray", s.archive.space(1)))
	}
	return d
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
