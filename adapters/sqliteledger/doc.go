// Package sqliteledger keeps an authority's records (certificate.Ledger) in a SQLite file, which
// may be the one that adapters/sqlite keeps processes in: its tables have names of their own.
//
// It drives modernc.org/sqlite (BSD-3, no cgo) with a write-ahead log and synchronous=FULL: a plan
// that is recorded survives a crash of the machine, as the signing of certificates relies on.
package sqliteledger
