package pkcs12

import (
	"crypto/x509"
	"errors"
	"io"

	"github.com/rubrica/rubrica/token"
)

// File is what a PKCS #12 file holds.
type File struct {
	// Keys are the private keys in the file's order, each with its chain of certificates.
	Keys []token.Key

	// Certificates are those that belong to no chain of a key.
	Certificates []*x509.Certificate

	// Unsupported are the keys that could be decrypted but not used, such as those on other curves.
	Unsupported []*UnsupportedError
}

// SigningKey returns the key for signing documents, see [token.SigningKey].
func (f *File) SigningKey() (token.Key, error) { return token.SigningKey(f.Keys) }

var errNotBuilt = errors.New("pkcs12: not built")

// UnsupportedError is a feature.
type UnsupportedError struct{ Feature string }

// Error implements error.
func (e *UnsupportedError) Error() string { return "pkcs12: unsupported: " + e.Feature }

// Limits bound the work on one file. The zero value is the default of each.
type Limits struct {
	MaxIterations int
}

// Open reads a file. The password may be empty.
func Open(file []byte, password token.Secret, l Limits) (*File, error) { return nil, errNotBuilt }

// Options says how a file is written. The zero value is the default of each.
type Options struct {
	Iterations int       // rounds of each derivation; 0 means 600000
	Random     io.Reader // for salts; nil is crypto/rand.Reader
}

// Encode writes keys with their chains under an ASCII password of at least [token.MinPasswordBits].
func Encode(keys []token.Key, password token.Secret, o Options) ([]byte, error) {
	return nil, errNotBuilt
}
