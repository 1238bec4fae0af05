package pades

import "strings"

// TextLook is a stamp of text, as large as its rectangle allows up to 10 points.
type TextLook struct {
	// Text is what is shown, lines separated by \n. Empty: signer, reason, place and time, in
	// Spanish.
	Text string
}

// Draw implements [Look]. It refuses (no-room) where letters would be smaller than 2 points.
func (l TextLook) Draw(c *Canvas, about Facts) error {
	const margin, leading = 2, 1.2
	width, height := c.Size()
	return c.Part(margin, margin, width-2*margin, height-2*margin).fitted(leading, l.lines(about))
}

func (l TextLook) lines(about Facts) []Line {
	if l.Text == "" {
		return defaultLines(about)
	}
	var out []Line
	for _, text := range strings.Split(l.Text, "\n") {
		out = append(out, Line{Text: text})
	}
	return out
}

// defaultLines say who signed, why, where and when.
func defaultLines(about Facts) []Line {
	lines := []Line{{Text: "Firmado electrónicamente por:"}, {Face: SansBold, Text: about.Name}}
	if about.Reason != "" {
		lines = append(lines, Line{Text: "Razón: " + about.Reason})
	}
	if about.Location != "" {
		lines = append(lines, Line{Text: "Lugar: " + about.Location})
	}
	return append(lines, Line{Text: "Fecha: " + about.Time.Format("2006-01-02 15:04:05 -07:00")})
}

// ImageLook is a stamp with an image, as large as its rectangle allows without distortion.
type ImageLook struct {
	// Image is a PNG, whose transparency is kept where the document may have any (it becomes white
	// in PDF/A-1), or a JPEG, which is embedded as it is.
	Image []byte
}

// Draw implements [Look].
func (l ImageLook) Draw(c *Canvas, _ Facts) error { return c.Image(l.Image) }

// QRLook is a stamp with a QR code (ISO/IEC 18004).
type QRLook struct {
	// Content of the code, up to about 2,000 octets. Empty: signer, reason, place and time, in
	// Spanish.
	Content string
}

// Draw implements [Look].
func (l QRLook) Draw(c *Canvas, about Facts) error {
	content := l.Content
	if content == "" {
		var lines []string
		for _, line := range defaultLines(about) {
			lines = append(lines, line.Text)
		}
		content = strings.Join(lines, "\n")
	}
	return c.QR(content)
}

// Beside puts two looks side by side: an image or a QR code and a text, for instance.
type Beside struct {
	Left, Right Look
	// Share of the width that is the left one's, between 0 and 1. Zero: a third.
	Share float64
}

// Draw implements [Look].
func (b Beside) Draw(c *Canvas, about Facts) error {
	share := b.Share
	if share == 0 {
		share = 1.0 / 3
	}
	if !(share > 0 && share < 1) || b.Left == nil || b.Right == nil {
		return refuse("look", "a stamp of two parts lacks one of them")
	}
	width, height := c.Size()
	if err := b.Left.Draw(c.Part(0, 0, share*width, height), about); err != nil {
		return err
	}
	return b.Right.Draw(c.Part(share*width, 0, (1-share)*width, height), about)
}
