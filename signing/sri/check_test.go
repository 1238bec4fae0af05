package sri_test

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/sri"
)

// TestSoundVouchers: every type and version, unsigned and signed, with everything that a host can
// know: no finding, and valid by the SRI's own schemas.
func TestSoundVouchers(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	s := signer(t, pki, certtest.Template{})
	m := newMaker(1)
	checker := sri.Checker{Now: time.Now(), Certificate: s.Chain[0], Sent: func(sri.AccessKey) bool { return false },
		KeyOf:  func(k sri.AccessKey) (sri.AccessKey, bool) { return k, true },
		Schema: func([]byte) []string { return nil }}
	var jobs []certtest.Job
	for _, k := range kinds {
		for range 5 {
			voucher := m.voucher(t, k)
			require.Empty(t, checker.Check(voucher), "%v\n%s", k, voucher)
			require.Empty(t, sri.Check(voucher))
			signed, err := sri.Sign(context.Background(), voucher, s, sri.Options{Time: time.Now()})
			require.NoError(t, err, k)
			require.Empty(t, checker.Check(signed), "%v\n%s", k, signed)
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.xml", signed)})
		}
	}
	for _, line := range certtest.Judge(t, "sri", "xsd", jobs...) {
		require.True(t, line.Accepted, "%s: %s", line.File, line.Error)
	}
}

// fault spoils a sound voucher so that it earns one finding.
type fault struct {
	code, name string
	documents  string // the types it applies to, empty: all
	spoil      func(voucher string) string
	checker    func(*sri.Checker)
}

func replace(old, with string) func(string) string {
	return func(v string) string { return strings.Replace(v, old, with, 1) }
}

// between replaces the content of the first element of a name.
func between(local, with string) func(string) string {
	return func(v string) string {
		open := "<" + local + ">"
		i := strings.Index(v, open)
		if i < 0 {
			return v
		}
		i += len(open)
		return v[:i] + with + v[i+strings.Index(v[i:], "<"):]
	}
}

// more adds a cent to the first amount of a name: a whole dollar, in fact, to be beyond any
// rounding.
func more(local string) func(string) string {
	return func(v string) string {
		open := "<" + local + ">"
		i := strings.Index(v, open)
		if i < 0 {
			return v
		}
		i += len(open)
		return v[:i] + "7" + v[i:]
	}
}

const sales = "01 03 04"

