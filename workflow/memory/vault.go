package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/rubrica/rubrica/workflow/vault"
)

// Vault is a vault.Store. Make one with NewVault.
type Vault struct {
	mu      sync.Mutex
	keys    map[string][]byte // nil value: destroyed
	records map[vault.Ref][]byte
}

var _ vault.Store = (*Vault)(nil)

// NewVault returns an empty store of sealed records.
func NewVault() *Vault {
	return &Vault{keys: map[string][]byte{}, records: map[vault.Ref][]byte{}}
}

// Key returns the sealed key of a subject, or stores the one that is proposed.
func (v *Vault) Key(ctx context.Context, subject string, propose []byte) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.live(subject); err == nil || err == vault.ErrForgotten {
		return slices.Clone(v.keys[subject]), err
	}
	if propose == nil {
		return nil, vault.ErrNotFound
	}
	v.keys[subject] = slices.Clone(propose)
	return slices.Clone(propose), ctx.Err()
}

// live says whether a subject has a key. The caller holds the lock.
func (v *Vault) live(subject string) error {
	key, ok := v.keys[subject]
	switch {
	case !ok:
		return vault.ErrNotFound
	case key == nil:
		return vault.ErrForgotten
	}
	return nil
}

// Destroy forgets a subject.
func (v *Vault) Destroy(ctx context.Context, subject string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.keys[subject])
	v.keys[subject] = nil
	for ref, sealed := range v.records {
		if ref.Subject == subject {
			clear(sealed)
			delete(v.records, ref)
		}
	}
	return ctx.Err()
}

// Add stores a record.
func (v *Vault) Add(ctx context.Context, r vault.Record) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.live(r.Ref.Subject); err != nil {
		return err
	}
	if _, ok := v.records[r.Ref]; ok {
		return vault.ErrExists
	}
	v.records[r.Ref] = slices.Clone(r.Sealed)
	return ctx.Err()
}

// Get returns a record.
func (v *Vault) Get(ctx context.Context, subject, name string, version int) (vault.Record, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if version == 0 {
		for ref := range v.records {
			if ref.Subject == subject && ref.Name == name {
				version = max(version, ref.Version)
			}
		}
	}
	ref := vault.Ref{Subject: subject, Name: name, Version: version}
	sealed, ok := v.records[ref]
	if !ok {
		return vault.Record{}, vault.ErrNotFound
	}
	return vault.Record{Ref: ref, Sealed: slices.Clone(sealed)}, ctx.Err()
}

// List returns the references of a subject.
func (v *Vault) List(ctx context.Context, subject string) ([]vault.Ref, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []vault.Ref
	for ref := range v.records {
		if ref.Subject == subject {
			out = append(out, ref)
		}
	}
	slices.SortFunc(out, func(a, b vault.Ref) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.Version-b.Version)
	})
	return out, ctx.Err()
}
