// Package signing is the vocabulary of signatures: who signs ([Signer]), how far a signature
// reaches in time ([Level]), what a validator may believe ([Validation]) and what it answers
// ([Report]). Nothing happens here; the formats do the work:
//
//   - signing/xades: XML, ETSI EN 319 132-1 (and signing/sri for invoices)
//   - signing/pades: PDF, ETSI EN 319 142-1 and ISO 32000
//   - signing/cades: CMS, ETSI EN 319 122-1
//   - signing/tsp: time stamps, RFC 3161
//
// A verdict is never a boolean. A [Report] has one entry for every signature found, keeps
// cryptography, certificate binding, trust, coverage and later changes apart, and uses the words
// of ETSI EN 319 102-1. Evidence that is missing gives INDETERMINATE, never valid.
package signing
