package pades

import (
	"image/color"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// quietZone is the white margin of a QR code in modules (ISO/IEC 18004, 9.1).
const quietZone = 4

// QR draws a QR code with error correction level M, as large as the canvas allows, on white and
// flush left. Content that has no room in a code is refused (too-large).
func (c *Canvas) QR(content string) error {
	code, err := qr.Encode(content, qr.M, qr.Unicode)
	if err != nil {
		return refuse("too-large", "the content is too long for a QR code")
	}
	width, height := c.Size()
	side := min(width, height)
	square := c.Part(0, (height-side)/2, side, side)
	square.blank()
	count := code.Bounds().Dx()
	module := side / float64(count+2*quietZone)
	// All dark modules are one path, so that no seams show between them.
	runs(code, func(x, y, length int) {
		part := square.Part(float64(quietZone+x)*module, side-float64(quietZone+y+1)*module,
			float64(length)*module, module)
		c.sheet.op("%s %s re", part.corner(), part.extent())
	})
	c.sheet.op("f")
	return nil
}

// runs calls yield for each run of dark modules in a row.
func runs(code barcode.Barcode, yield func(x, y, length int)) {
	size := code.Bounds()
	dark := func(x, y int) bool {
		return x < size.Max.X && color.GrayModel.Convert(code.At(x, y)).(color.Gray).Y < 128
	}
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			from := x
			for dark(x, y) {
				x++
			}
			if x > from {
				yield(from-size.Min.X, y-size.Min.Y, x-from)
			}
		}
	}
}
