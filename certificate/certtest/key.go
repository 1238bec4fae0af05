package certtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"
)

// KeyKind names a kind of key.
type KeyKind string

// The kinds of keys.
const (
	RSA2048 KeyKind = "rsa2048"
	RSA3072 KeyKind = "rsa3072"
	RSA4096 KeyKind = "rsa4096"
	P256    KeyKind = "p256"
	P384    KeyKind = "p384"
	P521    KeyKind = "p521"
	Ed25519 KeyKind = "ed25519"
)

type keySlot struct {
	once sync.Once
	key  crypto.Signer
	err  error
}

var keySlots sync.Map // (kind, name) -> *keySlot

// Key returns the process's key of that kind and name, made from crypto/rand when first asked
// for: the same kind and name give the same key until the process ends.
func Key(t testing.TB, kind KeyKind, name string) crypto.Signer {
	t.Helper()
	slot, _ := keySlots.LoadOrStore(string(kind)+"/"+name, new(keySlot))
	s := slot.(*keySlot)
	s.once.Do(func() { s.key, s.err = NewKey(kind) })
	if s.err != nil {
		t.Fatalf("certtest: making a key of kind %s: %v", kind, s.err)
	}
	return s.key
}

// NewKey makes a fresh key.
func NewKey(kind KeyKind) (crypto.Signer, error) {
	switch kind {
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case RSA4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, errUnknownKind(kind)
}

type errUnknownKind KeyKind

func (e errUnknownKind) Error() string { return "certtest: unknown kind of key " + string(e) }
