package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

var errDisk = errors.New("the disk is full")

// A disk is a file in memory that fails at a given call that changes it, after having done part of
// what it was asked, and keeps what it held before each.
type disk struct {
	data     []byte
	failing  int // the call that fails, from 1
	calls    int
	stuck    bool // Truncate fails too
	states   [][]byte
	original []byte
	t        *testing.T
}

func newDisk(t *testing.T, doc []byte) *disk {
	return &disk{t: t, data: bytes.Clone(doc), original: doc}
}

func (d *disk) ReadAt(p []byte, at int64) (int, error) { return bytes.NewReader(d.data).ReadAt(p, at) }

func (d *disk) fails() bool {
	d.calls++
	d.states = append(d.states, bytes.Clone(d.data))
	return d.calls == d.failing
}

func (d *disk) WriteAt(p []byte, at int64) (int, error) {
	require.GreaterOrEqual(d.t, at, int64(len(d.original)), "an octet of the original is written to")
	fails := d.fails()
	if fails {
		p = p[:len(p)/2]
	}
	d.data = append(d.data, make([]byte, max(0, int(at)+len(p)-len(d.data)))...)
	copy(d.data[at:], p)
	if fails {
		return len(p), errDisk
	}
	return len(p), nil
}

func (d *disk) Sync() error {
	if d.fails() {
		return errDisk
	}
	return nil
}

func (d *disk) Truncate(size int64) error {
	if d.stuck {
		return errDisk
	}
	d.data = d.data[:size]
	return nil
}

// inPlaceDocs are documents with a table, a stream, a damaged table, and a signature.
func inPlaceDocs(t *testing.T, s signing.Signer) map[string][]byte {
	docs := map[string][]byte{"table": pageOf(a5)}
	for name, path := range map[string]string{"stream": "pdf/pdfbox/sign_me.pdf",
		"damaged": "pdf-sign/pyhanko/minimal-startxref-obo6.pdf"} {
		doc, err := os.ReadFile(certtest.Vectors(t, filepath.FromSlash(path)))
		require.NoError(t, err)
		docs[name] = doc
	}
	signed, err := sign(t, docs["table"], s, pades.Profile{})
	require.NoError(t, err)
	docs["signed"] = signed
	return docs
}

// signaturesIn counts the signatures that readers see. Ours also names one that is there without
// being shown, which is what a crash leaves.
func signaturesIn(t *testing.T, doc []byte) int {
	t.Helper()
	r, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)),
		signing.Validation{Time: time.Now()})
	if err != nil {
		require.ErrorIs(t, err, signing.ErrNotSigned)
		return 0
	}
	shown := 0
	for _, s := range r.Signatures {
		if s.Coverage == signing.CoversWhole || s.Coverage == signing.CoversRevision {
			shown++
		}
	}
	return shown
}

func TestSignInPlace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	e := certtest.NewPKI(t, certtest.P256).Signer(t, certtest.Template{})
	s := signerOf(e)
	p := pades.Profile{Time: time.Now(), Stamp: &pades.Stamp{}}
	signed, shown := map[string][]byte{}, map[string]int{}
	for name, doc := range inPlaceDocs(t, s) {
		size := int64(len(doc))
		whole := newDisk(t, doc)
		require.NoError(t, pades.SignInPlace(ctx, whole, size, s, p), name)
		require.True(t, bytes.HasPrefix(whole.data, doc), name)
		signed[name] = whole.data

		before := 0
		if name != "damaged" {
			before = signaturesIn(t, doc)
			for _, state := range whole.states[:3] {
				shown[certtest.WriteFile(t, name+"-*.pdf", state)] = before
			}
			shown[certtest.WriteFile(t, name+"-*.pdf", whole.data)] = before + 1
			require.Equal(t, before+1, signaturesIn(t, whole.data), name)
		}
		require.Equal(t, 4, whole.calls, "write, sync, write, sync")
		for call := 1; call <= whole.calls; call++ {
			d := newDisk(t, doc)
			d.failing = call
			err := pades.SignInPlace(ctx, d, size, s, p)
			require.ErrorIs(t, err, errDisk)
			require.NotErrorIs(t, err, pades.ErrNotRestored)
			require.Equal(t, doc, d.data, "%s: call %d", name, call)

			d = newDisk(t, doc)
			d.failing, d.stuck = call, true
			err = pades.SignInPlace(ctx, d, size, s, p)
			require.ErrorIs(t, err, errDisk)
			require.ErrorIs(t, err, pades.ErrNotRestored)
			require.True(t, bytes.HasPrefix(d.data, doc))
		}
	}
	requireAllAccepted(t, e, signed)
}

