package tsp

import (
	"fmt"
	"strings"

	"github.com/rubrica/rubrica/signing"
)

// MalformedError says that a request, answer or token is not what RFC 3161 prescribes.
type MalformedError struct {
	Offset int64 // of the element in question; 0 when it is the whole
	What   string
	Err    error
}

func (e *MalformedError) Error() string {
	s := fmt.Sprintf("offset %d: %s", e.Offset, e.What)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *MalformedError) Unwrap() error { return e.Err }

// Code is the stable word of the cause, or unreadable.
func (e *MalformedError) Code() signing.Code { return signing.CodeOf(e.Err) }

// Status is PKIStatus (RFC 3161, 2.4.2).
type Status int

// The statuses. The first two come with a token.
const (
	Granted Status = iota
	GrantedWithMods
	Rejection
	Waiting
	RevocationWarning
	RevocationNotification
)

// Failure is a bit of PKIFailureInfo (RFC 3161, 2.4.2); -1 when the answer names none.
type Failure int

// The failures.
const (
	NoFailure           Failure = -1
	BadAlg              Failure = 0
	BadRequest          Failure = 2
	BadDataFormat       Failure = 5
	TimeNotAvailable    Failure = 14
	UnacceptedPolicy    Failure = 15
	UnacceptedExtension Failure = 16
	AddInfoNotAvailable Failure = 17
	SystemFailure       Failure = 25
)

// String is the name of RFC 3161: "badAlg".
func (f Failure) String() string {
	switch f {
	case NoFailure:
		return "no reason given"
	case BadAlg:
		return "badAlg"
	case BadRequest:
		return "badRequest"
	case BadDataFormat:
		return "badDataFormat"
	case TimeNotAvailable:
		return "timeNotAvailable"
	case UnacceptedPolicy:
		return "unacceptedPolicy"
	case UnacceptedExtension:
		return "unacceptedExtension"
	case AddInfoNotAvailable:
		return "addInfoNotAvailable"
	case SystemFailure:
		return "systemFailure"
	}
	return fmt.Sprintf("failure %d", int(f))
}

// RefusedError says that the authority answered and gave no token. Asking the same authority
// again for the same is useless unless Failure is TimeNotAvailable or SystemFailure.
type RefusedError struct {
	Status  Status
	Failure Failure
	Text    []string // of the authority, at most maxStatusText
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("the time-stamping authority refused (status %d, %s)",
		int(e.Status), e.Failure)
	if len(e.Text) > 0 {
		s += ": " + strings.Join(e.Text, "; ")
	}
	return s
}

// AnswerError says that an authority answered with a token that does not stand: it does not
// belong to the request, or its own signature, certificate or path is not good.
type AnswerError struct {
	Field string // what is wrong: "nonce", "messageImprint", "signature", "path", …
	Why   string
}

func (e *AnswerError) Error() string {
	return "the time stamp's " + e.Field + " is not good: " + e.Why
}
