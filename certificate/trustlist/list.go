package trustlist

import (
	"crypto/x509"
	"encoding/json"
	"time"

	"github.com/rubrica/rubrica/certificate/internal/public"
)

// Bounds of a list. The lists of all of Europe together have some four thousand entries.
const (
	MaxOctets      = 16 << 20
	maxAuthorities = 1000
	maxPerEntity   = 1000 // certificates, addresses or policies of one entity
)

// formatVersion is the version of the format written and read here.
const formatVersion = 1

// List says who is trusted in a territory. Times are UTC, to the second.
type List struct {
	Version   int    `json:"version"`   // of the format; 1
	Territory string `json:"territory"` // ISO 3166-1 alpha-2, as "EC"
	Operator  string `json:"operator"`  // who keeps the list
	// Sequence grows by one at least with each list of the territory.
	Sequence   int64     `json:"sequence"`
	Issued     time.Time `json:"issued"`
	NextUpdate time.Time `json:"nextUpdate"` // when the list stops being good
	Entities   []Entity  `json:"entities"`
}

// Entity is an accredited certification entity.
type Entity struct {
	Name string `json:"name"`
	// Roots are trusted themselves; Subordinates are authorities below, help for building paths.
	Roots        []Certificate `json:"roots"`
	Subordinates []Certificate `json:"subordinates,omitempty"`
	Status       Status        `json:"status"`
	Policies     []Policy      `json:"policies,omitempty"`
}

// Status is where an entity tells which certificates it has revoked.
type Status struct {
	CRL  []string `json:"crl,omitempty"`
	OCSP []string `json:"ocsp,omitempty"`
}

// Policy is a policy identifier with what it stands for.
type Policy struct {
	OID  string `json:"oid"`
	Kind string `json:"kind,omitempty"`
}

// Certificate is a certificate, in JSON its DER in base64.
type Certificate struct{ *x509.Certificate }

// MarshalJSON implements json.Marshaler.
func (c Certificate) MarshalJSON() ([]byte, error) { return json.Marshal(c.Raw) }

// UnmarshalJSON implements json.Unmarshaler.
func (c *Certificate) UnmarshalJSON(data []byte) error {
	var der []byte
	if err := json.Unmarshal(data, &der); err != nil {
		return err
	}
	read, err := public.Certificate(der)
	c.Certificate = read
	return err
}

// Anchors returns the roots of all entities.
func (l *List) Anchors() (list []*x509.Certificate) {
	for _, e := range l.Entities {
		for _, c := range e.Roots {
			list = append(list, c.Certificate)
		}
	}
	return list
}

// Intermediates returns the subordinate authorities of all entities.
func (l *List) Intermediates() (list []*x509.Certificate) {
	for _, e := range l.Entities {
		for _, c := range e.Subordinates {
			list = append(list, c.Certificate)
		}
	}
	return list
}

// Entity returns the entity that a certificate of the list belongs to.
func (l *List) Entity(c *x509.Certificate) (Entity, bool) {
	for _, e := range l.Entities {
		for _, own := range [][]Certificate{e.Roots, e.Subordinates} {
			for _, o := range own {
				if o.Equal(c) {
					return e, true
				}
			}
		}
	}
	return Entity{}, false
}

// check says what is wrong with a list, whoever made it.
func (l *List) check() error {
	switch {
	case l.Version != formatVersion:
		return problem("another version of the format")
	case len(l.Territory) != 2:
		return problem("no territory of two letters")
	case l.Sequence < 1:
		return problem("no sequence number")
	case l.Issued.IsZero() || !l.NextUpdate.After(l.Issued):
		return problem("the next update does not come after the issue")
	case len(l.Entities) == 0 || len(l.Entities) > maxAuthorities:
		return problem("no entity, or more than a thousand")
	}
	for _, e := range l.Entities {
		if err := e.check(); err != nil {
			return err
		}
	}
	return nil
}

func (e *Entity) check() error {
	switch {
	case e.Name == "":
		return problem("an entity without name")
	case len(e.Roots)+len(e.Subordinates) == 0:
		return problem("an entity without certificate: " + e.Name)
	case max(len(e.Roots), len(e.Subordinates), len(e.Policies),
		len(e.Status.CRL), len(e.Status.OCSP)) > maxPerEntity:
		return problem("more than a thousand of something: " + e.Name)
	}
	for _, list := range [][]Certificate{e.Roots, e.Subordinates} {
		for _, c := range list {
			if c.Certificate == nil || c.Version == 3 && !c.IsCA {
				return problem("a certificate that is no authority's: " + e.Name)
			}
		}
	}
	for _, p := range e.Policies {
		if _, err := x509.ParseOID(p.OID); err != nil {
			return problem("a policy that is no object identifier: " + e.Name)
		}
	}
	return nil
}
