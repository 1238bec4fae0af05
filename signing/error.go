package signing

import "errors"

// ErrNotSigned says that a document was read and holds no signature. Answer it to the sender.
var ErrNotSigned = errors.New("signing: the document is not signed")

// A Code is the stable word of an error about a document, as commands and services show it.
type Code string

// The codes.
const (
	CodeUnreadable    Code = "unreadable"
	CodeNotSigned     Code = "not-signed"
	CodeNotWellFormed Code = "not-well-formed"
	CodeDTDForbidden  Code = "dtd-forbidden"
	CodeLimitExceeded Code = "limit-exceeded"
	CodeDuplicateID   Code = "duplicate-id"
	CodeUnknownFormat Code = "unknown-format"
	CodeEncrypted     Code = "encrypted"
	CodeWrongPassword Code = "wrong-password"
)

// Coded is implemented by errors about documents that know their stable word.
type Coded interface {
	error
	Code() Code
}

// CodeOf returns the stable word of err, "unreadable" when it has none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if errors.Is(err, ErrNotSigned) {
		return CodeNotSigned
	}
	if coded, ok := errors.AsType[Coded](err); ok {
		return coded.Code()
	}
	return CodeUnreadable
}
