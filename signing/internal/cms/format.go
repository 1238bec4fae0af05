package cms

import (
	"bytes"
	"crypto"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
)

// unsupported keeps an algorithm that is not judged apart from one that is malformed.
func (s *SignerInfo) unsupported(err error, off int64, what string) error {
	if _, ok := errors.AsType[*algorithm.Unsupported](err); ok {
		if s.algErr == nil {
			s.algErr = err
		}
		return nil
	}
	return &ber.Error{Offset: off, What: "malformed " + what}
}

// checkFormat is the part of the rules in the package comment that needs no content and no key.
func (s *SignerInfo) checkFormat() error {
	if want := s.wantVersion(); s.Version != want {
		return badFormat("version of SignerInfo is %d, not %d (RFC 5652, 5.3)", s.Version, want)
	}
	if s.signed == nil {
		if s.contentType != nil && !s.contentType.Equal(OIDData) {
			return badFormat("content of type %s without signed attributes", s.contentType)
		}
		return s.checkAlgorithms()
	}
	for _, check := range []func() error{s.checkContentType, s.checkMessageDigest, s.checkTime,
		s.checkSigningCertificate, s.checkAlgorithms, s.checkProtection} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// wantVersion is what RFC 5652, 5.3 prescribes.
func (s *SignerInfo) wantVersion() int {
	if s.ID.SubjectKeyID != nil {
		return 3
	}
	return 1
}

// checkContentType: RFC 5652, 11.1, and 11.4 for counter-signatures, which must not have it.
func (s *SignerInfo) checkContentType() error {
	v, found, err := sole(s.Signed, OIDContentType, "content-type")
	switch {
	case err != nil:
		return err
	case s.contentType == nil && found:
		return badFormat("counter-signature with the attribute content-type")
	case s.contentType == nil:
		return nil
	case !found:
		return badFormat("signed attributes without content-type")
	case !bytes.Equal(v, OID(s.contentType)):
		return badFormat("the attribute content-type is not the type of the content")
	}
	return nil
}

// checkMessageDigest: RFC 5652, 11.2.
func (s *SignerInfo) checkMessageDigest() error {
	v, found, err := sole(s.Signed, OIDMessageDigest, "message-digest")
	if err != nil {
		return err
	}
	if !found {
		return badFormat("signed attributes without message-digest")
	}
	digest, ok := octets(v)
	if !ok {
		return badFormat("malformed attribute message-digest")
	}
	s.digest = digest
	return nil
}

// checkTime: RFC 5652, 11.3.
func (s *SignerInfo) checkTime() error {
	v, found, err := sole(s.Signed, OIDSigningTime, "signing-time")
	if err != nil || !found {
		return err
	}
	t, ok := parseTime(v)
	if !ok {
		return badFormat("malformed attribute signing-time")
	}
	s.Time = t.UTC()
	return nil
}

// checkAlgorithms compares the digest algorithm with what the signature algorithm implies
// (RFC 4056, 3; RFC 5754, 3; RFC 8419, 3).
func (s *SignerInfo) checkAlgorithms() error {
	if s.algErr != nil {
		return nil
	}
	switch {
	case s.Scheme.Key == algorithm.Ed25519:
		if s.signed != nil && s.Hash != crypto.SHA512 {
			return badFormat("Ed25519 with %s; RFC 8419 wants SHA-512", algorithm.HashName(s.Hash))
		}
	case s.Scheme.Hash != s.Hash:
		return badFormat("digest algorithm %s disagrees with signature algorithm %s",
			algorithm.HashName(s.Hash), s.Scheme)
	}
	return nil
}

// checkProtection compares CMSAlgorithmProtection (RFC 6211, 2) with the algorithms used.
func (s *SignerInfo) checkProtection() error {
	v, found, err := sole(s.Signed, OIDAlgorithmProtection, "CMSAlgorithmProtection")
	if err != nil || !found {
		return err
	}
	in := cryptobyte.String(v)
	var seq, digest, signature cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() ||
		!seq.ReadASN1Element(&digest, cbasn1.SEQUENCE) ||
		!seq.ReadASN1Element(&signature, cbasn1.Tag(1).Constructed().ContextSpecific()) ||
		!seq.Empty() {
		return badFormat("malformed attribute CMSAlgorithmProtection")
	}
	if !sameAlgorithm(digest, s.digestAlg) ||
		!sameAlgorithm(ber.Retag(signature, 0x30), s.signatureAlg) {
		return badFormat("the algorithms are not those that were signed (RFC 6211)")
	}
	return nil
}

// sameAlgorithm compares AlgorithmIdentifiers; absent and NULL parameters are the same
// (RFC 5754, 2).
func sameAlgorithm(a, b []byte) bool {
	return bytes.Equal(a, b) || bytes.Equal(withoutNull(a), withoutNull(b))
}

func withoutNull(der []byte) []byte {
	in := cryptobyte.String(der)
	var seq, oid cryptobyte.String
	if in.ReadASN1(&seq, cbasn1.SEQUENCE) && seq.ReadASN1Element(&oid, cbasn1.OBJECT_IDENTIFIER) &&
		bytes.Equal(seq, []byte{5, 0}) {
		return ber.Sequence(oid)
	}
	return der
}

// protectionAttribute is CMSAlgorithmProtection over two AlgorithmIdentifiers.
func protectionAttribute(digest, signature []byte) Attribute {
	return NewAttribute(OIDAlgorithmProtection, ber.Sequence(digest, ber.Retag(signature, 0xa1)))
}
