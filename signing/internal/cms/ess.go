package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
)

// essCertificate is the first ESSCertID or ESSCertIDv2 of an attribute (RFC 5035, 3 and 4): the
// signer's. Those after it only restrict the path, and name certificates that validation finds
// itself.
type essCertificate struct {
	hash   crypto.Hash // 0: not supported
	digest []byte
	issuer []byte // Name in DER; nil when issuerSerial is absent
	serial *big.Int
}

// checkSigningCertificate reads both versions of signing-certificate; each occurs at most once.
func (s *SignerInfo) checkSigningCertificate() error {
	v1, found1, err := sole(s.Signed, OIDSigningCertificate, "signing-certificate")
	if err != nil {
		return err
	}
	v2, found2, err := sole(s.Signed, OIDSigningCertificateV2, "signing-certificate-v2")
	if err != nil {
		return err
	}
	if found1 {
		if err := s.addESS(v1, false); err != nil {
			return err
		}
	}
	if found2 {
		return s.addESS(v2, true)
	}
	return nil
}

func (s *SignerInfo) addESS(der []byte, v2 bool) error {
	c, ok := parseESS(der, v2)
	if !ok {
		return badFormat("malformed attribute signing-certificate")
	}
	s.ess = append(s.ess, c)
	return nil
}

// parseESS reads SigningCertificate or SigningCertificateV2. An empty list gives a certificate
// that nothing matches.
func parseESS(der []byte, v2 bool) (essCertificate, bool) {
	in := cryptobyte.String(der)
	var attr, certs, id cryptobyte.String
	if !in.ReadASN1(&attr, cbasn1.SEQUENCE) || !in.Empty() ||
		!attr.ReadASN1(&certs, cbasn1.SEQUENCE) ||
		!attr.SkipOptionalASN1(cbasn1.SEQUENCE) || !attr.Empty() {
		return essCertificate{}, false
	}
	if certs.Empty() {
		return essCertificate{}, true
	}
	if !certs.ReadASN1(&id, cbasn1.SEQUENCE) {
		return essCertificate{}, false
	}
	c := essCertificate{hash: crypto.SHA1}
	if v2 {
		c.hash = crypto.SHA256
		if id.PeekASN1Tag(cbasn1.SEQUENCE) {
			var alg cryptobyte.String
			if !id.ReadASN1Element(&alg, cbasn1.SEQUENCE) {
				return c, false
			}
			c.hash, _ = algorithm.ParseHash(alg)
		}
	}
	var digest cryptobyte.String
	if !id.ReadASN1(&digest, cbasn1.OCTET_STRING) {
		return c, false
	}
	c.digest = digest
	if !id.Empty() && !c.readIssuerSerial(&id) || !id.Empty() {
		return c, false
	}
	return c, true
}

// readIssuerSerial reads IssuerSerial ::= SEQUENCE { GeneralNames, INTEGER }, of which the names
// must hold one directoryName (RFC 5035, 4).
func (c *essCertificate) readIssuerSerial(in *cryptobyte.String) bool {
	var seq, names, dn cryptobyte.String
	c.serial = new(big.Int)
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1(&names, cbasn1.SEQUENCE) ||
		!seq.ReadASN1Integer(c.serial) || !seq.SkipOptionalASN1(cbasn1.BIT_STRING) || !seq.Empty() {
		return false
	}
	if !names.ReadASN1(&dn, cbasn1.Tag(4).Constructed().ContextSpecific()) || !names.Empty() {
		c.issuer = []byte{} // names of another kind match no issuer
		return true
	}
	c.issuer = dn
	return true
}

func (c *essCertificate) matches(cert *x509.Certificate) bool {
	if c.hash == 0 || !bytes.Equal(c.digest, algorithm.Digest(c.hash, cert.Raw)) {
		return false
	}
	return c.serial == nil ||
		c.serial.Cmp(cert.SerialNumber) == 0 && SameName(c.issuer, cert.RawIssuer)
}

// Binding says whether the signature names cert under its own protection: every
// signing-certificate attribute that it has must match. With none the answer is missing.
func (s *SignerInfo) Binding(cert *x509.Certificate) signing.Binding {
	if len(s.ess) == 0 {
		return signing.BindingMissing
	}
	for i := range s.ess {
		if !s.ess[i].matches(cert) {
			return signing.BindingMismatch
		}
	}
	return signing.BindingOK
}

// HasSigningCertificateV1 says whether the attribute signing-certificate is there.
func (s *SignerInfo) HasSigningCertificateV1() bool {
	return len(Find(s.Signed, OIDSigningCertificate)) > 0
}

// HasSigningCertificateV2 says whether the attribute signing-certificate-v2 is there.
func (s *SignerInfo) HasSigningCertificateV2() bool {
	return len(Find(s.Signed, OIDSigningCertificateV2)) > 0
}

// signingCertificateV2 makes the attribute for a certificate (RFC 5035, 3; ETSI EN 319 122-1,
// 5.2.2.3): SHA-256 by default and then not written, or the hash that is given.
func signingCertificateV2(c *x509.Certificate, h crypto.Hash) (Attribute, error) {
	var alg []byte
	if h != crypto.SHA256 {
		var err error
		if alg, err = algorithm.HashIdentifier(h); err != nil {
			return Attribute{}, err
		}
	}
	names := ber.Sequence(ber.Tagged(4, c.RawIssuer))
	id := ber.Sequence(alg, ber.Octet(algorithm.Digest(h, c.Raw)),
		ber.Sequence(names, integer(c.SerialNumber)))
	return NewAttribute(OIDSigningCertificateV2, ber.Sequence(ber.Sequence(id))), nil
}
