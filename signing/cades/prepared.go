package cades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// Prepared is a signature to which only its value is missing, for a key that lives elsewhere. Its
// state is small, holds no secret and no content, and survives a restart
// ([Prepared.MarshalBinary]).
type Prepared struct {
	cms      *cms.Prepared
	mode     mode
	target   string // of a counter-signature
	detached bool
	level    signing.Level
	digest   []byte // of the content
}

// mode says where the signature will stand.
type mode uint8

const (
	newDocument  mode = iota
	besideOthers      // [PrepareCosign]
	onAnother         // [PrepareCountersign]
)

// Prepare reads content and fixes what will be signed over it. Errors as for [Sign].
func Prepare(ctx context.Context, content io.Reader, chain []*x509.Certificate,
	p Profile) (*Prepared, error) {
	j, err := newJob(ctx, chain, p)
	if err != nil {
		return nil, err
	}
	digest, err := digestOf(j.q.Hash, content)
	if err != nil {
		return nil, err
	}
	prepared, err := j.prepare(digest)
	if err != nil {
		return nil, err
	}
	return &Prepared{cms: prepared, detached: p.Detached, level: p.Level, digest: digest}, nil
}

// ToBeSigned is the message to sign: the signed attributes in DER.
func (p *Prepared) ToBeSigned() []byte { return p.cms.ToBeSigned() }

// Hash is the hash of [Prepared.ToBeSigned] that the key signs; 0 for Ed25519, which takes the
// message itself.
func (p *Prepared) Hash() crypto.Hash { return p.cms.Scheme().Hash }

// Digest is the digest of [Prepared.ToBeSigned] by [Prepared.Hash]; nil for Ed25519.
func (p *Prepared) Digest() []byte {
	if p.Hash() == 0 {
		return nil
	}
	return algorithm.Digest(p.Hash(), p.ToBeSigned())
}

// Options are what a crypto.Signer takes beside the digest; PSS parameters among them.
func (p *Prepared) Options() (crypto.SignerOpts, error) { return p.cms.Scheme().Options() }

// Algorithm names the signature algorithm: "RSA SHA-256", "RSA-PSS SHA-256", "ECDSA SHA-384",
// "Ed25519".
func (p *Prepared) Algorithm() string { return p.cms.Scheme().String() }

// Detached says whether the signature will stand apart from its content.
func (p *Prepared) Detached() bool { return p.detached }

// Complete checks value against the certificate, brings the signature to the level that was
// prepared and writes it to dst. ECDSA values are DER. content is what was prepared, once more;
// it may be nil for a detached signature. e gives what levels above B need. Errors:
// [ErrMismatch] for a value that does not belong here, [ErrContent] for other content (then what
// was written is no signature), and those of [Sign].
func (p *Prepared) Complete(ctx context.Context, dst io.Writer, content io.Reader, value []byte,
	e Extension) error {
	if p.mode != newDocument {
		return &ProfileError{"Complete",
			"is not for what was prepared in a document: CompleteIn is"}
	}
	d, err := p.raised(ctx, value, e)
	if err != nil {
		return err
	}
	if p.detached {
		return writeDetached(dst, d)
	}
	if content == nil {
		return ErrNoContent
	}
	return p.attach(dst, content, d)
}

// raised is the signature with its value, checked, at its level.
func (p *Prepared) raised(ctx context.Context, value []byte, e Extension) (*cms.SignedData, error) {
	d, err := p.cms.Complete(value)
	if err != nil || p.level == signing.LevelB {
		return d, err
	}
	if e.Hash == 0 {
		e.Hash = p.cms.Hash()
	}
	a := &augmenter{ctx: ctx, e: e, d: d, content: cms.Digests{p.cms.Hash(): p.digest},
		known: p.cms.Chain()}
	return d, a.raise(d.Signers[0], p.level)
}

func (p *Prepared) attach(dst io.Writer, content io.Reader, d *cms.SignedData) error {
	head, whole, err := readSmall(content)
	if err != nil {
		return err
	}
	if whole {
		if !bytes.Equal(algorithm.Digest(p.cms.Hash(), head), p.digest) {
			return ErrContent
		}
		der, err := d.MarshalAttached(head)
		if err != nil {
			return err
		}
		_, err = dst.Write(der)
		return err
	}
	j := &job{q: cms.Parameters{Hash: p.cms.Hash(), KeyID: d.Signers[0].ID.SubjectKeyID != nil},
		p: Profile{Level: p.level}}
	finish := func(digest []byte) (*cms.SignedData, error) {
		if !bytes.Equal(digest, p.digest) {
			return nil, ErrContent
		}
		return d, nil
	}
	if p.level >= signing.LevelLT {
		return writeTwice(dst, head, content, j, finish)
	}
	return writeStream(dst, head, content, j, finish)
}

const preparedVersion = 1

// MarshalBinary implements encoding.BinaryMarshaler.
func (p *Prepared) MarshalBinary() ([]byte, error) {
	inner, err := p.cms.MarshalBinary()
	if err != nil {
		return nil, err
	}
	detached := byte(0)
	if p.detached {
		detached = 1
	}
	small := func(n byte) []byte { return []byte{2, 1, n} }
	return ber.Sequence(small(preparedVersion), small(byte(p.mode)), ber.Octet([]byte(p.target)),
		small(detached), small(byte(p.level)), ber.Octet(p.digest), inner), nil
}

// ErrState says that the state of a prepared signature is damaged, or of another version of the
// library: prepare again.
var ErrState = cms.ErrState

// UnmarshalBinary implements encoding.BinaryUnmarshaler. Errors: [ErrState].
func (p *Prepared) UnmarshalBinary(state []byte) error {
	in := cryptobyte.String(state)
	var seq, target, digest, inner cryptobyte.String
	var version, where, detached, level int
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&version) ||
		!seq.ReadASN1Integer(&where) || !seq.ReadASN1(&target, cbasn1.OCTET_STRING) ||
		!seq.ReadASN1Integer(&detached) || !seq.ReadASN1Integer(&level) ||
		!seq.ReadASN1(&digest, cbasn1.OCTET_STRING) ||
		!seq.ReadASN1Element(&inner, cbasn1.SEQUENCE) || !seq.Empty() {
		return ErrState
	}
	if version != preparedVersion || level < 0 || level > int(signing.LevelLTA) ||
		detached&^1 != 0 || where < 0 || where > int(onAnother) ||
		(where == int(onAnother)) != (len(target) > 0) {
		return ErrState
	}
	out := Prepared{cms: new(cms.Prepared), mode: mode(where), target: string(target),
		detached: detached == 1, level: signing.Level(level),
		digest: append([]byte(nil), digest...)}
	if err := out.cms.UnmarshalBinary(inner); err != nil {
		return err
	}
	if len(out.digest) != out.cms.Hash().Size() {
		return ErrState
	}
	*p = out
	return nil
}
