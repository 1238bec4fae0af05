// Package demo is the story that `rubrica demo` tells: three applications for a certificate of a
// natural person, side by side, from the first form to a signed contract and a signed invoice, to
// a revocation, and to a lapse.
//
// Everything is real but the people and the time: the same engine, store, outbox, adapters and
// authority as in production, on an embedded SQLite file, with a clock that starts some weeks ago
// and ends now. The clock and the steps that are done lie in the store, and every step may be
// repeated, so that the program can be killed at any moment and started again with the same
// folder: it goes on where it stopped and issues nothing twice.
package demo
