package pdf

import (
	"errors"
	"fmt"

	"github.com/rubrica/rubrica/signing"
)

// A SyntaxError says that the file is not as ISO 32000 wants it: who wrote the file is wrong.
type SyntaxError struct {
	Offset  int64  // octets from the beginning of the file
	Object  uint32 // number of the object being read; 0 outside of objects
	Problem string
}

func (e *SyntaxError) Error() string {
	if e.Object != 0 {
		return fmt.Sprintf("pdf: object %d, offset %d: %s", e.Object, e.Offset, e.Problem)
	}
	return fmt.Sprintf("pdf: offset %d: %s", e.Offset, e.Problem)
}

// Code returns the stable word of the error.
func (e *SyntaxError) Code() signing.Code { return signing.CodeUnreadable }

// A LimitError says that a bound of the reader was passed: the file is hostile or out of measure.
type LimitError struct {
	Offset int64
	Object uint32
	Limit  string // what was bounded
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("pdf: object %d, offset %d: limit exceeded: %s", e.Object, e.Offset, e.Limit)
}

// Code returns the stable word of the error.
func (e *LimitError) Code() signing.Code { return signing.CodeLimitExceeded }

// An UnsupportedError names a feature of PDF that this package does not have.
type UnsupportedError struct{ Feature string }

func (e *UnsupportedError) Error() string { return "pdf: unsupported: " + e.Feature }

// Code returns the stable word of the error: an encryption that cannot be opened is "encrypted".
func (e *UnsupportedError) Code() signing.Code {
	if e.Feature == featurePublicKey {
		return signing.CodeEncrypted
	}
	return signing.CodeUnreadable
}

const featurePublicKey = "encryption for public keys"

// A PasswordError says that the file is encrypted and that no or a wrong password was given.
type PasswordError struct{ Given bool }

func (e *PasswordError) Error() string {
	if e.Given {
		return "pdf: the password does not open this file"
	}
	return "pdf: the file is encrypted and needs a password"
}

// Code returns the stable word of the error.
func (e *PasswordError) Code() signing.Code {
	if e.Given {
		return signing.CodeWrongPassword
	}
	return signing.CodeEncrypted
}

// errShort says that the window ended inside a value: read more and parse again.
var errShort = errors.New("pdf: window too short")

func isSyntax(err error) bool {
	_, ok := errors.AsType[*SyntaxError](err)
	return ok
}
