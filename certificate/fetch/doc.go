// Package fetch gets certificates, revocation lists and OCSP answers over HTTP, politely and
// suspiciously: the addresses that a certificate names were written by whoever made it.
//
// Only http and https are spoken; the address is checked when it is dialled, so that a name that
// resolves to a loopback, private, link-local or metadata address reaches nothing, also after a
// redirect and also when the name changes its mind between two look-ups; size, time and the
// number of redirects are capped; what was got is kept as long as it is fresh.
package fetch
