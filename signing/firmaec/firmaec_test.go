package firmaec_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/firmaec"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/pades/padestest"
	"github.com/rubrica/rubrica/signing/tsp"
)

// office is a certification entity, one of its subscribers, and a time-stamping authority.
type office struct {
	pki    *certtest.PKI
	person *certtest.Entity
	stamps *tsp.Server
}

// newOffice issues a certificate as Security Data did: identity in extensions of its own arc.
func newOffice(t testing.TB) *office {
	o := &office{pki: certtest.NewPKI(t, certtest.RSA2048)}
	o.person = o.pki.Signer(t, certtest.Template{
		Subject: pkix.Name{CommonName: "María José Núñez Peñaherrera", Country: []string{"EC"}},
		Change: func(c *x509.Certificate) {
			for n, text := range map[int]string{1: "1710034065", 2: "MARÍA JOSÉ", 3: "NÚÑEZ", 4: "PEÑAHERRERA",
				5: "Directora", 6: "Instituto de Pruebas"} {
				value, err := asn1.MarshalWithParams(text, "utf8")
				require.NoError(t, err)
				c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{
					Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 37746, 3, n}, Value: value})
			}
		}})
	authority := o.pki.TSA(t, certtest.Template{Subject: pkix.Name{CommonName: "Sello de tiempo"}})
	var err error
	o.stamps, err = tsp.NewServer(tsp.ServerConfig{Policy: asn1.ObjectIdentifier{2, 999, 1}, Clock: time.Now,
		Signer: signing.Signer{Key: authority.Key, Chain: authority.Chain()}})
	require.NoError(t, err)
	return o
}

func (o *office) signer() signing.Signer {
	return signing.Signer{Key: o.person.Key, Chain: o.person.Chain()}
}

// trusting judges now, with evidence about revocation.
func (o *office) trusting(t testing.TB, revoked ...*certtest.Entity) signing.Validation {
	return signing.Validation{Time: time.Now(), Anchors: []*x509.Certificate{o.pki.Root.Certificate},
		CRLs: [][]byte{o.pki.Root.CRL(t), o.pki.Sub.CRL(t, revoked...)}}
}

func (o *office) sign(t testing.TB, doc []byte, p pades.Profile) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, pades.Sign(context.Background(), &out, bytes.NewReader(doc), int64(len(doc)),
		o.signer(), p))
	return out.Bytes()
}

func judged(t testing.TB, doc []byte, v signing.Validation) *signing.Report {
	t.Helper()
	r, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)), v)
	require.NoError(t, err)
	return r
}

func document(pages int) []byte {
	d := padestest.Document{}
	for range pages {
		d.Pages = append(d.Pages, "/MediaBox[0 0 420 595]")
	}
	return d.Bytes()
}

// serverTime is what FirmaEC's server says.
func serverTime() time.Time {
	return time.Date(2026, 5, 4, 10, 20, 30, 0, time.FixedZone("", -5*3600))
}

// requireAccepted asks strangers in one batch, with trust.
func (o *office) requireAccepted(t *testing.T, docs map[string][]byte) {
	t.Helper()
	trust := []string{certtest.WritePEM(t, o.pki.Root.Certificate)}
	names, jobs := map[string]string{}, []certtest.Job{}
	for name, doc := range docs {
		file := certtest.WriteFile(t, "*.pdf", doc)
		names[file] = name
		jobs = append(jobs, certtest.Job{File: file, Trust: trust})
	}
	for _, l := range certtest.Judge(t, "pdf", "pdfsig,pyhanko,openssl,qpdf,dss", jobs...) {
		assert.True(t, l.Accepted, "%s: %s: %s %+v", names[l.File], l.Judge, l.Error, l.Signatures)
		for _, s := range l.Signatures {
			assert.NotContains(t, s.Level, "PAdES", names[l.File])
		}
	}
}

