package cades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

const (
	// smallContent is held in memory, so that what is written around it is DER.
	smallContent = 1 << 20
	// hashBuffer is what content is read in.
	hashBuffer = 256 << 10
)

// Sign signs content and writes the signature to dst. Content is read once, except that attached
// content of more than 1 MiB at levels LT and LTA is read twice and must be an io.Seeker. After an
// error what was written to dst is no signature.
func Sign(ctx context.Context, dst io.Writer, content io.Reader, s signing.Signer,
	p Profile) error {
	if _, err := s.Leaf(); err != nil {
		return err
	}
	j, err := newJob(ctx, s.Chain, p)
	if err != nil {
		return err
	}
	sign := func(digest []byte) (*cms.SignedData, error) { return j.sign(s.Key, digest) }
	if p.Detached {
		digest, err := digestOf(j.q.Hash, content)
		if err != nil {
			return err
		}
		d, err := sign(digest)
		if err != nil {
			return err
		}
		return writeDetached(dst, d)
	}
	return writeAttached(dst, content, j, sign)
}

// job is one signature on its way.
type job struct {
	ctx context.Context
	p   Profile
	q   cms.Parameters
}

func newJob(ctx context.Context, chain []*x509.Certificate, p Profile) (*job, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	q, err := p.parameters(chain)
	return &job{ctx: ctx, p: p, q: q}, err
}

// prepare fixes the signed attributes over a digest of the content.
func (j *job) prepare(digest []byte) (*cms.Prepared, error) {
	q := j.q
	if j.p.ContentTimestamper != nil {
		token, err := j.p.ContentTimestamper.Timestamp(j.ctx, q.Hash, digest)
		if err != nil {
			return nil, fmt.Errorf("cades: content time stamp: %w", err)
		}
		q.Attributes = append(q.Attributes[:len(q.Attributes):len(q.Attributes)],
			cms.NewAttribute(cms.OIDContentTimestamp, token))
	}
	return cms.Prepare(q, digest)
}

// sign signs a digest of the content and brings the signature to its level.
func (j *job) sign(key crypto.Signer, digest []byte) (*cms.SignedData, error) {
	prepared, err := j.prepare(digest)
	if err != nil {
		return nil, err
	}
	d, err := prepared.Sign(key)
	if err != nil {
		return nil, err
	}
	return d, j.augment(d, digest)
}

func (j *job) augment(d *cms.SignedData, digest []byte) error {
	if j.p.Level == signing.LevelB {
		return nil
	}
	e := Extension{Timestamper: j.p.Timestamper, Validation: j.p.Validation, Hash: j.q.Hash}
	a := &augmenter{ctx: j.ctx, e: e, d: d, content: cms.Digests{j.q.Hash: digest},
		known: j.q.Chain}
	return a.raise(d.Signers[0], j.p.Level)
}

func digestOf(h crypto.Hash, content io.Reader) ([]byte, error) {
	return cms.HashContent(content, h)
}

// onlyWriter keeps io.CopyBuffer to its buffer.
type onlyWriter struct{ io.Writer }

func writeDetached(dst io.Writer, d *cms.SignedData) error {
	der, err := d.Marshal()
	if err != nil {
		return err
	}
	_, err = dst.Write(der)
	return err
}

// writeAttached reads content, has it signed, and writes both.
func writeAttached(dst io.Writer, content io.Reader, j *job,
	sign func([]byte) (*cms.SignedData, error)) error {
	head, whole, err := readSmall(content)
	if err != nil {
		return err
	}
	if whole {
		d, err := sign(algorithm.Digest(j.q.Hash, head))
		if err != nil {
			return err
		}
		der, err := d.MarshalAttached(head)
		if err != nil {
			return err
		}
		_, err = dst.Write(der)
		return err
	}
	if j.p.Level >= signing.LevelLT {
		return writeTwice(dst, head, content, j, sign)
	}
	return writeStream(dst, head, content, j, sign)
}

// readSmall reads up to smallContent octets; whole says that there were no more.
func readSmall(r io.Reader) (head []byte, whole bool, err error) {
	var buf bytes.Buffer
	n, err := io.Copy(&buf, io.LimitReader(r, smallContent+1))
	return buf.Bytes(), n <= smallContent, err
}

// writeStream writes BER in one pass.
func writeStream(dst io.Writer, head []byte, content io.Reader, j *job,
	sign func([]byte) (*cms.SignedData, error)) error {
	out, err := cms.NewStream(dst, j.q)
	if err != nil {
		return err
	}
	f := j.q.Hash.New()
	f.Write(head)
	if _, err := out.Write(head); err != nil {
		return err
	}
	for {
		n, err := content.Read(out.Buffer())
		f.Write(out.Buffer()[:n])
		if err := out.Filled(n); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	d, err := sign(f.Sum(nil))
	if err != nil {
		return err
	}
	return out.Close(d)
}

// writeTwice reads content to digest it, and again to write it: what stands before it depends on
// the evidence that comes after it.
func writeTwice(dst io.Writer, head []byte, content io.Reader, j *job,
	sign func([]byte) (*cms.SignedData, error)) error {
	seeker, ok := content.(io.Seeker)
	if !ok {
		return &ProfileError{"content",
			"of more than 1 MiB, attached, must be an io.Seeker at level " + j.p.Level.String()}
	}
	f := j.q.Hash.New()
	f.Write(head)
	n, err := io.CopyBuffer(onlyWriter{f}, content, make([]byte, hashBuffer))
	if err != nil {
		return err
	}
	digest := f.Sum(nil)
	d, err := sign(digest)
	if err != nil {
		return err
	}
	size := n + int64(len(head))
	if _, err := seeker.Seek(-size, io.SeekCurrent); err != nil {
		return err
	}
	again := j.q.Hash.New()
	if err := d.WriteAttached(dst, io.TeeReader(content, again), size); err != nil {
		return err
	}
	if !bytes.Equal(again.Sum(nil), digest) {
		return ErrContent
	}
	return nil
}
