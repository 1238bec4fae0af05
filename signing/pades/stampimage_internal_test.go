package pades

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzReadPicture reads hostile images: no panic, and what is read is as large as it says.
func FuzzReadPicture(f *testing.F) {
	img := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	img.Set(1, 1, color.NRGBA{200, 10, 10, 100})
	gray := image.NewGray16(image.Rect(0, 0, 2, 2))
	indexed := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black, color.Transparent})
	var photo bytes.Buffer
	require.NoError(f, jpeg.Encode(&photo, img, nil))
	for _, i := range []image.Image{img, gray, indexed} {
		var out bytes.Buffer
		require.NoError(f, png.Encode(&out, i))
		f.Add(out.Bytes())
	}
	f.Add(photo.Bytes())
	exif := "\xff\xd8\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
	f.Add(append([]byte(exif), photo.Bytes()[2:]...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return // a few pixels are as good as many
		}
		if c, _, err := imageConfig(data); err == nil && c.Width*c.Height > 1<<16 {
			return
		}
		p, err := readPicture(data)
		if err != nil {
			require.IsType(t, &RefusalError{}, err)
			return
		}
		require.LessOrEqual(t, p.orientation, orientation(lastOrientation))
		if p.jpeg {
			return
		}
		require.Len(t, p.data, p.width*p.height*p.channels)
		if p.alpha != nil {
			require.Len(t, p.alpha, p.width*p.height)
			p.flatten()
			require.Nil(t, p.alpha)
		}
	})
}

func TestPictureDropsWhatItDoesNotUse(t *testing.T) {
	t.Parallel()
	read := func(img image.Image) *picture {
		var out bytes.Buffer
		require.NoError(t, png.Encode(&out, img))
		p, err := readPicture(out.Bytes())
		require.NoError(t, err)
		return p
	}
	img := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	img.SetNRGBA(0, 0, color.NRGBA{7, 7, 7, 255})
	img.SetNRGBA(1, 0, color.NRGBA{9, 9, 9, 255})
	p := read(img)
	require.Equal(t, 1, p.channels)
	require.Equal(t, []byte{7, 9}, p.data)
	require.Nil(t, p.alpha)

	img.SetNRGBA(1, 0, color.NRGBA{100, 0, 50, 51})
	p = read(img)
	require.Equal(t, []byte{7, 7, 7, 100, 0, 50}, p.data)
	require.Equal(t, []byte{255, 51}, p.alpha)
	p.flatten()
	require.Equal(t, []byte{7, 7, 7, 224, 204, 214}, p.data)
}

// redInks is a JPEG of eight by eight pixels with four inks, magenta and yellow full.
const redInks = "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAIBgYHBgUIBwcHCQkICgwUDQwLCwwZEhMPFB0aHx4dGhwcICQuJyAiLCMcHCg3" +
	"KSwwMTQ0NB8nOT04MjwuMzQy/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EABUAAQEAAAAAAAAAAAAAAAAAAAcI/8QAFBAB" +
	"AAAAAAAAAAAAAAAAAAAAAP/aAA4EQwBNAFkASwAAPwB/T+n8/v/Z"

// TestInksBecomeColours: a JPEG in CMYK is embedded as it looks, in RGB.
func TestInksBecomeColours(t *testing.T) {
	t.Parallel()
	data, err := base64.StdEncoding.DecodeString(redInks)
	require.NoError(t, err)
	p, err := readPicture(data)
	require.NoError(t, err)
	require.False(t, p.jpeg)
	require.Nil(t, p.alpha)
	require.Len(t, p.data, 8*8*3)
	require.Equal(t, []byte{255, 0, 0}, p.data[:3])
	require.Equal(t, 3, p.channels)
}
