package filestore_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/adapters/filestore"
	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/documenttest"
)

func open(t *testing.T, dir string) *filestore.Store {
	s, err := filestore.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Run(t, func(t *testing.T) ra.Documents { return open(t, t.TempDir()) })
}

func TestDamageIsReported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	content := bytes.Repeat([]byte("contrato "), 20_000)
	d, err := s.Put(t.Context(), bytes.NewReader(content))
	require.NoError(t, err)
	file := filepath.Join(dir, filepath.FromSlash(filestore.Path(d)))
	for name, damaged := range map[string][]byte{
		"altered": append([]byte("C"), content[1:]...),
		"cut":     content[:len(content)-1],
		"longer":  append(bytes.Clone(content), 'x'),
		"empty":   {},
	} {
		require.NoError(t, os.WriteFile(file, damaged, 0o600))
		r, err := s.Open(t.Context(), d)
		require.NoError(t, err)
		_, err = io.ReadAll(r)
		require.NoError(t, r.Close())
		var damage *ra.DamagedDocumentError
		require.ErrorAs(t, err, &damage, name)
		require.Equal(t, d, damage.Digest)
	}
	_, err = s.Put(t.Context(), bytes.NewReader(content))
	require.NoError(t, err)
	r, err := s.Open(t.Context(), d)
	require.NoError(t, err)
	defer r.Close()
	mended, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, content, mended, "storing again mends")
}

func TestNothingTemporaryStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	_, err := s.Put(t.Context(), strings.NewReader("a"))
	require.NoError(t, err)
	_, err = s.Put(t.Context(), io.LimitReader(zeros{}, 65<<20))
	require.ErrorIs(t, err, filestore.ErrTooLarge)
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// A link placed in the folder does not lead out of it.
func TestStaysInItsFolder(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	s := open(t, dir)
	d := ra.DigestOf([]byte("secret"))
	require.NoError(t, os.WriteFile(filepath.Join(outside, d.String()), []byte("secret"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, d.String()[:2])))
	_, err := s.Open(t.Context(), d)
	require.Error(t, err)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
