package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/adapters/sqlite"
	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/ledgertest"
)

func TestLedgerInTheStoresFile(t *testing.T) {
	t.Parallel()
	path := ""
	ledgertest.Run(t, func(t *testing.T, fresh bool) certificate.Ledger {
		if fresh {
			path = filepath.Join(t.TempDir(), "store.db")
		}
		store, err := sqlite.Open(t.Context(), path, sqlite.Config{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		ledger, err := store.Ledger(t.Context())
		require.NoError(t, err)
		return ledger
	})
}

// A database of the host's own, with many connections and without _txlock.
func TestLedgerInAHostsDatabase(t *testing.T) {
	t.Parallel()
	path := ""
	ledgertest.Run(t, func(t *testing.T, fresh bool) certificate.Ledger {
		if fresh {
			path = filepath.Join(t.TempDir(), "host.db")
		}
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		ledger, err := sqlite.NewLedger(t.Context(), db)
		require.NoError(t, err)
		return ledger
	})
}
