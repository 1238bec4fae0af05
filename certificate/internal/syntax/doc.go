// Package syntax holds the structures of RFC 5280 as they are written: certificates, names,
// extensions. Reading is strict DER and keeps the original octets; nothing is judged here beyond
// what the ASN.1 says. What a value means for a path is package path's business.
//
// Everything returned aliases the octets that were read, which must not change afterwards.
package syntax
