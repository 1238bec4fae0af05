package sqlite_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/adapters/sqlite"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/memory"
	"github.com/rubrica/rubrica/workflow/vault"
)

// A file in which octets were changed gives errors or what was written, never a panic; and what it
// gives as a history is the true one.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	whole, want := damageable(t, path)
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	if os.Getenv("RUBRICA_FULL") == "1" {
		rounds = 2000
	}
	r := rand.New(rand.NewPCG(3, 3))
	refused := 0
	for range rounds {
		body := append([]byte(nil), whole...)
		for range 1 + r.IntN(40) {
			body[r.IntN(len(body))] ^= 1 << r.IntN(8)
		}
		name := filepath.Join(t.TempDir(), "damaged.db")
		require.NoError(t, os.WriteFile(name, body, 0o600))
		if got, err := useDamaged(t, name); err != nil {
			refused++
		} else {
			require.Equal(t, want, got)
		}
	}
	require.NotZero(t, refused)
	require.Less(t, refused, rounds)
}

// damageable makes a file with something in every table, and returns it and its history.
func damageable(t *testing.T, path string) ([]byte, []workflow.Event) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.NoError(t, err)
	e := damagedEngine(t, s)
	_, err = e.Start(t.Context(), "chain", "one", command("open", 0))
	require.NoError(t, err)
	for n := 1; n <= 20; n++ {
		_, err = e.Do(t.Context(), "one", command("push", n))
		require.NoError(t, err)
		require.NoError(t, e.Drain(t.Context()))
	}
	want, err := e.History(t.Context(), "one")
	require.NoError(t, err)
	_, err = s.Key(t.Context(), "person", make([]byte, 61))
	require.NoError(t, err)
	require.NoError(t, s.Add(t.Context(), vault.Record{
		Ref: vault.Ref{Subject: "person", Name: "form", Version: 1}, Sealed: make([]byte, 500)}))
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	return whole, want
}

func damagedEngine(t *testing.T, s *sqlite.Store) *workflow.Engine {
	t.Helper()
	e, err := workflow.NewEngine(workflow.Config{Store: s, Clock: memory.NewClock(epoch),
		Owner: "engine", Processes: []*workflow.Process{chainProcess(t)}, Handler: files{t.TempDir()}})
	require.NoError(t, err)
	return e
}

// useDamaged asks everything of a file and returns its history.
func useDamaged(t *testing.T, path string) ([]workflow.Event, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := sqlite.Open(ctx, path, sqlite.Config{})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	e := damagedEngine(t, s)
	_, _ = s.Find(ctx, workflow.Filter{})
	_, _ = s.Due(ctx, epoch.AddDate(1, 0, 0), workflow.MaxPage)
	_, _ = s.Next(ctx)
	_, _ = s.Work(ctx, workflow.WorkFilter{})
	_, _ = s.Get(ctx, "person", "form", 0)
	_, _ = s.List(ctx, "person")
	history, err := e.History(ctx, "one")
	_, _ = e.Do(ctx, "one", command("push", 21))
	_ = e.Drain(ctx)
	require.NoError(t, ctx.Err(), "it came to an end")
	return history, err
}
