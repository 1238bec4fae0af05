package demo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/rubrica/rubrica/ra"
)

// scan makes a PDF that stands for a scanned document. The same arguments give the same octets, so
// that a step can be repeated.
func scan(title string, form ra.Form, made time.Time) ([]byte, error) {
	pdf := fpdf.New("L", "mm", "A5", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(made.UTC())
	pdf.SetModificationDate(made.UTC())
	pdf.AddUTF8FontFromBytes("Go", "", goregular.TTF)
	pdf.AddUTF8FontFromBytes("Go", "B", gobold.TTF)
	pdf.AddPage()
	pdf.SetFillColor(236, 241, 247)
	pdf.Rect(8, 8, 194, 132, "F")
	pdf.SetFont("Go", "B", 16)
	pdf.SetXY(14, 16)
	pdf.MultiCell(180, 9, title, "", "L", false)
	pdf.SetFont("Go", "", 12)
	for _, line := range []string{form.Name(), "N.º " + form.IDNumber, form.Address, form.City,
		"MUESTRA SIN VALOR"} {
		pdf.SetX(14)
		pdf.MultiCell(180, 9, line, "", "L", false)
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return out.Bytes(), nil
}

// padded is the document with comments before its last line until it has a size: what a scanner at
// full resolution makes.
func padded(pdf []byte, size int) []byte {
	line := "% " + strings.Repeat("x", 97) + "\n"
	var out bytes.Buffer
	out.Write(pdf)
	for out.Len() < size-len(line) {
		out.WriteString(line)
	}
	out.WriteString("%%EOF\n")
	return out.Bytes()
}

// portrait paints a face before a plain light background.
func portrait(width, height int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{232, 236, 240, 255}),
		image.Point{}, draw.Src)
	ellipse := func(x, y, rx, ry float64, c color.Color) {
		for py := range height {
			for px := range width {
				dx, dy := (float64(px)/float64(width)-x)/rx, (float64(py)/float64(height)-y)/ry
				if dx*dx+dy*dy <= 1 {
					img.Set(px, py, c)
				}
			}
		}
	}
	ellipse(0.5, 1.02, 0.34, 0.36, color.RGBA{52, 84, 128, 255})
	ellipse(0.5, 0.42, 0.155, 0.25, color.RGBA{60, 44, 38, 255})
	ellipse(0.5, 0.45, 0.13, 0.21, color.RGBA{214, 172, 142, 255})
	ellipse(0.455, 0.42, 0.012, 0.014, color.RGBA{30, 30, 30, 255})
	ellipse(0.545, 0.42, 0.012, 0.014, color.RGBA{30, 30, 30, 255})
	ellipse(0.5, 0.55, 0.045, 0.012, color.RGBA{150, 80, 80, 255})
	return img
}

func photograph(width, height int) ([]byte, error) {
	var out bytes.Buffer
	err := jpeg.Encode(&out, portrait(width, height), &jpeg.Options{Quality: 85})
	return out.Bytes(), err
}

func screenshot(width, height int) ([]byte, error) {
	var out bytes.Buffer
	err := png.Encode(&out, portrait(width, height))
	return out.Bytes(), err
}
