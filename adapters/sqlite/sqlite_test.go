package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/adapters/sqlite"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/storetest"
	"github.com/rubrica/rubrica/workflow/vault"
)

func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		path := filepath.Join(t.TempDir(), "a b?c#d%41.db")
		return func() workflow.Store { return open(t, path) }
	})
}

func TestVault(t *testing.T) {
	t.Parallel()
	storetest.RunVault(t, func(t *testing.T) vault.Store {
		return open(t, filepath.Join(t.TempDir(), "store.db"))
	})
}
