package xades

import (
	"errors"
	"fmt"
)

// A ProfileError says that a Profile asks for something impossible. It is the host's to correct.
type ProfileError struct {
	Field  string // of Profile
	Reason string
}

func (e *ProfileError) Error() string {
	return fmt.Sprintf("xades: profile: %s %s", e.Field, e.Reason)
}

// A PlaceError says that a document has no such place for a signature: no element at the path, no
// element with the identifier, or several. Ask for another place, or correct the document.
type PlaceError struct {
	Place  string
	Reason string
}

func (e *PlaceError) Error() string { return fmt.Sprintf("xades: %q: %s", e.Place, e.Reason) }

// A BreakError says that what was asked would break a signature that the document holds. Sign
// elsewhere, or have the first signer sign in parallel (Profile.Parallel).
type BreakError struct {
	Signature string // the Id of the signature that would break, or its path
}

func (e *BreakError) Error() string {
	return fmt.Sprintf("xades: the change would break the signature %q", e.Signature)
}

var (
	// ErrValue says that a signature value does not belong to what was prepared and to the
	// certificate: nothing is written. Sign again what ToBeSigned returned.
	ErrValue = errors.New("xades: the signature value does not verify with the certificate")
	// ErrState says that a stored state is not one of Prepared.MarshalBinary. Prepare again.
	ErrState = errors.New("xades: the prepared state cannot be read")
	// ErrDocument says that Complete was given another document than Prepare.
	ErrDocument = errors.New("xades: the document is not the one that was prepared")
	// ErrTimestamper says that a time stamp is wanted and nobody to ask was given.
	ErrTimestamper = errors.New("xades: a time stamp is wanted and no Timestamper was given")
	// ErrLevel says that the level asked for is not built. Levels B and T are.
	ErrLevel = errors.New("xades: only the levels B and T can be written")
	// ErrNoSignature says that the document holds no such signature to extend or countersign.
	ErrNoSignature = errors.New("xades: no such signature in the document")
)
