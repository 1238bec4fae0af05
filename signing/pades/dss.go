package pades

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// Limits of the document security store.
const (
	maxEvidence      = 1 << 12  // streams: certificates, lists and responses
	maxEvidenceOctet = 16 << 20 // of one of them: the largest lists of revoked certificates
	maxEvidenceTotal = 48 << 20
)

// A store is the evidence of a document security store (EN 319 142-1, 5.4.2; ISO 32000-2, 12.8.4.3).
type store struct {
	certificates []*x509.Certificate
	raw          [][]byte // the certificates as they were read
	crls, ocsps  [][]byte
	refs         map[string]pdf.Ref // stream of each piece of evidence, by its octets
	dict         *pdf.Dict
	revision     int // that wrote the newest part of it
	total        int
}

// readStore reads the store that the catalog leads to; empty when there is none. Parts that cannot
// be read are left out.
func readStore(v *pdf.View) *store {
	s := &store{refs: map[string]pdf.Ref{}}
	at := v.Root().Get("DSS")
	s.note(v, at)
	d, err := v.Dict(at)
	if err != nil || d == nil {
		return s
	}
	s.dict = d
	s.raw = s.list(v, d.Get("Certs"))
	s.crls = s.list(v, d.Get("CRLs"))
	s.ocsps = s.list(v, d.Get("OCSPs"))
	vri, _ := v.Dict(d.Get("VRI"))
	for _, o := range vri.All {
		one, err := v.Dict(o)
		if err != nil || one == nil {
			continue
		}
		s.raw = append(s.raw, s.list(v, one.Get("Cert"))...)
		s.crls = append(s.crls, s.list(v, one.Get("CRL"))...)
		s.ocsps = append(s.ocsps, s.list(v, one.Get("OCSP"))...)
	}
	for _, der := range s.raw {
		if c, err := certificate.Parse(der); err == nil {
			s.certificates = append(s.certificates, c)
		}
	}
	return s
}

func (s *store) note(v *pdf.View, o pdf.Object) {
	if ref, ok := o.(pdf.Ref); ok {
		s.revision = max(s.revision, v.RevisionOf(ref.Num))
	}
}

// list reads the streams of an array, those that were not read before.
func (s *store) list(v *pdf.View, o pdf.Object) [][]byte {
	s.note(v, o)
	a, err := v.Array(o)
	if err != nil {
		return nil
	}
	var out [][]byte
	for _, item := range a {
		ref, _ := item.(pdf.Ref)
		value, err := v.Resolve(item)
		stream, ok := value.(*pdf.Stream)
		if err != nil || !ok || len(s.refs) >= maxEvidence || s.total > maxEvidenceTotal {
			continue
		}
		data, err := v.Decode(stream, maxEvidenceOctet)
		if err != nil {
			continue
		}
		if _, known := s.refs[string(data)]; known {
			continue
		}
		s.refs[string(data)] = ref
		s.total += len(data)
		s.note(v, item)
		out = append(out, data)
	}
	return out
}

// help returns a validation that knows what the store knows.
func (s *store) help(v signing.Validation) signing.Validation {
	v.Certificates = append(append([]*x509.Certificate{}, v.Certificates...), s.certificates...)
	v.CRLs = append(append([][]byte{}, v.CRLs...), s.crls...)
	v.OCSPs = append(append([][]byte{}, v.OCSPs...), s.ocsps...)
	return v
}

// oidRevocationArchival is adbe-revocationInfoArchival (ISO 32000-1, 12.8.3.3.2).
var oidRevocationArchival = []int{1, 2, 840, 113583, 1, 1, 8}

// archival returns the evidence in the signed attribute that Adobe's signatures have.
func archival(info *cms.SignerInfo) (crls, ocsps [][]byte) {
	for _, a := range cms.Find(info.Signed, oidRevocationArchival) {
		for _, value := range a.Values {
			in := cryptobyte.String(value)
			var seq cryptobyte.String
			if !in.ReadASN1(&seq, cbasn1.SEQUENCE) {
				continue
			}
			crls = append(crls, tagged(&seq, 0)...)
			ocsps = append(ocsps, tagged(&seq, 1)...)
		}
	}
	return crls, ocsps
}

// tagged reads the elements of an explicitly tagged SEQUENCE that may be absent.
func tagged(in *cryptobyte.String, tag uint8) [][]byte {
	var outer, list cryptobyte.String
	var present bool
	if !in.ReadOptionalASN1(&outer, &present, cbasn1.Tag(tag).Constructed().ContextSpecific()) ||
		!present || !outer.ReadASN1(&list, cbasn1.SEQUENCE) {
		return nil
	}
	var out [][]byte
	for !list.Empty() && len(out) < maxEvidence {
		var one cryptobyte.String
		var kind cbasn1.Tag
		if !list.ReadAnyASN1Element(&one, &kind) {
			break
		}
		out = append(out, one)
	}
	return out
}
