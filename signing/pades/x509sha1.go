package pades

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/internal/verdict"
)

// A bareSignature is one of the form adbe.x509.rsa_sha1 (ISO 32000-1, 12.8.3.2): no CMS, but an RSA
// signature by PKCS #1 over the SHA-1 digest of the ranges, and certificates in the dictionary,
// which the ranges cover.
type bareSignature struct {
	value []byte
	chain []*x509.Certificate // the signer's first
}

// maxBareCertificates bounds the certificates in Cert.
const maxBareCertificates = 64

// openBare reads Contents, a string of octets in DER, and Cert, one certificate or an array.
func (e *entry) openBare() (*bareSignature, error) {
	out := &bareSignature{}
	if rest, err := asn1.Unmarshal(e.der, &out.value); err != nil || len(rest) > 0 {
		return nil, &cms.FormatError{What: "Contents is not an octet string in DER (ISO 32000-1, 12.8.3.2)"}
	}
	v := e.found.view
	given, err := v.Resolve(e.found.dict.Get("Cert"))
	if err != nil {
		return nil, err
	}
	list, isList := given.(pdf.Array)
	if !isList {
		list = pdf.Array{given}
	}
	if len(list) > maxBareCertificates {
		return nil, &pdf.LimitError{Limit: "certificates of a signature"}
	}
	for _, item := range list {
		o, err := v.Resolve(item)
		if err != nil {
			return nil, err
		}
		der, _ := o.(pdf.String)
		c, err := certificate.Parse(der.Value)
		if err != nil {
			return nil, &cms.FormatError{What: "Cert of the signature is not a certificate"}
		}
		out.chain = append(out.chain, c)
	}
	if len(out.chain) == 0 {
		return nil, &cms.FormatError{What: "the signature has no certificate"}
	}
	return out, nil
}

// judgeBare fills cryptography, binding and signer.
func (j *judgement) judgeBare(s *signing.Signature, e *entry, evidence *verdict.Evidence) {
	evidence.Certificates = append(append([]*x509.Certificate{}, e.bare.chain...),
		j.store.certificates...)
	evidence.CRLs, evidence.OCSPs, evidence.SHA1 = j.store.crls, j.store.ocsps, true
	s.Signer, s.Binding = e.bare.chain[0], signing.BindingOK
	s.ProvenTime = j.provenBy(e)
	for stamp := range j.stampsOver(e) {
		e.stamped = e.stamped || stamp.Crypto == signing.Intact
		s.Timestamps = append(s.Timestamps, stamp.Timestamp)
	}
	digest, err := e.rangeImprint(crypto.SHA1)
	if err == nil {
		scheme := algorithm.Scheme{Key: algorithm.RSA, Hash: crypto.SHA1}
		err = scheme.VerifyDigest(s.Signer.PublicKey, digest, e.bare.value)
	}
	if err != nil {
		fail(s, err)
		return
	}
	s.Crypto = signing.Intact
}
