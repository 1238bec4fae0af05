package pades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// ErrState says that the state of a prepared signature is damaged or of another version. Prepare
// the document again.
var ErrState = errors.New("pades: the state of the prepared signature cannot be read")

// A Prepared signature waits for its value, which a key elsewhere makes of [Prepared.ToBeSigned].
// Its state ([Prepared.MarshalBinary]) is a few kilobytes, holds no secret and survives a restart;
// the document itself is not in it and must be given again, unchanged.
type Prepared struct {
	// Extension is what Complete needs for levels T and above. It is not in the state: set it again
	// after UnmarshalBinary, with the password of an encrypted document.
	Extension Extension

	draft  draft
	cms    *cms.Prepared
	digest []byte // of the document with its update
	level  signing.Level
	form   Form
}

// Prepare lays a signature out and digests the document, which is read once. chain is the
// signer's certificate first. Errors as for [Sign].
func Prepare(ctx context.Context, r io.ReaderAt, size int64, chain []*x509.Certificate,
	p Profile) (*Prepared, error) {
	d, err := newDraft(ctx, r, size, chain, &p)
	if err != nil {
		return nil, err
	}
	fixed, err := d.digest(ctx, nil, r)
	if err != nil {
		return nil, err
	}
	return &Prepared{Extension: p.extension(), draft: *d, cms: fixed, digest: d.sum, level: p.Level,
		form: p.Form}, nil
}

// ToBeSigned returns the octets that the key signs: the signed attributes in DER (RFC 5652, 5.4).
func (p *Prepared) ToBeSigned() []byte { return p.cms.ToBeSigned() }

// Algorithm names the signature algorithm: "RSA SHA-256", "RSA-PSS SHA-256", "ECDSA SHA-384",
// "Ed25519".
func (p *Prepared) Algorithm() string { return p.cms.Scheme().String() }

// Hash is the hash of [Prepared.ToBeSigned] that the key signs; zero for Ed25519, which takes the
// octets themselves.
func (p *Prepared) Hash() crypto.Hash {
	if s := p.cms.Scheme(); s.Key != algorithm.Ed25519 {
		return s.Hash
	}
	return 0
}

// Digest returns the digest of [Prepared.ToBeSigned] for a key that takes digests; nil for Ed25519.
func (p *Prepared) Digest() []byte {
	if p.Hash() == 0 {
		return nil
	}
	return algorithm.Digest(p.Hash(), p.cms.ToBeSigned())
}

// Complete checks the value against the certificate and writes the signed document to dst. r must
// be the document that was prepared; another one is refused ([RefusalError], mismatch). On an
// error dst must be discarded, as for [Sign].
func (p *Prepared) Complete(ctx context.Context, dst io.Writer, r io.ReaderAt, size int64,
	value []byte) error {
	signed, err := p.cms.Complete(value)
	if err != nil {
		return err
	}
	return p.complete(ctx, dst, r, size, signed)
}

func (p *Prepared) complete(ctx context.Context, dst io.Writer, r io.ReaderAt, size int64,
	signed *cms.SignedData) error {
	update, err := p.filled(ctx, signed)
	if err != nil {
		return err
	}
	now := dst
	if p.level >= signing.LevelLT {
		now = nil
	}
	if err := p.copyUnchanged(ctx, now, r, size); err != nil {
		return err
	}
	if p.level >= signing.LevelLT {
		return update.deliver(ctx, dst, r, p.level, p.Extension)
	}
	_, err = dst.Write(update.update)
	return err
}

// CompleteInPlace is [Prepared.Complete] for a file that is signed where it lies: it appends to f
// as [SignInPlace] does, with the same promises. size is the size of f and of the document that was
// prepared.
func (p *Prepared) CompleteInPlace(ctx context.Context, f File, size int64, value []byte) error {
	signed, err := p.cms.Complete(value)
	if err != nil {
		return err
	}
	return p.completeInPlace(ctx, f, size, signed)
}

func (p *Prepared) completeInPlace(ctx context.Context, f File, size int64,
	signed *cms.SignedData) error {
	if err := exactSize(f, size); err != nil {
		return err
	}
	if err := p.copyUnchanged(ctx, nil, f, size); err != nil {
		return err
	}
	update, err := p.filled(ctx, signed)
	if err != nil {
		return err
	}
	return update.appendTo(ctx, f, p.level, p.Extension)
}

// filled returns the update with the signature in it.
func (p *Prepared) filled(ctx context.Context, signed *cms.SignedData) (*draft, error) {
	update := p.draft
	update.update = bytes.Clone(p.draft.update)
	return &update, update.finish(ctx, signed, p.Extension.Timestamper, p.level)
}

// copyUnchanged copies the document and refuses one that was not prepared.
func (p *Prepared) copyUnchanged(ctx context.Context, dst io.Writer, r io.ReaderAt,
	size int64) error {
	if size != p.draft.size {
		return refuse("mismatch",
			fmt.Sprintf("the document has %d octets, the one that was prepared had %d", size, p.draft.size))
	}
	h := p.draft.hash.New()
	if err := copySigned(dst, h, contextReader{ctx, r}, size, p.draft.update,
		p.draft.place); err != nil {
		return err
	}
	if !bytes.Equal(h.Sum(nil), p.digest) {
		return refuse("mismatch", "the document is not the one that was prepared")
	}
	return nil
}

const stateVersion = 1

// state is what MarshalBinary writes, in DER.
type state struct {
	Version int
	Level   int
	Form    int
	Digest  []byte
	Size    int64
	Before  []byte // of the update, up to Contents
	After   []byte
	Length  int // of Contents with its delimiters
	CMS     []byte
}

// MarshalBinary implements encoding.BinaryMarshaler.
func (p *Prepared) MarshalBinary() ([]byte, error) {
	inner, err := p.cms.MarshalBinary()
	if err != nil {
		return nil, err
	}
	d := &p.draft
	return asn1.Marshal(state{Version: stateVersion, Level: int(p.level), Form: int(p.form),
		Digest: p.digest, Size: d.size,
		Before: d.update[:d.place.start], After: d.update[d.place.start+d.place.length:],
		Length: d.place.length, CMS: inner})
}

// maxContents bounds the room for a signature that a state may ask for.
const maxContents = 64 << 20

// UnmarshalBinary implements encoding.BinaryUnmarshaler. Errors: [ErrState].
func (p *Prepared) UnmarshalBinary(data []byte) error {
	var s state
	rest, err := asn1.Unmarshal(data, &s)
	if err != nil || len(rest) > 0 || s.Version != stateVersion || s.Size < 0 || s.Length < 2 ||
		s.Length > maxContents || s.Level < 0 || s.Level > int(signing.LevelLTA) || s.Form < 0 ||
		s.Form > int(FormISO32000) {
		return ErrState
	}
	inner := &cms.Prepared{}
	if err := inner.UnmarshalBinary(s.CMS); err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	update := make([]byte, 0, len(s.Before)+s.Length+len(s.After))
	update = append(append(update, s.Before...), emptyContents(s.Length)...)
	update = append(update, s.After...)
	*p = Prepared{Extension: p.Extension, level: signing.Level(s.Level), form: Form(s.Form),
		cms: inner, digest: s.Digest, draft: draft{
			size: s.Size, update: update, place: gapPlace{len(s.Before), s.Length}, hash: inner.Hash()}}
	return nil
}
