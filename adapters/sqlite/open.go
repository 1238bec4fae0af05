package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	_ "modernc.org/sqlite" // driver "sqlite"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/vault"
)

// Config tunes a store; the zero value is right.
type Config struct {
	// BusyTimeout is how long a transaction waits for those of other processes; 0 means 10 s.
	BusyTimeout time.Duration
	// Readers is how many reads go on at once; 0 means 4.
	Readers int
}

// Store is a workflow.Store and a vault.Store. It is safe for concurrent use.
type Store struct {
	write *sql.DB // one connection: writers of one process queue here instead of at the file
	read  *sql.DB
	// prepared are the statements of a transition, on the writing connection.
	prepared map[string]*sql.Stmt
}

var (
	_ workflow.Store = (*Store)(nil)
	_ vault.Store    = (*Store)(nil)
)

// Open opens the file at path, makes it (for its owner alone) if it is not there, and brings its
// schema up to date. Give it a directory on a local disk: SQLite's locks do not work over networks.
func Open(ctx context.Context, path string, cfg Config) (*Store, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, errors.New("sqlite: a store is a file; package workflow/memory needs none")
	}
	if cfg.BusyTimeout <= 0 {
		cfg.BusyTimeout = 10 * time.Second
	}
	if cfg.Readers <= 0 {
		cfg.Readers = 4
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	s := &Store{}
	var err error
	if s.write, err = sql.Open("sqlite", dsn(path, cfg, "immediate", false)); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	s.write.SetMaxOpenConns(1)
	if err = migrate(ctx, s.write); err == nil {
		s.prepared, err = prepare(ctx, s.write)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %w", err), s.write.Close())
	}
	if s.read, err = sql.Open("sqlite", dsn(path, cfg, "deferred", true)); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %w", err), s.write.Close())
	}
	s.read.SetMaxOpenConns(cfg.Readers)
	s.read.SetMaxIdleConns(cfg.Readers)
	return s, nil
}

// create makes the file for its owner alone; SQLite gives the log the same mode.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// dsn writes the connection string. secure_delete overwrites what is deleted, so that a destroyed
// key does not stay in a free page.
func dsn(path string, cfg Config, lock string, query bool) string {
	v := url.Values{"_txlock": {lock}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", cfg.BusyTimeout.Milliseconds()),
		"journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)", "foreign_keys(ON)",
	}}
	if query {
		v.Add("_pragma", "query_only(ON)")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(),
		RawQuery: v.Encode()}).String()
}

// Close ends all use of the file.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// update runs f in one durable writing transaction.
func (s *Store) update(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func micro(t time.Time) int64 { return t.UnixMicro() }

func fromMicro(n int64) time.Time { return time.UnixMicro(n).UTC() }

// page bounds a limit.
func page(limit int) int {
	if limit <= 0 || limit > workflow.MaxPage {
		return workflow.MaxPage
	}
	return limit
}
