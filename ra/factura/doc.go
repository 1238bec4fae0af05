// Package factura makes Ecuador's electronic invoice (SRI "factura", schema 1.1.0) from data: the
// invoice for an authority's fee, and any other of goods and services taxed with IVA.
//
// Marshal checks what SRI would refuse and writes the voucher without a signature; signing/sri
// signs the octets that it returns. Amounts are whole cents, and sums are computed here, never
// taken from the caller.
package factura
