// Package revocation judges one list or one answer: whether it speaks of a certificate, whether it
// is fresh, whether its signer may sign it. How the signer's own path is found is not decided
// here: package path does, and packages crl and ocsp ask it of their callers.
package revocation
