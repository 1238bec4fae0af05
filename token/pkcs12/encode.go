package pkcs12

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/token"
)

// Options says how a file is written. The zero value of each field is its default.
type Options struct {
	// Iterations of each key derivation. Default 600,000 (OWASP's advice for PBKDF2 with
	// HMAC-SHA-256), half a second. At least 1,000, at most what [Open] reads by default.
	Iterations int

	// Random makes salts and initialisation vectors. Nil is crypto/rand.Reader.
	Random io.Reader
}

const (
	defaultIterations = 600_000
	minIterations     = 1000 // RFC 8018, 4.2
	saltSize          = 16   // NIST SP 800-132, 5.1
	aesKeySize        = 32
)

var (
	// ErrPassword says that the password is empty or not ASCII: Java and others derive another key
	// from the same characters. Use [token.Password].
	ErrPassword = errors.New("pkcs12: the password for a new file must be ASCII and not empty")

	// ErrMismatch says that a chain does not begin with the certificate of its key, or that a
	// certificate in it is nil: chains and keys were mixed up. Nothing was written.
	ErrMismatch = errors.New("pkcs12: the certificate is not that of the key")

	// ErrNotExportable says that a key is in hardware or of a kind that PKCS #8 has no form for.
	ErrNotExportable = errors.New("pkcs12: the private key cannot be exported")
)

// Encode writes keys, each with its chain (which may be nil), into one file: PBES2 with AES-256-CBC
// and HMAC-SHA-256 for the certificates and for each key, HMAC-SHA-256 over all. OpenSSL 1.1, Java
// 8u301, Windows 10 1709 and what came after them open it.
//
// Errors: [ErrPassword], [ErrNoKey], [ErrMismatch], [ErrNotExportable], [*LimitError] for the
// iterations; that of the source of randomness, wrapped.
func Encode(keys []token.Key, password token.Secret, o Options) ([]byte, error) {
	if o.Iterations == 0 {
		o.Iterations = defaultIterations
	}
	if o.Iterations < minIterations || o.Iterations > defaultMaxIterations {
		return nil, &LimitError{"iterations", int64(o.Iterations), defaultMaxIterations}
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	secret := password.Reveal()
	defer clear(secret)
	if len(secret) == 0 {
		return nil, ErrPassword
	}
	for _, b := range secret {
		if b < 0x20 || b > 0x7e {
			return nil, ErrPassword
		}
	}
	if len(keys) == 0 {
		return nil, ErrNoKey
	}
	for _, key := range keys {
		if err := fits(key); err != nil {
			return nil, err
		}
	}
	w := writer{o: o, password: secret}
	return w.pfx(keys)
}

// fits checks that a key is there and that its chain is of it.
func fits(key token.Key) error {
	if key.Signer == nil {
		return ErrNotExportable
	}
	if slices.Contains(key.Chain, nil) {
		return ErrMismatch
	}
	leaf, public := key.Leaf(), key.Signer.Public()
	if own, ok := public.(interface{ Equal(crypto.PublicKey) bool }); ok && leaf != nil &&
		!own.Equal(leaf.PublicKey) {
		return ErrMismatch
	}
	return nil
}

type writer struct {
	o        Options
	password []byte
}

// pfx builds PFX of RFC 7292, 4.
func (w *writer) pfx(keys []token.Key) ([]byte, error) {
	safe, err := w.safe(keys)
	if err != nil {
		return nil, err
	}
	salt, err := w.random(saltSize)
	if err != nil {
		return nil, err
	}
	way := spellings(w.password)[0]
	macKey := derive(crypto.SHA256, way.bmp, salt, w.o.Iterations, forMAC, crypto.SHA256.Size())
	defer clear(macKey)
	mac := hmac.New(crypto.SHA256.New, macKey)
	mac.Write(safe)

	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		addData(b, safe)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidSHA256)
					b.AddASN1NULL()
				})
				b.AddASN1OctetString(mac.Sum(nil))
			})
			b.AddASN1OctetString(salt)
			b.AddASN1Int64(int64(w.o.Iterations))
		})
	})
	return b.Bytes()
}

// safe builds AuthenticatedSafe: the certificates encrypted as a whole, the keys each by itself.
func (w *writer) safe(keys []token.Key) ([]byte, error) {
	certs := cryptobyte.NewBuilder(nil)
	bags := cryptobyte.NewBuilder(nil)
	var failed error
	some := false
	certs.AddASN1(cbasn1.SEQUENCE, func(certs *cryptobyte.Builder) {
		some = addCertificates(certs, keys)
	})
	bags.AddASN1(cbasn1.SEQUENCE, func(bags *cryptobyte.Builder) {
		for _, key := range keys {
			if err := w.addKey(bags, key); err != nil && failed == nil {
				failed = err
			}
		}
	})
	if failed != nil {
		return nil, failed
	}
	plainCerts, err := certs.Bytes()
	if err != nil {
		return nil, fmt.Errorf("pkcs12: %w", err)
	}
	keyBags, err := bags.Bytes()
	if err != nil {
		return nil, fmt.Errorf("pkcs12: %w", err)
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if some {
			failed = w.addEncrypted(b, plainCerts)
		}
		addData(b, keyBags)
	})
	if failed != nil {
		return nil, failed
	}
	return b.Bytes()
}

// addData adds ContentInfo of data.
func addData(b *cryptobyte.Builder, content []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidData)
		b.AddASN1(tagContext0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(content) })
	})
}

