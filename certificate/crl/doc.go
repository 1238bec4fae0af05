// Package crl reads and judges certificate revocation lists: RFC 5280, section 5.
//
// [Parse] reads a list of any size in one pass and keeps nothing of its entries; they are found in
// the original octets when asked for. [List.Verify] judges a list by itself, with an issuer that
// the caller trusts; the whole question, with the issuer's own path, delta lists and lists by
// reason put together, is answered by package path.
package crl
