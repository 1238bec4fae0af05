// Package pades signs, extends and judges PDF documents: PAdES baseline signatures by ETSI EN
// 319 142-1, and the signatures of ISO 32000 that came before.
//
// [Sign] copies a document while it digests it and appends one incremental update with the
// signature; every octet of the original stays where it was. [Prepare] and [Prepared.Complete]
// are the same in two steps, for a key that is elsewhere. [Validate] judges every signature of a
// document and every change made after it.
//
// Documents are read through [io.ReaderAt] and never held as a whole: memory depends on the number
// of objects, not on the size of the file.
package pades
