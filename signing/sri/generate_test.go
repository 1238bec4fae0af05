package sri_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/sri"
)

// kind is a document type in one of its versions.
type kind struct {
	document sri.DocumentType
	version  string
}

var kinds = []kind{
	{sri.Invoice, "1.0.0"}, {sri.Invoice, "1.1.0"}, {sri.Invoice, "2.0.0"}, {sri.Invoice, "2.1.0"},
	{sri.PurchaseClearing, "1.0.0"}, {sri.PurchaseClearing, "1.1.0"},
	{sri.CreditNote, "1.0.0"}, {sri.CreditNote, "1.1.0"}, {sri.DebitNote, "1.0.0"},
	{sri.DeliveryNote, "1.0.0"}, {sri.DeliveryNote, "1.1.0"},
	{sri.Withholding, "1.0.0"}, {sri.Withholding, "2.0.0"},
}

// maker makes sound vouchers of invented people.
type maker struct {
	random *rand.Rand
	ruc    string
	date   time.Time
	seq    uint32
	lines  int // 0: one to five
}

func newMaker(seed uint64) *maker {
	return &maker{random: rand.New(rand.NewPCG(seed, 1)), ruc: "1790016919001",
		date: time.Now().In(time.FixedZone("-05:00", -5*3600))}
}

func (m *maker) day() string { return m.date.Format("02/01/2006") }

func cents(c int64) string { return fmt.Sprintf("%d.%02d", c/100, c%100) }

// voucher makes one voucher with a right access key.
func (m *maker) voucher(t testing.TB, k kind) []byte {
	t.Helper()
	m.seq++
	key, err := sri.NewAccessKey(sri.AccessKeyFields{Date: m.date, Document: k.document, RUC: m.ruc,
		Establishment: "001", EmissionPoint: "002", Sequential: m.seq, NumericCode: m.random.Uint32N(100_000_000)})
	require.NoError(t, err)
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	fmt.Fprintf(&b, "<%s id=\"comprobante\" version=%q>\n", k.document.Root(), k.version)
	fmt.Fprintf(&b, `  <infoTributaria>
    <ambiente>1</ambiente><tipoEmision>1</tipoEmision>
    <razonSocial>Compañía Ñandú &amp; Hijos S.A.</razonSocial><ruc>%s</ruc>
    <claveAcceso>%s</claveAcceso><codDoc>%s</codDoc><estab>001</estab><ptoEmi>002</ptoEmi>
    <secuencial>%09d</secuencial><dirMatriz>Av. Amazonas N1 y Río Coca </dirMatriz>
  </infoTributaria>
`, m.ruc, key, k.document, m.seq)
	switch k.document {
	case sri.Invoice, sri.PurchaseClearing, sri.CreditNote:
		m.sale(&b, k)
	case sri.DebitNote:
		m.debit(&b)
	case sri.DeliveryNote:
		m.delivery(&b)
	case sri.Withholding:
		m.withholding(&b, k)
	}
	b.WriteString("  <infoAdicional><campoAdicional nombre=\"correo\">cliente@example.com</campoAdicional></infoAdicional>\n")
	fmt.Fprintf(&b, "</%s>\n", k.document.Root())
	return []byte(b.String())
}

