package pades_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// What the package's documentation promises.
const (
	memoryKB       = 24 << 10
	octetsAnObject = 64
)

// TestMemory signs documents in place and judges them, with and without later revisions, each in a
// process of its own, whose peak memory counts.
func TestMemory(t *testing.T) {
	if path := os.Getenv("RUBRICA_MEMORY"); path != "" {
		useMemory(t, path)
		return
	}
	if testing.Short() {
		t.Skip("processes of their own are not started under -short")
	}
	docs := map[string]struct {
		objects int
		doc     []byte
	}{"small": {5, paddedPDF(50 << 10)}, "large": {5, paddedPDF(100 << 20)},
		"objects": {200_000, objectsPDF(200_000)}}
	if certtest.Full() {
		docs["large"] = struct {
			objects int
			doc     []byte
		}{5, paddedPDF(500 << 20)}
		docs["objects"] = struct {
			objects int
			doc     []byte
		}{1_000_000, objectsPDF(1_000_000)}
	}
	for name, d := range docs {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "doc.pdf")
			require.NoError(t, os.WriteFile(path, d.doc, 0o600))
			limit := memoryKB + d.objects*octetsAnObject>>10
			for _, what := range []string{"sign", "judge", "sign", "judge"} {
				_, _, kb := ownProcess(t, "RUBRICA_MEMORY="+path, "RUBRICA_DOES="+what)
				t.Logf("%s, %d objects: peak of %d KB", what, d.objects, kb)
				require.Less(t, kb, limit, what)
			}
		})
	}
}

func useMemory(t *testing.T, path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	if os.Getenv("RUBRICA_DOES") == "sign" {
		w := newWorld(t, certtest.RSA2048)
		require.NoError(t, pades.SignInPlace(context.Background(), f, info.Size(), signerOf(w.signer),
			pades.Profile{Time: time.Now()}))
	} else {
		r, err := pades.Validate(context.Background(), f, info.Size(), signing.Validation{Time: time.Now()})
		require.NoError(t, err)
		for _, s := range r.Signatures {
			require.Equal(t, signing.Intact, s.Crypto)
			for _, m := range s.Modifications {
				require.True(t, m.Allowed, "%v", m)
			}
		}
	}
	tellPeak(t)
}