// TestProfiles signs by the three profiles: plain CMS with SHA-512, judged as such by us and by
// strangers.
func TestProfiles(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	now := time.Now()
	signed := map[string][]byte{}
	for name, p := range map[string]pades.Profile{
		"basic": firmaec.Basic(now), "enhanced": firmaec.Enhanced(now, o.stamps),
		"ltv": firmaec.LTV(now, o.stamps, o.trusting(t)),
	} {
		require.Equal(t, crypto.SHA512, p.Hash)
		p.Reason, p.Location = "Autorización de pago", "Cañar"
		out := o.sign(t, document(1), p)
		signed[name] = out
		assert.Contains(t, string(out), "/adbe.pkcs7.detached", name)
		r := judged(t, out, o.trusting(t))
		require.Equal(t, signing.StatusValid, r.Status(), "%s: %+v", name, r.Signatures)
		s := r.Signatures[0]
		assert.Equal(t, "ISO32000-CMS", s.Level, name)
		assert.Equal(t, signing.BindingMissing, s.Binding, name)
		assert.Equal(t, "Autorización de pago", s.Reason)
		assert.Equal(t, "Cañar", s.Location)
		assert.Equal(t, name != "basic", !s.ProvenTime.IsZero(), name)
		assert.Equal(t, name == "ltv", bytes.Contains(out, []byte("/DSS")), name)
	}
	o.requireAccepted(t, signed)

	// With what is inside, the last needs no evidence from outside.
	alone := signing.Validation{Time: now, RequireRevocation: true,
		Anchors: []*x509.Certificate{o.pki.Root.Certificate}}
	require.Equal(t, signing.StatusValid, judged(t, signed["ltv"], alone).Status())
	require.Equal(t, signing.StatusIndeterminate, judged(t, signed["enhanced"], alone).Status())
}

// TestStamps compares FirmaEC's stamps as pictures and has the code read by another program.
func TestStamps(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	signed := map[string][]byte{}
	for name, look := range map[string]pades.Look{
		"qr": firmaec.QR{}, "information1": firmaec.Information1{}, "information2": firmaec.Information2{}} {
		p := firmaec.Basic(serverTime())
		p.Reason, p.Location, p.Application = "Autorización de pago", "Cañar", "FirmaEC 5.1.0 Linux"
		p.Stamp = &pades.Stamp{Page: 7, Rect: firmaec.Rect(60, 300), Look: look}
		signed[name] = o.sign(t, document(2), p)
		// 110 x 36 points from 60, 264, at 200 dots an inch, on the last page.
		view := padestest.View{Page: 2, DPI: 200, X: 160, Y: 813, W: 320, H: 113}
		padestest.Golden(t, name, padestest.Picture(t, signed[name], view))
	}
	o.requireAccepted(t, signed)

	img := padestest.Picture(t, signed["qr"], padestest.View{Page: 2, DPI: 400})
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	require.NoError(t, err)
	read, err := qrcode.NewQRCodeReader().Decode(bitmap,
		map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	require.NoError(t, err)
	assert.Equal(t, "FIRMADO POR: MARÍA JOSÉ NÚÑEZ PEÑAHERRERA\nRAZON: Autorización de pago\nLOCALIZACION: Cañar\n"+
		"FECHA: 2026-05-04T10:20:30-05:00\nVALIDAR CON: www.firmadigital.gob.ec\n"+
		"Firmado digitalmente con FirmaEC 5.1.0 Linux", read.GetText())
}

// TestStampPage keeps FirmaEC's rule for pages that do not exist.
func TestStampPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ asked, pages, want int }{
		{1, 3, 1}, {3, 3, 3}, {4, 3, 0}, {0, 3, 0}, {-2, 3, 0}} {
		for _, look := range []pades.Placer{firmaec.QR{}, firmaec.Information1{}, firmaec.Information2{}} {
			assert.Equal(t, c.want, look.Page(c.asked, c.pages))
			w, h := look.Size()
			assert.Equal(t, [2]float64{110, 36}, [2]float64{w, h})
		}
	}
	assert.Equal(t, [4]float64{260, 544, 370, 580}, firmaec.Rect(260, 580))
}

// TestLongNamesAndReasons has more to show than there is room for: it gets smaller, and refuses
// before it cannot be read.
func TestLongNamesAndReasons(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := firmaec.Basic(serverTime())
	p.Name = "Doña María de los Ángeles del Rosario Fernández-Salvador y Ponce de León viuda de Ñauta"
	p.Reason = "Autorización de pago de la planilla de avance de obra número 37, tramo II"
	p.Location = "San Francisco de Quito, Distrito Metropolitano"
	for name, look := range map[string]pades.Look{
		"qr-long": firmaec.QR{}, "information1-long": firmaec.Information1{},
		"information2-long": firmaec.Information2{}} {
		p.Stamp = &pades.Stamp{Rect: firmaec.Rect(60, 300), Look: look}
		out := o.sign(t, document(1), p)
		view := padestest.View{Page: 1, DPI: 200, X: 160, Y: 813, W: 320, H: 113}
		padestest.Golden(t, name, padestest.Picture(t, out, view))

		p.Stamp.Rect = [4]float64{60, 60, 75, 65}
		doc := document(1)
		err := pades.Sign(context.Background(), &bytes.Buffer{}, bytes.NewReader(doc), int64(len(doc)),
			o.signer(), p)
		require.Equal(t, signing.Code("no-room"), signing.CodeOf(err), "%s: %v", name, err)
	}
}
