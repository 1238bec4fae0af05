package pades_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/pades"
)

// writeSparse writes a document whose only large stream is a hole of size octets. With tables the
// cross-references are a table, else a stream.
func writeSparse(t testing.TB, path string, size int64, table bool) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	head := fmt.Sprintf("%%PDF-1.7\n1 0 obj\n<</Length %d>>\nstream\n", size)
	_, err = f.WriteString(head)
	require.NoError(t, err)
	tail := int64(len(head)) + size
	objects := []string{"\nendstream\nendobj\n", "2 0 obj\n<</Type/Catalog/Pages 3 0 R>>\nendobj\n",
		"3 0 obj\n<</Type/Pages/Kids[4 0 R]/Count 1>>\nendobj\n", "4 0 obj\n<</Type/Page/Parent 3 0 R/MediaBox[0 0 9 9]/Contents 1 0 R>>\nendobj\n"}
	at := []int64{0, 9}
	var b bytes.Buffer
	for i, o := range objects {
		if i > 0 {
			at = append(at, tail+int64(b.Len()))
		}
		b.WriteString(o)
	}
	xref := tail + int64(b.Len())
	if table {
		b.WriteString("xref\n0 5\n0000000000 65535 f \n")
		for _, offset := range at[1:] {
			fmt.Fprintf(&b, "%010d 00000 n \n", offset)
		}
		fmt.Fprintf(&b, "trailer\n<</Size 5/Root 2 0 R>>\n")
	} else {
		var rows bytes.Buffer
		rows.Write(make([]byte, 10))
		for _, offset := range append(at[1:], xref) {
			rows.WriteByte(1)
			for i := 7; i >= 0; i-- {
				rows.WriteByte(byte(offset >> (8 * i)))
			}
			rows.WriteByte(0)
		}
		fmt.Fprintf(&b, "5 0 obj\n%s\nendobj\n", streamObject("/Type/XRef/Size 6/W[1 8 1]/Root 2 0 R",
			rows.String()))
	}
	fmt.Fprintf(&b, "startxref\n%d\n%%%%EOF\n", xref)
	_, err = f.WriteAt(b.Bytes(), tail)
	require.NoError(t, err)
}

// TestHugeFiles signs and validates sparse files in a process of its own, whose peak memory counts.
func TestHugeFiles(t *testing.T) {
	if path := os.Getenv("RUBRICA_HUGE"); path != "" {
		signHuge(t, path)
		return
	}
	if testing.Short() {
		t.Skip("processes of their own are not started under -short")
	}
	sizes := map[string]int64{"table": 300 << 20, "stream": 200 << 20}
	if certtest.Full() {
		sizes = map[string]int64{"table": 9 << 30, "stream": 12 << 30}
	}
	for kind, size := range sizes {
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "huge.pdf")
			writeSparse(t, path, size, kind == "table")
			_, _, kb := ownProcess(t, "RUBRICA_HUGE="+path)
			t.Logf("%d octets: peak of %d KB", size, kb)
			require.Less(t, kb, 24<<10)
			requireOpenSSL(t, path)
		})
	}
}

func signHuge(t *testing.T, path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	w := newWorld(t, certtest.P256)
	require.NoError(t, os.WriteFile(path+".pem", []byte(pemOf(w)), 0o600))
	require.NoError(t, pades.SignInPlace(context.Background(), f, info.Size(), signerOf(w.signer),
		pades.Profile{Time: time.Now()}))
	after, err := f.Stat()
	require.NoError(t, err)
	r, err := pades.Validate(context.Background(), f, after.Size(), w.validation())
	require.NoError(t, err)
	require.Equal(t, signing.StatusValid, r.Status())
	tellPeak(t)
}

func pemOf(w *world) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", certificatePEM(w.pki.Root.Certificate.Raw))
	return b.String()
}

// requireOpenSSL lets openssl verify the signature over what its ranges cover.
func requireOpenSSL(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	tail := make([]byte, 64<<10)
	_, err = f.ReadAt(tail, info.Size()-int64(len(tail)))
	require.NoError(t, err)
	var b [4]int64
	m := rangePattern.Find(tail)
	_, err = fmt.Sscanf(string(m), "/ByteRange [%d %d %d %d", &b[0], &b[1], &b[2], &b[3])
	require.NoError(t, err)
	hexed := make([]byte, b[2]-b[1]-2)
	_, err = f.ReadAt(hexed, b[1]+1)
	require.NoError(t, err)
	der, err := hex.DecodeString(string(hexed))
	require.NoError(t, err)
	first, err := cms.Trim(der)
	require.NoError(t, err)
	signature := certtest.WriteFile(t, "*.der", first)
	cmd := exec.Command("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in",
		signature,
		"-content", "/dev/stdin", "-CAfile", path+".pem", "-out", "/dev/null", "-purpose", "any")
	cmd.Stdin = io.MultiReader(io.NewSectionReader(f, b[0], b[1]), io.NewSectionReader(f, b[2], b[3]))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// TestTableTooFar refuses a signature that a cross-reference table of ten digits cannot place.
func TestTableTooFar(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "far.pdf")
	writeSparse(t, path, 9_999_999_000, true)
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	w := newWorld(t, certtest.P256)
	err = pades.Sign(context.Background(), io.Discard, f, info.Size(), signerOf(w.signer),
		pades.Profile{Time: time.Now()})
	require.Equal(t, signing.CodeLimitExceeded, signing.CodeOf(err), "%v", err)
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