// addCertificates adds a CertBag for each certificate, once; leaves carry the names of their keys.
func addCertificates(b *cryptobyte.Builder, keys []token.Key) (some bool) {
	done := map[string]bool{}
	add := func(cert *x509.Certificate, alias string, id []byte) {
		if done[string(cert.Raw)] {
			return
		}
		done[string(cert.Raw)], some = true, true
		addBag(b, oidCertBag, alias, id, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidX509Certificate)
				b.AddASN1(tagContext0,
					func(b *cryptobyte.Builder) { b.AddASN1OctetString(cert.Raw) })
			})
		})
	}
	for _, key := range keys {
		if leaf := key.Leaf(); leaf != nil {
			add(leaf, key.Alias, keyID(key))
		}
	}
	for _, key := range keys {
		for _, cert := range key.Chain {
			add(cert, "", nil)
		}
	}
	return some
}

// keyID is localKeyId: what the key has, else the SHA-1 of its certificate, as OpenSSL writes.
func keyID(key token.Key) []byte {
	if len(key.ID) > 0 || key.Leaf() == nil {
		return key.ID
	}
	sum := sha1.Sum(key.Leaf().Raw)
	return sum[:]
}

func (w *writer) addKey(b *cryptobyte.Builder, key token.Key) error {
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key.Signer)
	if err != nil {
		return ErrNotExportable
	}
	defer clear(pkcs8)
	var failed error
	addBag(b, oidShroudedKeyBag, key.Alias, keyID(key), func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			var ciphertext []byte
			if ciphertext, failed = w.encrypt(b, pkcs8); failed == nil {
				b.AddASN1OctetString(ciphertext)
			}
		})
	})
	return failed
}

// addEncrypted adds ContentInfo of EncryptedData around SafeContents.
func (w *writer) addEncrypted(b *cryptobyte.Builder, plain []byte) (failed error) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidEncryptedData)
		b.AddASN1(tagContext0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(0)
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidData)
					var ciphertext []byte
					if ciphertext, failed = w.encrypt(b, plain); failed == nil {
						b.AddASN1(tagImplicit0,
							func(b *cryptobyte.Builder) { b.AddBytes(ciphertext) })
					}
				})
			})
		})
	})
	return failed
}

// encrypt adds the AlgorithmIdentifier of PBES2 and returns the ciphertext.
func (w *writer) encrypt(b *cryptobyte.Builder, plain []byte) ([]byte, error) {
	salt, err := w.random(saltSize)
	if err != nil {
		return nil, err
	}
	iv, err := w.random(aes.BlockSize)
	if err != nil {
		return nil, err
	}
	key, err := pbkdf2Key(crypto.SHA256, w.password, salt, w.o.Iterations, aesKeySize)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("pkcs12: %w", err)
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	ciphertext := append(make([]byte, 0, len(plain)+padding), plain...)
	for range padding {
		ciphertext = append(ciphertext, byte(padding))
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(ciphertext, ciphertext)
	addPBES2(b, salt, iv, w.o.Iterations)
	return ciphertext, nil
}

// addPBES2 adds the AlgorithmIdentifier of RFC 8018, A.4 for AES-256-CBC and HMAC-SHA-256.
func addPBES2(b *cryptobyte.Builder, salt, iv []byte, iterations int) {
	sequence := func(b *cryptobyte.Builder, f func(*cryptobyte.Builder)) {
		b.AddASN1(cbasn1.SEQUENCE, f)
	}
	sequence(b, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidPBES2)
		sequence(b, func(b *cryptobyte.Builder) {
			sequence(b, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidPBKDF2)
				sequence(b, func(b *cryptobyte.Builder) {
					b.AddASN1OctetString(salt)
					b.AddASN1Int64(int64(iterations))
					sequence(b, func(b *cryptobyte.Builder) {
						b.AddASN1ObjectIdentifier(oidHMACWithSHA256)
						b.AddASN1NULL()
					})
				})
			})
			sequence(b, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidAES256CBC)
				b.AddASN1OctetString(iv)
			})
		})
	})
}

// addBag adds a SafeBag with friendlyName and localKeyId where there are any.
func addBag(
	b *cryptobyte.Builder, kind asn1.ObjectIdentifier, alias string, id []byte,
	value func(*cryptobyte.Builder),
) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(kind)
		b.AddASN1(tagContext0, value)
		if alias == "" && len(id) == 0 {
			return
		}
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
			for _, attribute := range attributes(alias, id) {
				b.AddBytes(attribute)
			}
		})
	})
}

// attributes returns the encoded attributes in the order of DER (X.690, 11.6).
func attributes(alias string, id []byte) [][]byte {
	var all [][]byte
	add := func(kind asn1.ObjectIdentifier, tag cbasn1.Tag, value []byte) {
		if len(value) == 0 {
			return
		}
		b := cryptobyte.NewBuilder(nil)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(kind)
			b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
				b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(value) })
			})
		})
		all = append(all, b.BytesOrPanic()) // fails only beyond 4 GB
	}
	add(oidFriendlyName, tagBMPString, bmpString(alias))
	add(oidLocalKeyID, cbasn1.OCTET_STRING, id)
	slices.SortFunc(all, bytes.Compare)
	return all
}

func (w *writer) random(n int) ([]byte, error) {
	out := make([]byte, n)
	if _, err := io.ReadFull(w.o.Random, out); err != nil {
		return nil, fmt.Errorf("pkcs12: random source: %w", err)
	}
	return out, nil
}
