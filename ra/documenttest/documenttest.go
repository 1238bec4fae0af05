// Package documenttest is what every ra.Documents must do, as a test that adapters run.
package documenttest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/ra"
)

// Run tests an implementation. open gives a fresh, empty store, ready until the test ends.
func Run(t *testing.T, open func(t *testing.T) ra.Documents) {
	for name, test := range map[string]func(*testing.T, ra.Documents){
		"returns what was stored":      testRoundTrip,
		"stores the same octets once":  testRepeat,
		"an unknown digest":            testUnknown,
		"a failed Put leaves nothing":  testFailedPut,
		"removes":                      testRemove,
		"cancelled":                    testCancelled,
		"many at once":                 testConcurrent,
		"readers are independent":      testTwoReaders,
		"a reader survives the remove": testReadWhileRemoved,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func put(t *testing.T, s ra.Documents, content string) ra.Digest {
	t.Helper()
	d, err := s.Put(t.Context(), strings.NewReader(content))
	require.NoError(t, err)
	require.Equal(t, ra.DigestOf([]byte(content)), d)
	return d
}

func read(t *testing.T, s ra.Documents, d ra.Digest) string {
	t.Helper()
	r, err := s.Open(t.Context(), d)
	require.NoError(t, err)
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	return string(content)
}

func testRoundTrip(t *testing.T, s ra.Documents) {
	for _, content := range []string{"", "x", strings.Repeat("contrato\x00", 300_000)} {
		require.Equal(t, content, read(t, s, put(t, s, content)))
	}
	d, err := s.Put(t.Context(), iotest.OneByteReader(strings.NewReader("in small pieces")))
	require.NoError(t, err)
	require.Equal(t, "in small pieces", read(t, s, d))
}

func testRepeat(t *testing.T, s ra.Documents) {
	require.Equal(t, put(t, s, "twice"), put(t, s, "twice"))
	d := put(t, s, "twice")
	require.NoError(t, s.Remove(t.Context(), d))
	_, err := s.Open(t.Context(), d)
	require.ErrorIs(t, err, ra.ErrNoDocument, "one Remove removes what was stored three times")
}

func testUnknown(t *testing.T, s ra.Documents) {
	_, err := s.Open(t.Context(), ra.DigestOf([]byte("never stored")))
	require.ErrorIs(t, err, ra.ErrNoDocument)
	_, err = s.Open(t.Context(), ra.Digest{})
	require.ErrorIs(t, err, ra.ErrNoDocument)
}

func testFailedPut(t *testing.T, s ra.Documents) {
	broken := errors.New("the line broke")
	_, err := s.Put(t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
	_, err = s.Open(t.Context(), ra.DigestOf([]byte("half")))
	require.ErrorIs(t, err, ra.ErrNoDocument)
}

func testRemove(t *testing.T, s ra.Documents) {
	gone, kept := put(t, s, "gone"), put(t, s, "kept")
	require.NoError(t, s.Remove(t.Context(), gone))
	require.NoError(t, s.Remove(t.Context(), gone), "removing twice is no error")
	_, err := s.Open(t.Context(), gone)
	require.ErrorIs(t, err, ra.ErrNoDocument)
	require.Equal(t, "kept", read(t, s, kept))
	require.Equal(t, "gone", read(t, s, put(t, s, "gone")), "can be stored again")
}

func testCancelled(t *testing.T, s ra.Documents) {
	d := put(t, s, "there")
	ctx, cancel := contextCancelled(t)
	defer cancel()
	_, err := s.Put(ctx, strings.NewReader("late"))
	require.Error(t, err)
	_, err = s.Open(ctx, d)
	require.Error(t, err)
	require.Error(t, s.Remove(ctx, d))
	require.Equal(t, "there", read(t, s, d))
}

func testConcurrent(t *testing.T, s ra.Documents) {
	var wait sync.WaitGroup
	errs := make(chan error, 64)
	for i := range 16 {
		wait.Go(func() {
			content := bytes.Repeat([]byte{byte(i % 4)}, 10_000) // four contents, four writers each
			d, err := s.Put(t.Context(), bytes.NewReader(content))
			if err == nil && d != ra.DigestOf(content) {
				err = errors.New("wrong digest")
			}
			errs <- err
		})
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	for i := range 4 {
		content := string(bytes.Repeat([]byte{byte(i)}, 10_000))
		require.Equal(t, content, read(t, s, ra.DigestOf([]byte(content))))
	}
}

func testTwoReaders(t *testing.T, s ra.Documents) {
	d := put(t, s, "abcdef")
	a, err := s.Open(t.Context(), d)
	require.NoError(t, err)
	defer a.Close()
	_, err = io.ReadFull(a, make([]byte, 3))
	require.NoError(t, err)
	require.Equal(t, "abcdef", read(t, s, d))
	rest, err := io.ReadAll(a)
	require.NoError(t, err)
	require.Equal(t, "def", string(rest))
}

func testReadWhileRemoved(t *testing.T, s ra.Documents) {
	d := put(t, s, "soon gone")
	r, err := s.Open(t.Context(), d)
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, s.Remove(t.Context(), d))
	content, err := io.ReadAll(r)
	if err == nil { // either all of it or an error, never a part that looks whole
		require.Equal(t, "soon gone", string(content))
	}
}