func (m *maker) sale(b *strings.Builder, k kind) {
	lines := m.lines
	if lines == 0 {
		lines = 1 + m.random.IntN(5)
	}
	var details strings.Builder
	var subtotal, discounts, tax int64
	first, second := "codigoPrincipal", "codigoAuxiliar"
	if k.document == sri.CreditNote {
		first, second = "codigoInterno", "codigoAdicional"
	}
	for i := range lines {
		quantity, price := 1+m.random.Int64N(20), 1+m.random.Int64N(99_999)
		discount := m.random.Int64N(price)
		base := quantity*price - discount
		value := (base*15 + 50) / 100
		subtotal, discounts, tax = subtotal+base, discounts+discount, tax+value
		fmt.Fprintf(&details, `    <detalle><%s>P%d</%s><%s>A%d</%s><descripcion>Artículo nº %d</descripcion>
      <cantidad>%d.00</cantidad><precioUnitario>%s</precioUnitario><descuento>%s</descuento>
      <precioTotalSinImpuesto>%s</precioTotalSinImpuesto>
      <impuestos><impuesto><codigo>2</codigo><codigoPorcentaje>4</codigoPorcentaje><tarifa>15.00</tarifa>
        <baseImponible>%s</baseImponible><valor>%s</valor></impuesto></impuestos></detalle>
`, first, i, first, second, i, second, i, quantity, cents(price), cents(discount), cents(base), cents(base), cents(value))
	}
	taxes := fmt.Sprintf(`<totalConImpuestos><totalImpuesto><codigo>2</codigo><codigoPorcentaje>4</codigoPorcentaje>`+
		`<baseImponible>%s</baseImponible><valor>%s</valor></totalImpuesto></totalConImpuestos>`, cents(subtotal), cents(tax))
	total := cents(subtotal + tax)
	pay := "<pagos><pago><formaPago>01</formaPago><total>" + total + "</total></pago></pagos>"
	switch k.document {
	case sri.Invoice:
		fmt.Fprintf(b, `  <infoFactura><fechaEmision>%s</fechaEmision><obligadoContabilidad>SI</obligadoContabilidad>
    <tipoIdentificacionComprador>05</tipoIdentificacionComprador><razonSocialComprador>José Peña</razonSocialComprador>
    <identificacionComprador>1710034065</identificacionComprador><totalSinImpuestos>%s</totalSinImpuestos>
    <totalDescuento>%s</totalDescuento>%s<propina>0.00</propina><importeTotal>%s</importeTotal><moneda>DOLAR</moneda>%s</infoFactura>
`, m.day(), cents(subtotal), cents(discounts), taxes, total, pay)
	case sri.PurchaseClearing:
		fmt.Fprintf(b, `  <infoLiquidacionCompra><fechaEmision>%s</fechaEmision>
    <tipoIdentificacionProveedor>05</tipoIdentificacionProveedor><razonSocialProveedor>José Peña</razonSocialProveedor>
    <identificacionProveedor>1710034065</identificacionProveedor><totalSinImpuestos>%s</totalSinImpuestos>
    <totalDescuento>%s</totalDescuento>%s<importeTotal>%s</importeTotal><moneda>DOLAR</moneda>%s</infoLiquidacionCompra>
`, m.day(), cents(subtotal), cents(discounts), taxes, total, pay)
	default:
		fmt.Fprintf(b, `  <infoNotaCredito><fechaEmision>%s</fechaEmision>
    <tipoIdentificacionComprador>05</tipoIdentificacionComprador><razonSocialComprador>José Peña</razonSocialComprador>
    <identificacionComprador>1710034065</identificacionComprador><codDocModificado>01</codDocModificado>
    <numDocModificado>001-001-000000001</numDocModificado><fechaEmisionDocSustento>%s</fechaEmisionDocSustento>
    <totalSinImpuestos>%s</totalSinImpuestos><valorModificacion>%s</valorModificacion><moneda>DOLAR</moneda>%s
    <motivo>DEVOLUCIÓN</motivo></infoNotaCredito>
`, m.day(), m.day(), cents(subtotal), total, taxes)
	}
	b.WriteString("  <detalles>\n" + details.String() + "  </detalles>\n")
}

func (m *maker) debit(b *strings.Builder) {
	base := 1 + m.random.Int64N(99_999)
	tax := (base*15 + 50) / 100
	fmt.Fprintf(b, `  <infoNotaDebito><fechaEmision>%s</fechaEmision>
    <tipoIdentificacionComprador>05</tipoIdentificacionComprador><razonSocialComprador>José Peña</razonSocialComprador>
    <identificacionComprador>1710034065</identificacionComprador><codDocModificado>01</codDocModificado>
    <numDocModificado>001-001-000000001</numDocModificado><fechaEmisionDocSustento>%s</fechaEmisionDocSustento>
    <totalSinImpuestos>%s</totalSinImpuestos>
    <impuestos><impuesto><codigo>2</codigo><codigoPorcentaje>4</codigoPorcentaje><tarifa>15.00</tarifa>
      <baseImponible>%s</baseImponible><valor>%s</valor></impuesto></impuestos>
    <valorTotal>%s</valorTotal><pagos><pago><formaPago>20</formaPago><total>%s</total></pago></pagos></infoNotaDebito>
  <motivos><motivo><razon>Interés por mora</razon><valor>%s</valor></motivo></motivos>
`, m.day(), m.day(), cents(base), cents(base), cents(tax), cents(base+tax), cents(base+tax), cents(base))
}

