package signing

import (
	"crypto/x509"
	"io"
	"time"

	"github.com/rubrica/rubrica/certificate/fetch"
)

// Validation says what a validator may believe and when. The zero value trusts nobody and fetches
// nothing: every sound signature is then INDETERMINATE with NO_CERTIFICATE_CHAIN_FOUND.
type Validation struct {
	// Anchors are the trusted certificates. Nothing else is trusted, never the system's roots.
	Anchors []*x509.Certificate
	// Certificates help to build paths and serve signatures that carry none. They are not trusted.
	Certificates []*x509.Certificate
	// CRLs and OCSPs are revocation evidence in DER, beside what is embedded in the document.
	CRLs, OCSPs [][]byte
	// RequireRevocation makes absent revocation evidence lower the verdict to INDETERMINATE
	// (TRY_LATER). Otherwise it is only the finding revocation-unknown. Evidence that is given or
	// embedded counts either way.
	RequireRevocation bool
	// Time is the time of judging. Required: a zero Time is an error of the host, because the
	// library reads no clock.
	Time time.Time
	// Fetcher obtains missing certificates and status. Nil: nothing is fetched.
	Fetcher *fetch.Fetcher
	// Policy constrains algorithms and keys. The zero value is the current default policy.
	Policy Policy
	// Detached resolves what a signature covers outside its own file, by the name or URI that the
	// signature uses ("" where it names nothing). Nil: such content is missing, which is a
	// finding and INDETERMINATE (SIGNED_DATA_NOT_FOUND).
	Detached func(name string) (io.ReadCloser, error)
	// PolicyDocuments are signature policies (EPES, ETSI EN 319 132-1, 5.2.9) that the host has at
	// hand; a signature's policy is recognised among them by its digest. A policy that is not here
	// is the finding policy-not-checked and does not lower the verdict.
	PolicyDocuments [][]byte
	// DocumentPassword opens an encrypted PDF. It is not kept.
	DocumentPassword []byte
}

// Policy says which algorithms are still good enough to be valid. It never changes whether a
// signature is intact, only its indication (INDETERMINATE, CRYPTO_CONSTRAINTS_FAILURE_NO_POE).
// The zero value refuses SHA-1 and RSA keys below 2,048 bits.
type Policy struct {
	// AllowSHA1 accepts SHA-1 in signatures, references and certificates (the SRI's profile).
	AllowSHA1 bool
	// MinRSABits is the smallest RSA modulus accepted, in bits. Zero means 2048.
	MinRSABits int
}

// MinimumRSA returns the smallest RSA modulus accepted, in bits.
func (p Policy) MinimumRSA() int {
	if p.MinRSABits == 0 {
		return 2048
	}
	return p.MinRSABits
}
