package demo_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/examples/internal/demo"
)

// TestFolderInUse: a second program is locked out with a clear message, changes nothing, and may
// come when the first has ended, however that ended.
func TestFolderInUse(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	t.Parallel()
	dir := t.TempDir()
	first := exec.Command(command(t), "demo", "--out", dir)
	out, err := first.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, first.Start())
	require.True(t, bufio.NewScanner(out).Scan(), "the first program is at work")
	var folder *demo.FolderError
	require.ErrorAs(t, demo.Run(t.Context(), demo.Options{Dir: dir}), &folder)
	require.Contains(t, folder.Error(), "another program is working in it")
	require.NoError(t, first.Process.Kill())
	require.Error(t, first.Wait())
	require.NoError(t, demo.Run(t.Context(), demo.Options{Dir: dir}))
}

// TestFolderOfSomebodyElse: what is not the demonstration's is not touched.
func TestFolderOfSomebodyElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "index.html")
	require.NoError(t, os.WriteFile(name, []byte("mine"), 0o600))
	var folder *demo.FolderError
	require.ErrorAs(t, demo.Run(t.Context(), demo.Options{Dir: dir}), &folder)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "mine", string(content))
	require.Error(t, demo.Run(t.Context(), demo.Options{Dir: name}), "a file is no folder")
}

// TestFolderOfAnotherVersion: a story that another version began is not continued.
func TestFolderOfAnotherVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, demo.BeginAsVersion(t.Context(), dir, "another"))
	var folder *demo.FolderError
	require.ErrorAs(t, demo.Run(t.Context(), demo.Options{Dir: dir}), &folder)
	require.Contains(t, folder.Error(), "another version")
}

// TestCancelled: a story that is cancelled stops with the context's error and goes on later, though
// the computer's clock was set back meanwhile.
func TestCancelled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	err := demo.Run(ctx, demo.Options{Dir: dir, Stdout: writerFunc(func(p []byte) (int, error) {
		cancel()
		return len(p), nil
	})})
	require.ErrorIs(t, err, context.Canceled)
	back := func() time.Time { return time.Now().AddDate(0, -2, 0) }
	require.NoError(t, demo.Run(t.Context(), demo.Options{Dir: dir, Now: back}))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
