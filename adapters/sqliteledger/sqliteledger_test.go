package sqliteledger_test

import (
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
