package sqliteledger_test

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/adapters/sqliteledger"
	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/ledgertest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	dirs := map[string]string{}
	var mu sync.Mutex
	ledgertest.Run(t, func(t *testing.T, fresh bool) certificate.Ledger {
		mu.Lock()
		defer mu.Unlock()
		if fresh || dirs[t.Name()] == "" {
			dirs[t.Name()] = t.TempDir()
		}
		return open(t, dirs[t.Name()])
	})
}

func open(t *testing.T, dir string) *sqliteledger.Ledger {
	l, err := sqliteledger.Open(t.Context(), filepath.Join(dir, "ledger name?#%.sqlite"))
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// Two processes share a file: here, two openings of it.
func TestTwoOpenings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := open(t, dir), open(t, dir)
	record := certificate.Record{
		Issuer:  "i",
		Request: "r",
		Serial:  "4a",
		TBS:     []byte{1},
		Digest:  []byte{2},
	}
	_, err := a.Plan(t.Context(), record)
	require.NoError(t, err)
	other := record
	other.Serial, other.TBS = "4b", []byte{9}
	stored, err := b.Plan(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, "4a", stored.Serial, "the first plan stands")
	numbers := map[int64]bool{}
	for range 5 {
		for _, l := range []*sqliteledger.Ledger{a, b} {
			n, err := l.Next(t.Context(), "i", "crl")
			require.NoError(t, err)
			numbers[n] = true
		}
	}
	require.Len(t, numbers, 10)
}

// A new ledger and its log are for their owner alone, whatever the folder; a name that SQLite would
// take for memory is refused.
func TestFileMode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	l := open(t, dir)
	_, err := l.Next(t.Context(), "i", "crl")
	require.NoError(t, err)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 3, "file, log and index of the log")
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), f.Name())
	}
	for _, bad := range []string{"", ":memory:", filepath.Join(dir, "no", "ledger.db"), dir} {
		_, err := sqliteledger.Open(t.Context(), bad)
		require.Error(t, err, bad)
	}
}

// A record that was put into the row of another is not changed there.
func TestMisplacedRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	for _, name := range []string{"a", "b"} {
		_, err := l.Plan(t.Context(), certificate.Record{Issuer: "i", Request: name, Serial: name})
		require.NoError(t, err)
	}
	path := filepath.Join(dir, "ledger name?#%.sqlite")
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec(`UPDATE ledger_record SET body = CAST(json_set(body, '$.Request', 'c') AS BLOB)
		WHERE request = 'a'`)
	require.NoError(t, err)
	_, err = l.Change(t.Context(), "i", "a", 0, certificate.Status{State: certificate.Revoked})
	require.ErrorContains(t, err, "damaged")
	_, err = l.Change(t.Context(), "i", "b", 0, certificate.Status{State: certificate.Revoked})
	require.NoError(t, err)
}
