package cades

import (
	"crypto"
	"encoding/asn1"
	"io"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/evidence"
)

// maxTokens bounds the time stamps of one signature that are judged: each costs a verification and
// a path.
const maxTokens = 128

// stamp is a time-stamp token on a signature, and where it stands.
type stamp struct {
	kind      signing.TimestampKind
	attribute asn1.ObjectIdentifier
	index     int    // of the attribute among the unsigned ones; -1: signed
	der       []byte // the token
}

// tokensOf lists the time stamps of a signature: content first, then in the order of their
// attributes.
func tokensOf(s *cms.SignerInfo) []stamp {
	var out []stamp
	add := func(kind signing.TimestampKind, a cms.Attribute, index int) {
		for _, v := range a.Values {
			if len(out) <= maxTokens { // one more tells that there are too many
				out = append(out, stamp{kind, a.Type, index, v})
			}
		}
	}
	for _, a := range cms.Find(s.Signed, cms.OIDContentTimestamp) {
		add(signing.TimestampContent, a, -1)
	}
	for i, a := range s.Unsigned {
		switch {
		case a.Type.Equal(cms.OIDSignatureTimestamp):
			add(signing.TimestampSignature, a, i)
		case a.Type.Equal(oidEscTimestamp), a.Type.Equal(oidCertCRLTimestamp),
			a.Type.Equal(oidArchiveV2), a.Type.Equal(oidArchiveV3):
			add(signing.TimestampArchive, a, i)
		}
	}
	return out
}

// legacyValues reads certificate-values and revocation-values (RFC 5126, 6.3), where CAdES-X-L
// kept its evidence.
func legacyValues(s *cms.SignerInfo) evidence.Set {
	var out evidence.Set
	for _, a := range cms.Find(s.Unsigned, oidCertificateValues) {
		for _, v := range a.Values {
			in := cryptobyte.String(v)
			var list cryptobyte.String
			if in.ReadASN1(&list, cbasn1.SEQUENCE) {
				out.Certificates = append(out.Certificates, parseAll(split(list))...)
			}
		}
	}
	for _, a := range cms.Find(s.Unsigned, oidRevocationValues) {
		for _, v := range a.Values {
			addRevocationValues(&out, v)
		}
	}
	return out
}

// addRevocationValues reads RevocationValues ::= SEQUENCE { crlVals [0], ocspVals [1], … }.
func addRevocationValues(out *evidence.Set, der []byte) {
	in := cryptobyte.String(der)
	var seq, crls, ocsps, list cryptobyte.String
	var has bool
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) {
		return
	}
	context := func(n cbasn1.Tag) cbasn1.Tag { return n.Constructed().ContextSpecific() }
	if seq.ReadOptionalASN1(&crls, &has, context(0)) && has &&
		crls.ReadASN1(&list, cbasn1.SEQUENCE) {
		out.CRLs = append(out.CRLs, split(list)...)
	}
	if seq.ReadOptionalASN1(&ocsps, &has, context(1)) && has &&
		ocsps.ReadASN1(&list, cbasn1.SEQUENCE) {
		for _, basic := range split(list) {
			out.OCSPs = append(out.OCSPs, cms.WrapBasicOCSP(basic))
		}
	}
}

// maxValues bounds what is read from one attribute with values.
const maxValues = 512

func split(list cryptobyte.String) [][]byte {
	var out [][]byte
	for !list.Empty() && len(out) < maxValues {
		var one cryptobyte.String
		var tag cbasn1.Tag
		if !list.ReadAnyASN1Element(&one, &tag) {
			break
		}
		out = append(out, one)
	}
	return out
}

// imprintOf gives, for one time stamp, the digest of what it must cover.
func (v *validator) imprintOf(s *cms.SignerInfo, t stamp,
	content cms.Content) func(crypto.Hash) ([]byte, error) {
	return func(h crypto.Hash) ([]byte, error) {
		f := h.New()
		switch {
		case t.attribute.Equal(cms.OIDContentTimestamp):
			return content.Digest(h)
		case t.attribute.Equal(cms.OIDSignatureTimestamp):
			f.Write(s.Signature)
		case t.attribute.Equal(oidEscTimestamp):
			f.Write(s.Signature)
			writeBare(f, s, cms.OIDSignatureTimestamp, oidCertificateRefs, oidRevocationRefs)
		case t.attribute.Equal(oidCertCRLTimestamp):
			writeBare(f, s, oidCertificateRefs, oidRevocationRefs)
		case t.attribute.Equal(oidArchiveV3):
			return v.imprintV3(s, t, content, h)
		default:
			return v.imprintV2(s, t, h)
		}
		return f.Sum(nil), nil
	}
}

// writeBare writes attributes without the header of their SEQUENCE (RFC 5126, 6.3.5 and 6.3.6).
func writeBare(w io.Writer, s *cms.SignerInfo, types ...asn1.ObjectIdentifier) {
	for _, oid := range types {
		for _, a := range cms.Find(s.Unsigned, oid) {
			der, err := ber.ToDER(a.Raw, 0)
			if err != nil {
				continue
			}
			in := cryptobyte.String(der)
			var body cryptobyte.String
			if in.ReadASN1(&body, cbasn1.SEQUENCE) {
				_, _ = w.Write(body)
			}
		}
	}
}
