package ra

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
)

// Documents keeps octets under the name of their SHA-256 digest: evidence, contracts, invoices.
// What holds personal data is sealed by the caller before it comes here.
//
// Put must be durable when it returns nil. Storing the same octets twice stores them once and
// returns the same digest; a Put that fails leaves nothing that Open would find. Open returns
// ErrNoDocument for an unknown digest, and must never return octets that do not have the digest:
// what was altered on the medium is a *DamagedDocumentError, at Open or while reading.
// Implementations are safe for concurrent use.
type Documents interface {
	Put(ctx context.Context, content io.Reader) (Digest, error)
	Open(ctx context.Context, d Digest) (io.ReadCloser, error)
	Remove(ctx context.Context, d Digest) error // removing what is not there is no error
}

// Digest is the SHA-256 digest of a document, its only name.
type Digest [32]byte

// String is the digest in lower-case hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero says whether d names nothing.
func (d Digest) IsZero() bool { return d == Digest{} }

// ParseDigest reads what Digest.String wrote.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(d) || hex.EncodeToString(raw) != s {
		return d, errors.New("ra: not a document digest: want 64 lower-case hexadecimal digits")
	}
	copy(d[:], raw)
	return d, nil
}

// ErrNoDocument says that no document has the digest. The host answers "not found"; if the digest
// came from the history, the document was erased or the medium lost it.
var ErrNoDocument = errors.New("ra: no document with this digest")

// DamagedDocumentError says that the medium holds other octets under the digest than were stored.
// The host restores the document from a copy; nothing may be decided on what is there.
type DamagedDocumentError struct{ Digest Digest }

func (e *DamagedDocumentError) Error() string {
	return "ra: document " + e.Digest.String() + " was altered on its medium"
}

// DigestOf is the name that content has in every Documents.
func DigestOf(content []byte) Digest { return sha256.Sum256(content) }