var faults = []fault{
	{"35", "doctype", "", replace("?>\n", "?>\n<!DOCTYPE x>"), nil},
	{"35", "processing-instruction", "", replace("?>\n", "?>\n<?xml-stylesheet href='a'?>"), nil},
	{"35", "not-well-formed", "", replace("</infoTributaria>", ""), nil},
	{"35", "encoding", "", replace("UTF-8", "US-ASCII"), nil},
	{"35", "structure-id", "", replace(`id="comprobante"`, `id="otro"`), nil},
	{"35", "structure-version", "", func(v string) string { return strings.Replace(v, ".0\">", ".7\">", 1) }, nil},
	{"35", "structure-missing", "", replace("<dirMatriz>Av. Amazonas N1 y Río Coca </dirMatriz>", ""), nil},
	{"35", "structure-unknown", "", replace("<ambiente>", "<otro>1</otro><ambiente>"), nil},
	{"35", "structure-order", "", replace("<ambiente>1</ambiente><tipoEmision>1</tipoEmision>", "<tipoEmision>1</tipoEmision><ambiente>1</ambiente>"), nil},
	{"35", "structure-repeated", "", replace("<ambiente>1</ambiente>", "<ambiente>1</ambiente><ambiente>1</ambiente>"), nil},
	{"35", "structure-value", "", between("razonSocial", ""), nil},
	{"35", "structure-content", "", between("razonSocial", "a<b>c</b>"), nil},
	{"35", "access-key", "", func(v string) string {
		i := strings.Index(v, "<claveAcceso>") + len("<claveAcceso>") + 48
		return v[:i] + string('0'+(v[i]-'0'+1)%10) + v[i+1:]
	}, nil},
	{"35", "access-key", "", between("secuencial", "000009999"), nil},
	{"35", "dates-transport", "06", between("fechaFinTransporte", "01/01/2020"), nil},
	{"35", "schema", "", nil, func(c *sri.Checker) {
		c.Schema = func([]byte) []string { return []string{"no cumple el esquema"} }
	}},
	{"39", "certificate-key-usage", "", nil, func(c *sri.Checker) {
		c.Certificate = &x509.Certificate{KeyUsage: x509.KeyUsageKeyEncipherment, NotBefore: c.Now.Add(-1), NotAfter: c.Now.Add(1)}
	}},
	{"39", "certificate-expired", "", nil, func(c *sri.Checker) {
		c.Certificate = &x509.Certificate{NotBefore: c.Now.Add(-2), NotAfter: c.Now.Add(-1)}
	}},
	{"39", "certificate-not-yet-valid", "", nil, func(c *sri.Checker) {
		c.Certificate = &x509.Certificate{NotBefore: c.Now.Add(1), NotAfter: c.Now.Add(2)}
	}},
	{"43", "access-key-registered", "", nil, func(c *sri.Checker) { c.Sent = func(sri.AccessKey) bool { return true } }},
	{"45", "sequential-registered", "", nil, func(c *sri.Checker) {
		c.KeyOf = func(sri.AccessKey) (sri.AccessKey, bool) {
			k, _ := sri.ParseAccessKey("1501202601179001691900110010010000001231234567819")
			return k, true
		}
	}},
	{"52", "sums-subtotal", "", nil, nil}, // filled in by TestSumFaults
	{"65", "date-late", "", nil, func(c *sri.Checker) { c.Now = c.Now.AddDate(0, 0, 95) }},
	{"65", "date-future", "01 03 04 05 07", nil, func(c *sri.Checker) { c.Now = c.Now.AddDate(0, 0, -2) }},
	{"26", "size", "", func(v string) string {
		return strings.Replace(v, "<infoAdicional>", "<infoAdicional>"+strings.Repeat("<!-- "+strings.Repeat("x", 1000)+" -->", 320), 1)
	}, nil},
}

// TestFaults: for each reason and document type a voucher that has only this one.
func TestFaults(t *testing.T) {
	t.Parallel()
	m := newMaker(2)
	seen := map[string]int{}
	for _, f := range faults {
		for _, k := range kinds {
			if f.documents != "" && !strings.Contains(f.documents, string(k.document)) || f.spoil == nil && f.checker == nil {
				continue
			}
			checkFault(t, m, k, f)
			seen[f.code]++
		}
	}
	t.Log(seen)
}

func checkFault(t *testing.T, m *maker, k kind, f fault) {
	t.Helper()
	sound := string(m.voucher(t, k))
	spoilt := sound
	if f.spoil != nil {
		spoilt = f.spoil(sound)
		require.NotEqual(t, sound, spoilt, "%v %s", k, f.name)
	}
	checker := sri.Checker{Now: m.date}
	if f.checker != nil {
		f.checker(&checker)
	}
	findings := checker.Check([]byte(spoilt))
	if assert.NotEmpty(t, findings, "%v %s %s", k, f.code, f.name) {
		for _, found := range findings {
			assert.Equal(t, f.code+" "+f.name, found.Code+" "+found.Name, "%v: %v", k, findings)
			assert.NotEmpty(t, found.Message)
		}
		assert.Len(t, findings, 1, "%v: %v", k, findings)
	}
}

