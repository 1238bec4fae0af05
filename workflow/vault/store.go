package vault

import (
	"context"
	"errors"
)

// Store keeps sealed keys and records. It sees no plaintext. It is safe for concurrent use;
// storetest.RunVault says in tests what it must do.
type Store interface {
	// Key returns the sealed key of a subject. If there is none and propose is not nil, it
	// durably stores propose and returns it: of two proposals at once one wins, and both callers
	// get that one. ErrNotFound, or ErrForgotten after Destroy.
	Key(ctx context.Context, subject string, propose []byte) ([]byte, error)
	// Destroy removes the key and all records of a subject from the medium as far as it can
	// (overwritten, not only unlinked) and remembers that it did. It is no error to repeat it.
	Destroy(ctx context.Context, subject string) error
	// Add durably stores a record. ErrExists when there is one of that subject, name and version;
	// ErrNotFound when the subject has no key, ErrForgotten after Destroy.
	Add(ctx context.Context, r Record) error
	// Get returns a record; version 0 means the latest. ErrNotFound.
	Get(ctx context.Context, subject, name string, version int) (Record, error)
	// List returns the references of all records of a subject, ordered by name and version.
	List(ctx context.Context, subject string) ([]Ref, error)
}

// Record is one sealed record.
type Record struct {
	Ref    Ref
	Sealed []byte
}

var (
	// ErrNotFound: no such record or subject. The reference is wrong, or the store is.
	ErrNotFound = errors.New("vault: not found")
	// ErrForgotten: the subject's key was destroyed. Nothing can bring its records back; show
	// that they were deleted (410).
	ErrForgotten = errors.New("vault: subject forgotten")
	// ErrExists: the version is taken. Put tries the next one by itself.
	ErrExists = errors.New("vault: record exists")
	// ErrUnsealed: the sealed bytes were not made by this key for this place: altered, swapped, or
	// the wrong master key. Stop and look.
	ErrUnsealed = errors.New("vault: sealed bytes do not open")
)
