package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"io"
)

// KeySize is the length of every key: AES-256.
const KeySize = 32

// Keeper seals the keys of subjects: a key of this machine (NewKeeper), a token or a service.
type Keeper interface {
	// Wrap seals a key for a subject.
	Wrap(ctx context.Context, subject string, key []byte) ([]byte, error)
	// Unwrap opens what Wrap sealed for the same subject, and nothing else.
	Unwrap(ctx context.Context, subject string, wrapped []byte) ([]byte, error)
}

// NewKeeper returns a Keeper that holds a master key of KeySize bytes in memory. The key is
// copied. Lose it, and everything in the vault is lost.
func NewKeeper(master []byte) (Keeper, error) {
	aead, err := newAEAD(master)
	if err != nil {
		return nil, err
	}
	return keeper{aead}, nil
}

type keeper struct{ aead cipher.AEAD }

// Wrap implements Keeper.
func (k keeper) Wrap(_ context.Context, subject string, key []byte) ([]byte, error) {
	return seal(k.aead, rand.Reader, "key", subject, key)
}

// Unwrap implements Keeper.
func (k keeper) Unwrap(_ context.Context, subject string, wrapped []byte) ([]byte, error) {
	return open(k.aead, "key", subject, wrapped)
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, errors.New("vault: a key has 32 bytes")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// format is the first byte of everything sealed: AES-256-GCM with a random nonce of 12 bytes, the
// associated data being format, purpose, 0 and place (NIST SP 800-38D, 8.2.2: one key seals far
// fewer than 2^32 messages).
const format = 1

func seal(aead cipher.AEAD, random io.Reader, purpose, place string, plain []byte) ([]byte, error) {
	n := aead.NonceSize()
	out := make([]byte, 1+n, 1+n+len(plain)+aead.Overhead())
	out[0] = format
	if _, err := io.ReadFull(random, out[1:]); err != nil {
		return nil, err
	}
	return aead.Seal(out, out[1:1+n], plain, associated(purpose, place)), nil
}

func open(aead cipher.AEAD, purpose, place string, sealed []byte) ([]byte, error) {
	n := aead.NonceSize()
	if len(sealed) < 1+n || sealed[0] != format {
		return nil, ErrUnsealed
	}
	plain, err := aead.Open(nil, sealed[1:1+n], sealed[1+n:], associated(purpose, place))
	if err != nil {
		return nil, ErrUnsealed
	}
	return plain, nil
}

func associated(purpose, place string) []byte {
	return append([]byte{format}, purpose+"\x00"+place...)
}
