package firmaec_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/firmaec"
)

func TestView(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	stamp := time.Now()
	p := firmaec.Enhanced(stamp, o.stamps)
	p.Reason, p.Location = "Autorización", "Cañar"
	doc := o.sign(t, document(1), p)
	c := o.person.Certificate

	a := firmaec.View(judged(t, doc, o.trusting(t)))
	assert.True(t, a.Valid)
	assert.True(t, a.Intact)
	assert.Empty(t, a.Error)
	require.Len(t, a.Signatures, 1)
	s := a.Signatures[0]
	assert.Equal(t, firmaec.Signature{
		IssuedTo: "MARÍA JOSÉ NÚÑEZ PEÑAHERRERA", IssuedBy: c.Issuer.CommonName,
		ValidFrom: firmaec.Date{Time: c.NotBefore}, ValidTo: firmaec.Date{Time: c.NotAfter},
		SignedAt: s.SignedAt, StampedAt: s.StampedAt, Current: true, KeyUsage: "digitalSignature, nonRepudiation",
		Intact: true, Reason: "Autorización", Location: "Cañar", Cedula: "1710034065", GivenNames: "MARÍA JOSÉ",
		Surnames: "NÚÑEZ PEÑAHERRERA", Institution: "Instituto de Pruebas", Position: "Directora",
		Authority: "Security Data", Serial: c.SerialNumber.String(), Stamped: true, Genuine: true}, s)
	assert.WithinDuration(t, stamp, s.SignedAt.Time, time.Second)
	assert.WithinDuration(t, stamp, s.StampedAt.Time, time.Minute)

	t.Run("nobody is trusted", func(t *testing.T) {
		a := firmaec.View(judged(t, doc, signing.Validation{Time: time.Now()}))
		assert.False(t, a.Valid)
		assert.True(t, a.Intact)
		assert.Equal(t, "Hay firmas que no son válidas", a.Error)
		assert.False(t, a.Signatures[0].Genuine)
		assert.False(t, a.Signatures[0].Stamped)
		assert.False(t, a.Signatures[0].StampedAt.IsZero())
	})
	t.Run("changed", func(t *testing.T) {
		bad := bytes.Replace(doc, []byte("0 0 420 595"), []byte("0 0 420 596"), 1)
		a := firmaec.View(judged(t, bad, o.trusting(t)))
		assert.False(t, a.Valid)
		assert.False(t, a.Intact)
		assert.False(t, a.Signatures[0].Intact)
		assert.True(t, a.Signatures[0].Genuine, "the certificate is none the worse")
	})
	t.Run("revoked before", func(t *testing.T) {
		a := firmaec.View(judged(t, doc, o.trusting(t, o.person)))
		s := a.Signatures[0]
		assert.False(t, a.Valid)
		assert.False(t, s.Current)
		assert.False(t, s.RevokedAt.IsZero())
		assert.True(t, s.RevokedAt.Before(s.SignedAt.Time))
	})
	t.Run("revoked after", func(t *testing.T) {
		early := firmaec.Basic(time.Now().Add(-48 * time.Hour))
		a := firmaec.View(judged(t, o.sign(t, document(1), early), o.trusting(t, o.person)))
		s := a.Signatures[0]
		assert.False(t, a.Valid, "nothing proves that it was signed before")
		assert.True(t, s.Current, "what FirmaEC goes by is what the signer claims")
		assert.False(t, s.RevokedAt.IsZero())
	})
	t.Run("before the certificate", func(t *testing.T) {
		early := firmaec.Basic(c.NotBefore.Add(-time.Hour))
		a := firmaec.View(judged(t, o.sign(t, document(1), early), o.trusting(t)))
		assert.False(t, a.Signatures[0].Current)
	})
	t.Run("no signature", func(t *testing.T) {
		a := firmaec.View(&signing.Report{})
		assert.False(t, a.Valid)
		assert.False(t, a.Intact)
		assert.Equal(t, "El documento no tiene firmas", a.Error)
	})
	t.Run("no certificate", func(t *testing.T) {
		a := firmaec.View(&signing.Report{Signatures: []signing.Signature{{Crypto: signing.Unsupported}}})
		assert.False(t, a.Intact)
		require.Len(t, a.Signatures, 1)
		assert.False(t, a.Signatures[0].Current)
	})
}

// TestViewJSON fixes the words and the form of the dates.
func TestViewJSON(t *testing.T) {
	t.Parallel()
	at := firmaec.Date{Time: time.Date(2026, 1, 1, 3, 4, 5, 999, time.UTC)}
	got, err := json.Marshal(firmaec.Answer{Valid: true, Intact: true, Signatures: []firmaec.Signature{{
		IssuedTo: "A", IssuedBy: "B", ValidFrom: at, ValidTo: at, SignedAt: at, Current: true, KeyUsage: "C", Intact: true,
		Reason: "D", Location: "E", Cedula: "F", GivenNames: "G", Surnames: "H", Institution: "I", Position: "J",
		Authority: "K", Serial: "9", Genuine: true}}})
	require.NoError(t, err)
	assert.Equal(t, `{"firmasValidas":true,"integridadDocumento":true,"certificado":[{"emitidoPara":"A",`+
		`"emitidoPor":"B","validoDesde":"2025-12-31 22:04:05","validoHasta":"2025-12-31 22:04:05",`+
		`"fechaFirma":"2025-12-31 22:04:05","certificadoVigente":true,"clavesUso":"C","integridadFirma":true,`+
		`"razonFirma":"D","localizacion":"E","cedula":"F","nombre":"G","apellido":"H","institucion":"I","cargo":"J",`+
		`"entidadCertificadora":"K","serial":"9","selladoTiempo":false,"certificadoDigitalValido":true}]}`, string(got))
}

// TestViewOfForeigners reads files that others made.
func TestViewOfForeigners(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	xml := signing.Report{Signatures: []signing.Signature{{Level: "XAdES-BASELINE-B", Crypto: signing.Intact,
		Signer: o.person.Certificate, Indication: signing.TotalPassed, Chain: o.person.Chain()},
		{Level: "document-timestamp", Crypto: signing.Intact, Indication: signing.TotalPassed}}}
	a := firmaec.View(&xml)
	assert.True(t, a.Valid)
	require.Len(t, a.Signatures, 1, "time stamps of the document are no signatures of people")
	assert.Equal(t, "1710034065", a.Signatures[0].Cedula)
	assert.NotEqual(t, certtest.Serial(), a.Signatures[0].Serial)
}
