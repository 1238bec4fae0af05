// Package sri signs, checks and verifies the electronic vouchers of Ecuador's tax authority
// (Servicio de Rentas Internas, offline scheme): facturas, liquidaciones de compra, notas de
// crédito, notas de débito, guías de remisión and comprobantes de retención.
//
// [Sign] writes the XAdES-BES signature that the SRI takes, in one call. [NewSigner] prepares it
// once for a host that signs many. [Check] says before sending what the SRI would refuse, and
// where. [Validate] judges a signed voucher and hands back what was signed.
package sri
