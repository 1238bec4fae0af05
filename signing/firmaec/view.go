package firmaec

import (
	"crypto/x509"
	"strings"
	"time"

	"github.com/rubrica/rubrica/certificate/ec"
	"github.com/rubrica/rubrica/signing"
)

// An Answer is what FirmaEC says of a signed document. In JSON it has the words of its validation
// services and of the call that returns a signed document to the system that asked for it.
type Answer struct {
	// Valid: every signature passed at the time of judging. Without trust anchors none does.
	Valid bool `json:"firmasValidas"`
	// Intact: no signature is broken, and nothing was changed after one that it does not allow.
	Intact bool `json:"integridadDocumento"`
	// Error says what is wrong, in Spanish; empty when nothing is.
	Error string `json:"error,omitempty"`
	// Signatures are those of people, in the document's order.
	Signatures []Signature `json:"certificado"`
}

// A Signature is what FirmaEC says of one signature and its certificate.
type Signature struct {
	IssuedTo  string `json:"emitidoPara"` // the holder's full name
	IssuedBy  string `json:"emitidoPor"`  // the issuer's common name
	ValidFrom Date   `json:"validoDesde,omitzero"`
	ValidTo   Date   `json:"validoHasta,omitzero"`
	SignedAt  Date   `json:"fechaFirma,omitzero"` // as the signer claims
	RevokedAt Date   `json:"fechaRevocado,omitzero"`
	// Current: the certificate was within its dates and not revoked when it signed; at the time of
	// the time stamp if there is one, else at the time that the signer claims.
	Current bool `json:"certificadoVigente"`
	// KeyUsage names the uses of the key (RFC 5280, 4.2.1.3), separated by commas.
	KeyUsage  string `json:"clavesUso"`
	StampedAt Date   `json:"fechaSelloTiempo,omitzero"`
	// Intact: nothing that this signature covers was changed.
	Intact   bool   `json:"integridadFirma"`
	Reason   string `json:"razonFirma"`
	Location string `json:"localizacion"`

	Cedula      string `json:"cedula"` // or the passport number
	GivenNames  string `json:"nombre"`
	Surnames    string `json:"apellido"`
	Institution string `json:"institucion"` // or the company
	Position    string `json:"cargo"`
	Authority   string `json:"entidadCertificadora"`
	Serial      string `json:"serial"` // decimal
	// Stamped: the time stamp is intact and from an authority that is trusted.
	Stamped bool `json:"selladoTiempo"`
	// Genuine: the certificate leads to a given trust anchor.
	Genuine bool `json:"certificadoDigitalValido"`
}

// A Date is written as FirmaEC writes dates: in Ecuador's time, to the second.
type Date struct{ time.Time }

// ecuador is the time of the continental part, which has had no daylight saving since 1993.
var ecuador = time.FixedZone("ECT", -5*3600)

// MarshalJSON implements json.Marshaler.
func (d Date) MarshalJSON() ([]byte, error) { return []byte(`"` + d.String() + `"`), nil }

// String returns the date as 2006-01-02 15:04:05, "" for the zero value.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.In(ecuador).Format("2006-01-02 15:04:05")
}

// View reads a report as FirmaEC would tell it. Reports about PDF, CMS and XML will do; document
// time stamps have no entry.
func View(r *signing.Report) *Answer {
	a := &Answer{Valid: r.Status() == signing.StatusValid, Intact: true, Signatures: []Signature{}}
	for i := range r.Signatures {
		s := &r.Signatures[i]
		if !untouched(s) {
			a.Intact = false
		}
		if s.Level != "document-timestamp" {
			a.Signatures = append(a.Signatures, signatureOf(s))
		}
	}
	switch {
	case len(a.Signatures) == 0:
		a.Valid, a.Intact = false, false
		a.Error = "El documento no tiene firmas"
	case !a.Intact:
		a.Error = "El documento fue modificado después de firmado"
	case !a.Valid:
		a.Error = "Hay firmas que no son válidas"
	}
	return a
}

// untouched reports whether the mathematics hold and later changes are allowed.
func untouched(s *signing.Signature) bool {
	for _, m := range s.Modifications {
		if !m.Allowed {
			return false
		}
	}
	return s.Crypto == signing.Intact && s.SubIndication != signing.FormatFailure &&
		s.SubIndication != signing.HashFailure
}

func signatureOf(s *signing.Signature) Signature {
	out := Signature{SignedAt: Date{s.ClaimedTime}, RevokedAt: Date{s.RevokedAt},
		Intact: untouched(s), Reason: s.Reason, Location: s.Location, Genuine: len(s.Chain) > 0}
	out.stamp(s)
	c := s.Signer
	if c == nil {
		return out
	}
	at := out.StampedAt.Time
	if at.IsZero() || !out.Stamped {
		at = s.ClaimedTime
	}
	out.Current = current(c, s.RevokedAt, at)
	out.IssuedBy, out.Serial, out.KeyUsage = c.Issuer.CommonName, c.SerialNumber.String(), keyUsage(c)
	out.ValidFrom, out.ValidTo = Date{c.NotBefore}, Date{c.NotAfter}
	out.holder(ec.Holder(c))
	if out.Authority == "" {
		out.Authority = strings.Join(c.Issuer.Organization, ", ")
	}
	return out
}

// stamp finds the time stamp that counts: a trusted one before others.
func (v *Signature) stamp(s *signing.Signature) {
	for _, t := range s.Timestamps {
		if t.Crypto != signing.Intact || v.Stamped {
			continue
		}
		if trusted := t.Trust == signing.Trusted; trusted || v.StampedAt.IsZero() {
			v.StampedAt, v.Stamped = Date{t.Time}, trusted
		}
	}
}

// current reports whether a certificate was good at a time. A certificate that was revoked later
// was good before.
func current(c *x509.Certificate, revoked, at time.Time) bool {
	return !at.IsZero() && !at.Before(c.NotBefore) && !at.After(c.NotAfter) &&
		(revoked.IsZero() || at.Before(revoked))
}

func (v *Signature) holder(h ec.Identity) {
	v.IssuedTo, v.Authority, v.Position = h.Name(), h.Authority, h.Position
	if v.Cedula = h.Cedula; v.Cedula == "" {
		v.Cedula = h.Passport
	}
	if v.Institution = h.Institution; v.Institution == "" {
		v.Institution = h.Organization
	}
	v.GivenNames = h.GivenNames
	v.Surnames = strings.TrimSpace(h.Surname + " " + h.SecondName)
}

// keyUsage names the bits in their order.
func keyUsage(c *x509.Certificate) string {
	var words []string
	for bit, word := range []string{"digitalSignature", "nonRepudiation", "keyEncipherment",
		"dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"} {
		if c.KeyUsage&(1<<bit) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}
