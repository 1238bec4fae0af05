package cms

import (
	"encoding/asn1"

	"github.com/rubrica/rubrica/signing/internal/ber"
)

// Object identifiers of RFC 5652, 5035, 6211, 3161, 5940 and ETSI EN 319 122-1.
var (
	OIDData       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	OIDSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	OIDTSTInfo    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}

	OIDContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	OIDMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	OIDSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	OIDCounterSignature     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 6}
	OIDAlgorithmProtection  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 52}
	OIDSigningCertificate   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	OIDSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	OIDSignatureTimestamp   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
	OIDContentTimestamp     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 20}

	oidOCSPResponse = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 16, 2}    // id-ri-ocsp-response
	oidOCSPBasic    = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1} // id-pkix-ocsp-basic
)

// OID is an object identifier in DER. It panics on one that has no encoding: identifiers are
// constants of programs, or were read.
func OID(oid asn1.ObjectIdentifier) []byte {
	if len(oid) < 2 || oid[0] < 0 || oid[0] > 2 || oid[1] < 0 || oid[0] < 2 && oid[1] > 39 {
		panic("cms: object identifier " + oid.String() + " has no encoding")
	}
	out := appendArc(make([]byte, 2, 16), uint64(oid[0])*40+uint64(oid[1]))
	for _, n := range oid[2:] {
		out = appendArc(out, uint64(n))
	}
	if len(out) > 2+127 {
		return append(ber.AppendHeader(nil, ber.Universal, 6, false, int64(len(out)-2)), out[2:]...)
	}
	out[0], out[1] = 6, byte(len(out)-2)
	return out
}

// appendArc appends a number in base 128 (X.690, 8.19.2).
func appendArc(out []byte, n uint64) []byte {
	for shift := 63; shift > 0; shift -= 7 {
		if n>>shift != 0 {
			out = append(out, byte(n>>shift)|0x80)
		}
	}
	return append(out, byte(n&0x7f))
}
