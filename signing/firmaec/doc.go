// Package firmaec makes and reads what FirmaEC does, the signing program of Ecuador's government,
// and what document systems such as Quipux expect of it.
//
// Its PDF signatures are not PAdES: they are plain CMS by ISO 32000-1 (adbe.pkcs7.detached) with no
// signing-certificate attribute, and reports give them the level ISO32000-CMS. [Basic], [Enhanced]
// and [LTV] are its profiles, for package pades to sign by; [QR], [Information1] and
// [Information2] its stamps; [Enclose] and [Open] write and read its .p7m. [View] says of a report
// what FirmaEC would say, in its words.
package firmaec
