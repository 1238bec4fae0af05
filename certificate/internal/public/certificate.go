package public

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/url"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/signature"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// Certificate reads a certificate strictly and returns it as crypto/x509 would. Where crypto/x509
// refuses what RFC 5280 lets pass (relative names of distribution points) or what can at least be
// shown (negative serial numbers), the fields are filled from our own reading. PublicKey is nil
// when the key is of a kind that is not supported.
func Certificate(document []byte) (*x509.Certificate, error) {
	s, err := syntax.ReadCertificate(document)
	if err != nil {
		return nil, err
	}
	if c, err := x509.ParseCertificate(document); err == nil {
		return c, nil
	}
	return fill(s), nil
}

func fill(s *syntax.Certificate) *x509.Certificate {
	c := &x509.Certificate{
		Raw: s.Raw, RawTBSCertificate: s.RawTBS, RawSubject: s.Subject, RawIssuer: s.Issuer,
		RawSubjectPublicKeyInfo: s.Key.Raw, Signature: s.Signature, Version: s.Version,
		SerialNumber: der.BigInt(s.Serial), NotBefore: s.NotBefore, NotAfter: s.NotAfter,
		Issuer: Name(s.Issuer), Subject: Name(s.Subject),
		KeyUsage: x509.KeyUsage(s.KeyUsage), IsCA: s.IsCA, MaxPathLen: -1,
		BasicConstraintsValid: s.Has(syntax.BasicConstraints),
		SubjectKeyId:          s.SubjectKeyID, AuthorityKeyId: s.AuthorityKey.KeyID,
	}
	if s.PathLen >= 0 {
		c.MaxPathLen, c.MaxPathLenZero = s.PathLen, s.PathLen == 0
	}
	if key, err := signature.ReadKey(s.Key); err == nil {
		c.PublicKey = key.Public
		c.PublicKeyAlgorithm = map[string]x509.PublicKeyAlgorithm{"RSA": x509.RSA,
			"ECDSA": x509.ECDSA, "Ed25519": x509.Ed25519}[key.Name]
	}
	fillAlgorithm(c, s)
	fillExtensions(c, s)
	fillNames(c, s)
	return c
}

func fillAlgorithm(c *x509.Certificate, s *syntax.Certificate) {
	a, err := signature.ReadAlgorithmIdentifier(s.Algorithm)
	if err != nil {
		return
	}
	for known := x509.MD2WithRSA; known <= x509.PureEd25519; known++ {
		if known.String() == a.Name {
			c.SignatureAlgorithm = known
			return
		}
	}
}

func fillExtensions(c *x509.Certificate, s *syntax.Certificate) {
	for _, e := range s.Extensions {
		id := oid(e.OID)
		c.Extensions = append(c.Extensions, pkix.Extension{Id: id, Critical: e.Critical, Value: e.Value})
		if e.Critical && e.ID() == syntax.NotKnown {
			c.UnhandledCriticalExtensions = append(c.UnhandledCriticalExtensions, id)
		}
	}
	for _, u := range s.ExtKeyUsage {
		c.UnknownExtKeyUsage = append(c.UnknownExtKeyUsage, oid(u))
	}
	for _, p := range s.Policies {
		c.PolicyIdentifiers = append(c.PolicyIdentifiers, oid(p.OID))
		if id, err := x509.ParseOID(oid(p.OID).String()); err == nil {
			c.Policies = append(c.Policies, id)
		}
	}
	for _, p := range s.CRLPoints {
		for _, g := range p.FullName {
			if g.Form == syntax.URI {
				c.CRLDistributionPoints = append(c.CRLDistributionPoints, string(g.Value))
			}
		}
	}
	for _, a := range s.AuthorityInfo {
		if a.Location.Form != syntax.URI {
			continue
		}
		switch string(a.Method) {
		case syntax.AccessOCSP:
			c.OCSPServer = append(c.OCSPServer, string(a.Location.Value))
		case syntax.AccessIssuers:
			c.IssuingCertificateURL = append(c.IssuingCertificateURL, string(a.Location.Value))
		}
	}
}

func fillNames(c *x509.Certificate, s *syntax.Certificate) {
	for _, g := range s.AltNames {
		switch g.Form {
		case syntax.DNSName:
			c.DNSNames = append(c.DNSNames, string(g.Value))
		case syntax.RFC822Name:
			c.EmailAddresses = append(c.EmailAddresses, string(g.Value))
		case syntax.IPAddress:
			c.IPAddresses = append(c.IPAddresses, net.IP(g.Value))
		case syntax.URI:
			if u, err := url.Parse(string(g.Value)); err == nil {
				c.URIs = append(c.URIs, u)
			}
		}
	}
}

// Name fills a pkix.Name, whatever the types of the strings.
func Name(n syntax.Name) (out pkix.Name) {
	var rdns pkix.RDNSequence
	for a := range n.Attributes {
		text, _ := a.Text()
		value := pkix.AttributeTypeAndValue{Type: oid(a.Type), Value: text}
		if a.First {
			rdns = append(rdns, nil)
		}
		rdns[len(rdns)-1] = append(rdns[len(rdns)-1], value)
	}
	out.FillFromRDNSequence(&rdns)
	return out
}

// oid decodes the contents octets of an OBJECT IDENTIFIER; arcs beyond an int end it.
func oid(contents []byte) asn1.ObjectIdentifier {
	var id asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(der.Element(der.OID, contents), &id); err != nil || len(rest) > 0 {
		return nil
	}
	return id
}
