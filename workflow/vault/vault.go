package vault

import (
	"context"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// MaxRecord bounds one record: the largest documents of the processes have 2 MiB, and a record is
// sealed in memory.
const MaxRecord = 16 << 20

// Config is what a Vault works with.
type Config struct {
	Store  Store  // required
	Keeper Keeper // required
	// Pepper is the secret of Blind, KeySize bytes; required. Change it, and claims made
	// with blinded values no longer meet.
	Pepper []byte
	// Rand makes keys and nonces; nil means crypto/rand. For tests alone.
	Rand io.Reader
}

// Vault seals and opens. It is safe for concurrent use and keeps no key in memory between calls.
type Vault struct {
	store  Store
	keeper Keeper
	pepper []byte
	random io.Reader
}

// New checks the configuration.
func New(cfg Config) (*Vault, error) {
	if cfg.Store == nil || cfg.Keeper == nil || len(cfg.Pepper) != KeySize {
		return nil, errors.New("vault: store, keeper and a pepper of 32 bytes are required")
	}
	v := &Vault{cfg.Store, cfg.Keeper, append([]byte(nil), cfg.Pepper...), cfg.Rand}
	if v.random == nil {
		v.random = rand.Reader
	}
	return v, nil
}

// Put seals content as the next version of a record and stores it. When it returns, the record is
// durable; refer to it in a command afterwards. A repeat after a crash adds a version, which does
// no harm.
func (v *Vault) Put(ctx context.Context, subject, name string, content []byte) (Ref, error) {
	aead, err := v.key(ctx, subject, name, content)
	if err != nil {
		return Ref{}, err
	}
	for {
		last, err := v.store.Get(ctx, subject, name, 0)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Ref{}, err
		}
		ref := Ref{subject, name, last.Ref.Version + 1}
		if err := v.add(ctx, aead, ref, content); !errors.Is(err, ErrExists) {
			return ref, err
		}
	}
}

// PutOnce seals content as the first and only version of a record, and returns what the record
// holds: content, or what was there before. What must not change when a step is repeated (a
// generated key, a password) is kept in this way before it is used.
func (v *Vault) PutOnce(
	ctx context.Context, subject, name string, content []byte,
) (Ref, []byte, error) {
	ref := Ref{subject, name, 1}
	aead, err := v.key(ctx, subject, name, content)
	if err != nil {
		return Ref{}, nil, err
	}
	err = v.add(ctx, aead, ref, content)
	if err != nil && !errors.Is(err, ErrExists) {
		return Ref{}, nil, err
	}
	stored, err := v.Get(ctx, ref)
	return ref, stored, err
}

// Get opens a record. ErrNotFound, ErrForgotten, ErrUnsealed.
func (v *Vault) Get(ctx context.Context, ref Ref) ([]byte, error) {
	if err := checkNames(ref.Subject, ref.Name); err != nil {
		return nil, err
	}
	if ref.Version < 1 {
		return nil, ErrNotFound
	}
	_, content, err := v.get(ctx, ref)
	return content, err
}

// Latest opens the latest version of a record.
func (v *Vault) Latest(ctx context.Context, subject, name string) (Ref, []byte, error) {
	if err := checkNames(subject, name); err != nil {
		return Ref{}, nil, err
	}
	return v.get(ctx, Ref{subject, name, 0})
}

func (v *Vault) get(ctx context.Context, ref Ref) (Ref, []byte, error) {
	wrapped, err := v.store.Key(ctx, ref.Subject, nil)
	if err != nil {
		return Ref{}, nil, err
	}
	r, err := v.store.Get(ctx, ref.Subject, ref.Name, ref.Version)
	if err != nil {
		return Ref{}, nil, err
	}
	aead, err := v.unwrap(ctx, ref.Subject, wrapped)
	if err != nil {
		return Ref{}, nil, err
	}
	// A store that answers with another record of the subject is not believed.
	if ref.Version == 0 {
		ref.Version = r.Ref.Version
	}
	content, err := open(aead, "record", ref.String(), r.Sealed)
	return ref, content, err
}

// List returns the references of all records of a subject.
func (v *Vault) List(ctx context.Context, subject string) ([]Ref, error) {
	if err := checkNames(subject); err != nil {
		return nil, err
	}
	return v.store.List(ctx, subject)
}

// Forget destroys the key of a subject and its records, for ever.
func (v *Vault) Forget(ctx context.Context, subject string) error {
	if err := checkNames(subject); err != nil {
		return err
	}
	return v.store.Destroy(ctx, subject)
}

// Blind returns a value that stands for another: the same for the same scope and value, and of no
// use to who has not the pepper. Claims and indexes over personal data (one application per
// identity number) use it. 64 hexadecimal digits.
func (v *Vault) Blind(scope, value string) string {
	m := hmac.New(sha256.New, v.pepper)
	fmt.Fprintf(m, "%d:%s%s", len(scope), scope, value)
	return hex.EncodeToString(m.Sum(nil))
}

// Sealer seals for one subject outside of the vault's store: large documents in a file or object
// store. Forget makes them unreadable too.
type Sealer struct {
	aead   cipher.AEAD
	random io.Reader
}

// Sealer returns the sealer of a subject, whose key is made if there is none.
func (v *Vault) Sealer(ctx context.Context, subject string) (*Sealer, error) {
	aead, err := v.key(ctx, subject, "sealer", nil)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead, v.random}, nil
}

// Seal seals content for a place, such as a file name; it opens at the same place alone.
func (s *Sealer) Seal(place string, content []byte) ([]byte, error) {
	return seal(s.aead, s.random, "blob", place, content)
}

// Open opens what Seal sealed. ErrUnsealed.
func (s *Sealer) Open(place string, sealed []byte) ([]byte, error) {
	return open(s.aead, "blob", place, sealed)
}

// key returns the cipher of a subject, whose key is made if there is none.
func (v *Vault) key(
	ctx context.Context, subject, name string, content []byte,
) (cipher.AEAD, error) {
	if err := checkNames(subject, name); err != nil {
		return nil, err
	}
	if len(content) > MaxRecord {
		return nil, fmt.Errorf("vault: a record has at most %d bytes", MaxRecord)
	}
	wrapped, err := v.store.Key(ctx, subject, nil)
	if errors.Is(err, ErrNotFound) {
		wrapped, err = v.makeKey(ctx, subject)
	}
	if err != nil {
		return nil, err
	}
	return v.unwrap(ctx, subject, wrapped)
}

func (v *Vault) makeKey(ctx context.Context, subject string) ([]byte, error) {
	fresh := make([]byte, KeySize)
	if _, err := io.ReadFull(v.random, fresh); err != nil {
		return nil, err
	}
	wrapped, err := v.keeper.Wrap(ctx, subject, fresh)
	clear(fresh)
	if err != nil {
		return nil, err
	}
	return v.store.Key(ctx, subject, wrapped)
}

func (v *Vault) unwrap(ctx context.Context, subject string, wrapped []byte) (cipher.AEAD, error) {
	key, err := v.keeper.Unwrap(ctx, subject, wrapped)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return newAEAD(key)
}

func (v *Vault) add(ctx context.Context, aead cipher.AEAD, ref Ref, content []byte) error {
	sealed, err := seal(aead, v.random, "record", ref.String(), content)
	if err != nil {
		return err
	}
	return v.store.Add(ctx, Record{ref, sealed})
}
