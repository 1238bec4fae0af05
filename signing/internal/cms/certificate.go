package cms

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
)

// ParseCertificate reads a certificate for what a signature needs of it: by whichever reader takes
// it, and when none does its names, dates, key and extensions as they stand, so that a signature
// value can be judged with it. Path validation reads it again, and strictly.
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	if c, err := x509.ParseCertificate(der); err == nil {
		return c, nil
	}
	if c, err := certificate.Parse(der); err == nil {
		return c, nil
	}
	bad := &ber.Error{What: "malformed certificate"}
	in := cryptobyte.String(der)
	var outer, tbs, body, version, issuer, validity, subject, spki cryptobyte.String
	serial := new(big.Int)
	if !in.ReadASN1(&outer, cbasn1.SEQUENCE) || !in.Empty() ||
		!outer.ReadASN1Element(&tbs, cbasn1.SEQUENCE) {
		return nil, bad
	}
	c := &x509.Certificate{Raw: der, RawTBSCertificate: tbs, SerialNumber: serial}
	whole := tbs
	explicit := func(n cbasn1.Tag) cbasn1.Tag { return n.Constructed().ContextSpecific() }
	if !whole.ReadASN1(&body, cbasn1.SEQUENCE) ||
		!body.ReadOptionalASN1(&version, nil, explicit(0)) || !body.ReadASN1Integer(serial) ||
		!body.SkipASN1(cbasn1.SEQUENCE) || !body.ReadASN1Element(&issuer, cbasn1.SEQUENCE) ||
		!body.ReadASN1(&validity, cbasn1.SEQUENCE) ||
		!body.ReadASN1Element(&subject, cbasn1.SEQUENCE) ||
		!body.ReadASN1Element(&spki, cbasn1.SEQUENCE) {
		return nil, bad
	}
	c.RawIssuer, c.RawSubject, c.RawSubjectPublicKeyInfo = issuer, subject, spki
	if !readDates(validity, c) {
		return nil, bad
	}
	fillName(&c.Issuer, issuer)
	fillName(&c.Subject, subject)
	if pub, err := algorithm.ParsePublicKey(spki); err == nil {
		c.PublicKey = pub
	}
	if !body.SkipOptionalASN1(cbasn1.Tag(1).ContextSpecific()) ||
		!body.SkipOptionalASN1(cbasn1.Tag(2).ContextSpecific()) || !readExtensions(body, c) {
		return nil, bad
	}
	return c, nil
}

// ParseCertificates reads those that can be read, of what a SignedData carries.
func ParseCertificates(ders [][]byte) []*x509.Certificate {
	var out []*x509.Certificate
	for _, der := range ders {
		if c, err := ParseCertificate(der); err == nil {
			out = append(out, c)
		}
	}
	return out
}

func readDates(in cryptobyte.String, c *x509.Certificate) bool {
	for _, t := range []*time.Time{&c.NotBefore, &c.NotAfter} {
		if in.PeekASN1Tag(cbasn1.UTCTime) {
			if !in.ReadASN1UTCTime(t) {
				return false
			}
		} else if !in.ReadASN1GeneralizedTime(t) {
			return false
		}
	}
	return in.Empty()
}

// fillName fills what can be read of a name, for people to see.
func fillName(name *pkix.Name, der []byte) {
	var rdns pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &rdns); err == nil && len(rest) == 0 {
		name.FillFromRDNSequence(&rdns)
	}
}

var (
	oidSubjectKeyID = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidKeyUsage     = asn1.ObjectIdentifier{2, 5, 29, 15}
)

func readExtensions(in cryptobyte.String, c *x509.Certificate) bool {
	var tagged, list cryptobyte.String
	if in.Empty() {
		return true
	}
	if !in.ReadASN1(&tagged, cbasn1.Tag(3).Constructed().ContextSpecific()) ||
		!tagged.ReadASN1(&list, cbasn1.SEQUENCE) {
		return false
	}
	for !list.Empty() {
		var one, value cryptobyte.String
		var e pkix.Extension
		if !list.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&e.Id) ||
			one.PeekASN1Tag(cbasn1.BOOLEAN) && !one.ReadASN1Boolean(&e.Critical) ||
			!one.ReadASN1(&value, cbasn1.OCTET_STRING) {
			return false
		}
		e.Value = value
		c.Extensions = append(c.Extensions, e)
		switch {
		case e.Id.Equal(oidSubjectKeyID):
			if id, ok := octets(value); ok {
				c.SubjectKeyId = id
			}
		case e.Id.Equal(oidKeyUsage):
			var bits asn1.BitString
			if value.ReadASN1BitString(&bits) {
				for i := range 9 {
					c.KeyUsage |= x509.KeyUsage(bits.At(i) << i)
				}
			}
		}
	}
	return true
}
