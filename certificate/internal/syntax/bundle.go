package syntax

import (
	"bytes"
	"encoding/pem"

	"github.com/rubrica/rubrica/certificate/internal/der"
)

// maxBundle bounds the certificates of one bundle.
const maxBundle = 64

// Unarmour returns the DER of a document that may be PEM of that type.
func Unarmour(document []byte, kind string) ([]byte, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(document), []byte("-----BEGIN")) {
		return document, nil
	}
	for block, rest := pem.Decode(document); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == kind {
			return block.Bytes, nil
		}
	}
	return nil, &der.SyntaxError{Field: kind, Problem: "not in the PEM"}
}

// ReadCertificates returns the certificates of what caIssuers may point at (RFC 5280, 4.2.2.1): one
// in DER or PEM, or a certs-only CMS in DER (RFC 5652, 5.1), of which the certificates are
// taken without looking at the rest.
func ReadCertificates(document []byte) ([][]byte, error) {
	body, err := Unarmour(document, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	if _, err := ReadCertificate(body); err == nil {
		return [][]byte{body}, nil
	}
	r := der.NewReader(body)
	info := r.Read("contentInfo", der.Sequence)
	if string(info.OID("contentType")) != "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" {
		info.Fail("contentType", "neither a certificate nor signed data")
	}
	explicit := info.Read("content", der.Constructed(0))
	signed := explicit.Read("signedData", der.Sequence)
	signed.Integer("version")
	signed.Read("digestAlgorithms", der.Set)
	signed.Read("encapContentInfo", der.Sequence)
	certificates := signed.Read("certificates", der.Constructed(0))
	var list [][]byte
	for !certificates.Empty() && len(list) < maxBundle {
		_, element, _ := certificates.Any("certificate")
		list = append(list, element)
	}
	return list, r.Err()
}
