package ber

import (
	"fmt"

	"github.com/rubrica/rubrica/signing"
)

// Error says what in the input is not BER, or not what a standard prescribes, and where.
type Error struct {
	Offset int64 // of the octet in the input at which the element in question begins
	What   string
	Limit  bool // refused by a limit of this library, not by the standard
}

func (e *Error) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.What) }

// Code is limit-exceeded or unreadable.
func (e *Error) Code() signing.Code {
	if e.Limit {
		return signing.CodeLimitExceeded
	}
	return signing.CodeUnreadable
}

func malformed(off int64, format string, args ...any) error {
	return &Error{Offset: off, What: fmt.Sprintf(format, args...)}
}

func limited(off int64, format string, args ...any) error {
	return &Error{Offset: off, What: fmt.Sprintf(format, args...), Limit: true}
}
