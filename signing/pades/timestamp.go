package pades

import (
	"context"
	"crypto"
	"crypto/sha256"
	"fmt"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// timestamp adds a signature time stamp to the only signature (EN 319 142-1, 5.4.1).
func timestamp(ctx context.Context, signed *cms.SignedData, t signing.Timestamper,
	_ crypto.Hash) error {
	if t == nil {
		return refuse("no-timestamper", "the level needs a time stamp authority")
	}
	sum := sha256.Sum256(signed.Signers[0].Signature)
	token, err := t.Timestamp(ctx, crypto.SHA256, sum[:])
	if err != nil {
		return fmt.Errorf("pades: time stamp: %w", err)
	}
	signed.Signers[0].AddUnsigned(cms.NewAttribute(cms.OIDSignatureTimestamp, token))
	return nil
}
