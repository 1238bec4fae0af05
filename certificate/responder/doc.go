// Package responder answers OCSP requests (RFC 6960) from an authority's ledger, by a delegated key
// or the authority's own.
//
// A request may ask about several certificates, by SHA-1, SHA-256, SHA-384 or SHA-512; its nonce
// comes back (RFC 9654). What the authority never issued is "unknown". Answers are made when asked,
// so that a revocation shows at once.
package responder
