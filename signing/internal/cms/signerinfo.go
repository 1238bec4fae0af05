package cms

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
)

// SignerInfo is one signature (RFC 5652, 5.3), with the octets it was read from.
type SignerInfo struct {
	// Err is why the signature cannot be judged at all: a [*ber.Error] or a [*FormatError]. The
	// fields below are filled as far as reading came.
	Err error
	// Doubts are departures from the standard that leave the value meaningful, such as signed
	// attributes that are not in DER or a wrong version of SignedData. A signature with doubts
	// may be intact and must not be called valid.
	Doubts []string

	Version   int
	ID        SignerID
	Hash      crypto.Hash      // of the content; 0 when unsupported
	Scheme    algorithm.Scheme // of the value; the zero Scheme when unsupported
	Signature []byte

	// Signed and Unsigned are the attributes in the order they were sent; nil when absent.
	Signed, Unsigned []Attribute
	// NotDER says that the signed attributes were not sent in DER; see the package comment.
	NotDER bool
	// Time is the attribute signing-time, zero when absent. It is what the signer says.
	Time time.Time

	// Offset is where the signature begins in the input.
	Offset int64

	contentType asn1.ObjectIdentifier // of the SignedData around it; nil in a counter-signature
	signed      *attributeSet
	digest      []byte // the attribute message-digest
	ess         []essCertificate
	algErr      error // why Hash or Scheme is zero

	digestAlg, signatureAlg []byte   // in DER
	fields                  [][]byte // version … signature in original octets
	unsigned                [][]byte // attributes in original octets
	keepOrder               bool     // of unsigned: it was read with some
}

func (s *SignerInfo) doubt(format string, args ...any) {
	s.Doubts = append(s.Doubts, fmt.Sprintf(format, args...))
}

// Raw is the signature in its octets, with the unsigned attributes that were added since.
func (s *SignerInfo) Raw() []byte {
	parts := s.fields
	if len(s.unsigned) > 0 {
		parts = append(parts[:len(parts):len(parts)], ber.Tagged(1, s.unsigned...))
	}
	return ber.Sequence(parts...)
}

// Fields are version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm and signature in the
// octets they were read from, as archive time stamps cover them (ETSI EN 319 122-1, 5.5.3).
func (s *SignerInfo) Fields() [][]byte { return s.fields }

// AddUnsigned appends an unsigned attribute. What a signature was read with keeps its octets and
// order; among those added first, DER's order is kept.
func (s *SignerInfo) AddUnsigned(a Attribute) {
	at := len(s.unsigned)
	if !s.keepOrder {
		at, _ = slices.BinarySearchFunc(s.unsigned, a.Raw, bytes.Compare)
	}
	s.Unsigned = slices.Insert(s.Unsigned, at, a)
	s.unsigned = slices.Insert(s.unsigned, at, a.Raw)
}

// ReplaceUnsigned puts another attribute in the place of the unsigned attribute at index i.
func (s *SignerInfo) ReplaceUnsigned(i int, a Attribute) {
	s.Unsigned[i], s.unsigned[i] = a, a.Raw
}

// SignedDER is the DER encoding of the signed attributes over which the value is computed, with
// the identifier of SET; nil when there are none.
func (s *SignerInfo) SignedDER() []byte {
	if s.signed == nil {
		return nil
	}
	return s.signed.der
}

// MessageDigest is the attribute message-digest, nil when absent.
func (s *SignerInfo) MessageDigest() []byte { return s.digest }

// Unsupported is the algorithm or hash that is not judged, or nil.
func (s *SignerInfo) Unsupported() error { return s.algErr }

// parseSignerInfo reads one SignerInfo. It always returns a value; what went wrong is in its Err.
// A nil contentType reads a counter-signature.
func parseSignerInfo(raw []byte, off int64, contentType asn1.ObjectIdentifier) *SignerInfo {
	s := &SignerInfo{Offset: off, contentType: contentType}
	if s.Err = s.read(raw, off); s.Err == nil {
		s.Err = s.checkFormat()
	}
	return s
}

// ParseCounter reads a counter-signature, the value of the attribute countersignature
// (RFC 5652, 11.4). What went wrong is in Err.
func ParseCounter(value []byte, off int64) *SignerInfo { return parseSignerInfo(value, off, nil) }

