// Package certificate says what a certificate holds and how it lives: profiles, issuance by an
// [Authority], revocation, and the list that tells the world.
//
// Issuance is two steps that cannot be taken in another order. [Authority.Plan] checks a [Request]
// against its [Profile], fixes serial number and to-be-signed octets, lints a certificate that a
// throw-away key signed over these very octets, and records the plan in a [Ledger] under the
// request's own identifier. [Authority.Issue] takes the [Planned] that Plan handed out, signs
// exactly the recorded octets and records the certificate. What failed the lint is never signed,
// what was not recorded is never signed, and a request has one certificate however often it is
// repeated.
//
// After a crash the caller repeats both calls with the same request: Plan returns what it had
// recorded, Issue signs the same octets again. RSA PKCS #1 v1.5, ECDSA in software (RFC 6979) and
// Ed25519 give the same certificate, octet for octet. A key that cannot repeat itself (ECDSA in
// hardware) may give another signature: the first recorded certificate wins, and the other one is
// recorded beside it and never handed out. Both carry the same serial number, so that a revocation
// covers both.
//
// Sub-packages: path (validation), crl and ocsp (reading status), responder (answering OCSP), lint
// (zlint, apart because of its weight), ec and co (national identity and profiles), ledgertest
// (what a Ledger must do).
//
// Nothing here reads a clock, a file or the network: the caller passes them in.
package certificate
