package sqlite

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every connection that writes syncs at every commit and overwrites what it deletes, every one that
// reads cannot write, and a transaction has the write lock from its beginning.
func TestConnections(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), path, Config{})
	require.NoError(t, err)
	defer s.Close()
	for name, want := range map[string]int{
		"synchronous": 2, "secure_delete": 1, "busy_timeout": 10_000, "query_only": 0,
	} {
		var got int
		require.NoError(t, s.write.QueryRow("PRAGMA "+name).Scan(&got))
		require.Equal(t, want, got, name)
	}
	for range 8 { // several of the pool
		var readOnly int
		require.NoError(t, s.read.QueryRow("PRAGMA query_only").Scan(&readOnly))
		require.Equal(t, 1, readOnly)
	}
	_, err = s.read.Exec("DELETE FROM event")
	require.Error(t, err)

	tx, err := s.write.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(1)")
	require.NoError(t, err)
	defer other.Close()
	_, err = other.Begin()
	require.ErrorContains(t, err, "locked", "the lock is held before anything is written")
	require.NoError(t, tx.Rollback())
	second, err := other.Begin()
	require.NoError(t, err)
	require.NoError(t, second.Rollback())
}
