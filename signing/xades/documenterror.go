package xades

import (
	"errors"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// A DocumentError says that a document could not be read, with the stable word that goes with it
// ([signing.CodeOf]) and its place where there is one. The sender of the document is to be told.
type DocumentError struct {
	code         signing.Code
	Reason       string
	Line, Column int // from 1; zero when unknown
	cause        error
}

func (e *DocumentError) Error() string { return "xades: " + e.cause.Error() }

// Code returns the stable word.
func (e *DocumentError) Code() signing.Code { return e.code }

// Unwrap returns what the reader said.
func (e *DocumentError) Unwrap() error { return e.cause }

// documentError gives errors of the readers below their stable word.
func documentError(err error) error {
	if refused, ok := errors.AsType[*xmltree.Error](err); ok {
		return &DocumentError{code: codeOf(refused.Code), Reason: refused.Reason,
			Line: refused.Line, Column: refused.Column, cause: err}
	}
	if limit, ok := errors.AsType[*xmldsig.LimitError](err); ok {
		return &DocumentError{code: signing.CodeLimitExceeded, Reason: limit.Error(), cause: err}
	}
	return err
}

func codeOf(c xmltree.Code) signing.Code {
	switch c {
	case xmltree.CodeDTD:
		return signing.CodeDTDForbidden
	case xmltree.CodeLimit:
		return signing.CodeLimitExceeded
	case xmltree.CodeDuplicateID:
		return signing.CodeDuplicateID
	case xmltree.CodeNotWellFormed, xmltree.CodeEncoding:
		return signing.CodeNotWellFormed
	}
	return signing.CodeUnreadable
}
