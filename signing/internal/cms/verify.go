package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"io"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
)

// Content gives what is known of the content that a signature covers.
type Content interface {
	// Digest is the digest of the content under h. ErrNoContent when it is not at hand.
	Digest(h crypto.Hash) ([]byte, error)
	// Whole is the content itself, when it is short. Ed25519 without signed attributes needs it.
	Whole() ([]byte, bool)
}

// Digests is content of which only digests are known.
type Digests map[crypto.Hash][]byte

// Digest implements [Content].
func (d Digests) Digest(h crypto.Hash) ([]byte, error) {
	if v, ok := d[h]; ok {
		return v, nil
	}
	return nil, ErrNoContent
}

// Whole implements [Content].
func (Digests) Whole() ([]byte, bool) { return nil, false }

// Octets is content at hand.
type Octets []byte

// Digest implements [Content].
func (o Octets) Digest(h crypto.Hash) ([]byte, error) { return algorithm.Digest(h, o), nil }

// Whole implements [Content].
func (o Octets) Whole() ([]byte, bool) { return o, true }

// Verify judges the signature against the content and the certificate of the signer, and against
// nothing else: trust, dates and binding are not looked at. Errors, first things first: what
// [SignerInfo.Err] says, [*algorithm.Unsupported], [ErrNoContent], [ErrDigest] and
// [algorithm.ErrBroken].
func (s *SignerInfo) Verify(c *x509.Certificate, content Content) error {
	if s.Err != nil {
		return s.Err
	}
	if s.algErr != nil {
		return s.algErr
	}
	if err := s.checkContent(content); err != nil {
		return err
	}
	return s.verifyValue(c, content)
}

// checkContent compares message-digest with the content.
func (s *SignerInfo) checkContent(content Content) error {
	if s.signed == nil {
		return s.checkBareContent(content)
	}
	digest, err := content.Digest(s.Hash)
	if err != nil {
		return err
	}
	if !bytes.Equal(digest, s.digest) {
		return ErrDigest
	}
	return nil
}

// checkBareContent refuses a signature without signed attributes over what is itself a set of
// them: it can be made from any signature that has them (RFC 5652, 5.4 hashes both alike).
func (s *SignerInfo) checkBareContent(content Content) error {
	whole, ok := content.Whole()
	if ok && len(whole) > 0 && whole[0] == 0x31 {
		set, err := parseAttributes(whole, 0)
		if err == nil && len(Find(set.list, OIDMessageDigest)) > 0 {
			return badFormat("the content is the signed attributes of another signature")
		}
	}
	if k, long := content.(beginner); !ok && long && k.isOneSet() {
		return badFormat("the content may be the signed attributes of another signature")
	}
	return nil
}

// A beginner is content that is too long to be kept, of which the beginning is known.
type beginner interface{ isOneSet() bool }

func (s *SignerInfo) verifyValue(c *x509.Certificate, content Content) error {
	pub, err := algorithm.PublicKey(c)
	if err != nil {
		if errors.Is(err, algorithm.ErrMalformed) {
			return &FormatError{What: "the signer's certificate has no usable key", Err: err}
		}
		return err
	}
	if s.signed == nil {
		if s.Scheme.Key == algorithm.Ed25519 {
			whole, ok := content.Whole()
			if !ok {
				return &algorithm.Unsupported{
					Feature: "Ed25519 over long content without signed attributes"}
			}
			return s.Scheme.Verify(pub, whole, s.Signature)
		}
		digest, err := content.Digest(s.Hash)
		if err != nil {
			return err
		}
		return s.Scheme.VerifyDigest(pub, digest, s.Signature)
	}
	err = s.Scheme.Verify(pub, s.signed.der, s.Signature)
	if errors.Is(err, algorithm.ErrBroken) && s.NotDER {
		return s.Scheme.Verify(pub, s.signed.raw, s.Signature)
	}
	return err
}

// Weakness names a weak algorithm or key of the signature; see [algorithm.Scheme.Weakness].
func (s *SignerInfo) Weakness(c *x509.Certificate) string {
	if s.Hash == crypto.SHA1 {
		return "SHA-1"
	}
	if c == nil {
		return s.Scheme.Weakness(nil)
	}
	pub, err := algorithm.PublicKey(c)
	if err != nil {
		return ""
	}
	return s.Scheme.Weakness(pub)
}

// maxNamesakes bounds the certificates of one name and number that are tried: none should have any,
// and each costs a verification.
const maxNamesakes = 16

// Signer chooses the certificate that a signature was made with among those at hand: the one
// that its signing-certificate attributes match, or else, of those its identifier names, the
// first that verifies the value. It returns nil when none is named. Two certificates of one name
// and number cannot stand for each other: only a matching attribute binds.
func (s *SignerInfo) Signer(candidates []*x509.Certificate, content Content) *x509.Certificate {
	var named []*x509.Certificate
	for _, c := range candidates {
		if s.ID.Names(c) {
			named = append(named, c)
		}
	}
	if len(named) < 2 {
		if len(named) == 1 {
			return named[0]
		}
		return nil
	}
	if len(s.ess) > 0 {
		for _, c := range named {
			if s.Binding(c) == signing.BindingOK {
				return c
			}
		}
	}
	for _, c := range named[:min(len(named), maxNamesakes)] {
		if s.Verify(c, content) == nil {
			return c
		}
	}
	return named[0]
}

// VerifyValue judges the signature value over the signed attributes alone, for those to whom the
// content is not at hand: the attributes are the signer's, whether the content is theirs is open.
func (s *SignerInfo) VerifyValue(c *x509.Certificate) error {
	if s.Err != nil {
		return s.Err
	}
	if s.algErr != nil {
		return s.algErr
	}
	if s.signed == nil {
		return ErrNoContent
	}
	return s.verifyValue(c, Digests(nil))
}

// known is content that was read once.
type known struct {
	Digests
	kept *keeper
}

// Digest implements [Content].
func (k *known) Digest(h crypto.Hash) ([]byte, error) {
	if v, ok := k.Digests[h]; ok {
		return v, nil
	}
	if whole, ok := k.Whole(); ok && algorithm.Supported(h) {
		return algorithm.Digest(h, whole), nil
	}
	return nil, ErrNoContent
}

// Whole implements [Content].
func (k *known) Whole() ([]byte, bool) { return k.kept.buf, k.kept.buf != nil }

func (k *known) isOneSet() bool { return k.kept.isOneSet() }

// DigestContent reads content to its end under several hashes; those that are not supported are
// passed over.
func DigestContent(r io.Reader, hashes []crypto.Hash) (Content, error) {
	all, keep := newHashers(hashes), &keeper{buf: []byte{}}
	_, err := copyThrough(r, all, keep, nil)
	if err != nil {
		return nil, err
	}
	return &known{all.digests(), keep}, nil
}

// HashContent is the digest of content under one hash.
func HashContent(r io.Reader, h crypto.Hash) ([]byte, error) {
	all := newHashers([]crypto.Hash{h})
	if len(all.sums) == 0 {
		return nil, &algorithm.Unsupported{Feature: "hash " + algorithm.HashName(h)}
	}
	if _, err := copyThrough(r, all, &keeper{}, nil); err != nil {
		return nil, err
	}
	return all.sums[0].Sum(nil), nil
}
