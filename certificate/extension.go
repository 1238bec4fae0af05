package certificate

import (
	"crypto/x509/pkix"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidSubjectAltName    = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidPolicies          = asn1.ObjectIdentifier{2, 5, 29, 32}
	oidExtKeyUsage       = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidExpiredCertsOnCRL = asn1.ObjectIdentifier{2, 5, 29, 60}
	oidCPSQualifier      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 2, 1}
	oidOCSPNoCheck       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	oidBasicConstraints  = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidKeyUsage          = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidSubjectKeyID      = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidAuthorityKeyID    = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidCRLDistribution   = asn1.ObjectIdentifier{2, 5, 29, 31}
	oidAuthorityInfo     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 1}
	oidInvalidityDate    = asn1.ObjectIdentifier{2, 5, 29, 24}
	tagExplicit0         = cbasn1.Tag(0).ContextSpecific().Constructed()
	derNull              = []byte{5, 0}

	// Choices of GeneralName (RFC 5280, 4.2.1.6).
	tagOtherName  = cbasn1.Tag(0).ContextSpecific().Constructed()
	tagRFC822Name = cbasn1.Tag(1).ContextSpecific()
)

// extensions returns those that x509.CreateCertificate does not write, or not as the profile wants.
func (p *Profile) extensions(s Subject) ([]pkix.Extension, error) {
	var all []pkix.Extension
	add := func(oid asn1.ObjectIdentifier, critical bool, b *cryptobyte.Builder) error {
		value, err := b.Bytes()
		all = append(all, pkix.Extension{Id: oid, Critical: critical, Value: value})
		return err
	}
	if b := p.policyExtension(); b != nil {
		if err := add(oidPolicies, false, b); err != nil {
			return nil, err
		}
	}
	if len(p.extKeyUsage) > 0 {
		if err := add(oidExtKeyUsage, p.c.ExtKeyUsageCritical, p.extKeyUsageExtension()); err != nil {
			return nil, err
		}
	}
	if b := p.altNameExtension(s); b != nil {
		if err := add(oidSubjectAltName, false, b); err != nil {
			return nil, err
		}
	}
	if p.c.NoCheck {
		all = append(all, pkix.Extension{Id: oidOCSPNoCheck, Value: derNull})
	}
	if p.c.Identity == InExtensions {
		for _, f := range numbered(&s) {
			b := cryptobyte.NewBuilder(nil)
			addUTF8String(b, f.value)
			if err := add(append(p.arc[:len(p.arc):len(p.arc)], f.number), false, b); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

type numberedValue struct {
	number int
	value  string
}

// numbered returns the filled fields that have a number under the arc, in its order.
func numbered(s *Subject) []numberedValue {
	var out []numberedValue
	for _, f := range fields {
		if value := *f.get(s); f.number > 0 && value != "" {
			out = append(out, numberedValue{f.number, value})
		}
	}
	return out
}

// policyExtension is CertificatePolicies (RFC 5280, 4.2.1.4); nil when there is none.
func (p *Profile) policyExtension() *cryptobyte.Builder {
	if len(p.policies) == 0 {
		return nil
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for i, oid := range p.policies {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oid)
				addCPS(b, p.c.Policies[i].CPS)
			})
		}
	})
	return b
}

func addCPS(b *cryptobyte.Builder, uri string) {
	if uri == "" {
		return
	}
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidCPSQualifier)
			b.AddASN1(cbasn1.IA5String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(uri)) })
		})
	})
}

func (p *Profile) extKeyUsageExtension() *cryptobyte.Builder {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, oid := range p.extKeyUsage {
			b.AddASN1ObjectIdentifier(oid)
		}
	})
	return b
}

// altNameExtension is SubjectAltName with the address and, for InAltName, an otherName for each
// field of the identity; nil when it would be empty.
func (p *Profile) altNameExtension(s Subject) *cryptobyte.Builder {
	var others []numberedValue
	if p.c.Identity == InAltName {
		others = numbered(&s)
	}
	if s.Email == "" && len(others) == 0 {
		return nil
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if s.Email != "" {
			b.AddASN1(tagRFC822Name, func(b *cryptobyte.Builder) { b.AddBytes([]byte(s.Email)) })
		}
		for _, other := range others {
			b.AddASN1(tagOtherName, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(append(p.arc[:len(p.arc):len(p.arc)], other.number))
				b.AddASN1(tagExplicit0,
					func(b *cryptobyte.Builder) { addUTF8String(b, other.value) })
			})
		}
	})
	return b
}

func addUTF8String(b *cryptobyte.Builder, value string) {
	b.AddASN1(cbasn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(value)) })
}
