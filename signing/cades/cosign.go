package cades

import (
	"context"
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
// attached one. Profile.Detached and MimeType's absence follow the document. Signatures that do
// not verify are no reason to refuse: each stands for itself.
func Cosign(ctx context.Context, dst io.Writer, doc io.ReaderAt, size int64,
	content func() (io.ReadCloser, error), s signing.Signer, p Profile) error {
	if _, err := s.Leaf(); err != nil {
		return err
	}
	j, err := newJob(ctx, s.Chain, p)
	if err != nil {
		return err
	}
	src, d, known, err := open(doc, size, j.q.Hash, content)
	if err != nil {
		return err
	}
	digest, err := known.Digest(j.q.Hash)
	if err != nil {
		return ErrNoContent
	}
	if err := refuseArchived(d); err != nil {
		return err
	}
	j.q.ContentType = d.ContentType
	own, err := j.sign(s.Key, digest)
	if err != nil {
		return err
	}
	d.Merge(own)
	return src.rewrite(dst, d)
}

// refuseArchived refuses to add certificates to what an archive time stamp of version 2 covers.
func refuseArchived(d *cms.SignedData) error {
	if (&augmenter{d: d}).hasArchiveV2() {
		return &ProfileError{"document", "has an archive time stamp of version 2, which another " +
			"certificate would break"}
	}
	return nil
}

// Countersign signs a signature: its value, not the content (RFC 5652, 11.4). target is the
// identifier of a report, "signature-1" or, for the counter-signature of a counter-signature,
// "signature-1.2". A signature that does not verify is not countersigned: [ErrBrokenSignature].
// Level T is the highest; the one around it is archived with [Extend].
func Countersign(ctx context.Context, dst io.Writer, doc io.ReaderAt, size int64, target string,
	content func() (io.ReadCloser, error), s signing.Signer, p Profile) error {
	if _, err := s.Leaf(); err != nil {
		return err
	}
	if p.Level > signing.LevelT {
		return &ProfileError{"Level", "of a counter-signature is B or T"}
	}
	j, err := newJob(ctx, s.Chain, p)
	if err != nil {
		return err
	}
	src, d, known, err := open(doc, size, j.q.Hash, content)
	if err != nil {
		return err
	}
	if err := refuseArchived(d); err != nil {
		return err
	}
	place, err := find(d, target)
	if err != nil {
		return err
	}
	if err := place.check(d, known); err != nil {
		return err
	}
	j.q.Counter = true
	own, err := j.sign(s.Key, algorithm.Digest(j.q.Hash, place.signer().Signature))
	if err != nil {
		return err
	}
	if err := place.add(own.Signers[0]); err != nil {
		return err
	}
	d.AddCertificates(own.Certificates...)
	return src.rewrite(dst, d)
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
