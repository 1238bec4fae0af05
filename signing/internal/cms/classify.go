package cms

import (
	"errors"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
)

// Classify turns what [SignerInfo.Verify] said into the words of a report; nil is Intact.
func Classify(err error) (signing.Crypto, signing.Indication, signing.SubIndication) {
	_, unsupported := errors.AsType[*algorithm.Unsupported](err)
	switch {
	case err == nil:
		return signing.Intact, "", ""
	case unsupported:
		return signing.Unsupported, signing.Indeterminate, signing.CryptoConstraintsNoPOE
	case errors.Is(err, ErrNoContent):
		return signing.Broken, signing.Indeterminate, signing.SignedDataNotFound
	case errors.Is(err, ErrDigest):
		return signing.Broken, signing.TotalFailed, signing.HashFailure
	case errors.Is(err, algorithm.ErrBroken):
		return signing.Broken, signing.TotalFailed, signing.SigCryptoFailure
	}
	return signing.Broken, signing.TotalFailed, signing.FormatFailure
}
