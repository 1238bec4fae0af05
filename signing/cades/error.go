package cades

import (
	"errors"
	"fmt"

	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/evidence"
)

// ProfileError says that a profile or call cannot be carried out as it stands.
type ProfileError struct {
	Field string // of Profile, Extension or the call
	Why   string
}

func (e *ProfileError) Error() string { return fmt.Sprintf("cades: %s %s", e.Field, e.Why) }

// MissingEvidenceError says that level LT was asked for and a certificate's path or revocation
// status could not be had: give what is missing in Validation, or allow fetching.
type MissingEvidenceError = evidence.MissingError

// FormatError says how a signature departs from RFC 5652 so that it cannot be worked with.
type FormatError = cms.FormatError

// ErrContent says that the content is not the one that was signed, or was prepared to be: give
// the same octets again.
var ErrContent = errors.New("cades: the content is not the one that was signed")

// ErrNoContent says that a detached signature is asked to be archived, or a signer added, without
// its content: give it.
var ErrNoContent = errors.New("cades: the detached content is needed")

// ErrBrokenSignature says that a signature which should be extended or countersigned does not
// stand itself. Nothing was written.
var ErrBrokenSignature = errors.New("cades: the signature does not verify")

// ErrNoSuchSignature says that no signature has the identifier that was given; identifiers are
// those of the report.
var ErrNoSuchSignature = errors.New("cades: no such signature")

// ErrMismatch says that a signature value does not belong to the certificate it was prepared for.
var ErrMismatch = cms.ErrCertificate
