// Package sqlite keeps processes (workflow.Store) and sealed records (vault.Store) in one SQLite
// file: the store for one machine, without a server.
//
// It drives modernc.org/sqlite (BSD-3, no cgo). The journal is a write-ahead log with
// synchronous=FULL: what Append and Add have returned from survives a crash of the machine. Every
// writing transaction begins with the write lock (_txlock=immediate): two that read first and then
// wrote would otherwise fail each other. Several processes may open the same file; SQLite's own
// locks decide, and whoever waits does so for BusyTimeout at most.
package sqlite
