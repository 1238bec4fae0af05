package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/pades"
)

func TestPrepareCompletes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	doc, err := os.ReadFile(certtest.Vectors(t, "pdf", "pdfbox", "sign_me.pdf"))
	require.NoError(t, err)
	e := certtest.NewPKI(t, certtest.P256).Signer(t, certtest.Template{})
	other := certtest.NewPKI(t, certtest.P256).Signer(t, certtest.Template{Kind: certtest.P256})

	first, err := pades.Prepare(ctx, bytes.NewReader(doc), int64(len(doc)), e.Chain(),
		pades.Profile{Time: time.Now()})
	require.NoError(t, err)
	state, err := first.MarshalBinary()
	require.NoError(t, err)
	require.Less(t, len(state), 8<<10)

	var p pades.Prepared
	require.NoError(t, p.UnmarshalBinary(state))
	require.Equal(t, first.ToBeSigned(), p.ToBeSigned())
	value, err := e.Key.Sign(rand.Reader, p.Digest(), crypto.SHA256)
	require.NoError(t, err)

	var out bytes.Buffer
	require.NoError(t, p.Complete(ctx, &out, bytes.NewReader(doc), int64(len(doc)), value))
	require.True(t, bytes.HasPrefix(out.Bytes(), doc))
	requireAccepted(t, out.Bytes(), e)

	t.Run("a value by another key", func(t *testing.T) {
		wrong, err := other.Key.Sign(rand.Reader, p.Digest(), crypto.SHA256)
		require.NoError(t, err)
		var out bytes.Buffer
		require.Error(t, p.Complete(ctx, &out, bytes.NewReader(doc), int64(len(doc)), wrong))
		require.Zero(t, out.Len())
	})
	t.Run("another document", func(t *testing.T) {
		changed := bytes.Clone(doc)
		changed[len(changed)/2] ^= 1
		var refusal *pades.RefusalError
		err := p.Complete(ctx, &bytes.Buffer{}, bytes.NewReader(changed), int64(len(changed)), value)
		require.True(t, errors.As(err, &refusal), err)
		require.Equal(t, "mismatch", refusal.Reason)
	})
	t.Run("a damaged state", func(t *testing.T) {
		for i := range state {
			bad := bytes.Clone(state[:i])
			require.ErrorIs(t, new(pades.Prepared).UnmarshalBinary(bad), pades.ErrState)
		}
	})
}

// TestCompleteInPlace appends a prepared signature to the file, or leaves it as it was.
func TestCompleteInPlace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, certtest.P256)
	doc := pageOf(a5)
	size := int64(len(doc))
	done := map[string][]byte{}
	for level := signing.LevelB; level <= signing.LevelLTA; level++ {
		p, err := pades.Prepare(ctx, bytes.NewReader(doc), size, w.signer.Chain(), pades.Profile{
			Time: time.Now(), Level: level, Timestamper: w.tsa, Validation: w.evidence()})
		require.NoError(t, err)
		value, err := w.signer.Key.Sign(rand.Reader, p.Digest(), p.Hash())
		require.NoError(t, err)

		d := newDisk(t, doc)
		require.NoError(t, p.CompleteInPlace(ctx, d, size, value))
		require.Equal(t, 4, d.calls, "write, sync, write, sync")
		require.True(t, bytes.HasPrefix(d.data, doc))
		r := validate(t, d.data, w.evidence())
		require.Equal(t, signing.StatusValid, r.Status())
		require.Equal(t, "PAdES-BASELINE-"+level.String(), r.Signatures[0].Level)
		if level == signing.LevelB {
			done["completed"] = d.data
		}

		for call := 1; call <= 4; call++ {
			d := newDisk(t, doc)
			d.failing = call
			require.ErrorIs(t, p.CompleteInPlace(ctx, d, size, value), errDisk)
			require.Equal(t, doc, d.data)
		}
		other, wrong := bytes.Clone(doc), bytes.Clone(value)
		other[len(other)/2] ^= 1
		wrong[len(wrong)-1] ^= 1
		for name, c := range map[string]struct{ doc, value []byte }{"another document": {other, value},
			"a longer document": {append(bytes.Clone(doc), '\n'), value}, "a wrong value": {doc, wrong}} {
			d := newDisk(t, c.doc)
			require.Error(t, p.CompleteInPlace(ctx, d, size, c.value), name)
			require.Zero(t, d.calls, name)
		}
	}
	p, err := pades.Prepare(ctx, bytes.NewReader(doc), size, w.signer.Chain(), pades.Profile{Time: time.Now()})
	require.NoError(t, err)
	hash, digest := p.DocumentDigest()
	elsewhere, err := cms.Prepare(cms.Parameters{Hash: hash, Chain: w.signer.Chain()}, digest)
	require.NoError(t, err)
	signed, err := elsewhere.Sign(w.signer.Key)
	require.NoError(t, err)
	der, err := signed.Marshal()
	require.NoError(t, err)
	d := newDisk(t, doc)
	require.NoError(t, p.InsertInPlace(ctx, d, size, der))
	done["inserted"] = d.data
	d = newDisk(t, doc)
	require.Error(t, p.InsertInPlace(ctx, d, size, der[1:]))
	require.Zero(t, d.calls)
	requireAllAccepted(t, w.signer, done)
}

