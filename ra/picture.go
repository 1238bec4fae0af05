package ra

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strconv"
)

// maxPixels bounds what a viewer of the operator must unfold: 2 MB may say that they are a picture
// of 65,535 × 65,535 pixels. Telephones take up to 200 million, and not in 2 MB.
const maxPixels = 100_000_000

// measure reads the dimensions from the header; the picture itself is never decoded.
func measure(t MediaType, content []byte, r Requirement) (width, height int, err error) {
	read := map[MediaType]func(io.Reader) (image.Config, error){
		TypeJPEG: jpeg.DecodeConfig, TypePNG: png.DecodeConfig,
	}[t]
	config, err := read(bytes.NewReader(content))
	if err != nil || config.Width <= 0 || config.Height <= 0 {
		return 0, 0, refuse("image-unreadable", r.Kind)
	}
	if int64(config.Width)*int64(config.Height) > maxPixels {
		return 0, 0, refuse("image-too-large", r.Kind,
			"found", dimensions(config.Width, config.Height), "limit", itoa(maxPixels/1_000_000))
	}
	return config.Width, config.Height, nil
}

func checkDimensions(w, h int, r Requirement) error {
	fits := w >= r.MinWidth && h >= r.MinHeight
	if r.AnyTurn {
		fits = fits || h >= r.MinWidth && w >= r.MinHeight
	}
	if !fits {
		return refuse("image-too-small", r.Kind, "found", dimensions(w, h),
			"wanted", dimensions(r.MinWidth, r.MinHeight))
	}
	return nil
}

func dimensions(w, h int) string { return itoa(w) + "×" + strconv.Itoa(h) }
