package sri

import (
	"math/big"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// Amounts are exact fractions; the only rounding is that of the tolerances below.

// cent is the difference that is put down to rounding, for each amount that was rounded.
var cent = big.NewRat(1, 100)

// amount reads a decimal; ok is false where the structure is wrong anyway.
func amount(n xmltree.Node) (value *big.Rat, ok bool) {
	text := n.Text()
	if n.IsZero() || len(text) > 32 || decimalFault("30.10-", text) != "" {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

func amountOrZero(n xmltree.Node) *big.Rat {
	if v, ok := amount(n); ok {
		return v
	}
	return new(big.Rat)
}

// total adds up amounts; ok is false as soon as one cannot be read.
func total(nodes []xmltree.Node, local string) (*big.Rat, bool) {
	sum := new(big.Rat)
	for _, n := range nodes {
		v, ok := amount(n.Child("", local))
		if !ok {
			return nil, false
		}
		sum.Add(sum, v)
	}
	return sum, true
}

func list(parent xmltree.Node, local string) []xmltree.Node {
	var nodes []xmltree.Node
	for n := range parent.Children("", local) {
		nodes = append(nodes, n)
	}
	return nodes
}

// differs compares two amounts with a tolerance of one cent for each of n rounded amounts.
func differs(a, b *big.Rat, n int) bool {
	d := new(big.Rat).Sub(a, b)
	return d.Abs(d).Cmp(new(big.Rat).Mul(cent, big.NewRat(int64(max(n, 1)), 1))) > 0
}

func money(v *big.Rat) string { return v.FloatString(2) }

// sums checks what the SRI answers with error 52 for.
func (c *checking) sums(root xmltree.Node) {
	switch root.Local() {
	case "factura":
		c.sale(root, root.Child("", "infoFactura"), "importeTotal")
	case "liquidacionCompra":
		c.sale(root, root.Child("", "infoLiquidacionCompra"), "importeTotal")
	case "notaCredito":
		c.sale(root, root.Child("", "infoNotaCredito"), "valorModificacion")
	case "notaDebito":
		c.debitNote(root)
	case "comprobanteRetencion":
		c.withholding(root)
	}
}

// sale checks vouchers with details: each line, the subtotal, the taxes, the total and the
// payments.
func (c *checking) sale(root, info xmltree.Node, totalField string) {
	lines := list(root.Child("", "detalles"), "detalle")
	for _, line := range lines {
		c.line(line)
	}
	subtotal, ok := amount(info.Child("", "totalSinImpuestos"))
	if sum, read := total(lines, "precioTotalSinImpuesto"); ok && read &&
		differs(sum, subtotal, 1) {
		c.add("52", "sums-subtotal", info.Child("", "totalSinImpuestos"),
			"totalSinImpuestos es %s y los detalles suman %s", money(subtotal), money(sum))
	}
	taxes := list(info.Child("", "totalConImpuestos"), "totalImpuesto")
	c.taxes(lines, taxes)
	tax, read := total(taxes, "valor")
	if !ok || !read {
		return
	}
	want := new(big.Rat).Add(subtotal, tax)
	for _, extra := range []string{
		"propina", "fleteInternacional", "seguroInternacional", "gastosAduaneros",
		"gastosTransporteOtros",
	} {
		want.Add(want, amountOrZero(info.Child("", extra)))
	}
	if others, all := total(list(root.Child("", "otrosRubrosTerceros"), "rubro"), "total"); all {
		want.Add(want, others)
	}
	c.total(info, totalField, want)
}

// line checks one detail: quantity by price less discount, and its taxes.
func (c *checking) line(n xmltree.Node) {
	quantity, ok1 := amount(n.Child("", "cantidad"))
	price, ok2 := amount(n.Child("", "precioUnitario"))
	subtotal, ok3 := amount(n.Child("", "precioTotalSinImpuesto"))
	if ok1 && ok2 && ok3 {
		want := new(big.Rat).Mul(quantity, price)
		want.Sub(want, amountOrZero(n.Child("", "descuento")))
		if differs(want, subtotal, 1) {
			c.add("52", "sums-line", n.Child("", "precioTotalSinImpuesto"),
				"precioTotalSinImpuesto es %s y cantidad por precio menos descuento da %s",
				money(subtotal), money(want))
		}
	}
	for _, tax := range list(n.Child("", "impuestos"), "impuesto") {
		c.rate(tax, "tarifa", "valor")
	}
}

// rate checks a tax: base by rate. Only the IVA (codes 2 and, withheld, 1 and 2) is a percentage of
// its base for certain; ICE and IRBPNR have amounts per unit.
func (c *checking) rate(n xmltree.Node, rate, value string) {
	if code := n.Child("", "codigo").Text(); rate == "tarifa" && code != "2" {
		return
	}
	base, ok1 := amount(n.Child("", "baseImponible"))
	percent, ok2 := amount(n.Child("", rate))
	got, ok3 := amount(n.Child("", value))
	if !ok1 || !ok2 || !ok3 {
		return
	}
	want := new(big.Rat).Mul(base, percent)
	want.Mul(want, cent)
	if differs(want, got, 1) {
		c.add("52", "sums-tax", n.Child("", value), "%s es %s y la base por el porcentaje da %s",
			value, money(got), money(want))
	}
}

// taxes compares the taxes of the whole with those of the details, by code and rate.
func (c *checking) taxes(lines, totals []xmltree.Node) {
	type kind struct{ code, rate string }
	base, value, count := map[kind]*big.Rat{}, map[kind]*big.Rat{}, map[kind]int{}
	for _, line := range lines {
		for _, tax := range list(line.Child("", "impuestos"), "impuesto") {
			k := kind{tax.Child("", "codigo").Text(), tax.Child("", "codigoPorcentaje").Text()}
			if base[k] == nil {
				base[k], value[k] = new(big.Rat), new(big.Rat)
			}
			base[k].Add(base[k], amountOrZero(tax.Child("", "baseImponible")))
			value[k].Add(value[k], amountOrZero(tax.Child("", "valor")))
			count[k]++
		}
	}
	for _, n := range totals {
		k := kind{n.Child("", "codigo").Text(), n.Child("", "codigoPorcentaje").Text()}
		gotBase, ok1 := amount(n.Child("", "baseImponible"))
		gotValue, ok2 := amount(n.Child("", "valor"))
		if !ok1 || !ok2 {
			continue
		}
		if base[k] == nil {
			if gotValue.Sign() != 0 || gotBase.Sign() != 0 {
				c.add("52", "sums-taxes", n,
					"ningún detalle tiene el impuesto %s con el código de porcentaje %s",
					k.code, k.rate)
			}
			continue
		}
		discount := amountOrZero(n.Child("", "descuentoAdicional"))
		if differs(new(big.Rat).Sub(base[k], discount), gotBase, 1) &&
			differs(base[k], gotBase, 1) {
			c.add("52", "sums-taxes", n.Child("", "baseImponible"),
				"la base imponible es %s y la de los detalles suma %s",
				money(gotBase), money(base[k]))
		}
		if discount.Sign() == 0 && differs(value[k], gotValue, count[k]) {
			c.add("52", "sums-taxes", n.Child("", "valor"),
				"el impuesto es %s y el de los detalles suma %s", money(gotValue), money(value[k]))
		}
	}
}

// total compares the total with its parts, and the payments with the total.
func (c *checking) total(info xmltree.Node, field string, want *big.Rat) {
	n := info.Child("", field)
	got, ok := amount(n)
	if !ok {
		return
	}
	compensation, _ := total(list(info.Child("", "compensaciones"), "compensacion"), "valor")
	less := new(big.Rat).Set(want)
	if compensation != nil {
		less.Sub(less, compensation)
	}
	if differs(want, got, 1) && differs(less, got, 1) {
		c.add("52", "sums-total", n, "%s es %s y sus partes suman %s",
			field, money(got), money(want))
	}
	payments := list(info.Child("", "pagos"), "pago")
	if paid, read := total(payments, "total"); read && len(payments) > 0 && differs(paid, got, 1) {
		c.add("52", "sums-payments", info.Child("", "pagos"),
			"los pagos suman %s y el total es %s", money(paid), money(got))
	}
}

// debitNote checks a nota de débito: its reasons, its taxes, its total.
func (c *checking) debitNote(root xmltree.Node) {
	info := root.Child("", "infoNotaDebito")
	subtotal, ok := amount(info.Child("", "totalSinImpuestos"))
	if sum, read := total(list(root.Child("", "motivos"), "motivo"), "valor"); ok && read &&
		differs(sum, subtotal, 1) {
		c.add("52", "sums-subtotal", info.Child("", "totalSinImpuestos"),
			"totalSinImpuestos es %s y los motivos suman %s", money(subtotal), money(sum))
	}
	taxes := list(info.Child("", "impuestos"), "impuesto")
	for _, tax := range taxes {
		c.rate(tax, "tarifa", "valor")
	}
	if tax, read := total(taxes, "valor"); ok && read {
		c.total(info, "valorTotal", new(big.Rat).Add(subtotal, tax))
	}
}

// withholding checks a comprobante de retención, of either form.
func (c *checking) withholding(root xmltree.Node) {
	for _, n := range list(root.Child("", "impuestos"), "impuesto") {
		c.rate(n, "porcentajeRetener", "valorRetenido")
	}
	for _, document := range list(root.Child("", "docsSustento"), "docSustento") {
		for _, n := range list(document.Child("", "retenciones"), "retencion") {
			c.rate(n, "porcentajeRetener", "valorRetenido")
		}
		subtotal, ok := amount(document.Child("", "totalSinImpuestos"))
		got, ok2 := amount(document.Child("", "importeTotal"))
		taxes := list(document.Child("", "impuestosDocSustento"), "impuestoDocSustento")
		tax, read := total(taxes, "valorImpuesto")
		if !ok || !ok2 || !read {
			continue
		}
		if want := new(big.Rat).Add(subtotal, tax); differs(want, got, 1) {
			c.add("52", "sums-total", document.Child("", "importeTotal"),
				"importeTotal es %s y sus partes suman %s", money(got), money(want))
		}
		payments := list(document.Child("", "pagos"), "pago")
		if paid, all := total(payments, "total"); all && len(payments) > 0 &&
			differs(paid, got, 1) {
			c.add("52", "sums-payments", document.Child("", "pagos"),
				"los pagos suman %s y el total es %s", money(paid), money(got))
		}
	}
}