func (m *maker) delivery(b *strings.Builder) {
	fmt.Fprintf(b, `  <infoGuiaRemision><dirPartida>Quito</dirPartida><razonSocialTransportista>Trans Ñ</razonSocialTransportista>
    <tipoIdentificacionTransportista>04</tipoIdentificacionTransportista><rucTransportista>%s</rucTransportista>
    <fechaIniTransporte>%s</fechaIniTransporte><fechaFinTransporte>%s</fechaFinTransporte><placa>PBA1234</placa></infoGuiaRemision>
  <destinatarios><destinatario><identificacionDestinatario>1710034065</identificacionDestinatario>
    <razonSocialDestinatario>José Peña</razonSocialDestinatario><dirDestinatario>Guayaquil</dirDestinatario>
    <motivoTraslado>Venta</motivoTraslado>
    <detalles><detalle><codigoInterno>P1</codigoInterno><descripcion>Cajas</descripcion><cantidad>%d.00</cantidad></detalle></detalles>
  </destinatario></destinatarios>
`, m.ruc, m.day(), m.date.AddDate(0, 0, 2).Format("02/01/2006"), 1+m.random.IntN(50))
}

func (m *maker) withholding(b *strings.Builder, k kind) {
	base := 1 + m.random.Int64N(99_999)
	tax, held := (base*15+50)/100, (base*2+50)/100
	fmt.Fprintf(b, `  <infoCompRetencion><fechaEmision>%s</fechaEmision>
    <tipoIdentificacionSujetoRetenido>04</tipoIdentificacionSujetoRetenido>%s
    <razonSocialSujetoRetenido>Proveedor Uno</razonSocialSujetoRetenido>
    <identificacionSujetoRetenido>0190072002001</identificacionSujetoRetenido><periodoFiscal>%s</periodoFiscal></infoCompRetencion>
`, m.day(), map[string]string{"2.0.0": "<parteRel>NO</parteRel>"}[k.version], m.date.Format("01/2006"))
	if k.version == "1.0.0" {
		fmt.Fprintf(b, `  <impuestos><impuesto><codigo>1</codigo><codigoRetencion>312</codigoRetencion><baseImponible>%s</baseImponible>
    <porcentajeRetener>2</porcentajeRetener><valorRetenido>%s</valorRetenido><codDocSustento>01</codDocSustento>
    <numDocSustento>001001000000001</numDocSustento><fechaEmisionDocSustento>%s</fechaEmisionDocSustento></impuesto></impuestos>
`, cents(base), cents(held), m.day())
		return
	}
	fmt.Fprintf(b, `  <docsSustento><docSustento><codSustento>01</codSustento><codDocSustento>01</codDocSustento>
    <numDocSustento>001001000000001</numDocSustento><fechaEmisionDocSustento>%s</fechaEmisionDocSustento><pagoLocExt>01</pagoLocExt>
    <totalSinImpuestos>%s</totalSinImpuestos><importeTotal>%s</importeTotal>
    <impuestosDocSustento><impuestoDocSustento><codImpuestoDocSustento>2</codImpuestoDocSustento><codigoPorcentaje>4</codigoPorcentaje>
      <baseImponible>%s</baseImponible><tarifa>15</tarifa><valorImpuesto>%s</valorImpuesto></impuestoDocSustento></impuestosDocSustento>
    <retenciones><retencion><codigo>1</codigo><codigoRetencion>312</codigoRetencion><baseImponible>%s</baseImponible>
      <porcentajeRetener>2</porcentajeRetener><valorRetenido>%s</valorRetenido></retencion></retenciones>
    <pagos><pago><formaPago>01</formaPago><total>%s</total></pago></pagos></docSustento></docsSustento>
`, m.day(), cents(base), cents(base+tax), cents(base), cents(tax), cents(base), cents(held), cents(base+tax))
}
