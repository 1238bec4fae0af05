package pades

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// Limits of the images of stamps.
const (
	maxImageOctets = 8 << 20 // a scanned signature has a hundredth of this
	maxImagePixels = 8 << 20 // 32 MB decoded; a stamp over a whole page in 300 dpi has as many
)

// A picture is an image ready to be embedded.
type picture struct {
	width, height int
	channels      int    // 1 or 3
	data          []byte // samples of 8 bits, or a JPEG file
	alpha         []byte // nil when opaque
	jpeg          bool
	orientation   orientation
}

// Image draws a PNG or a JPEG, as large as the canvas allows without distortion and in its middle.
// Refused (image): other formats, damaged files, files beyond 8 MiB or 8 Mi pixels.
func (c *Canvas) Image(data []byte) error {
	p, err := readPicture(data)
	if err != nil {
		return err
	}
	w, h := p.shown()
	width, height := c.Size()
	scale := min(width/w, height/h)
	x, y := c.area[0]+(width-scale*w)/2, c.area[1]+(height-scale*h)/2
	s := c.sheet
	s.op("q %s 0 0 %s %s %s cm %s cm /%s Do Q", number(scale*w), number(scale*h),
		number(x), number(y), p.orientation.matrix(), imageName(len(s.images)))
	s.images = append(s.images, p)
	return nil
}

func imageName(i int) pdf.Name { return pdf.Name(fmt.Sprintf("Im%d", i+1)) }

// shown returns width and height as the image is to be seen.
func (p *picture) shown() (width, height float64) {
	if p.orientation.sideways() {
		return float64(p.height), float64(p.width)
	}
	return float64(p.width), float64(p.height)
}

// readPicture reads the image of a stamp.
func readPicture(data []byte) (*picture, error) {
	if len(data) > maxImageOctets {
		return nil, refuse("image", fmt.Sprintf("the image has more than %d octets", maxImageOctets))
	}
	config, format, err := imageConfig(data)
	if err != nil {
		return nil, err
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxImagePixels/config.Height {
		return nil, refuse("image",
			fmt.Sprintf("the image has no pixels, or more than %d", maxImagePixels))
	}
	// Decoded also where the file itself is embedded: a damaged one must not come to light later.
	img, err := format.decode(bytes.NewReader(data))
	if err != nil {
		return nil, refuse("image", "the image is damaged: "+err.Error())
	}
	p := &picture{width: config.Width, height: config.Height}
	if format.jpeg {
		p.orientation = jpegOrientation(data)
		if p.channels = jpegChannels(img); p.channels != 0 {
			p.jpeg, p.data = true, data
			return p, nil
		}
	}
	p.sample(img)
	return p, nil
}

// jpegChannels is the number of components of a JPEG that can stand as it is; 0 for inks, whose
// colours depend on who looks.
func jpegChannels(img image.Image) int {
	switch img.(type) {
	case *image.Gray:
		return 1
	case *image.YCbCr, *image.RGBA:
		return 3
	}
	return 0
}

type imageFormat struct {
	decode func(r *bytes.Reader) (image.Image, error)
	jpeg   bool
}

// imageConfig recognises the format by its first octets and reads the image's dimensions.
func imageConfig(data []byte) (config image.Config, f imageFormat, err error) {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		f.decode = func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) }
		config, err = png.DecodeConfig(bytes.NewReader(data))
	case bytes.HasPrefix(data, []byte{0xff, 0xd8, 0xff}):
		f.decode = func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) }
		f.jpeg = true
		config, err = jpeg.DecodeConfig(bytes.NewReader(data))
	default:
		return config, f, refuse("image", "the image is neither PNG nor JPEG")
	}
	if err != nil {
		err = refuse("image", "the image is damaged: "+err.Error())
	}
	return config, f, err
}

// sample takes colours and transparency apart, and drops what the image does not use of them.
func (p *picture) sample(img image.Image) {
	b := img.Bounds()
	rgb := make([]byte, 0, 3*p.width*p.height)
	alpha := make([]byte, 0, p.width*p.height)
	gray, opaque := true, true
	straight, isStraight := img.(*image.NRGBA)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			var c color.NRGBA
			if isStraight {
				c = straight.NRGBAAt(x, y)
			} else {
				c = color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			}
			rgb, alpha = append(rgb, c.R, c.G, c.B), append(alpha, c.A)
			gray = gray && c.R == c.G && c.G == c.B
			opaque = opaque && c.A == 255
		}
	}
	p.channels, p.data = 3, rgb
	if gray {
		p.channels, p.data = 1, everyThird(rgb)
	}
	if !opaque {
		p.alpha = alpha
	}
}

func everyThird(rgb []byte) []byte {
	for i := range len(rgb) / 3 {
		rgb[i] = rgb[3*i]
	}
	return rgb[:len(rgb)/3]
}

// flatten puts the image on white.
func (p *picture) flatten() {
	for i := range p.data {
		a := int(p.alpha[i/p.channels])
		p.data[i] = byte((int(p.data[i])*a + 255*(255-a) + 127) / 255)
	}
	p.alpha = nil
}

// embed adds the image to an update (8.9.5).
func (p *picture) embed(u *pdf.Update, a archive) pdf.Ref {
	if p.alpha != nil && !a.transparency() {
		p.flatten()
	}
	d := p.dict(a.space(p.channels))
	if p.alpha != nil {
		mask := p.dict(pdf.Name("DeviceGray"))
		d.Set("SMask", u.Add(&pdf.Stream{Dict: mask, Data: deflate(p.alpha)}))
	}
	data := p.data
	if p.jpeg {
		d.Set("Filter", pdf.Name("DCTDecode"))
	} else {
		data = deflate(data)
	}
	return u.Add(&pdf.Stream{Dict: d, Data: data})
}

func (p *picture) dict(space pdf.Object) *pdf.Dict {
	return pdf.NewDict("Type", pdf.Name("XObject"), "Subtype", pdf.Name("Image"),
		"Width", pdf.Integer(p.width), "Height", pdf.Integer(p.height), "ColorSpace", space,
		"BitsPerComponent", pdf.Integer(8), "Filter", pdf.Name("FlateDecode"))
}
