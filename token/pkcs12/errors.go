package pkcs12

import (
	"errors"
	"fmt"
)

var (
	// ErrWrongPassword says that the MAC does not fit: the password is wrong, or the file was
	// changed; the format cannot tell these apart. Ask for the password again.
	ErrWrongPassword = errors.New("pkcs12: wrong password, or the file was altered")

	// ErrNoMAC says that the file has no MAC, so that anybody could have put other keys into it.
	// Make it again with one.
	ErrNoMAC = errors.New("pkcs12: the file has no integrity protection")

	// ErrNoKey says that the file holds certificates but no private key that can be used.
	ErrNoKey = errors.New("pkcs12: no private key in the file")
)

// MalformedError says that the octets are not what RFC 7292 describes.
type MalformedError struct {
	Part   string // where: "PFX", "MacData", "SafeBag", …
	Offset int    // octets from the beginning of the file, or -1 where it is inside decrypted data
	Reason string
}

// Error implements error.
func (e *MalformedError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("pkcs12: malformed %s: %s", e.Part, e.Reason)
	}
	return fmt.Sprintf("pkcs12: malformed %s at octet %d: %s", e.Part, e.Offset, e.Reason)
}

func malformed(part, reason string) error { return &MalformedError{part, -1, reason} }

// UnsupportedError says that the file is well-formed but uses something that this package does not
// do.
type UnsupportedError struct {
	Feature string // as "encryption 1.2.840.113549.3.4"
	Alias   string // the key's name, when it is about one key
}

// Error implements error.
func (e *UnsupportedError) Error() string { return "pkcs12: unsupported: " + e.Feature }

// LimitError says that opening the file would cost more than the limits allow (nothing was derived
// or decrypted yet, or no more than the limit), or that a new file was to have a number of
// iterations that is out of range.
type LimitError struct {
	// Limit is "size", "iterations", "total iterations", "elements", "depth", "bags",
	// "nested bags", "key length" or "signature checks".
	Limit string
	Value int64 // what the file asks for, 0 if it was not counted to the end
	Max   int64
}

// Error implements error.
func (e *LimitError) Error() string {
	if 0 < e.Value && e.Value <= e.Max {
		return fmt.Sprintf("pkcs12: %s: %d is too few", e.Limit, e.Value)
	}
	return fmt.Sprintf("pkcs12: %s: more than %d", e.Limit, e.Max)
}
