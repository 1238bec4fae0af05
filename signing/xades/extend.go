package xades

import (
	"context"
	"crypto"
	"io"

	"github.com/rubrica/rubrica/signing"
)

// Extension says how signatures are carried further in time.
type Extension struct {
	// Timestamper is asked for the time stamps. Required.
	Timestamper signing.Timestamper
	// Hash is that of the imprint. Zero: SHA-256.
	Hash crypto.Hash
	// Canonicalization of what is stamped.
	Canonicalization CanonicalForm
	// Signature is the Id of the only signature to extend. Empty: all that have no signature time
	// stamp yet, counter-signatures excepted.
	Signature string
	// Limits bound the document.
	Limits Limits
}

// Extend X
func Extend(ctx context.Context, dst io.Writer, doc []byte, to signing.Level, e Extension) error {
	return ErrLevel
}
