package storetest

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow/vault"
)

// RunVault checks a store of sealed records against the contract of vault.Store. open is called
// once for each test and gives an empty store.
func RunVault(t *testing.T, open func(t *testing.T) vault.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, vault.Store){
		"Key": testKey, "KeyOnce": testKeyOnce, "Record": testRecord, "Destroy": testDestroy,
		"Sealed": testSealed, "VersionRace": testVersionRace,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func testKey(t *testing.T, s vault.Store) {
	_, err := s.Key(t.Context(), "p", nil)
	require.ErrorIs(t, err, vault.ErrNotFound)
	got, err := s.Key(t.Context(), "p", []byte("first"))
	require.NoError(t, err)
	require.Equal(t, "first", string(got))
	for _, propose := range [][]byte{nil, []byte("second")} {
		got, err = s.Key(t.Context(), "p", propose)
		require.NoError(t, err)
		require.Equal(t, "first", string(got))
	}
}

func testKeyOnce(t *testing.T, s vault.Store) {
	var wg sync.WaitGroup
	got := make([]string, crowd)
	for i := range crowd {
		wg.Add(1)
		go func() {
			defer wg.Done()
			k, err := s.Key(t.Context(), "p", []byte(fmt.Sprint("key ", i)))
			assert.NoError(t, err)
			got[i] = string(k)
		}()
	}
	wg.Wait()
	for _, k := range got {
		require.Equal(t, got[0], k)
	}
}

func testRecord(t *testing.T, s vault.Store) {
	ctx := t.Context()
	ref := vault.Ref{Subject: "p", Name: "form", Version: 1}
	require.ErrorIs(t, s.Add(ctx, vault.Record{Ref: ref, Sealed: []byte("x")}), vault.ErrNotFound,
		"no subject, no record")
	_, err := s.Key(ctx, "p", []byte("k"))
	require.NoError(t, err)
	_, err = s.Get(ctx, "p", "form", 0)
	require.ErrorIs(t, err, vault.ErrNotFound)
	for v := 1; v <= 11; v++ {
		ref.Version = v
		sealed := []byte(fmt.Sprint("sealed ", v))
		require.NoError(t, s.Add(ctx, vault.Record{Ref: ref, Sealed: sealed}))
		sealed[0] = '!'
	}
	require.ErrorIs(t, s.Add(ctx, vault.Record{Ref: ref, Sealed: []byte("y")}), vault.ErrExists)
	got, err := s.Get(ctx, "p", "form", 0)
	require.NoError(t, err)
	require.Equal(t, vault.Record{Ref: ref, Sealed: []byte("sealed 11")}, got)
	got, err = s.Get(ctx, "p", "form", 2)
	require.NoError(t, err)
	require.Equal(t, "sealed 2", string(got.Sealed))
	_, err = s.Get(ctx, "p", "form", 12)
	require.ErrorIs(t, err, vault.ErrNotFound)

	first := vault.Ref{Subject: "p", Name: "a", Version: 1}
	require.NoError(t, s.Add(ctx, vault.Record{Ref: first, Sealed: []byte("a")}))
	list, err := s.List(ctx, "p")
	require.NoError(t, err)
	require.Len(t, list, 12)
	require.Equal(t, first, list[0])
	require.Equal(t, ref, list[11])
	list, err = s.List(ctx, "q")
	require.NoError(t, err)
	require.Empty(t, list)
}

func testDestroy(t *testing.T, s vault.Store) {
	ctx := t.Context()
	for _, subject := range []string{"p", "q"} {
		_, err := s.Key(ctx, subject, []byte("k"))
		require.NoError(t, err)
		ref := vault.Ref{Subject: subject, Name: "form", Version: 1}
		require.NoError(t, s.Add(ctx, vault.Record{Ref: ref, Sealed: []byte("x")}))
	}
	for range 2 {
		require.NoError(t, s.Destroy(ctx, "p"))
	}
	for _, propose := range [][]byte{nil, []byte("again")} {
		_, err := s.Key(ctx, "p", propose)
		require.ErrorIs(t, err, vault.ErrForgotten)
	}
	_, err := s.Get(ctx, "p", "form", 0)
	require.ErrorIs(t, err, vault.ErrNotFound)
	late := vault.Record{Ref: vault.Ref{Subject: "p", Name: "form", Version: 2}, Sealed: []byte("x")}
	require.ErrorIs(t, s.Add(ctx, late), vault.ErrForgotten)
	list, err := s.List(ctx, "p")
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = s.Get(ctx, "q", "form", 1)
	require.NoError(t, err)

	require.NoError(t, s.Destroy(ctx, "never-seen"))
	_, err = s.Key(ctx, "never-seen", []byte("k"))
	require.ErrorIs(t, err, vault.ErrForgotten)
}

// openVault is a vault over a store, with fixed keys.
func openVault(t *testing.T, s vault.Store) *vault.Vault {
	t.Helper()
	keeper, err := vault.NewKeeper(bytes.Repeat([]byte{7}, vault.KeySize))
	require.NoError(t, err)
	pepper := bytes.Repeat([]byte{8}, vault.KeySize)
	v, err := vault.New(vault.Config{Store: s, Keeper: keeper, Pepper: pepper})
	require.NoError(t, err)
	return v
}

func testSealed(t *testing.T, s vault.Store) {
	v := openVault(t, s)
	ref, err := v.Put(t.Context(), "p", "form", []byte("Juana Canario"))
	require.NoError(t, err)
	r, err := s.Get(t.Context(), "p", "form", ref.Version)
	require.NoError(t, err)
	require.NotContains(t, string(r.Sealed), "Canario")
	got, err := v.Get(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, "Juana Canario", string(got))
	require.NoError(t, v.Forget(t.Context(), "p"))
	_, err = v.Get(t.Context(), ref)
	require.ErrorIs(t, err, vault.ErrForgotten)
}

// Versions that are put at once are all kept; one that is put once is the same for all.
func testVersionRace(t *testing.T, s vault.Store) {
	v := openVault(t, s)
	var wg sync.WaitGroup
	once := make([]string, crowd)
	for i := range crowd {
		wg.Add(1)
		go func() {
			defer wg.Done()
			_, err := v.Put(t.Context(), "p", "many", []byte(fmt.Sprint(i)))
			assert.NoError(t, err)
			_, got, err := v.PutOnce(t.Context(), "p", "once", []byte(fmt.Sprint(i)))
			assert.NoError(t, err)
			once[i] = string(got)
		}()
	}
	wg.Wait()
	list, err := v.List(t.Context(), "p")
	require.NoError(t, err)
	require.Len(t, list, crowd+1)
	for _, got := range once {
		require.Equal(t, once[0], got)
	}
}
