package sqliteledger

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What was planned is durable when Plan returns: the log is synced at every commit.
func TestConnection(t *testing.T) {
	t.Parallel()
	l, err := Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	require.NoError(t, err)
	defer l.Close()
	for name, want := range map[string]string{
		"synchronous": "2", "journal_mode": "wal", "busy_timeout": "10000",
	} {
		var got string
		require.NoError(t, l.db.QueryRow("PRAGMA "+name).Scan(&got))
		require.Equal(t, want, got, name)
	}
}
