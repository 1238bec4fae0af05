package ra_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/ra"
)

var received = time.Date(2026, 10, 21, 9, 0, 0, 0, time.FixedZone("ECT", -5*3600))

var scanned = ra.Requirement{
	Kind:     "cedula",
	MaxBytes: 2 << 20,
	Types:    []ra.MediaType{ra.TypePDF, ra.TypeJPEG},
}

var photo = ra.Requirement{Kind: "foto", MaxBytes: 2 << 20, Types: []ra.MediaType{ra.TypeJPEG},
	MinWidth: 600, MinHeight: 500}

func pdfOf(size int) []byte {
	head, tail := "%PDF-1.7\n", "\n%%EOF\n"
	return []byte(head + strings.Repeat("x", size-len(head)-len(tail)) + tail)
}

func picture(w, h int) image.Image { return image.NewGray(image.Rect(0, 0, w, h)) }

func jpegOf(t testing.TB, w, h int) []byte {
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, picture(w, h), nil))
	return b.Bytes()
}

func pngOf(t testing.TB, w, h int) []byte {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, picture(w, h)))
	return b.Bytes()
}

// withComment puts a segment COM behind SOI.
func withComment(t testing.TB, text string) []byte {
	picture := jpegOf(t, 50, 50)
	segment := append([]byte{0xff, 0xd8, 0xff, 0xfe, 0, byte(len(text) + 2)}, text...)
	return append(segment, picture[2:]...)
}

// cutThumbnail is a picture that lost its end, with a whole one in its comment.
func cutThumbnail(t testing.TB) []byte {
	whole := withComment(t, "\xff\xd8 thumbnail \xff\xd9")
	return whole[:len(whole)-20]
}

// giant says in its header that it has 65,535 × 65,535 pixels.
func giant(t testing.TB) []byte {
	picture := jpegOf(t, 50, 50)
	at := bytes.Index(picture, []byte{0xff, 0xc0})
	copy(picture[at+5:], "\xff\xff\xff\xff")
	return picture
}

func gifOf(t testing.TB) []byte {
	var b bytes.Buffer
	require.NoError(t,
		gif.Encode(&b, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.Black}), nil))
	return b.Bytes()
}

func TestInspect(t *testing.T) {
	t.Parallel()
	limit := 2 << 20
	for name, c := range map[string]struct {
		require ra.Requirement
		name    string
		content []byte
		code    string // "" is accepted
	}{
		"pdf":                           {scanned, "a.pdf", pdfOf(100), ""},
		"pdf of exactly 2 MB":           {scanned, "a.pdf", pdfOf(limit), ""},
		"pdf of one octet more":         {scanned, "a.pdf", pdfOf(limit + 1), "document-too-large"},
		"pdf of 3 MB":                   {scanned, "a.pdf", pdfOf(3 << 20), "document-too-large"},
		"jpeg":                          {scanned, "a.jpg", jpegOf(t, 10, 10), ""},
		"jpeg called pdf":               {scanned, "a.pdf", jpegOf(t, 10, 10), ""},
		"png called jpg":                {scanned, "a.jpg", pngOf(t, 10, 10), "document-disguised"},
		"png called jpeg":               {scanned, "a.JPEG", pngOf(t, 10, 10), "document-disguised"},
		"png called png":                {scanned, "a.png", pngOf(t, 10, 10), "document-wrong-type"},
		"gif without an extension":      {scanned, "a", gifOf(t), "document-wrong-type"},
		"executable":                    {scanned, "a.pdf", []byte("MZ\x90\x00 .... %PDF-1.4\n%%EOF"), "document-unknown-type"},
		"web page called pdf":           {scanned, "a.pdf", []byte("<html>%PDF-1.4 %%EOF</html>"), "document-disguised"},
		"office document":               {scanned, "a.docx", []byte("PK\x03\x04...."), "document-disguised"},
		"text":                          {scanned, "a.txt", []byte("hola"), "document-unknown-type"},
		"empty":                         {scanned, "a.pdf", nil, "document-empty"},
		"one octet":                     {scanned, "a.pdf", []byte("%"), "document-unknown-type"},
		"pdf cut":                       {scanned, "a.pdf", pdfOf(5000)[:4000], "document-cut"},
		"jpeg cut":                      {scanned, "a.jpg", jpegOf(t, 50, 50)[:300], "document-cut"},
		"jpeg without a header":         {scanned, "a.jpg", []byte("\xff\xd8\xff\xe0 nothing \xff\xd9"), "image-unreadable"},
		"jpeg cut behind its thumbnail": {scanned, "a.jpg", cutThumbnail(t), "document-cut"},
		"jpeg that is a pdf as well":    {scanned, "a.jpg", withComment(t, "%PDF-1.4"), "document-double"},
		"pdf that is an archive as well": {scanned, "a.pdf",
			append([]byte("%PDF-1.4 PK\x01\x02 %%EOF"), "PK\x05\x06"...), "document-double"},
		"jpeg of a giant":       {scanned, "a.jpg", giant(t), "image-too-large"},
		"photo":                 {photo, "a.jpg", jpegOf(t, 600, 500), ""},
		"larger photo":          {photo, "a.jpg", jpegOf(t, 4000, 3000), ""},
		"photo not wide enough": {photo, "a.jpg", jpegOf(t, 599, 5000), "image-too-small"},
		"photo not high enough": {photo, "a.jpg", jpegOf(t, 5000, 499), "image-too-small"},
		"photo turned":          {photo, "a.jpg", jpegOf(t, 500, 600), "image-too-small"},
		"photo as png":          {photo, "a.jpg", pngOf(t, 700, 700), "document-disguised"},
		"photo as pdf":          {photo, "a.pdf", pdfOf(100), "document-wrong-type"},
	} {
		t.Run(name, func(t *testing.T) {
			e, content, err := ra.Inspect(
				ra.Submission{Name: c.name, Content: bytes.NewReader(c.content)}, c.require,
				received)
			if c.code == "" {
				require.NoError(t, err)
				require.Equal(t, c.content, content)
				require.Equal(t, ra.DigestOf(c.content).String(), e.Digest)
				require.Equal(t, int64(len(c.content)), e.Size)
				require.NoError(t, e.Judge(c.require, received), "judged again by its measures")
				return
			}
			require.Nil(t, content)
			requireRefusal(t, err, c.code, c.require.Kind)
		})
	}
	turned := photo
	turned.AnyTurn = true
	_, _, err := ra.Inspect(ra.Submission{Content: bytes.NewReader(jpegOf(t, 500, 600))},
		turned, received)
	require.NoError(t, err)
}

