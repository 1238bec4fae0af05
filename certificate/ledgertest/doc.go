// Package ledgertest says, in tests, what a certificate.Ledger must do. An implementation calls
// [Run] in its own test.
package ledgertest
