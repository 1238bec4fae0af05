package xmltree

import "fmt"

// A Code says why a document was refused. The words are stable.
type Code string

const (
	CodeNotWellFormed Code = "not-well-formed" // XML 1.0 or Namespaces 1.0 is violated
	CodeDTD           Code = "dtd-forbidden"   // there is a document type declaration
	CodeLimit         Code = "limit-exceeded"  // larger than a limit; Error.Limit names it
	CodeDuplicateID   Code = "duplicate-id"    // two elements carry the same identifier
	CodeEncoding      Code = "encoding"        // not in the encoding it declares, or an unknown one
	CodeNotFound      Code = "id-not-found"    // no element carries the identifier looked up
	CodeValue         Code = "bad-value"       // content is not of the type asked for (base64)
)

// An Error is a document that was refused, or a value in it. It never quotes the document beyond a
// name or a single character.
type Error struct {
	Code   Code
	Reason string // lower case, English
	Limit  string // with CodeLimit: the field of Limits
	Offset int    // in bytes of the document as given, from 0
	Line   int    // from 1
	Column int    // in characters, from 1
}

// Error gives code, place and reason in one line.
func (e *Error) Error() string {
	return fmt.Sprintf("xml: %s at line %d, column %d: %s", e.Code, e.Line, e.Column, e.Reason)
}
