// Package c14n writes the canonical form of XML: Canonical XML 1.0 and 1.1 and Exclusive XML
// Canonicalization 1.0, each with and without comments, of whole documents and of subtrees, less
// subtrees that are left out (the enveloped signature).
//
// It reads the index of [xmltree] and writes straight to a hash or any writer. Octets of the
// original that are canonical already are handed on from where they lie; only what differs is made.
package c14n
