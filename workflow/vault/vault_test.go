package vault_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow/memory"
	"github.com/rubrica/rubrica/workflow/vault"
)

func key(t *testing.T) []byte {
	t.Helper()
	k := make([]byte, vault.KeySize)
	_, err := rand.Read(k)
	require.NoError(t, err)
	return k
}

func open(t *testing.T, s vault.Store, master, pepper []byte) *vault.Vault {
	t.Helper()
	keeper, err := vault.NewKeeper(master)
	require.NoError(t, err)
	v, err := vault.New(vault.Config{Store: s, Keeper: keeper, Pepper: pepper})
	require.NoError(t, err)
	return v
}

func TestPutGet(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	v := open(t, memory.NewVault(), key(t), key(t))
	for i, text := range []string{"", "one", strings.Repeat("x", 3<<20)} {
		ref, err := v.Put(ctx, "person-1", "form", []byte(text))
		require.NoError(t, err)
		require.Equal(t, vault.Ref{Subject: "person-1", Name: "form", Version: i + 1}, ref)
		got, err := v.Get(ctx, ref)
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}
	ref, got, err := v.Latest(ctx, "person-1", "form")
	require.NoError(t, err)
	require.Equal(t, 3, ref.Version)
	require.Len(t, got, 3<<20)
	_, err = v.Get(ctx, vault.Ref{Subject: "person-1", Name: "form", Version: 4})
	require.ErrorIs(t, err, vault.ErrNotFound)
	_, err = v.Get(ctx, vault.Ref{Subject: "person-2", Name: "form", Version: 1})
	require.ErrorIs(t, err, vault.ErrNotFound)
	_, err = v.Put(ctx, "person-1", "form", make([]byte, vault.MaxRecord+1))
	require.Error(t, err)
	list, err := v.List(ctx, "person-1")
	require.NoError(t, err)
	require.Len(t, list, 3)
}

func TestPutOnce(t *testing.T) {
	t.Parallel()
	v := open(t, memory.NewVault(), key(t), key(t))
	ref, got, err := v.PutOnce(t.Context(), "secret-1", "password", []byte("first"))
	require.NoError(t, err)
	require.Equal(t, "first", string(got))
	again, got, err := v.PutOnce(t.Context(), "secret-1", "password", []byte("second"))
	require.NoError(t, err)
	require.Equal(t, "first", string(got))
	require.Equal(t, ref, again)
}

func TestForget(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	v := open(t, memory.NewVault(), key(t), key(t))
	ref, err := v.Put(ctx, "p", "form", []byte("x"))
	require.NoError(t, err)
	sealer, err := v.Sealer(ctx, "p")
	require.NoError(t, err)
	blob, err := sealer.Seal("scan.pdf", []byte("%PDF"))
	require.NoError(t, err)
	got, err := sealer.Open("scan.pdf", blob)
	require.NoError(t, err)
	require.Equal(t, "%PDF", string(got))
	_, err = sealer.Open("other.pdf", blob)
	require.ErrorIs(t, err, vault.ErrUnsealed)

	require.NoError(t, v.Forget(ctx, "p"))
	require.NoError(t, v.Forget(ctx, "p"))
	_, err = v.Get(ctx, ref)
	require.ErrorIs(t, err, vault.ErrForgotten)
	_, err = v.Put(ctx, "p", "form", []byte("y"))
	require.ErrorIs(t, err, vault.ErrForgotten)
	sealer, err = v.Sealer(ctx, "p")
	require.ErrorIs(t, err, vault.ErrForgotten)
	require.Nil(t, sealer)
}

// tampered changes what a store hands out.
type tampered struct {
	vault.Store
	change func(vault.Record) vault.Record
}

func (s tampered) Get(ctx context.Context, subject, name string, version int) (vault.Record, error) {
	r, err := s.Store.Get(ctx, subject, name, version)
	return s.change(r), err
}

