// Package authority is a small certification authority in one folder: a root, a subordinate that
// issues with ICERT's profiles, an OCSP responder, their keys in PKCS #12 files and one ledger. It
// shows how a host puts package certificate on a store; a real authority keeps its root elsewhere
// and its keys in hardware.
//
// The folder holds settings.json, ledger.db, root.p12, authority.p12, ocsp.p12 (all under one
// password), root.pem and authority.pem. What was interrupted while it was made is completed by
// making it again.
package authority