// requireAccepted asks strangers whether they accept a document, with trust.
func requireAccepted(t *testing.T, doc []byte, e *certtest.Entity, judges ...string) {
	t.Helper()
	root := e
	for root.Issuer != nil {
		root = root.Issuer
	}
	job := certtest.Job{File: certtest.WriteFile(t, "*.pdf", doc),
		Trust: []string{certtest.WritePEM(t, root.Certificate)}}
	names := "pdfsig,pyhanko,openssl,qpdf,dss"
	if len(judges) > 0 {
		names = judges[0]
	}
	for _, l := range certtest.Judge(t, "pdf", names, job) {
		require.True(t, l.Accepted, "%s: %s %+v", l.Judge, l.Error, l.Signatures)
	}
}

func TestInsert(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	doc, err := os.ReadFile(certtest.Vectors(t, "pdf", "pdfbox", "sign_me.pdf"))
	require.NoError(t, err)
	e := certtest.NewPKI(t, certtest.RSA2048).Signer(t, certtest.Template{})
	p, err := pades.Prepare(ctx, bytes.NewReader(doc), int64(len(doc)), e.Chain(),
		pades.Profile{Time: time.Now()})
	require.NoError(t, err)
	state, err := p.MarshalBinary()
	require.NoError(t, err)
	var back pades.Prepared
	require.NoError(t, back.UnmarshalBinary(state))
	hash, digest := back.DocumentDigest()

	made := func(parameters cms.Parameters, digest []byte) []byte {
		parameters.Chain = e.Chain()
		elsewhere, err := cms.Prepare(parameters, digest)
		require.NoError(t, err)
		signed, err := elsewhere.Sign(e.Key)
		require.NoError(t, err)
		der, err := signed.Marshal()
		require.NoError(t, err)
		return der
	}
	var out bytes.Buffer
	require.NoError(t, back.Insert(ctx, &out, bytes.NewReader(doc), int64(len(doc)),
		made(cms.Parameters{Hash: hash}, digest)))
	requireAccepted(t, out.Bytes(), e, "pdfsig,pyhanko,openssl,dss")

	for name, der := range map[string][]byte{
		"over something else":      made(cms.Parameters{Hash: hash}, make([]byte, 32)),
		"without ESS":              made(cms.Parameters{Hash: hash, Plain: true}, digest),
		"not a signature":          []byte("signature"),
		"with octets at the end":   append(made(cms.Parameters{Hash: hash}, digest), 1),
		"with a broken value":      flip(made(cms.Parameters{Hash: hash}, digest), -1),
		"with another certificate": flip(made(cms.Parameters{Hash: hash}, digest), 300),
	} {
		var refusal *pades.RefusalError
		var out bytes.Buffer
		err := back.Insert(ctx, &out, bytes.NewReader(doc), int64(len(doc)), der)
		require.ErrorAs(t, err, &refusal, name)
		require.Equal(t, "foreign", refusal.Reason)
		require.Zero(t, out.Len())
	}
}

func flip(b []byte, at int) []byte {
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 1
	return b
}
