// Package xades makes and judges XML advanced electronic signatures: ETSI EN 319 132-1, and the
// XAdES of ETSI TS 101 903 before it.
//
// [Sign] writes a signature in one call; [Prepare] and [Prepared.Complete] do it in two steps for a
// key that lives elsewhere. [CounterSign] signs somebody's signature, [Extend] adds time stamps.
// Original bytes are never rewritten: a signature is spliced into the bytes that were given.
//
// [Validate] judges every signature of a document and hands back what each one covers, octet for
// octet, so that a host never reads the unsigned document again.
package xades
