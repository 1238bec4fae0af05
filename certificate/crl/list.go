package crl

import (
	"crypto/x509/pkix"
	"iter"
	"math/big"
	"time"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/public"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// List is a certificate revocation list that was read. It is safe for concurrent use. It aliases
// the octets it was read from, which must not change.
type List struct{ list *syntax.CertificateList }

// Parse reads one list in DER. The error names the field and its offset. Lists of other versions,
// with trailing octets, or with an entry that is not well-formed are refused.
func Parse(der []byte) (*List, error) {
	l, err := syntax.ReadCertificateList(der)
	if err != nil {
		return nil, err
	}
	return &List{l}, nil
}

// Raw returns the list's DER.
func (l *List) Raw() []byte { return l.list.Raw }

// Issuer returns the issuer's name.
func (l *List) Issuer() pkix.Name { return public.Name(l.list.Issuer) }

// RawIssuer returns the DER of the issuer's name.
func (l *List) RawIssuer() []byte { return l.list.Issuer }

// ThisUpdate returns when the list was issued.
func (l *List) ThisUpdate() time.Time { return l.list.ThisUpdate }

// NextUpdate returns when the next list is due; the zero time when the list does not say.
func (l *List) NextUpdate() time.Time { return l.list.NextUpdate }

// Number returns the cRLNumber, nil when absent.
func (l *List) Number() *big.Int { return number(l.list.Number) }

// BaseNumber returns the number of the list that a delta list completes, nil for a complete list.
func (l *List) BaseNumber() *big.Int { return number(l.list.BaseNumber) }

func number(contents []byte) *big.Int {
	if contents == nil {
		return nil
	}
	return der.BigInt(contents)
}

// Len returns the number of entries.
func (l *List) Len() int { return l.list.Len() }

// Scope is what a list is limited to (issuingDistributionPoint, RFC 5280, 5.2.5).
type Scope struct {
	URLs          []string `json:"urls,omitempty"`          // of the distribution point
	OnlyUser      bool     `json:"onlyUser,omitempty"`      // certificates of end entities
	OnlyAuthority bool     `json:"onlyAuthority,omitempty"` // certificates of authorities
	OnlyAttribute bool     `json:"onlyAttribute,omitempty"` // attribute certificates
	Indirect      bool     `json:"indirect,omitempty"`      // also certificates of other issuers
	SomeReasons   bool     `json:"someReasons,omitempty"`   // some reasons only
}

// Scope returns what the list is limited to, and whether it is limited at all.
func (l *List) Scope() (s Scope, limited bool) {
	p := l.list.Point
	if p == nil {
		return Scope{}, false
	}
	s = Scope{OnlyUser: p.OnlyUser, OnlyAuthority: p.OnlyAuthority,
		OnlyAttribute: p.OnlyAttribute, Indirect: p.Indirect, SomeReasons: p.OnlyReasons != 0}
	for _, g := range p.FullName {
		if g.Form == syntax.URI {
			s.URLs = append(s.URLs, string(g.Value))
		}
	}
	return s, true
}

// Entry is a certificate on a list.
type Entry struct {
	Serial       *big.Int
	RevokedAt    time.Time
	Reason       Reason
	InvalidSince time.Time // invalidityDate, zero when absent
	RawIssuer    []byte    // DER of the certificate's issuer
}

// Entries returns the entries in order.
func (l *List) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for e := range l.list.Entries {
			if e.Issuer == nil {
				e.Issuer = l.list.Issuer
			}
			if !yield(entry(e)) {
				return
			}
		}
	}
}

func entry(e syntax.RevokedCertificate) Entry {
	return Entry{Serial: der.BigInt(e.Serial), RevokedAt: e.RevokedAt,
		Reason: Reason(min(e.Reason, 255)), InvalidSince: e.InvalidSince, RawIssuer: e.Issuer}
}

// Find returns the entry about the certificate with that serial number of that issuer (the DER of
// its name). Nothing is allocated for the entries passed over.
func (l *List) Find(rawIssuer []byte, serial *big.Int) (Entry, bool) {
	e, ok := l.list.Find(rawIssuer, der.IntegerContents(serial))
	if !ok {
		return Entry{}, false
	}
	return entry(e), true
}
