package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
)

// ErrBroken says that the signature is not one of these octets by this key.
var ErrBroken = errors.New("signature: broken")

// ErrMismatch says that the key is not of the kind that the algorithm needs.
var ErrMismatch = errors.New("signature: key of another kind than the algorithm's")

// Verify verifies a signature over message. It returns nil, ErrBroken, ErrMismatch or an
// *UnsupportedError.
func Verify(key Key, a Algorithm, message, value []byte) error {
	if key.pss != nil && (a.Scheme != PSS || !key.pss.allows(a)) {
		return ErrMismatch
	}
	switch public := key.Public.(type) {
	case *rsa.PublicKey:
		return verifyRSA(public, a, message, value)
	case *ecdsa.PublicKey:
		if a.Scheme != ECDSA {
			return ErrMismatch
		}
		// The value is a DER SEQUENCE of two INTEGERs, read strictly by the standard library.
		return broken(ecdsa.VerifyASN1(public, digest(a, message), value))
	case ed25519.PublicKey:
		if a.Scheme != EdDSA {
			return ErrMismatch
		}
		return broken(len(value) == ed25519.SignatureSize && ed25519.Verify(public, message, value))
	}
	return ErrMismatch
}

func verifyRSA(public *rsa.PublicKey, a Algorithm, message, value []byte) error {
	if a.Scheme != PKCS1 && a.Scheme != PSS {
		return ErrMismatch
	}
	if len(value) != public.Size() {
		return ErrBroken // RFC 8017, 8.1.2 and 8.2.2, step 1
	}
	sum := digest(a, message)
	switch {
	case a.Scheme == PKCS1:
		return broken(rsa.VerifyPKCS1v15(public, a.Hash, sum, value) == nil)
	case a.MGFHash == a.Hash && a.SaltLength != rsa.PSSSaltLengthAuto:
		options := &rsa.PSSOptions{SaltLength: a.SaltLength, Hash: a.Hash}
		return broken(rsa.VerifyPSS(public, a.Hash, sum, value, options) == nil)
	}
	return broken(verifyPSS(public, a, sum, value))
}

func broken(ok bool) error {
	if ok {
		return nil
	}
	return ErrBroken
}

func digest(a Algorithm, message []byte) []byte {
	if a.Hash == crypto.SHA256 { // by far the most common: no state on the heap
		sum := sha256.Sum256(message)
		return sum[:]
	}
	h := a.Hash.New()
	h.Write(message)
	return h.Sum(nil)
}
