package cms

import (
	"crypto"
	"encoding/asn1"
	"hash"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
)

// SignedData is RFC 5652, 5.1 without the content, which has streamed past. It implements
// [Content] for the content that was inside.
type SignedData struct {
	Version     int
	ContentType asn1.ObjectIdentifier
	// Attached says that the content was inside.
	Attached bool
	// DER says that what was read, content and certificates aside, had the lengths and strings of
	// DER.
	DER bool

	// Hashes are the digest algorithms announced that are supported.
	Hashes []crypto.Hash
	// Certificates, CRLs: each element of these sets in original octets. Certificates may also be
	// attribute certificates, and CRLs other revocation information ([1]); see X509 and Revocation.
	Certificates, CRLs [][]byte
	Signers            []*SignerInfo

	// End is where the signature ends in the input; Trailing says that more follows.
	End      int64
	Trailing bool

	// ContentStart and ContentEnd delimit encapContentInfo in the input.
	ContentStart, ContentEnd int64
	// ContentLength counts the octets of the content itself.
	ContentLength int64

	digestAlgs [][]byte // elements of digestAlgorithms
	digests    Digests
	kept       *keeper // of the content; nil when it is detached
}

// Digest implements [Content].
func (d *SignedData) Digest(h crypto.Hash) ([]byte, error) {
	if v, ok := d.digests[h]; ok {
		return v, nil
	}
	if w, ok := d.Whole(); ok && algorithm.Supported(h) {
		return algorithm.Digest(h, w), nil
	}
	return nil, ErrNoContent
}

// Whole implements [Content]: content of up to 64 KiB is kept.
func (d *SignedData) Whole() ([]byte, bool) {
	if d.kept == nil {
		return nil, false
	}
	return d.kept.buf, d.kept.buf != nil
}

func (d *SignedData) isOneSet() bool { return d.kept != nil && d.kept.isOneSet() }

// X509 are the elements of Certificates that are X.509 certificates, in DER.
func (d *SignedData) X509() [][]byte {
	var out [][]byte
	for _, c := range d.Certificates {
		if len(c) > 0 && c[0] == 0x30 {
			out = append(out, c)
		}
	}
	return out
}

// Revocation are the certificate lists and the OCSP responses (RFC 5940; basic responses are
// wrapped) among CRLs, in DER. What cannot be read or is of another kind is left out.
func (d *SignedData) Revocation() (crls, ocsps [][]byte) {
	for _, element := range d.CRLs {
		der, err := ber.ToDER(element, 0)
		if err != nil || len(der) == 0 {
			continue
		}
		if der[0] == 0x30 {
			crls = append(crls, element)
			continue
		}
		in := cryptobyte.String(der)
		var other, info cryptobyte.String
		var format asn1.ObjectIdentifier
		var tag cbasn1.Tag
		if !in.ReadASN1(&other, cbasn1.Tag(1).Constructed().ContextSpecific()) ||
			!other.ReadASN1ObjectIdentifier(&format) || !other.ReadAnyASN1Element(&info, &tag) {
			continue
		}
		switch {
		case format.Equal(oidOCSPResponse):
			ocsps = append(ocsps, info)
		case format.Equal(oidOCSPBasic):
			ocsps = append(ocsps, WrapBasicOCSP(info))
		}
	}
	return crls, ocsps
}

// WrapBasicOCSP makes a successful OCSPResponse of a BasicOCSPResponse (RFC 6960, 4.2.1).
func WrapBasicOCSP(basic []byte) []byte {
	status := []byte{0x0a, 1, 0}
	return ber.Sequence(status, ber.Tagged(0, ber.Sequence(OID(oidOCSPBasic), ber.Octet(basic))))
}

// OtherRevocation makes the element of CRLs that carries an OCSPResponse (RFC 5940, 2.1).
func OtherRevocation(ocspResponse []byte) []byte {
	return ber.Tagged(1, OID(oidOCSPResponse), ocspResponse)
}

// wantVersion is what RFC 5652, 5.1 prescribes.
func (d *SignedData) wantVersion() int {
	other := func(list [][]byte, id byte) bool {
		for _, e := range list {
			if len(e) > 0 && e[0] == id {
				return true
			}
		}
		return false
	}
	switch {
	case other(d.Certificates, 0xa3), other(d.CRLs, 0xa1):
		return 5
	case other(d.Certificates, 0xa2):
		return 4
	case other(d.Certificates, 0xa1), !d.ContentType.Equal(OIDData):
		return 3
	}
	for _, s := range d.Signers {
		if s.Version == 3 {
			return 3
		}
	}
	return 1
}

// hashers digests one stream under several hashes.
type hashers struct {
	hashes []crypto.Hash
	sums   []hash.Hash
}

func newHashers(hashes []crypto.Hash) *hashers {
	m := &hashers{}
	for _, h := range hashes {
		m.add(h)
	}
	return m
}

func (m *hashers) add(h crypto.Hash) {
	for _, known := range m.hashes {
		if known == h {
			return
		}
	}
	if algorithm.Supported(h) {
		m.hashes, m.sums = append(m.hashes, h), append(m.sums, h.New())
	}
}

func (m *hashers) Write(p []byte) (int, error) {
	for _, s := range m.sums {
		s.Write(p)
	}
	return len(p), nil
}

func (m *hashers) digests() Digests {
	out := make(Digests, len(m.hashes))
	for i, h := range m.hashes {
		out[h] = m.sums[i].Sum(nil)
	}
	return out
}
