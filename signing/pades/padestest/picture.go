package padestest

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A View is a part of a page, in pixels from its upper left at a resolution. Without W and H it is
// the whole page.
type View struct {
	Page, DPI  int
	X, Y, W, H int
}

// Picture shows a part of a page as poppler's pdftoppm draws it. Without that program the test
// fails in CI and is skipped, saying so, elsewhere; so it is with [Text].
func Picture(t testing.TB, doc []byte, v View) image.Image {
	t.Helper()
	args := []string{"-png", "-singlefile", "-cropbox", "-r", fmt.Sprint(v.DPI), "-f", fmt.Sprint(v.Page)}
	if v.W > 0 {
		args = append(args, "-x", fmt.Sprint(v.X), "-y", fmt.Sprint(v.Y),
			"-W", fmt.Sprint(v.W), "-H", fmt.Sprint(v.H))
	}
	out := run(t, "pdftoppm", append(args, certtest.WriteFile(t, "*.pdf", doc))...)
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// Text returns the text of all pages, as poppler's pdftotext finds it, stamps included.
func Text(t testing.TB, doc []byte) string {
	t.Helper()
	return string(run(t, "pdftotext", certtest.WriteFile(t, "*.pdf", doc), "-"))
}

// run runs one of poppler's programs, which must have nothing to complain of.
func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing", name)
		}
		t.Skipf("%s is missing: nothing is compared", name)
	}
	cmd := exec.Command(program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v %s", name, err, stderr.String())
	}
	return out
}

// What two drawings of one page by different versions of a program may differ in: the edges of
// letters. A missing accent in the pictures of these tests changes more.
const (
	maxShade  = 48   // of 255, in a pixel that counts as equal
	maxPixels = 1000 // in a million that may be unequal, beside a handful
	handful   = 6
)

// Golden compares a picture with the one kept in testdata/NAME.png. -update writes that one anew.
func Golden(t testing.TB, name string, got image.Image) {
	t.Helper()
	path := filepath.Join("testdata", name+".png")
	if *update {
		write(t, path, got)
		return
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds() != want.Bounds() {
		t.Errorf("%s: the picture is %v, not %v", name, got.Bounds(), want.Bounds())
		return
	}
	most := handful + got.Bounds().Dx()*got.Bounds().Dy()*maxPixels/1_000_000
	if n := unequal(got, want); n > most {
		t.Errorf("%s: %d pixels differ, %d may", name, n, most)
	}
}

// unequal counts pixels that differ.
func unequal(a, b image.Image) int {
	n := 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			p := color.NRGBAModel.Convert(a.At(x, y)).(color.NRGBA)
			q := color.NRGBAModel.Convert(b.At(x, y)).(color.NRGBA)
			if apart(p.R, q.R) || apart(p.G, q.G) || apart(p.B, q.B) {
				n++
			}
		}
	}
	return n
}

func apart(a, b uint8) bool { return max(a, b)-min(a, b) > maxShade }

func write(t testing.TB, path string, img image.Image) {
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
