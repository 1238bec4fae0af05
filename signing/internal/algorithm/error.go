package algorithm

import "errors"

// ErrBroken says that a signature value does not verify: the content, the key or the value is
// another one than when it was signed.
var ErrBroken = errors.New("signature value does not verify")

// ErrMalformed says that the encoding of an algorithm identifier or of a key is not what its
// standard prescribes.
var ErrMalformed = errors.New("malformed algorithm identifier")

// ErrKey says that a private key and a certificate or scheme do not belong together.
var ErrKey = errors.New("key does not fit")

// Unsupported says that an algorithm, its parameters or a key are not judged here. It says
// nothing about whether the signature is good.
type Unsupported struct {
	Feature string // what it is, by its usual name or its object identifier
}

func (e *Unsupported) Error() string { return "unsupported algorithm: " + e.Feature }

func unsupported(feature string) error { return &Unsupported{Feature: feature} }
