package certificate

import (
	"crypto/x509"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/public"
)

// SyntaxError says which field of a certificate, list or answer is not DER, or not what its
// standard asks for, and at which octet. The input is to blame.
type SyntaxError = der.SyntaxError

// Parse reads one certificate in strict DER: definite shortest lengths, no octets after the end, no
// extension twice, every known extension well-formed. What real certificates do against RFC 5280
// without harm is tolerated: serial numbers of any size and sign, a basicConstraints that is not
// critical or writes its default, key usages with zero bits at the end, names of mixed string
// types.
//
// The certificate is filled as crypto/x509 does, also where crypto/x509 refuses. PublicKey is nil
// when the key is of a kind that is not supported. Raw is the input itself, which must not change.
// The error is a *SyntaxError.
func Parse(der []byte) (*x509.Certificate, error) { return public.Certificate(der) }
