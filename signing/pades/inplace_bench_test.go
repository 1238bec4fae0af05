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
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/pades/padestest"
)

// BenchmarkSignInPlace pairs signing in place with what cannot be saved: one SHA-256 pass over the
// file, one RSA-2048 signature, and what is appended brought to the disk as often. Both take turns.
func BenchmarkSignInPlace(b *testing.B) {
	sizes := []int64{50 << 10, 5 << 20, 100 << 20}
	if certtest.Full() {
		sizes = append(sizes, 500<<20)
	}
	for _, size := range sizes {
		b.Run(fmt.Sprintf("%dKB", size>>10), func(b *testing.B) { benchmarkInPlace(b, size) })
	}
}

func benchmarkInPlace(b *testing.B, size int64) {
	e := certtest.NewPKI(b, certtest.RSA2048).Signer(b, certtest.Template{})
	doc := padestest.Document{Pages: []string{a5},
		Objects: []string{padestest.Stream("", string(make([]byte, size)))}}.Bytes()
	path := filepath.Join(b.TempDir(), "doc.pdf")
	require.NoError(b, os.WriteFile(path, doc, 0o600))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(b, err)
	defer f.Close()
	require.NoError(b, f.Sync()) // or else the first signature pays for bringing the original to the disk
	length := int64(len(doc))
	var ours, raw, oursCPU, rawCPU time.Duration
	tail := make([]byte, 8<<10)
	sync := func(at int64, p []byte) {
		_, err := f.WriteAt(p, at)
		require.NoError(b, err)
		require.NoError(b, f.Sync())
	}
	for b.Loop() {
		start, cpu := time.Now(), cpuTime(b)
		require.NoError(b, pades.SignInPlace(context.Background(), f, length, signerOf(e),
			pades.Profile{Time: start}))
		ours, oursCPU = ours+time.Since(start), oursCPU+cpuTime(b)-cpu
		require.NoError(b, f.Truncate(length))
		require.NoError(b, f.Sync())

		start, cpu = time.Now(), cpuTime(b)
		h := sha256.New()
		source := onlyReader{io.NewSectionReader(f, 0, length)}
		_, err := io.CopyBuffer(onlyWriter{h}, source, make([]byte, 256<<10))
		require.NoError(b, err)
		_, err = e.Key.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
		require.NoError(b, err)
		sync(length, tail)
		sync(length+100, tail[:10])
		raw, rawCPU = raw+time.Since(start), rawCPU+cpuTime(b)-cpu
		require.NoError(b, f.Truncate(length))
		require.NoError(b, f.Sync())
	}
	b.ReportMetric(float64(ours)/float64(raw), "x-raw")
	b.ReportMetric(float64(oursCPU)/float64(rawCPU), "x-raw-cpu")
}

// cpuTime is what the process has used of its processors: on a busy machine it says more than the
// clock.
func cpuTime(t testing.TB) time.Duration {
	var r syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// onlyReader and onlyWriter hide short cuts from io.CopyBuffer.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)
