// Package tsp speaks the Time-Stamp Protocol (RFC 3161, RFC 5816): it asks authorities for time
// stamps, is one, and judges tokens.
//
// A [Client] is a signing.Timestamper: it asks several authorities in turn, and hands out no token
// that it has not verified in full against its own request. A [Server] is an http.Handler.
// [Verify] judges a token wherever it was found; XAdES, PAdES and CAdES all use it.
package tsp
