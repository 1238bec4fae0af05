package c14n_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// voucher is an invoice of about that many bytes, as invoicing systems write it.
func voucher(size int, indented bool) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<factura id="comprobante" version="2.1.0">` + "\n<infoTributaria>\n" +
		`<ambiente>1</ambiente><tipoEmision>1</tipoEmision><razonSocial>COMERCIAL ÑANDÚ &amp; HIJOS</razonSocial>` +
		`<ruc>1790000000001</ruc><claveAcceso>0101202401179000000000110010010000000011234567811</claveAcceso>` +
		"</infoTributaria>\n<detalles>\n")
	for i := 0; b.Len() < size-200; i++ {
		line := fmt.Sprintf("  <detalle>\n    <codigoPrincipal>%08d</codigoPrincipal>\n"+
			"    <descripcion>Artículo de prueba número %d</descripcion>\n    <cantidad>1.00</cantidad>\n"+
			"    <precioUnitario>10.00</precioUnitario>\n    <descuento>0.00</descuento>\n"+
			"    <precioTotalSinImpuesto>10.00</precioTotalSinImpuesto>\n    <impuestos>\n      <impuesto>\n"+
			"        <codigo>2</codigo>\n        <codigoPorcentaje>4</codigoPorcentaje>\n"+
			"        <tarifa>15.00</tarifa>\n        <baseImponible>10.00</baseImponible>\n"+
			"        <valor>1.50</valor>\n      </impuesto>\n    </impuestos>\n  </detalle>\n",
			i, i)
		if !indented {
			line = strings.NewReplacer("\n", "", "    ", "", "  ", "").Replace(line)
		}
		b.WriteString(line)
	}
	b.WriteString("</detalles>\n<infoAdicional><campoAdicional nombre=\"email\">a@example.com</campoAdicional>" +
		"</infoAdicional>\n</factura>")
	return []byte(b.String())
}

// universal is an invoice in UBL: two prefixes in turn, and an attribute on every amount.
func universal(size int) []byte {
	var b strings.Builder
	b.WriteString(`<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" ` +
		`xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" ` +
		`xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">`)
	for i := 0; b.Len() < size-200; i++ {
		fmt.Fprintf(&b, "\n\t<cac:InvoiceLine>\n\t\t<cbc:ID>%d</cbc:ID>\n\t\t"+
			"<cbc:InvoicedQuantity unitCode=\"94\">1.00</cbc:InvoicedQuantity>\n\t\t"+
			"<cbc:LineExtensionAmount currencyID=\"COP\">1000.00</cbc:LineExtensionAmount>\n\t\t"+
			"<cac:Price>\n\t\t\t<cbc:PriceAmount currencyID=\"COP\">1000.00</cbc:PriceAmount>\n\t\t"+
			"</cac:Price>\n\t</cac:InvoiceLine>", i)
	}
	b.WriteString("\n</Invoice>")
	return []byte(b.String())
}

// passes reports the time of f in SHA-256 passes over doc. The two take turns, and the best turn of
// each counts, so that a busy machine disturbs the ratio little.
func passes(b *testing.B, doc []byte, f func()) {
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
	best := func(most time.Duration, times int, g func()) time.Duration {
		start := time.Now()
		for range times {
			g()
		}
		return min(most, time.Since(start))
	}
	times := max(1, 200<<10/len(doc))
	ours, raw := time.Hour, time.Hour
	for range 50 {
		ours = best(ours, times, f)
		raw = best(raw, times, func() { sha256.Sum256(doc) })
	}
	b.ReportMetric(float64(ours)/float64(raw), "sha256-passes")
}

func BenchmarkDigest(b *testing.B) {
	for _, size := range []int{5 << 10, 50 << 10, 1 << 20} {
		for kind, doc := range map[string][]byte{
			"indented": voucher(size, true), "packed": voucher(size, false), "ubl": universal(size),
		} {
			for _, m := range []c14n.Method{c14n.Inclusive10, c14n.Exclusive10} {
				name := fmt.Sprintf("%dKB/%s/exclusive=%v", size>>10, kind, m.Exclusive())
				h, sum := sha256.New(), make([]byte, 0, 32)
				b.Run(name, func(b *testing.B) {
					passes(b, doc, func() {
						d, err := xmltree.Parse(doc, xmltree.Limits{})
						if err != nil {
							b.Fatal(err)
						}
						h.Reset()
						if err := c14n.Canonicalize(h, m, d.Root(), c14n.Options{}); err != nil {
							b.Fatal(err)
						}
						h.Sum(sum)
					})
				})
			}
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, size := range []int{5 << 10, 50 << 10, 1 << 20} {
		for kind, doc := range map[string][]byte{
			"indented": voucher(size, true), "packed": voucher(size, false), "ubl": universal(size),
		} {
			b.Run(fmt.Sprintf("%dKB/%s", size>>10, kind), func(b *testing.B) {
				passes(b, doc, func() {
					if _, err := xmltree.Parse(doc, xmltree.Limits{}); err != nil {
						b.Fatal(err)
					}
				})
			})
		}
	}
}

// BenchmarkRewrite canonicalises what is nowhere canonical: line ends, quotes, empty tags.
func BenchmarkRewrite(b *testing.B) {
	doc := voucher(1<<20, true)
	doc = bytes.ReplaceAll(doc, []byte("\n"), []byte("\r\n"))
	doc = bytes.ReplaceAll(doc, []byte("<descuento>0.00</descuento>"), []byte("<descuento a='1'  b = \"2\"/>"))
	d, err := xmltree.Parse(doc, xmltree.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	h := sha256.New()
	passes(b, doc, func() {
		h.Reset()
		if err := c14n.Canonicalize(h, c14n.Inclusive10, d.Root(), c14n.Options{}); err != nil {
			b.Fatal(err)
		}
	})
}
