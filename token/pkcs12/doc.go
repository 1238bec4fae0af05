// Package pkcs12 writes and opens PKCS #12 files (RFC 7292), the "archivo" in which Ecuadorian and
// Colombian authorities hand out keys.
//
// [Encode] writes what today's OpenSSL, Java, Windows and browsers open: AES-256 by PBES2 with
// HMAC-SHA-256, and a MAC with SHA-256. [Open] reads that and what there is from twenty years: RC2
// with 40 and 128 bits and triple DES by the old PKCS #12 derivation, BER with indefinite lengths,
// the two encodings of an empty password, files with a signing key and a decryption key, keys
// without a certificate, and the MAC of RFC 9579.
//
// A file comes from a stranger: its size, its nesting and the rounds of its key derivations are
// bounded before any work is done on them.
package pkcs12
