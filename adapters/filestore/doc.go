// Package filestore keeps documents in a folder under the name of their SHA-256 digest: an
// ra.Documents for one machine.
//
// A document appears whole or not at all: it is written to a temporary file, flushed to the
// medium and renamed. What is read is hashed again, so that octets altered on the medium are
// reported and never handed out as the document.
package filestore