// requireRefusal: the code, the place, and a whole sentence in each language.
func requireRefusal(t *testing.T, err error, code, where string) {
	t.Helper()
	var r *ra.Refusal
	require.ErrorAs(t, err, &r)
	require.Equal(t, code, r.Code)
	require.Equal(t, where, r.Where)
	for _, language := range []string{"es", "en"} {
		sentence := ra.NewCatalogue(language, nil).Sentence(r)
		require.NotEqual(t, code, sentence)
		require.NotContains(t, sentence, "{")
	}
}

// countingReader counts what is read of an endless upload.
type countingReader struct{ n int64 }

func (c *countingReader) Read(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

func TestLargeUploadIsNotReadWhole(t *testing.T) {
	t.Parallel()
	endless := &countingReader{}
	_, _, err := ra.Inspect(ra.Submission{Name: "a.pdf", Content: endless}, scanned, received)
	requireRefusal(t, err, "document-too-large", "cedula")
	require.LessOrEqual(t, endless.n, scanned.MaxBytes+1)
}

func TestBrokenUploadIsNotARefusal(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection lost")
	content := io.MultiReader(strings.NewReader("%PDF-1.4"), iotest.ErrReader(broken))
	_, _, err := ra.Inspect(ra.Submission{Name: "a.pdf", Content: content}, scanned, received)
	require.ErrorIs(t, err, broken)
	require.Empty(t, ra.Refusals(err))
}

func TestDocumentAge(t *testing.T) {
	t.Parallel()
	r := scanned
	r.MaxAge = 30
	for dated, code := range map[ra.Day]string{
		"2026-10-21": "", "2026-09-21": "", // 30 days, the whole last day in time
		"2026-09-20": "document-too-old", "2026-10-22": "document-future", "": "document-undated",
		"2026-02-30": "document-undated", "ayer": "document-undated",
	} {
		_, _, err := ra.Inspect(ra.Submission{Content: bytes.NewReader(pdfOf(50)), Dated: dated}, r,
			time.Date(2026, 10, 21, 23, 59, 59, 0, received.Location()))
		if code == "" {
			require.NoError(t, err, dated)
			continue
		}
		requireRefusal(t, err, code, "cedula")
	}
}

func TestRequirementCheck(t *testing.T) {
	t.Parallel()
	require.NoError(t, scanned.Check())
	for name, spoil := range map[string]func(*ra.Requirement){
		"kind": func(r *ra.Requirement) { r.Kind = "" }, "size": func(r *ra.Requirement) { r.MaxBytes = 0 },
		"huge": func(r *ra.Requirement) { r.MaxBytes = 1 << 40 }, "types": func(r *ra.Requirement) { r.Types = nil },
		"unknown": func(r *ra.Requirement) { r.Types = []ra.MediaType{"image/webp"} },
		"age":     func(r *ra.Requirement) { r.MaxAge = -1 },
	} {
		r := scanned
		spoil(&r)
		require.Error(t, r.Check(), name)
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(pdfOf(60), "a.pdf")
	f.Add(jpegOf(f, 3, 3), "a.jpg")
	f.Add(pngOf(f, 3, 3), "a.jpg")
	huge := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + strings.Repeat("\xff", 8) +
		"\x08\x06\x00\x00\x00IEND\xaeB`\x82"
	f.Add([]byte(huge), "x")
	any := ra.Requirement{Kind: "x", MaxBytes: 1 << 16, MinWidth: 1,
		Types: []ra.MediaType{ra.TypePDF, ra.TypeJPEG, ra.TypePNG}}
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		e, got, err := ra.Inspect(ra.Submission{Name: name, Content: bytes.NewReader(content)},
			any, received)
		if err != nil {
			if len(ra.Refusals(err)) != 1 {
				t.Fatalf("reading from memory failed: %v", err)
			}
			return
		}
		if !bytes.Equal(got, content) || e.Judge(any, received) != nil {
			t.Fatal("accepted otherwise than judged")
		}
		if e.Type != ra.TypePDF && (e.Width < 1 || e.Height < 1) {
			t.Fatal("a picture without size")
		}
	})
}
