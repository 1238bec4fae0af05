// Package pdf reads and extends PDF files, ISO 32000-2 (and 32000-1, and what came before back to
// PDF 1.0), as far as signatures need it.
//
// [Open] reads a file through an [io.ReaderAt], never as a whole, and sees every revision: each
// incremental update (7.5.6) is a [Revision] and [File.At] is the document as it was at its end.
// An object is loaded when it is asked for; nothing is repaired in silence: what had to be
// guessed is listed by [File.Oddities].
//
// [Update] collects new and replaced objects and lays them out as one more incremental update in
// the kind of cross-reference that the file already uses, encrypted when the file is. It never
// touches an octet that was there.
//
// Values: null is nil, booleans are bool, and the rest are [Integer], [Real], [Name], [String],
// [Array], [*Dict], [*Stream] and [Ref]. A [File] and its views are not safe for concurrent use.
package pdf
