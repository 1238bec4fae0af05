package revocation

import (
	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// Scope returns the reasons for which a list speaks of a certificate, 0 when it does not (RFC 5280,
// 6.3.3 (b) and (d)): by any of the certificate's distribution points, or by the one that 6.3.3
// assumes, named after its issuer, for all reasons. The work is linear in the number of names.
func Scope(l *syntax.CertificateList, c *syntax.Certificate) (reasons uint16) {
	if !speaksOfKind(l.Point, c) {
		return 0
	}
	s := &scope{list: l, cert: c, sameIssuer: l.Issuer.Equal(c.Issuer),
		issuer: string(l.Issuer.Canonical())}
	for i := range c.CRLPoints {
		reasons |= s.point(&c.CRLPoints[i])
	}
	assumed := syntax.DistributionPoint{FullName: []syntax.GeneralName{
		{Form: syntax.DirectoryName, Value: c.Issuer}}}
	return reasons | s.point(&assumed)
}

// speaksOfKind is 6.3.3 (b) (2) (ii) to (iv).
func speaksOfKind(p *syntax.IssuingDistributionPoint, c *syntax.Certificate) bool {
	return p == nil || !p.OnlyAttribute && !(p.OnlyUser && c.IsCA) && !(p.OnlyAuthority && !c.IsCA)
}

type scope struct {
	list       *syntax.CertificateList
	cert       *syntax.Certificate
	sameIssuer bool
	issuer     string              // canonical, of the list
	names      map[string]struct{} // of the list's distribution point; nil: not needed yet
}

// point returns the reasons by one distribution point of the certificate.
func (s *scope) point(p *syntax.DistributionPoint) uint16 {
	if !s.issuerMatches(p) || !s.nameMatches(p) {
		return 0
	}
	reasons := AllReasons
	if p.Reasons != 0 {
		reasons &= p.Reasons
	}
	if s.list.Point != nil && s.list.Point.OnlyReasons != 0 {
		reasons &= s.list.Point.OnlyReasons
	}
	return reasons
}

// issuerMatches is 6.3.3 (b) (1).
func (s *scope) issuerMatches(p *syntax.DistributionPoint) bool {
	if p.Issuer == nil {
		return s.sameIssuer
	}
	if s.list.Point == nil || !s.list.Point.Indirect {
		return false
	}
	for _, g := range p.Issuer {
		if g.Form == syntax.DirectoryName && string(syntax.Name(g.Value).Canonical()) == s.issuer {
			return true
		}
	}
	return false
}

// nameMatches is 6.3.3 (b) (2) (i).
func (s *scope) nameMatches(p *syntax.DistributionPoint) bool {
	point := s.list.Point
	if point == nil || point.FullName == nil && point.Relative == nil {
		return true
	}
	if s.names == nil {
		s.names = make(map[string]struct{})
		for _, g := range fullNames(point.FullName, point.Relative, s.list.Issuer) {
			s.names[nameKey(g)] = struct{}{}
		}
	}
	theirs := p.Issuer
	if p.FullName != nil || p.Relative != nil {
		base := s.cert.Issuer
		if len(p.Issuer) > 0 && p.Issuer[0].Form == syntax.DirectoryName {
			base = p.Issuer[0].Value // RFC 5280, 4.2.1.13
		}
		theirs = fullNames(p.FullName, p.Relative, base)
	}
	for _, g := range theirs {
		if _, ok := s.names[nameKey(g)]; ok {
			return true
		}
	}
	return false
}

// nameKey is the same for names that are equal.
func nameKey(g syntax.GeneralName) string {
	if g.Form == syntax.DirectoryName {
		return string(rune(g.Form)) + string(syntax.Name(g.Value).Canonical())
	}
	return string(rune(g.Form)) + string(g.Value)
}

// fullNames returns the names of a distribution point, a relative one completed by its base.
func fullNames(full []syntax.GeneralName, relative []byte, base syntax.Name) []syntax.GeneralName {
	if relative == nil {
		return full
	}
	r := der.NewReader(base)
	rdns := r.Read("name", der.Sequence)
	contents := append([]byte(nil), rdns.Rest()...)
	contents = append(contents, der.Element(der.Set, relative)...)
	return []syntax.GeneralName{
		{Form: syntax.DirectoryName, Value: der.Element(der.Sequence, contents)}}
}
