package pkcs12

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/token"
)

// File is what a PKCS #12 file holds.
type File struct {
	// Keys are the private keys in the file's order, each with its chain of certificates.
	Keys []token.Key

	// Certificates are those that belong to no chain of a key, in the file's order.
	Certificates []*x509.Certificate

	// Unsupported are the keys that were decrypted but cannot be used, such as those on other
	// curves.
	Unsupported []*UnsupportedError
}

// SigningKey returns the key for signing documents, see [token.SigningKey].
func (f *File) SigningKey() (token.Key, error) { return token.SigningKey(f.Keys) }

// Limits bound the work on one file. The zero value of each field is its default.
type Limits struct {
	// MaxSize is the greatest file in octets. Default 1 MB: a key with a dozen certificates has 20
	// KB.
	MaxSize int

	// MaxIterations is the greatest work of one key derivation, in rounds of hashing: the iteration
	// count, times the hash values that the key is made of. Default 2,000,000, a second or two of
	// one core at worst. OpenSSL writes 2,048, Java 10,000, browsers 600,000. All derivations of a
	// file together may take three times as much (and twice that with a password that is not
	// ASCII, which is tried in two spellings).
	MaxIterations int

	// Parse reads certificates. Nil is x509.ParseCertificate; certificate.Parse reads more.
	Parse func(der []byte) (*x509.Certificate, error)
}

const (
	defaultMaxSize       = 1 << 20
	defaultMaxIterations = 2_000_000
	derivationsInFull    = 3 // the MAC, the certificates and a key
)

func (l Limits) withDefaults() Limits {
	if l.MaxSize <= 0 {
		l.MaxSize = defaultMaxSize
	}
	if l.MaxIterations <= 0 {
		l.MaxIterations = defaultMaxIterations
	}
	if l.Parse == nil {
		l.Parse = x509.ParseCertificate
	}
	return l
}

// Open reads a file with its password, which may be empty. The integrity of all of it is checked
// before anything is decrypted; what the derivations cost is checked before the first.
//
// Errors: [ErrWrongPassword], [ErrNoMAC], [ErrNoKey] (the file is returned with it),
// [*MalformedError], [*UnsupportedError], [*LimitError].
func Open(file []byte, password token.Secret, l Limits) (*File, error) {
	r := &reader{limits: l.withDefaults()}
	if len(file) > r.limits.MaxSize {
		return nil, &LimitError{"size", int64(len(file)), int64(r.limits.MaxSize)}
	}
	der, err := derOf("PFX", file)
	if err != nil {
		return nil, err
	}
	content, mac, err := r.readPFX(der)
	if err != nil {
		return nil, err
	}
	if err := r.readSafe(content); err != nil {
		return nil, err
	}
	revealed := password.Reveal()
	defer clear(revealed)
	ways, err := fitting(mac, revealed, content)
	if err != nil {
		return nil, err
	}
	if err := r.unseal(ways); err != nil {
		return nil, err
	}
	return r.file(ways)
}

// fitting returns the spellings of the password, the one that the MAC was made with first.
func fitting(mac integrity, password, content []byte) ([]spelling, error) {
	ways := spellings(password)
	for i, way := range ways {
		fits, err := mac.fits(way, content)
		if err != nil {
			return nil, err
		}
		if fits {
			ways[0], ways[i] = ways[i], ways[0]
			return ways, nil
		}
	}
	return nil, ErrWrongPassword
}

// unseal decrypts the encrypted contents and reads what is in them.
func (r *reader) unseal(ways []spelling) error {
	for _, s := range r.sealed {
		plain, err := s.open.try(ways, s.ciphertext, "SafeContents")
		if err != nil {
			return err
		}
		if err := r.readContents(plain, 0); err != nil {
			return err
		}
	}
	return nil
}

// try decrypts with one spelling after the other until the result is one BER value, and returns its
// DER.
func (d decryption) try(ways []spelling, ciphertext []byte, part string) ([]byte, error) {
	failure := malformed(part, "encrypted with another password, or damaged")
	for _, way := range ways {
		plain, err := d.run(way, ciphertext)
		if errors.Is(err, errUndecipherable) {
			continue
		}
		if err != nil {
			return nil, err
		}
		der, err := derOf(part, plain)
		if err == nil {
			return der, nil
		}
		failure = inside(err)
	}
	return nil, failure
}

// file decrypts the keys and puts certificates and keys together.
func (r *reader) file(ways []spelling) (*File, error) {
	f := &File{}
	certs, err := r.certificates()
	if err != nil {
		return nil, err
	}
	for _, b := range r.keys {
		der := b.der
		if b.open != nil {
			if der, err = b.open.try(ways, b.der, "PrivateKeyInfo"); err != nil {
				return nil, err
			}
			defer clear(der)
		}
		signer, err := parseKey(der, b.alias)
		if unsupported, ok := err.(*UnsupportedError); ok {
			f.Unsupported = append(f.Unsupported, unsupported)
			continue
		}
		if err != nil {
			return nil, err
		}
		f.Keys = append(f.Keys, token.Key{Alias: b.alias, ID: b.id, Signer: signer})
	}
	if f.Certificates, err = join(f.Keys, certs); err != nil {
		return nil, err
	}
	switch {
	case len(f.Keys) > 0:
		return f, nil
	case len(f.Unsupported) > 0:
		return f, f.Unsupported[0]
	}
	return f, ErrNoKey
}

// parseKey reads PrivateKeyInfo (RFC 5208, 5).
func parseKey(der []byte, alias string) (crypto.Signer, error) {
	if err := supportedKey(der, alias); err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		// The cause is not handed on: it might quote the key.
		return nil, malformed("PrivateKeyInfo", "not a private key")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, &UnsupportedError{"private key that cannot sign", alias}
	}
	return signer, nil
}

// keyAlgorithms are the keys that crypto/x509 reads, by OID and, for curves, by that of the curve.
var keyAlgorithms = map[string]bool{
	"1.2.840.113549.1.1.1": true, // RSA
	"1.3.101.112":          true, // Ed25519
	"1.3.101.110":          true, // X25519
	"1.2.840.10045.2.1":    true, // EC
	"1.3.132.0.33":         true, // P-224
	"1.2.840.10045.3.1.7":  true, // P-256
	"1.3.132.0.34":         true, // P-384
	"1.3.132.0.35":         true, // P-521
}

// maxPrivateKey bounds a PrivateKeyInfo: one with RSA-16384 has 9.3 KB. To read a key of 100 KB
// takes a quarter of a minute.
const maxPrivateKey = 10 << 10

func supportedKey(der []byte, alias string) error {
	if len(der) > maxPrivateKey {
		return &UnsupportedError{"private key of more than 10 KB", alias}
	}
	input := cryptobyte.String(der)
	var body cryptobyte.String
	var version int
	if !input.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1Integer(&version) {
		return malformed("PrivateKeyInfo", "not a private key")
	}
	oid, params, ok := readAlgorithm(&body)
	if !ok {
		return malformed("PrivateKeyInfo", "not a private key")
	}
	if !keyAlgorithms[oid.String()] {
		return &UnsupportedError{"private key " + oid.String(), alias}
	}
	var curve asn1.ObjectIdentifier
	if params.ReadASN1ObjectIdentifier(&curve) && !keyAlgorithms[curve.String()] {
		return &UnsupportedError{"curve " + curve.String(), alias}
	}
	return nil
}
