package cades

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// Cosign adds a signature beside those that are there, over the same content (parallel
// signatures, RFC 5652, 5.1). content gives the content of a detached signature and is nil for an
// attached one, whatever Profile.Detached says. Signatures that do not verify are no reason to
// refuse: each stands for itself. [PrepareCosign] does it in two steps.
func Cosign(ctx context.Context, dst io.Writer, doc io.ReaderAt, size int64,
	content func() (io.ReadCloser, error), s signing.Signer, p Profile) error {
	if _, err := s.Leaf(); err != nil {
		return err
	}
	g, err := newGuest(ctx, doc, size, "", content, s.Chain, p)
	if err != nil {
		return err
	}
	own, err := g.j.sign(s.Key, g.digest)
	if err != nil {
		return err
	}
	return g.join(dst, own)
}

// PrepareCosign is [Cosign] for a key that lives elsewhere; [Prepared.CompleteIn] ends it.
func PrepareCosign(ctx context.Context, doc io.ReaderAt, size int64,
	content func() (io.ReadCloser, error), chain []*x509.Certificate, p Profile) (*Prepared,
	error) {
	return prepareGuest(ctx, doc, size, "", content, chain, p)
}

// Countersign signs a signature: its value, not the content (RFC 5652, 11.4). target is the
// identifier of a report, "signature-1" or, for the counter-signature of a counter-signature,
// "signature-1.2". A signature that does not verify is not countersigned: [ErrBrokenSignature].
// Level T is the highest; the one around it is archived with [Extend]. [PrepareCountersign] does
// it in two steps.
func Countersign(ctx context.Context, dst io.Writer, doc io.ReaderAt, size int64, target string,
	content func() (io.ReadCloser, error), s signing.Signer, p Profile) error {
	if _, err := s.Leaf(); err != nil {
		return err
	}
	if target == "" {
		return ErrNoSuchSignature
	}
	g, err := newGuest(ctx, doc, size, target, content, s.Chain, p)
	if err != nil {
		return err
	}
	own, err := g.j.sign(s.Key, g.digest)
	if err != nil {
		return err
	}
	return g.join(dst, own)
}

// PrepareCountersign is [Countersign] for a key that lives elsewhere; [Prepared.CompleteIn] ends
// it.
func PrepareCountersign(ctx context.Context, doc io.ReaderAt, size int64, target string,
	content func() (io.ReadCloser, error), chain []*x509.Certificate, p Profile) (*Prepared,
	error) {
	if target == "" {
		return nil, ErrNoSuchSignature
	}
	return prepareGuest(ctx, doc, size, target, content, chain, p)
}

func prepareGuest(ctx context.Context, doc io.ReaderAt, size int64, target string,
	content func() (io.ReadCloser, error), chain []*x509.Certificate, p Profile) (*Prepared,
	error) {
	g, err := newGuest(ctx, doc, size, target, content, chain, p)
	if err != nil {
		return nil, err
	}
	prepared, err := g.j.prepare(g.digest)
	if err != nil {
		return nil, err
	}
	mode := besideOthers
	if target != "" {
		mode = onAnother
	}
	return &Prepared{cms: prepared, mode: mode, target: target, detached: !g.d.Attached,
		level: p.Level, digest: g.digest}, nil
}

// CompleteIn checks value against the certificate and puts the signature that [PrepareCosign] or
// [PrepareCountersign] prepared into the document, which must still hold the same content or the
// same signature ([ErrContent]). Others may have signed meanwhile. e gives what levels above B
// need, and Content for a detached document.
func (p *Prepared) CompleteIn(ctx context.Context, dst io.Writer, doc io.ReaderAt, size int64,
	value []byte, e Extension) error {
	if p.mode == newDocument {
		return &ProfileError{"CompleteIn", "is for what was prepared in a document"}
	}
	own, err := p.raised(ctx, value, e)
	if err != nil {
		return err
	}
	q := cms.Parameters{Hash: p.cms.Hash()}
	g := &guest{j: &job{ctx: ctx, q: q, p: Profile{Level: p.level}}, target: p.target}
	if err := g.read(doc, size, e.Content); err != nil {
		return err
	}
	if !bytes.Equal(g.digest, p.digest) {
		return ErrContent
	}
	return g.join(dst, own)
}

// guest is a signature that comes into a document of others.
type guest struct {
	j      *job
	target string // of a counter-signature; empty for a parallel signature
	src    *source
	d      *cms.SignedData
	place  *place
	digest []byte // of the content, or of the value that is countersigned
}

func newGuest(ctx context.Context, doc io.ReaderAt, size int64, target string,
	content func() (io.ReadCloser, error), chain []*x509.Certificate, p Profile) (*guest, error) {
	if target != "" && p.Level > signing.LevelT {
		return nil, &ProfileError{"Level", "of a counter-signature is B or T"}
	}
	j, err := newJob(ctx, chain, p)
	if err != nil {
		return nil, err
	}
	g := &guest{j: j, target: target}
	if err := g.read(doc, size, content); err != nil {
		return nil, err
	}
	if j.q.Counter = target != ""; !j.q.Counter {
		j.q.ContentType = g.d.ContentType
	}
	return g, nil
}