// TestSumFaults: an amount that does not fit is one finding of code 52, at its place.
func TestSumFaults(t *testing.T) {
	t.Parallel()
	m := newMaker(3)
	m.lines = 2
	for _, f := range []struct {
		fault
		path string
	}{
		{fault{"52", "sums-line", sales, more("precioUnitario"), nil}, "/detalles/detalle[1]/precioTotalSinImpuesto"},
		{fault{"52", "sums-payments", "01 03 05", func(v string) string {
			i := strings.Index(v, "<pagos>")
			return v[:i] + more("total")(v[i:])
		}, nil}, "/pagos"},
		{fault{"52", "sums-tax", "05 07", func(v string) string {
			if strings.Contains(v, "<retenciones>") || strings.Contains(v, "<valorRetenido>") {
				return more("valorRetenido")(v)
			}
			return between("tarifa", "12.00")(v)
		}, nil}, ""},
		{fault{"52", "sums-subtotal", "05", func(v string) string {
			i := strings.Index(v, "<razon>")
			return v[:i] + more("valor")(v[i:])
		}, nil}, "/infoNotaDebito/totalSinImpuestos"},
		{fault{"52", "sums-total", "04", more("valorModificacion"), nil}, "/infoNotaCredito/valorModificacion"},
	} {
		for _, k := range kinds {
			if strings.Contains(f.documents, string(k.document)) {
				checkFault(t, m, k, f.fault)
			}
		}
	}
	// totals that belong together: the total and the payments of it
	for _, k := range kinds[:6] {
		v := string(m.voucher(t, k))
		v = more("importeTotal")(v)
		i := strings.Index(v, "<pagos>")
		v = v[:i] + more("total")(v[i:])
		findings := sri.Check([]byte(v))
		require.Len(t, findings, 1, "%v", findings)
		assert.Equal(t, "52 sums-total", findings[0].Code+" "+findings[0].Name)
		assert.True(t, strings.HasSuffix(findings[0].Path, "/importeTotal"), findings[0].Path)
	}
}

// TestSignatureFaults: what is wrong with a signature that is there is error 39.
func TestSignatureFaults(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	s := signer(t, pki, certtest.Template{})
	other := signer(t, pki, certtest.Template{Subject: pkix.Name{CommonName: "Otra"}})
	for _, k := range kinds {
		voucher := newMaker(4).voucher(t, k)
		signed, err := sri.Sign(context.Background(), voucher, s, sri.Options{Time: time.Now()})
		require.NoError(t, err)
		spoilt := strings.Replace(string(signed), "<razonSocial>Comp", "<razonSocial>Camp", 1)
		assert.Equal(t, "[39 signature /"+k.document.Root()+"/Signature: firma inválida: la firma o los certificados han sido alterados]",
			fmt.Sprint(sri.Check([]byte(spoilt))))
		findings := sri.Checker{Certificate: other.Chain[0]}.Check(signed)
		require.Len(t, findings, 1)
		assert.Equal(t, "signature-other-key", findings[0].Name)
	}
}

// TestCertificateOfAnother: a certificate that names a taxpayer must name the issuer.
func TestCertificateOfAnother(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	named := func(ruc string) *x509.Certificate {
		return pki.Signer(t, certtest.Template{Change: func(c *x509.Certificate) {
			der, err := asn1.MarshalWithParams(ruc, "utf8")
			require.NoError(t, err)
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 37947, 3, 11}, Value: der})
		}}).Certificate
	}
	voucher := newMaker(5).voucher(t, kinds[1])
	assert.Empty(t, sri.Checker{Certificate: named("1790016919001")}.Check(voucher))
	findings := sri.Checker{Certificate: named("1792261848001")}.Check(voucher)
	if assert.Len(t, findings, 1) {
		assert.Equal(t, "39 certificate-ruc", findings[0].Code+" "+findings[0].Name)
		assert.Equal(t, "/factura/infoTributaria/ruc", findings[0].Path)
	}
}

// TestVectorsAreChecked: the originals are real but for their access keys, whose digit is wrong.
func TestVectorsAreChecked(t *testing.T) {
	t.Parallel()
	for name, voucher := range originals(t) {
		for _, f := range sri.Check(voucher) {
			assert.Contains(t, []string{"access-key", "sums-taxes", "sums-total", "sums-tax"}, f.Name, "%s: %s", name, f)
		}
	}
}