// TestSignInPlaceRefuses leaves the file alone when nothing comes of the signature.
func TestSignInPlaceRefuses(t *testing.T) {
	t.Parallel()
	e := certtest.NewPKI(t, certtest.P256).Signer(t, certtest.Template{})
	doc := pageOf(a5)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		size int
		p    pades.Profile
	}{
		"too short a size": {context.Background(), len(doc) - 10, pades.Profile{Time: time.Now()}},
		"no time":          {context.Background(), len(doc), pades.Profile{}},
		"no such page": {context.Background(), len(doc),
			pades.Profile{Time: time.Now(), Stamp: &pades.Stamp{Page: 7}}},
		"no authority": {context.Background(), len(doc),
			pades.Profile{Time: time.Now(), Level: signing.LevelT}},
		"authority fails": {context.Background(), len(doc),
			pades.Profile{Time: time.Now(), Level: signing.LevelT, Timestamper: noTime{}}},
		"too long a size": {context.Background(), len(doc) + 1, pades.Profile{Time: time.Now()}},
		"cancelled":       {cancelled, len(doc), pades.Profile{Time: time.Now()}},
	} {
		d := newDisk(t, doc)
		require.Error(t, pades.SignInPlace(c.ctx, d, int64(c.size), signerOf(e), c.p), name)
		require.Zero(t, d.calls, name)
		require.Equal(t, doc, d.data, name)
	}
}

type noTime struct{}

func (noTime) Timestamp(context.Context, crypto.Hash, []byte) ([]byte, error) { return nil, io.EOF }

// TestSignFileInPlace signs a file of the system twice.
func TestSignFileInPlace(t *testing.T) {
	t.Parallel()
	e := certtest.NewPKI(t, certtest.P256).Signer(t, certtest.Template{})
	doc := pageOf(a5)
	path := certtest.WriteFile(t, "*.pdf", doc)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	for range 2 {
		info, err := f.Stat()
		require.NoError(t, err)
		require.NoError(t, pades.SignInPlace(context.Background(), f, info.Size(), signerOf(e),
			pades.Profile{Time: time.Now(), Stamp: &pades.Stamp{}}))
	}
	out, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(out, doc))
	require.Equal(t, 2, signaturesIn(t, out))
}

// TestSignInPlaceLevels appends time stamps and evidence too, all in one step.
func TestSignInPlaceLevels(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	doc := pageOf(a5)
	for level, want := range map[signing.Level]string{signing.LevelT: "PAdES-BASELINE-T",
		signing.LevelLT: "PAdES-BASELINE-LT", signing.LevelLTA: "PAdES-BASELINE-LTA"} {
		d := newDisk(t, doc)
		require.NoError(t, pades.SignInPlace(context.Background(), d, int64(len(doc)), signerOf(w.signer),
			pades.Profile{Time: time.Now(), Level: level, Timestamper: w.tsa, Validation: w.evidence()}))
		require.Equal(t, 4, d.calls)
		require.True(t, bytes.HasPrefix(d.data, doc))
		r := validate(t, d.data, w.validation())
		require.Equal(t, signing.StatusValid, r.Status())
		require.Equal(t, want, r.Signatures[0].Level)
	}
}
