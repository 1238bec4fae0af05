package pades_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

func open(t testing.TB, doc []byte) *os.File {
	f, err := os.OpenFile(certtest.WriteFile(t, "*.pdf", doc), os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func contents(t testing.TB, f *os.File) []byte {
	data, err := os.ReadFile(f.Name())
	require.NoError(t, err)
	return data
}

func TestSignInPlace(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(certtest.Vectors(t, "pdf", "pdfbox", "sign_me.pdf"))
	require.NoError(t, err)
	w := newWorld(t, certtest.P256)
	f := open(t, doc)
	p := pades.Profile{Time: time.Now(), Level: signing.LevelLTA, Timestamper: w.tsa, Validation: w.evidence()}
	require.NoError(t, pades.SignInPlace(context.Background(), f, int64(len(doc)), signerOf(w.signer), p))
	out := contents(t, f)
	require.True(t, bytes.HasPrefix(out, doc))
	require.Equal(t, "PAdES-BASELINE-LTA", validate(t, out, w.validation()).Signatures[0].Level)
	require.NoError(t, pades.ExtendInPlace(context.Background(), f, int64(len(out)), signing.LevelLTA,
		pades.Extension{Timestamper: w.tsa, Validation: w.evidence()}))
	renewed := contents(t, f)
	require.True(t, bytes.HasPrefix(renewed, out))
	r := validate(t, renewed, w.validation())
	require.Equal(t, signing.StatusValid, r.Status())
	require.Len(t, r.Signatures, 3)
}

// A failing file writes half of what it is given.
type failingFile struct {
	*os.File
	sync bool
}

var errDisk = errors.New("the disk is full")

func (f failingFile) WriteAt(p []byte, at int64) (int, error) {
	if f.sync {
		return f.File.WriteAt(p, at)
	}
	n, _ := f.File.WriteAt(p[:len(p)/2], at)
	return n, errDisk
}

func (f failingFile) Sync() error { return errDisk }

func TestSignInPlaceLeavesTheDocument(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(certtest.Vectors(t, "pdf", "pdfbox", "sign_me.pdf"))
	require.NoError(t, err)
	w := newWorld(t, certtest.P256)
	size := int64(len(doc))
	ctx := context.Background()
	p := pades.Profile{Time: time.Now()}
	for _, sync := range []bool{false, true} {
		f := open(t, doc)
		require.ErrorIs(t, pades.SignInPlace(ctx, failingFile{f, sync}, size, signerOf(w.signer), p), errDisk)
		require.Equal(t, sha256.Sum256(doc), sha256.Sum256(contents(t, f)))
	}
	f := open(t, doc)
	p.Level = signing.LevelLT // and no evidence
	p.Timestamper = w.tsa
	p.Validation = w.validation()
	var missing *pades.MissingEvidenceError
	require.ErrorAs(t, pades.SignInPlace(ctx, f, size, signerOf(w.signer), p), &missing)
	require.Equal(t, doc, contents(t, f))
	var out bytes.Buffer
	require.ErrorAs(t, pades.Sign(ctx, &out, f, size, signerOf(w.signer), p), &missing)
	require.Zero(t, out.Len(), "nothing is written before everything is at hand")
}
