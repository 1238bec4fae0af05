package trustlist

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"github.com/rubrica/rubrica/certificate/internal/public"
	"github.com/rubrica/rubrica/certificate/path"
)

// Source is what a list is built from.
type Source struct {
	Territory string
	Operator  string
	Sequence  int64
	Issued    time.Time
	// Validity is how long the list is good. 0: 180 days, as ETSI TS 119 612, 5.3.15 allows at most.
	Validity time.Duration
	// Certificates of authorities, in any order. Those that issued themselves become roots and are
	// trusted; the others must have a path to one of them.
	Certificates []*x509.Certificate
	// Policies returns the policies of an entity, by the organisation in its certificates. nil: none.
	Policies func(organisation string) []Policy
}

const defaultValidity = 180 * 24 * time.Hour

// Refused is a certificate that did not come into the list, and why.
type Refused struct {
	Certificate *x509.Certificate
	Reason      string
}

// Build makes a list: entities by the organisation in their certificates, their status services as
// the certificates below them name them. Certificates that are no authority's, out of their dates,
// or without a path to a root are left out and returned with the reason.
func Build(ctx context.Context, s Source) (*List, []Refused, error) {
	validity := s.Validity
	if validity == 0 {
		validity = defaultValidity
	}
	issued := s.Issued.UTC().Truncate(time.Second)
	b := &builder{source: s, issued: issued, entities: make(map[string]*Entity)}
	for _, c := range unique(s.Certificates) {
		if err := b.sort(c); err != nil {
			return nil, nil, err
		}
	}
	if err := b.subordinates(ctx); err != nil {
		return nil, nil, err
	}
	l := &List{Version: formatVersion, Territory: s.Territory, Operator: s.Operator,
		Sequence: s.Sequence, Issued: issued, NextUpdate: issued.Add(validity), Entities: b.list()}
	return l, b.refused, l.check()
}

type builder struct {
	source   Source
	issued   time.Time
	entities map[string]*Entity
	roots    []*x509.Certificate
	others   []*x509.Certificate
	refused  []Refused
}

func unique(list []*x509.Certificate) (out []*x509.Certificate) {
	seen := make(map[string]bool)
	for _, c := range list {
		if !seen[string(c.Raw)] {
			seen[string(c.Raw)] = true
			out = append(out, c)
		}
	}
	return out
}

// sort tells roots from others.
func (b *builder) sort(given *x509.Certificate) error {
	c, err := public.Certificate(given.Raw)
	if err != nil {
		return err
	}
	switch {
	case c.Version == 3 && !c.IsCA:
		b.refuse(c, "not an authority's certificate")
	case b.issued.Before(c.NotBefore) || b.issued.After(c.NotAfter):
		b.refuse(c, "out of its dates")
	case bytes.Equal(c.RawIssuer, c.RawSubject):
		b.roots = append(b.roots, c)
		e := b.entity(c)
		e.Roots = append(e.Roots, Certificate{c})
	default:
		b.others = append(b.others, c)
	}
	return nil
}

// subordinates admits the authorities that have a path to a root.
func (b *builder) subordinates(ctx context.Context) error {
	for _, c := range b.others {
		r, err := path.Validate(ctx, c, path.Query{Anchors: b.roots, Intermediates: b.others,
			Time: b.issued, Revocation: path.Ignored})
		if err != nil {
			return err
		}
		if r.Status != path.Valid {
			b.refuse(c, r.Message)
			continue
		}
		e := b.entity(c)
		e.Subordinates = append(e.Subordinates, Certificate{c})
		e.Status.CRL = append(e.Status.CRL, web(c.CRLDistributionPoints)...)
		e.Status.OCSP = append(e.Status.OCSP, web(c.OCSPServer)...)
	}
	return nil
}

func web(addresses []string) (list []string) {
	for _, a := range addresses {
		if strings.HasPrefix(a, "http://") || strings.HasPrefix(a, "https://") {
			list = append(list, a)
		}
	}
	return list
}

func (b *builder) refuse(c *x509.Certificate, reason string) {
	b.refused = append(b.refused, Refused{c, reason})
}

func (b *builder) entity(c *x509.Certificate) *Entity {
	name := c.Subject.CommonName
	if len(c.Subject.Organization) > 0 {
		name = c.Subject.Organization[0]
	}
	e := b.entities[name]
	if e == nil {
		e = &Entity{Name: name}
		if b.source.Policies != nil {
			e.Policies = b.source.Policies(name)
		}
		b.entities[name] = e
	}
	return e
}

// list returns the entities by name, each with its parts in a fixed order.
func (b *builder) list() []Entity {
	var list []Entity
	for _, e := range b.entities {
		slices.Sort(e.Status.CRL)
		slices.Sort(e.Status.OCSP)
		e.Status.CRL, e.Status.OCSP = slices.Compact(e.Status.CRL), slices.Compact(e.Status.OCSP)
		for _, own := range [][]Certificate{e.Roots, e.Subordinates} {
			slices.SortFunc(own, func(x, y Certificate) int { return bytes.Compare(x.Raw, y.Raw) })
		}
		list = append(list, *e)
	}
	slices.SortFunc(list, func(x, y Entity) int { return cmp.Compare(x.Name, y.Name) })
	return list
}
