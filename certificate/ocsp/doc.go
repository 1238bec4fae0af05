// Package ocsp reads and judges answers of the Online Certificate Status Protocol (RFC 6960 and
// RFC 9654), and makes requests.
//
// [Response.Verify] judges an answer by itself, with an issuer that the caller trusts. The whole
// question, with the issuer's own path, is answered by package path.
package ocsp
