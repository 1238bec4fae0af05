// Package pades signs, extends and judges PDF documents: PAdES baseline signatures by ETSI EN
// 319 142-1, and the signatures of ISO 32000 that came before.
//
// [Sign] copies a document while it digests it and appends one incremental update with the
// signature; every octet of the original stays where it was. [SignInPlace] appends without a copy.
// [Prepare] with [Prepared.Complete] or [Prepared.CompleteInPlace] is the same in two steps, for a
// key that is elsewhere.
// [Extend] adds time stamps and evidence to signatures, whoever made them. [Inspect] says what a
// person should know about a document before signing it.
//
// A PDF/A document stays one, and so does a tagged (PDF/UA) document whose first signature is put
// into its structure; later signatures leave the structure as it was signed. Anything that an
// earlier signature forbids, or that a lock means, a new field too, is refused before signing.
//
// Documents are read through [io.ReaderAt] and never held as a whole: signing and judging take less
// than 24 MB and 64 octets for each object, whatever the size of the file.
//
// # Judging
//
// [Validate] gives every signature of a document its entry: those that a field shows in any
// revision, and those that nothing shows any more, which are looked for behind the first signature.
// ByteRange must have four numbers from 0, its gap must be exactly Contents, it must end where a
// revision ends, and the dictionary that was read must stand inside of what is signed.
//
// Every later revision is compared with the one before it, object by object, whatever it lists or
// brings with a redefined object stream. From the first signed revision on each object has roles:
// as what it can be reached from the catalog (page, field, picture of a field, content, evidence
// and so on). A change must be harmless in every role that its object had, also in those of a
// reference that led to nothing; an object that nothing led to is judged with what leads to it
// now. To learn the roles, the references of all objects are read once (a quarter of a microsecond
// each); from there on a revision costs what it changed, not the file. What no rule allows is
// forbidden, and so are octets that belong to no object. Each change is classed and allowed or not
// by DocMDP, FieldMDP and locks (12.8.2), where approval signatures permit filling in forms and
// signing, as a certification P 2 does.
//
// Alternatives that lost: to list all paths to each changed object (time grows with the paths, and
// a hostile document has very many); to compare what pages look like (scripts, layers and values
// of fields do not show); to trust the cross-references of an update to name what it changed.
//
// # Verdicts of form
//
// Forbidden changes and ranges that do not cover a revision make TOTAL-FAILED (FORMAT_FAILURE).
// A signature that holds but departs from the standard where somebody could hide something, such
// as octets behind the CMS in Contents, is INDETERMINATE (SIG_CONSTRAINTS_FAILURE) with the finding
// not-conformant.
package pades
