package factura

import (
	"fmt"
	"strings"

	"github.com/rubrica/rubrica/signing/sri"
)

// Marshal writes the voucher, without a signature, and its access key. The same invoice gives the
// same octets. The error is an *Error or a *sri.AccessKeyError.
func Marshal(i Invoice) ([]byte, sri.AccessKey, error) {
	if i.Environment == 0 {
		i.Environment = sri.Tests
	}
	if i.Payment == "" {
		i.Payment = BankingNetwork
	}
	if err := i.check(); err != nil {
		return nil, sri.AccessKey{}, err
	}
	key, err := sri.NewAccessKey(sri.AccessKeyFields{
		Date: i.Date, Document: sri.Invoice, RUC: i.Issuer.RUC, Environment: i.Environment,
		Establishment: i.Issuer.Establishment, EmissionPoint: i.Issuer.EmissionPoint,
		Sequential: i.Sequential, NumericCode: i.NumericCode,
	})
	if err != nil {
		return nil, sri.AccessKey{}, err
	}
	w := &writer{}
	w.b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	w.b.WriteString(`<factura id="comprobante" version="1.1.0">`)
	w.in(func() {
		w.group("infoTributaria", func() { i.taxpayer(w, key) })
		w.group("infoFactura", func() { i.heading(w) })
		w.group("detalles", func() {
			for _, item := range i.Items {
				w.group("detalle", func() { i.line(w, item) })
			}
		})
		i.additional(w)
	})
	w.b.WriteString("\n</factura>\n")
	return []byte(w.b.String()), key, nil
}

func (i *Invoice) taxpayer(w *writer, key sri.AccessKey) {
	w.text("ambiente", fmt.Sprint(uint8(i.Environment)))
	w.text("tipoEmision", "1")
	w.text("razonSocial", i.Issuer.Name)
	w.optional("nombreComercial", i.Issuer.TradeName)
	w.text("ruc", i.Issuer.RUC)
	w.text("claveAcceso", key.String())
	w.text("codDoc", string(sri.Invoice))
	w.text("estab", key.Establishment())
	w.text("ptoEmi", key.EmissionPoint())
	w.text("secuencial", key.Sequential())
	w.text("dirMatriz", i.Issuer.Address)
}

func (i *Invoice) heading(w *writer) {
	total, rate := i.Total(), i.rate()
	w.text("fechaEmision", i.Date.Format("02/01/2006"))
	w.text("obligadoContabilidad", map[bool]string{true: "SI", false: "NO"}[i.Issuer.Accounts])
	w.text("tipoIdentificacionComprador", string(i.Buyer.Kind))
	w.text("razonSocialComprador", i.Buyer.Name)
	w.text("identificacionComprador", i.Buyer.Number)
	w.optional("direccionComprador", i.Buyer.Address)
	w.text("totalSinImpuestos", total.Net.String())
	w.text("totalDescuento", total.Discount.String())
	w.group("totalConImpuestos", func() {
		w.group("totalImpuesto", func() {
			w.text("codigo", "2") // IVA
			w.text("codigoPorcentaje", rate.Code)
			w.text("baseImponible", total.Net.String())
			w.text("valor", total.Tax.String())
		})
	})
	w.text("propina", "0.00")
	w.text("importeTotal", total.Sum.String())
	w.text("moneda", "DOLAR")
	w.group("pagos", func() {
		w.group("pago", func() {
			w.text("formaPago", string(i.Payment))
			w.text("total", total.Sum.String())
		})
	})
}

func (i *Invoice) line(w *writer, item Item) {
	rate := i.rate()
	w.text("codigoPrincipal", item.Code)
	w.text("descripcion", item.Description)
	w.text("cantidad", fmt.Sprintf("%d.00", item.Quantity))
	w.text("precioUnitario", item.UnitPrice.String())
	w.text("descuento", item.Discount.String())
	w.text("precioTotalSinImpuesto", item.net().String())
	w.group("impuestos", func() {
		w.group("impuesto", func() {
			w.text("codigo", "2") // IVA
			w.text("codigoPorcentaje", rate.Code)
			w.text("tarifa", fmt.Sprintf("%d.00", rate.Percent))
			w.text("baseImponible", item.net().String())
			w.text("valor", rate.of(item.net()).String())
		})
	})
}

func (i *Invoice) additional(w *writer) {
	if i.Buyer.Email == "" && i.Buyer.Phone == "" {
		return
	}
	w.group("infoAdicional", func() {
		w.field("email", i.Buyer.Email)
		w.field("telefono", i.Buyer.Phone)
	})
}

// writer indents and escapes.
type writer struct {
	b     strings.Builder
	depth int
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func (w *writer) newline() { w.b.WriteString("\n" + strings.Repeat("  ", w.depth)) }

func (w *writer) in(inner func()) {
	w.depth++
	inner()
	w.depth--
}

func (w *writer) group(name string, inner func()) {
	w.newline()
	w.b.WriteString("<" + name + ">")
	w.in(inner)
	w.newline()
	w.b.WriteString("</" + name + ">")
}

func (w *writer) text(name, value string) {
	w.newline()
	w.b.WriteString("<" + name + ">" + escape.Replace(value) + "</" + name + ">")
}

func (w *writer) optional(name, value string) {
	if value != "" {
		w.text(name, value)
	}
}

func (w *writer) field(name, value string) {
	if value != "" {
		w.newline()
		w.b.WriteString(
			`<campoAdicional nombre="` + name + `">` + escape.Replace(value) + "</campoAdicional>")
	}
}