// A sealed record opens at its own place, whole and unchanged, with its own keys, or not at all.
func TestSealed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, master, pepper := memory.NewVault(), key(t), key(t)
	v := open(t, store, master, pepper)
	ref, err := v.Put(ctx, "p", "form", []byte("content"))
	require.NoError(t, err)
	second, err := v.Put(ctx, "p", "form", []byte("content"))
	require.NoError(t, err)
	other, err := v.Put(ctx, "q", "form", []byte("content"))
	require.NoError(t, err)
	sealed := func(r vault.Ref) []byte {
		x, err := store.Get(ctx, r.Subject, r.Name, r.Version)
		require.NoError(t, err)
		return x.Sealed
	}
	require.NotEqual(t, sealed(ref), sealed(second), "a nonce of its own")
	body := sealed(ref)
	try := func(change func(vault.Record) vault.Record) error {
		_, err := open(t, tampered{store, change}, master, pepper).Get(ctx, ref)
		return err
	}
	for i := range body {
		require.ErrorIs(t, try(func(r vault.Record) vault.Record { r.Sealed[i] ^= 1; return r }), vault.ErrUnsealed)
		require.ErrorIs(t, try(func(r vault.Record) vault.Record { r.Sealed = r.Sealed[:i]; return r }), vault.ErrUnsealed)
	}
	for _, from := range []vault.Ref{second, other} {
		require.ErrorIs(t, try(func(r vault.Record) vault.Record { r.Sealed = sealed(from); return r }), vault.ErrUnsealed)
	}
	// A store that answers with another record, under its right name, is not believed.
	for _, from := range []vault.Ref{second, other} {
		answer := vault.Record{Ref: from, Sealed: sealed(from)}
		require.ErrorIs(t, try(func(vault.Record) vault.Record { return answer }), vault.ErrUnsealed)
	}
	for _, version := range []int{0, -1} {
		_, err := v.Get(ctx, vault.Ref{Subject: "p", Name: "form", Version: version})
		require.ErrorIs(t, err, vault.ErrNotFound)
	}
	require.NoError(t, try(func(r vault.Record) vault.Record { return r }))
	_, err = open(t, store, key(t), pepper).Get(ctx, ref)
	require.ErrorIs(t, err, vault.ErrUnsealed, "another master key")

	// A subject's key does not serve another subject.
	keyP, err := store.Key(ctx, "p", nil)
	require.NoError(t, err)
	keeper, err := vault.NewKeeper(master)
	require.NoError(t, err)
	_, err = keeper.Unwrap(ctx, "q", keyP)
	require.ErrorIs(t, err, vault.ErrUnsealed)
}

func TestBlind(t *testing.T) {
	t.Parallel()
	pepper := key(t)
	v := open(t, memory.NewVault(), key(t), pepper)
	same := open(t, memory.NewVault(), key(t), pepper)
	require.Equal(t, v.Blind("cedula", "1710034065"), same.Blind("cedula", "1710034065"))
	require.Len(t, v.Blind("a", ""), 64)
	seen := map[string]bool{}
	for _, x := range [][2]string{{"cedula", "1710034065"}, {"ruc", "1710034065"}, {"cedula1", "710034065"},
		{"", "cedula1710034065"}, {"cedula", "1710034066"}} {
		require.False(t, seen[v.Blind(x[0], x[1])], x)
		seen[v.Blind(x[0], x[1])] = true
	}
	require.False(t, seen[open(t, memory.NewVault(), key(t), key(t)).Blind("cedula", "1710034065")])
}

func TestRef(t *testing.T) {
	t.Parallel()
	ref, err := vault.ParseRef("person-1/form.pdf/12")
	require.NoError(t, err)
	require.Equal(t, vault.Ref{Subject: "person-1", Name: "form.pdf", Version: 12}, ref)
	require.Equal(t, "person-1/form.pdf/12", ref.String())
	for _, bad := range []string{"", "a", "a/b", "a/b/0", "a/b/-1", "a/b/01", "a/b/+1", "a/b/1/2", "/b/1", "a//1", "a/ñ/1",
		"a/b c/1", "a/b@c/1", strings.Repeat("a", 81) + "/b/1", "a/b/99999999999999999999"} {
		_, err := vault.ParseRef(bad)
		require.Error(t, err, bad)
	}
	v := open(t, memory.NewVault(), key(t), key(t))
	for _, bad := range []string{"", "a/b", "a b", "ñ", strings.Repeat("a", 81)} {
		_, err := v.Put(t.Context(), bad, "form", nil)
		require.Error(t, err, bad)
		_, err = v.Put(t.Context(), "p", bad, nil)
		require.Error(t, err, bad)
		require.Error(t, v.Forget(t.Context(), bad), bad)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	_, err := vault.NewKeeper([]byte("short"))
	require.Error(t, err)
	_, err = vault.New(vault.Config{})
	require.Error(t, err)
	keeper, err := vault.NewKeeper(key(t))
	require.NoError(t, err)
	_, err = vault.New(vault.Config{Store: memory.NewVault(), Keeper: keeper, Pepper: []byte("short")})
	require.Error(t, err)

	// A source of randomness that fails makes nothing.
	v, err := vault.New(vault.Config{Store: memory.NewVault(), Keeper: keeper, Pepper: key(t), Rand: bytes.NewReader(nil)})
	require.NoError(t, err)
	_, err = v.Put(t.Context(), "p", "form", nil)
	require.Error(t, err)
	require.False(t, errors.Is(err, vault.ErrNotFound))
}
