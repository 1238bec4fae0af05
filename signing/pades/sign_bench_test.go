package pades_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

const objTitle = 4 // the information dictionary of the two documents below

// paddedPDF is a document of about size octets, most of them in one stream.
func paddedPDF(size int) []byte {
	return file(fmt.Sprintf("/Info %d 0 R", objTitle), "<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Resources<<>>>>", "<</Title()>>",
		streamObject("", string(make([]byte, size))))
}

// objectsPDF is a document of n small objects, all of which the catalog leads to, by lists of lists.
func objectsPDF(n int) []byte {
	const each = 1000
	objects := []string{"<</Type/Catalog/Pages 2 0 R/PieceInfo 5 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Resources<<>>>>", "<</Title()>>", ""}
	var lists, items strings.Builder
	for len(objects) < n {
		items.Reset()
		for len(objects) < n-1 && items.Len() < each*len("1000000 0 R ") {
			objects = append(objects, fmt.Sprintf("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/N %d>>", len(objects)))
			fmt.Fprintf(&items, "%d 0 R ", len(objects))
		}
		objects = append(objects, "["+items.String()+"]")
		fmt.Fprintf(&lists, "%d 0 R ", len(objects))
	}
	objects[4] = "[" + lists.String() + "]"
	return file(fmt.Sprintf("/Info %d 0 R", objTitle), objects...)
}

// reference does what no signer can avoid: it copies a file while digesting it, and signs the
// digest once.
func reference(b *testing.B, from, to string, key crypto.Signer) {
	in, err := os.Open(from)
	require.NoError(b, err)
	defer in.Close()
	out, err := os.Create(to)
	require.NoError(b, err)
	defer out.Close()
	h := sha256.New()
	buf := make([]byte, 1<<20)
	_, err = io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(h, out)}, struct{ io.Reader }{in}, buf)
	require.NoError(b, err)
	_, err = key.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
	require.NoError(b, err)
}

func signFile(b *testing.B, from, to string, s signing.Signer) {
	in, err := os.Open(from)
	require.NoError(b, err)
	defer in.Close()
	info, err := in.Stat()
	require.NoError(b, err)
	out, err := os.Create(to)
	require.NoError(b, err)
	defer out.Close()
	require.NoError(b, pades.Sign(context.Background(), out, in, info.Size(), s,
		pades.Profile{Time: time.Now()}))
}

// BenchmarkSign signs from file to file and reports the time as a multiple of the reference,
// measured in turn.
func BenchmarkSign(b *testing.B) {
	w := newWorld(b, certtest.RSA2048)
	s := signerOf(w.signer)
	sizes := map[string][]byte{"50KB": paddedPDF(50 << 10), "5MB": paddedPDF(5 << 20),
		"20000objects": objectsPDF(20000)}
	if certtest.Full() {
		sizes["100MB"], sizes["500MB"] = paddedPDF(100<<20), paddedPDF(500<<20)
	}
	for _, name := range []string{"50KB", "5MB", "20000objects", "100MB", "500MB"} {
		doc := sizes[name]
		if doc == nil {
			continue
		}
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			from, to := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
			require.NoError(b, os.WriteFile(from, doc, 0o600))
			var ours, theirs, oursCPU, theirsCPU time.Duration
			for b.Loop() {
				start, cpu := time.Now(), cpuTime(b)
				reference(b, from, to, s.Key)
				middle, middleCPU := time.Now(), cpuTime(b)
				signFile(b, from, to, s)
				theirs, theirsCPU = theirs+middle.Sub(start), theirsCPU+middleCPU-cpu
				ours, oursCPU = ours+time.Since(middle), oursCPU+cpuTime(b)-middleCPU
			}
			b.ReportMetric(float64(ours)/float64(theirs), "x-reference")
			b.ReportMetric(float64(oursCPU)/float64(theirsCPU), "x-reference-cpu")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkValidate validates a signature over a whole file and reports the time as a multiple of
// digesting the file.
func BenchmarkValidate(b *testing.B) {
	w := newWorld(b, certtest.RSA2048)
	size := 5 << 20
	if certtest.Full() {
		size = 500 << 20
	}
	doc, err := sign(b, paddedPDF(size), signerOf(w.signer), pades.Profile{})
	require.NoError(b, err)
	path := filepath.Join(b.TempDir(), "in.pdf")
	require.NoError(b, os.WriteFile(path, doc, 0o600))
	doc = nil
	f, err := os.Open(path)
	require.NoError(b, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(b, err)
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		h := sha256.New()
		_, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{io.NewSectionReader(f, 0,
			info.Size())}, make([]byte, 1<<20))
		require.NoError(b, err)
		middle := time.Now()
		r, err := pades.Validate(context.Background(), f, info.Size(), w.validation())
		require.NoError(b, err)
		require.Equal(b, signing.StatusValid, r.Status())
		theirs += middle.Sub(start)
		ours += time.Since(middle)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "x-digest")
	b.ReportMetric(0, "ns/op")
}