// read reads the document and digests what is to be signed in it.
func (g *guest) read(doc io.ReaderAt, size int64, content func() (io.ReadCloser, error)) error {
	var known cms.Content
	var err error
	if g.src, g.d, known, err = open(doc, size, g.j.q.Hash, content); err != nil {
		return err
	}
	if err := refuseArchived(g.d); err != nil {
		return err
	}
	if g.target == "" {
		if g.digest, err = known.Digest(g.j.q.Hash); err != nil {
			return ErrNoContent
		}
		return nil
	}
	if g.place, err = find(g.d, g.target); err != nil {
		return err
	}
	if err := g.place.check(g.d, known); err != nil {
		return err
	}
	g.digest = algorithm.Digest(g.j.q.Hash, g.place.signer().Signature)
	return nil
}

// join writes the document with the guest in it.
func (g *guest) join(dst io.Writer, own *cms.SignedData) error {
	if g.target == "" {
		g.d.Merge(own)
		return g.src.rewrite(dst, g.d)
	}
	if err := g.place.add(own.Signers[0]); err != nil {
		return err
	}
	g.d.AddCertificates(own.Certificates...)
	return g.src.rewrite(dst, g.d)
}

// refuseArchived refuses to add certificates to what an archive time stamp of version 2 covers.
func refuseArchived(d *cms.SignedData) error {
	if (&augmenter{d: d}).hasArchiveV2() {
		return &ProfileError{"document", "has an archive time stamp of version 2, which another " +
			"certificate would break"}
	}
	return nil
}

// place is a signature and the way to it: the first is one of the SignedData, each further one a
// counter-signature on the one before.
type place struct {
	way []*cms.SignerInfo
	at  []spot // where each but the first stands on the one before
}

type spot struct{ attribute, value int }

func (p *place) signer() *cms.SignerInfo { return p.way[len(p.way)-1] }

// find follows an identifier.
func find(d *cms.SignedData, id string) (*place, error) {
	rest, ok := strings.CutPrefix(id, "signature-")
	steps := strings.Split(rest, ".")
	if !ok || len(steps) > maxCounter {
		return nil, ErrNoSuchSignature
	}
	p := &place{}
	for i, step := range steps {
		n, err := strconv.Atoi(step)
		if err != nil || n < 1 {
			return nil, ErrNoSuchSignature
		}
		if i == 0 {
			if n > len(d.Signers) {
				return nil, ErrNoSuchSignature
			}
			p.way = append(p.way, d.Signers[n-1])
		} else if !p.step(n) {
			return nil, ErrNoSuchSignature
		}
	}
	return p, nil
}

// step goes to the nth counter-signature of the last.
func (p *place) step(n int) bool {
	for i, a := range p.signer().Unsigned {
		if !a.Type.Equal(cms.OIDCounterSignature) {
			continue
		}
		if n <= len(a.Values) {
			p.way = append(p.way, cms.ParseCounter(a.Values[n-1], 0))
			p.at = append(p.at, spot{i, n - 1})
			return true
		}
		n -= len(a.Values)
	}
	return false
}

// check verifies the signature at the place and all that it stands on.
func (p *place) check(d *cms.SignedData, content cms.Content) error {
	certs := parseAll(d.X509())
	for i, s := range p.way {
		if i > 0 {
			content = cms.Octets(p.way[i-1].Signature)
		}
		c := s.Signer(certs, content)
		if c == nil {
			return fmt.Errorf("%w: its certificate is not at hand", ErrBrokenSignature)
		}
		err := s.Verify(c, content)
		if errors.Is(err, cms.ErrNoContent) {
			err = s.VerifyValue(c)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBrokenSignature, err)
		}
	}
	return nil
}

// add puts a counter-signature on the signature at the place, and carries the change outwards.
// Archive time stamps on the way out would be broken by it, and refuse it.
func (p *place) add(counter *cms.SignerInfo) error {
	p.signer().AddUnsigned(cms.NewAttribute(cms.OIDCounterSignature, counter.Raw()))
	for i := len(p.way) - 1; i > 0; i-- {
		outer, at := p.way[i-1], p.at[i-1]
		if len(cms.Find(outer.Unsigned, oidArchiveV3)) > 0 {
			return &ProfileError{"target", "is covered by an archive time stamp"}
		}
		values := append([][]byte(nil), outer.Unsigned[at.attribute].Values...)
		values[at.value] = p.way[i].Raw()
		outer.ReplaceUnsigned(at.attribute, cms.NewAttribute(cms.OIDCounterSignature, values...))
	}
	return nil
}