func (s *SignerInfo) read(raw []byte, off int64) error {
	type piece struct {
		raw []byte
		at  int64
	}
	var pieces []piece
	err := ber.Children(raw, off, func(child []byte, at int64) error {
		if len(pieces) == 7 {
			return &ber.Error{Offset: at, What: "more in a SignerInfo than belongs there"}
		}
		pieces = append(pieces, piece{child, at})
		return nil
	})
	if err != nil {
		return err
	}
	if len(raw) == 0 || raw[0] != 0x30 {
		return &ber.Error{Offset: off, What: "SignerInfo expected"}
	}
	next := func(id ...byte) (piece, bool) {
		if len(pieces) > 0 {
			for _, want := range id {
				if p := pieces[0]; p.raw[0] == want {
					pieces = pieces[1:]
					return p, true
				}
			}
		}
		return piece{at: off}, false
	}
	for _, step := range []struct {
		what     string
		ids      []byte
		optional bool
		read     func([]byte, int64) error
	}{
		{"version", []byte{0x02}, false, s.readVersion},
		{"sid", []byte{0x30, 0x80, 0xa0}, false, s.readID},
		{"digestAlgorithm", []byte{0x30}, false, s.readDigestAlgorithm},
		{"signedAttrs", []byte{0xa0}, true, s.readSigned},
		{"signatureAlgorithm", []byte{0x30}, false, s.readSignatureAlgorithm},
		{"signature", []byte{0x04, 0x24}, false, s.readSignature},
		{"unsignedAttrs", []byte{0xa1}, true, s.readUnsigned},
	} {
		p, ok := next(step.ids...)
		if !ok {
			if step.optional {
				continue
			}
			return &ber.Error{Offset: off, What: "SignerInfo without " + step.what}
		}
		if err := step.read(p.raw, p.at); err != nil {
			return err
		}
		if step.what != "unsignedAttrs" {
			s.fields = append(s.fields, p.raw)
		}
	}
	if len(pieces) > 0 {
		return &ber.Error{Offset: pieces[0].at, What: "more in a SignerInfo than belongs there"}
	}
	return nil
}

func (s *SignerInfo) readVersion(raw []byte, off int64) (err error) {
	s.Version, err = parseVersion(raw, off)
	return err
}

func parseVersion(raw []byte, off int64) (int, error) {
	in := cryptobyte.String(raw)
	var v int
	if !in.ReadASN1Integer(&v) || !in.Empty() {
		return 0, &ber.Error{Offset: off, What: "malformed version"}
	}
	return v, nil
}

func (s *SignerInfo) readID(raw []byte, off int64) (err error) {
	if raw[0] == 0xa0 { // [0] IMPLICIT OCTET STRING in segments: as one
		inner, err := ber.ToDER(ber.Retag(raw, 0x24), off)
		if err != nil {
			return err
		}
		raw = ber.Retag(inner, 0x80)
	}
	s.ID, err = parseSignerID(raw, off)
	return err
}

func (s *SignerInfo) readDigestAlgorithm(raw []byte, off int64) (err error) {
	if s.digestAlg, err = ber.ToDER(raw, off); err != nil {
		return err
	}
	if s.Hash, err = algorithm.ParseHash(s.digestAlg); err != nil {
		return s.unsupported(err, off, "digestAlgorithm")
	}
	return nil
}

func (s *SignerInfo) readSignatureAlgorithm(raw []byte, off int64) (err error) {
	if s.signatureAlg, err = ber.ToDER(raw, off); err != nil {
		return err
	}
	if s.Scheme, err = algorithm.ParseSignature(s.signatureAlg, s.Hash); err != nil {
		s.Scheme = algorithm.Scheme{}
		return s.unsupported(err, off, "signatureAlgorithm")
	}
	return nil
}

func (s *SignerInfo) readSignature(raw []byte, off int64) error {
	der, err := ber.ToDER(raw, off)
	if err != nil {
		return err
	}
	value, ok := octets(der)
	if !ok {
		return &ber.Error{Offset: off, What: "malformed signature value"}
	}
	s.Signature = value
	return nil
}

func (s *SignerInfo) readSigned(raw []byte, off int64) error {
	set, err := parseAttributes(raw, off)
	if err != nil {
		return err
	}
	s.signed, s.Signed, s.NotDER = set, set.list, !set.inDER
	if s.NotDER {
		s.doubt("the signed attributes are not in DER (RFC 5652, 5.3)")
	}
	return nil
}

func (s *SignerInfo) readUnsigned(raw []byte, off int64) error {
	set, err := parseAttributes(raw, off)
	if err != nil {
		return err
	}
	s.Unsigned, s.keepOrder = set.list, true
	for _, a := range set.list {
		s.unsigned = append(s.unsigned, a.Raw)
	}
	return nil
}

func octets(der []byte) ([]byte, bool) {
	in := cryptobyte.String(der)
	var v cryptobyte.String
	ok := in.ReadASN1(&v, 4) && in.Empty()
	return v, ok
}
