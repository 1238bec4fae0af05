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
	if l.NextUpdate.Before(l.ThisUpdate) {
		return problem(Malformed, "the next update comes before this one")
	}
	if !strict {
		return nil
	}
	return checkProfile(l)
}

// checkProfile is what RFC 5280, 5 demands of whoever makes lists, and 6 does not need.
func checkProfile(l *syntax.CertificateList) *Problem {
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
	case l.Point != nil && l.Point.Empty():
		return problem(Profile, "the issuing distribution point says nothing") // 5.2.5
	case l.Point != nil && l.Point.Contradictory():
		return problem(Profile, "the list is limited to two kinds of certificates at once") // 5.2.5
	case l.BaseNumber != nil && !l.CriticalBase:
		return problem(Profile, "the delta list indicator is not critical") // 5.2.4
	}
	return nil
}

// MaySignLists reports whether a certificate's key usages allow to sign lists (RFC 5280,
// 6.3.3 (f)).
func MaySignLists(c *syntax.Certificate) bool {
	return !c.Has(syntax.KeyUsage) || c.KeyUsage.Has(syntax.CRLSign)
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
