package cms

import (
	"errors"
	"fmt"
)

// ErrDigest says that the content is not the one that was signed (HASH_FAILURE).
var ErrDigest = errors.New("the content is not the one that was signed")

// ErrNoContent says that the content that was signed is not at hand: it is detached and was not
// given, or it is too long to be hashed again.
var ErrNoContent = errors.New("the signed content is not at hand")

// ErrContentLength says that content had another length when it was copied than when it was read.
// What was written is no signature.
var ErrContentLength = errors.New("the content has another length than before")

// ErrCertificate says that a signature value does not verify with the certificate it was made
// for: the key that signed belongs to another certificate, or the value to other attributes.
var ErrCertificate = errors.New("the signature value does not belong to the certificate")

// FormatError says how a signature departs from RFC 5652 so that it proves nothing
// (FORMAT_FAILURE).
type FormatError struct {
	What string
	Err  error // the cause, when there is one
}

func (e *FormatError) Error() string {
	if e.Err != nil {
		return e.What + ": " + e.Err.Error()
	}
	return e.What
}

func (e *FormatError) Unwrap() error { return e.Err }

func badFormat(format string, args ...any) error {
	return &FormatError{What: fmt.Sprintf(format, args...)}
}
