package pades

import "github.com/rubrica/rubrica/signing"

// A RefusalError says that a signature was not made because the document, an earlier signature in
// it or the profile does not allow it. Nothing is wrong with the file: ask for something else.
type RefusalError struct {
	// Reason is a stable word: no-time, no-timestamper, bad-level, field-missing, field-signed,
	// field-locked, certified, seed-value, already-signed, off-page, overlap, no-page, no-room,
	// image, look, name, too-large, mismatch, foreign, broken,
	// no-signature, no-revision.
	Reason  string
	Message string
}

func (e *RefusalError) Error() string { return "pades: " + e.Message }

// Code returns the stable word.
func (e *RefusalError) Code() signing.Code { return signing.Code(e.Reason) }

func refuse(reason, message string) error { return &RefusalError{Reason: reason, Message: message} }
