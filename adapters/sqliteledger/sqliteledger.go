package sqliteledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	_ "modernc.org/sqlite" // driver "sqlite"

	"github.com/rubrica/rubrica/certificate"
)

// Ledger is a certificate.Ledger in a file. It is safe for concurrent use, also by several
// processes.
type Ledger struct{ db *sql.DB }

var _ certificate.Ledger = (*Ledger)(nil)

const schema = `
CREATE TABLE IF NOT EXISTS ledger_record (
	issuer  TEXT NOT NULL,
	request TEXT NOT NULL,
	serial  TEXT NOT NULL,
	listed  INTEGER NOT NULL DEFAULT 0, -- the latest status is held or revoked
	body    BLOB NOT NULL,              -- certificate.Record as JSON
	PRIMARY KEY (issuer, request)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS ledger_serial ON ledger_record (issuer, serial);
CREATE INDEX IF NOT EXISTS ledger_listed ON ledger_record (issuer, serial) WHERE listed = 1;
CREATE TABLE IF NOT EXISTS ledger_counter (
	issuer TEXT NOT NULL,
	name   TEXT NOT NULL,
	value  INTEGER NOT NULL,
	PRIMARY KEY (issuer, name)
) STRICT, WITHOUT ROWID;
`

// busyTimeout is how long a transaction waits for those of other processes.
const busyTimeout = 10 * time.Second

// Open opens the file at path, makes it (for its owner alone: certificates name people) if it is
// not there, and what is missing in it. The file lies on a local disk: SQLite's locks do not work
// over networks.
func Open(ctx context.Context, path string) (*Ledger, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, errors.New("sqliteledger: a ledger is a file")
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("sqliteledger: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, fmt.Errorf("sqliteledger: %w", err)
	}
	db.SetMaxOpenConns(1) // writers queue here instead of at the file
	l := &Ledger{db}
	err = l.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, schema)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqliteledger: %w", err), db.Close())
	}
	return l, nil
}

// create makes the file with mode 0600; SQLite gives the log the same mode.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// dsn writes the connection string.
func dsn(path string) string {
	settings := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"journal_mode(WAL)", "synchronous(FULL)",
	}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(),
		RawQuery: settings.Encode()}).String()
}

// Close ends all use of the file.
func (l *Ledger) Close() error { return l.db.Close() }

// update runs f in one durable transaction.
func (l *Ledger) update(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Plan implements certificate.Ledger.
func (l *Ledger) Plan(ctx context.Context, r certificate.Record) (certificate.Record, error) {
	stored := r
	err := l.update(ctx, func(tx *sql.Tx) error {
		var err error
		stored, err = one(ctx, tx, "request", r.Issuer, r.Request)
		if !errors.Is(err, certificate.ErrNotFound) {
			return err
		}
		_, err = one(ctx, tx, "serial", r.Issuer, r.Serial)
		if err == nil {
			return certificate.ErrSerialTaken
		}
		if !errors.Is(err, certificate.ErrNotFound) {
			return err
		}
		body, err := json.Marshal(r)
		if err != nil {
			return err
		}
		stored = r
		_, err = tx.ExecContext(ctx,
			"INSERT INTO ledger_record (issuer, request, serial, body) VALUES (?, ?, ?, ?)",
			r.Issuer, r.Request, r.Serial, body)
		return err
	})
	if err != nil {
		return certificate.Record{}, err
	}
	return stored, nil
}

// one reads the record by request or serial.
func one(
	ctx context.Context, tx *sql.Tx, column, issuer, value string,
) (certificate.Record, error) {
	var body []byte
	err := tx.QueryRowContext(ctx,
		"SELECT body FROM ledger_record WHERE issuer = ? AND "+column+" = ?", issuer, value).
		Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return certificate.Record{}, certificate.ErrNotFound
	}
	if err != nil {
		return certificate.Record{}, err
	}
	return decode(body)
}

func decode(body []byte) (certificate.Record, error) {
	var r certificate.Record
	if err := json.Unmarshal(body, &r); err != nil {
		return certificate.Record{}, fmt.Errorf("sqliteledger: record: %w", err)
	}
	return r, nil
}

// errDamaged: a record is not where it was read. Restore the file from a copy.
var errDamaged = errors.New("sqliteledger: a record does not fit its row: the file is damaged")

// change reads a record, changes it and writes it, in one transaction.
func (l *Ledger) change(
	ctx context.Context, column, issuer, value string, edit func(*certificate.Record) error,
) (certificate.Record, error) {
	var r certificate.Record
	err := l.update(ctx, func(tx *sql.Tx) error {
		var err error
		if r, err = one(ctx, tx, column, issuer, value); err != nil {
			return err
		}
		if err := edit(&r); err != nil {
			return err
		}
		body, err := json.Marshal(r)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx,
			"UPDATE ledger_record SET body = ?, listed = ? WHERE issuer = ? AND request = ?",
			body, r.Status().State != certificate.Good, r.Issuer, r.Request)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(errDamaged, err)
		}
		return nil
	})
	if err != nil {
		return certificate.Record{}, err
	}
	return r, nil
}

// Certify implements certificate.Ledger.
func (l *Ledger) Certify(
	ctx context.Context, issuer, request string, der []byte, at time.Time,
) (certificate.Record, error) {
	return l.change(ctx, "request", issuer, request, func(r *certificate.Record) error {
		same := func(other []byte) bool { return bytes.Equal(other, der) }
		switch {
		case r.Certificate == nil:
			r.Certificate, r.IssuedAt = der, at
		case !same(r.Certificate) && !slices.ContainsFunc(r.Duplicates, same):
			r.Duplicates = append(r.Duplicates, der)
		}
		return nil
	})
}

// Change implements certificate.Ledger.
func (l *Ledger) Change(
	ctx context.Context, issuer, serial string, seen int, s certificate.Status,
) (certificate.Record, error) {
	return l.change(ctx, "serial", issuer, serial, func(r *certificate.Record) error {
		if len(r.History) != seen {
			return certificate.ErrStale
		}
		r.History = append(r.History, s)
		return nil
	})
}

// Find implements certificate.Ledger.
func (l *Ledger) Find(ctx context.Context, q certificate.Query) ([]certificate.Record, error) {
	where, args := "issuer = ?", []any{q.Issuer}
	and := func(condition string, value ...any) {
		where, args = where+" AND "+condition, append(args, value...)
	}
	if q.Request != "" {
		and("request = ?", q.Request)
	}
	if q.Serial != "" {
		and("serial = ?", q.Serial)
	}
	if q.Listed {
		and("listed = 1")
	}
	if q.After != "" {
		and("serial > ?", q.After)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = -1
	}
	rows, err := l.db.QueryContext(ctx,
		"SELECT body FROM ledger_record WHERE "+where+" ORDER BY serial LIMIT ?",
		append(args, limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := []certificate.Record{}
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		r, err := decode(body)
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

// Next implements certificate.Ledger.
func (l *Ledger) Next(ctx context.Context, issuer, counter string) (int64, error) {
	var value int64
	err := l.update(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx,
			"INSERT INTO ledger_counter (issuer, name, value) VALUES (?, ?, 1) "+
				"ON CONFLICT (issuer, name) DO UPDATE SET value = value + 1 RETURNING value",
			issuer, counter).
			Scan(&value)
	})
	return value, err
}
