package revocation

import (
	"bytes"
	"time"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// AllReasons is every reason that a list can be limited to (RFC 5280, 5.2.5, bits 1 to 8).
const AllReasons uint16 = 0x1fe

// ClockSkew is how far the clock of whoever made a list or an answer may be ahead.
const ClockSkew = 5 * time.Minute

// Interval is the time that is judged and the time up to which evidence may have been made: they
// differ when a past moment is judged with what is known today.
type Interval struct{ At, Now time.Time }

// CheckDates judges thisUpdate and nextUpdate.
func CheckDates(thisUpdate, nextUpdate time.Time, when Interval) *Problem {
	if thisUpdate.After(when.Now.Add(ClockSkew)) {
		return problem(NotYetValid, "issued after the time of judging")
	}
	if !nextUpdate.IsZero() && nextUpdate.Before(when.At) {
		return problem(Stale, "its next update was due before the time of judging")
	}
	return nil
}

// CheckForm judges what a list says of itself: dates and critical extensions, and when strict
// what RFC 5280, 5 demands of whoever makes lists.
func CheckForm(l *syntax.CertificateList, when Interval, strict bool) *Problem {
	if l.UnknownCritical {
		return problem(CriticalUnknown, "the list has a critical extension that is not known")
	}
	if p := CheckDates(l.ThisUpdate, l.NextUpdate, when); p != nil {
		return p
	}
	if l.NextUpdate.IsZero() { // RFC 5280, 5.1.2.5
		return problem(NoNextUpdate, "the list does not say when the next one is due")
	}
	if !strict {
		return nil
	}
	switch {
	case l.Version != 2:
		return problem(Profile, "the list is not version 2") // 5
	case l.Number == nil:
		return problem(Profile, "the list has no number") // 5.2.3
	case l.CriticalNumber:
		return problem(Profile, "the number of the list is critical") // 5.2.3
	case len(l.Number) > 20:
		return problem(Profile, "the number of the list is longer than 20 octets") // 5.2.3
	case l.GeneralizedEarly:
		return problem(Profile, "a date before 2050 is written as GeneralizedTime") // 5.1.2.4
	case l.Point != nil && l.Point.NotCritical:
		return problem(Profile, "the issuing distribution point is not critical") // 5.2.5
	}
	return nil
}

// MaySignLists reports whether a certificate's key usages allow to sign lists (RFC 5280, 6.3.3 (f)).
func MaySignLists(c *syntax.Certificate) bool {
	return !c.Has(syntax.KeyUsage) || c.KeyUsage.Has(syntax.CRLSign)
}

// Points returns the distribution points under which lists may speak of a certificate: its own,
// and then the one that RFC 5280, 6.3.3 assumes, named after the issuer, for all reasons.
func Points(c *syntax.Certificate) []syntax.DistributionPoint {
	assumed := syntax.DistributionPoint{FullName: []syntax.GeneralName{
		{Form: syntax.DirectoryName, Value: c.Issuer}}}
	return append(append([]syntax.DistributionPoint(nil), c.CRLPoints...), assumed)
}

// Scope returns the reasons for which a list speaks of a certificate by one of its distribution
// points, 0 when it does not (RFC 5280, 6.3.3 (b) and (d)).
func Scope(l *syntax.CertificateList, c *syntax.Certificate, p *syntax.DistributionPoint) uint16 {
	if !issuerMatches(l, c, p) {
		return 0
	}
	reasons := AllReasons
	if p.Reasons != 0 {
		reasons &= p.Reasons
	}
	point := l.Point
	if point == nil {
		return reasons
	}
	if !pointMatches(l, c, p) || point.OnlyAttribute ||
		point.OnlyUser && c.IsCA || point.OnlyAuthority && !c.IsCA {
		return 0
	}
	if point.OnlyReasons != 0 {
		reasons &= point.OnlyReasons
	}
	return reasons
}

// issuerMatches is 6.3.3 (b) (1).
func issuerMatches(l *syntax.CertificateList, c *syntax.Certificate, p *syntax.DistributionPoint) bool {
	if p.Issuer == nil {
		return l.Issuer.Equal(c.Issuer)
	}
	if l.Point == nil || !l.Point.Indirect {
		return false
	}
	return hasName(p.Issuer, l.Issuer)
}

func hasName(names []syntax.GeneralName, n syntax.Name) bool {
	for _, g := range names {
		if g.Form == syntax.DirectoryName && n.Equal(g.Value) {
			return true
		}
	}
	return false
}

// pointMatches is 6.3.3 (b) (2) (i).
func pointMatches(l *syntax.CertificateList, c *syntax.Certificate, p *syntax.DistributionPoint) bool {
	mine := fullNames(l.Point.FullName, l.Point.Relative, l.Issuer)
	if mine == nil {
		return true
	}
	theirs := p.Issuer
	if p.FullName != nil || p.Relative != nil {
		base := c.Issuer
		if len(p.Issuer) > 0 && p.Issuer[0].Form == syntax.DirectoryName {
			base = p.Issuer[0].Value // RFC 5280, 4.2.1.13
		}
		theirs = fullNames(p.FullName, p.Relative, base)
	}
	for _, a := range mine {
		for _, b := range theirs {
			if sameName(a, b) {
				return true
			}
		}
	}
	return false
}

func sameName(a, b syntax.GeneralName) bool {
	if a.Form != b.Form {
		return false
	}
	if a.Form == syntax.DirectoryName {
		return syntax.Name(a.Value).Equal(b.Value)
	}
	return bytes.Equal(a.Value, b.Value)
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

// DeltaOf reports whether a delta list completes a complete one (RFC 5280, 5.2.4 and 6.3.3 (c)).
func DeltaOf(delta, complete *syntax.CertificateList) bool {
	if delta.BaseNumber == nil || complete.BaseNumber != nil || complete.Number == nil ||
		delta.Number == nil || !delta.Issuer.Equal(complete.Issuer) {
		return false
	}
	if (delta.Point == nil) != (complete.Point == nil) ||
		delta.Point != nil && !bytes.Equal(delta.Point.Octets(), complete.Point.Octets()) {
		return false
	}
	if !bytes.Equal(delta.AuthorityKey.KeyID, complete.AuthorityKey.KeyID) {
		return false
	}
	number, base := der.BigInt(complete.Number), der.BigInt(delta.BaseNumber)
	return base.Cmp(number) <= 0 && number.Cmp(der.BigInt(delta.Number)) < 0
}

// Remembers reports whether evidence that does not count a certificate as revoked can be believed:
// issued before it expired, or by somebody who says that he keeps those that expired since a date
// before that (RFC 6960, 4.4.4; X.509, 9.5.2.8). Issuers may forget the others (RFC 5280, 3.3).
func Remembers(c *syntax.Certificate, thisUpdate, keptSince time.Time) bool {
	if !thisUpdate.After(c.NotAfter.Add(ClockSkew)) {
		return true
	}
	return !keptSince.IsZero() && !keptSince.After(c.NotAfter)
}

// Find looks a certificate up in a list, completed by a delta list or nil (6.3.3 (i) to (k)).
func Find(complete, delta *syntax.CertificateList,
	c *syntax.Certificate) (e syntax.RevokedCertificate, revoked bool) {
	if delta != nil {
		if e, ok := delta.Find(c.Issuer, c.Serial); ok {
			return e, e.Reason != syntax.RemoveFromCRL
		}
	}
	e, ok := complete.Find(c.Issuer, c.Serial)
	return e, ok && e.Reason != syntax.RemoveFromCRL
}
