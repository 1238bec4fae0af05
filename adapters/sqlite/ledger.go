package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rubrica/rubrica/certificate"
)

// Ledger is a certificate.Ledger. It is safe for concurrent use.
type Ledger struct{ write, read *sql.DB }

var _ certificate.Ledger = (*Ledger)(nil)

// ledgerSchema is applied whenever a ledger is opened. It is never changed, only added to.
const ledgerSchema = `
CREATE TABLE IF NOT EXISTS certificate (
	issuer      TEXT NOT NULL,
	request     TEXT NOT NULL,
	serial      TEXT NOT NULL,
	digest      BLOB NOT NULL,
	profile     TEXT NOT NULL,
	tbs         BLOB NOT NULL,
	not_after   INTEGER NOT NULL, -- microseconds since 1970, as every instant here
	planned_at  INTEGER NOT NULL,
	certificate BLOB,
	issued_at   INTEGER,
	state       INTEGER NOT NULL DEFAULT 0, -- of the latest certificate_status
	PRIMARY KEY (issuer, request),
	UNIQUE (issuer, serial)
) STRICT;
CREATE INDEX IF NOT EXISTS certificate_listed ON certificate (issuer, serial) WHERE state <> 0;

CREATE TABLE IF NOT EXISTS certificate_duplicate (
	issuer  TEXT NOT NULL,
	serial  TEXT NOT NULL,
	number  INTEGER NOT NULL,
	der     BLOB NOT NULL,
	PRIMARY KEY (issuer, serial, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS certificate_status (
	issuer    TEXT NOT NULL,
	serial    TEXT NOT NULL,
	number    INTEGER NOT NULL, -- from 0, without gaps
	state     INTEGER NOT NULL,
	reason    INTEGER NOT NULL,
	since     INTEGER NOT NULL,
	at        INTEGER NOT NULL,
	invalid   INTEGER, -- NULL when not known
	reference TEXT NOT NULL,
	PRIMARY KEY (issuer, serial, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS certificate_counter (
	issuer TEXT NOT NULL,
	name   TEXT NOT NULL,
	value  INTEGER NOT NULL,
	PRIMARY KEY (issuer, name)
) STRICT, WITHOUT ROWID;
`

// Ledger returns a ledger in the same file, behind the same queue of writers.
func (s *Store) Ledger(ctx context.Context) (*Ledger, error) {
	return newLedger(ctx, s.write, s.read)
}

// NewLedger keeps a ledger in a database that the caller opened with this package's driver. The
// caller's pragmas decide how durable it is: certificate.Ledger wants synchronous=FULL. Every writing
// transaction begins with a write, so that _txlock=immediate is not needed; busy_timeout is.
func NewLedger(ctx context.Context, db *sql.DB) (*Ledger, error) { return newLedger(ctx, db, db) }

func newLedger(ctx context.Context, write, read *sql.DB) (*Ledger, error) {
	if _, err := write.ExecContext(ctx, ledgerSchema); err != nil {
		return nil, fmt.Errorf("sqlite: ledger: %w", err)
	}
	return &Ledger{write, read}, nil
}

func (l *Ledger) update(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := l.write.BeginTx(ctx, nil)
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
func (l *Ledger) Plan(ctx context.Context, r certificate.Record) (stored certificate.Record, err error) {
	err = l.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO certificate
			(issuer, request, serial, digest, profile, tbs, not_after, planned_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			r.Issuer, r.Request, r.Serial, r.Digest, r.Profile, r.TBS, micro(r.NotAfter), micro(r.PlannedAt))
		if err != nil {
			return err
		}
		stored, err = one(ctx, tx, certificate.Query{Issuer: r.Issuer, Request: r.Request})
		if errors.Is(err, certificate.ErrNotFound) {
			return certificate.ErrSerialTaken // that was the conflict
		}
		return err
	})
	return stored, err
}

// Certify implements certificate.Ledger.
func (l *Ledger) Certify(
	ctx context.Context, issuer, request string, der []byte, at time.Time,
) (stored certificate.Record, err error) {
	err = l.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE certificate SET certificate = ?, issued_at = ?
			WHERE issuer = ? AND request = ? AND certificate IS NULL`, der, micro(at), issuer, request)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO certificate_duplicate (issuer, serial, number, der)
			SELECT c.issuer, c.serial,
				(SELECT count(*) FROM certificate_duplicate d WHERE d.issuer = c.issuer AND d.serial = c.serial), ?1
			FROM certificate c WHERE c.issuer = ?2 AND c.request = ?3 AND c.certificate <> ?1 AND NOT EXISTS
				(SELECT 1 FROM certificate_duplicate d
				WHERE d.issuer = c.issuer AND d.serial = c.serial AND d.der = ?1)`, der, issuer, request)
		if err != nil {
			return err
		}
		stored, err = one(ctx, tx, certificate.Query{Issuer: issuer, Request: request})
		return err
	})
	return stored, err
}

// Change implements certificate.Ledger.
func (l *Ledger) Change(
	ctx context.Context, issuer, serial string, seen int, s certificate.Status,
) (stored certificate.Record, err error) {
	var invalid any
	if !s.Invalid.IsZero() {
		invalid = micro(s.Invalid)
	}
	err = l.update(ctx, func(tx *sql.Tx) error {
		changed, err := tx.ExecContext(ctx, `UPDATE certificate SET state = ? WHERE issuer = ? AND serial = ?
			AND (SELECT count(*) FROM certificate_status s WHERE s.issuer = certificate.issuer
				AND s.serial = certificate.serial) = ?`, s.State, issuer, serial, seen)
		if err != nil {
			return err
		}
		if n, err := changed.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			if _, err := one(ctx, tx, certificate.Query{Issuer: issuer, Serial: serial}); err != nil {
				return err
			}
			return certificate.ErrStale
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO certificate_status
			(issuer, serial, number, state, reason, since, at, invalid, reference)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			issuer, serial, seen, s.State, s.Reason, micro(s.Since), micro(s.At), invalid, s.Reference)
		if err != nil {
			return err
		}
		stored, err = one(ctx, tx, certificate.Query{Issuer: issuer, Serial: serial})
		return err
	})
	return stored, err
}

// Find implements certificate.Ledger.
func (l *Ledger) Find(ctx context.Context, q certificate.Query) ([]certificate.Record, error) {
	return findRecords(ctx, l.read, q)
}

// Next implements certificate.Ledger.
func (l *Ledger) Next(ctx context.Context, issuer, counter string) (n int64, err error) {
	err = l.update(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `INSERT INTO certificate_counter (issuer, name, value) VALUES (?, ?, 1)
			ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value`, issuer, counter).Scan(&n)
	})
	return n, err
}

// querier is *sql.DB or *sql.Tx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func one(ctx context.Context, db querier, q certificate.Query) (certificate.Record, error) {
	found, err := findRecords(ctx, db, q)
	if err != nil {
		return certificate.Record{}, err
	}
	if len(found) == 0 {
		return certificate.Record{}, certificate.ErrNotFound
	}
	return found[0], nil
}

// findRecords reads records in one statement, so that each is of one moment.
func findRecords(ctx context.Context, db querier, q certificate.Query) ([]certificate.Record, error) {
	where, args := []string{"issuer = ?"}, []any{q.Issuer}
	add := func(wanted bool, condition string, arg ...any) {
		if wanted {
			where, args = append(where, condition), append(args, arg...)
		}
	}
	add(q.Request != "", "request = ?", q.Request)
	add(q.Serial != "", "serial = ?", q.Serial)
	add(q.Listed, "state <> 0")
	add(q.After != "", "serial > ?", q.After)
	limit := ""
	if q.Limit > 0 {
		limit, args = " LIMIT ?", append(args, q.Limit)
	}
	rows, err := db.QueryContext(ctx, `SELECT issuer, request, serial, digest, profile, tbs, not_after,
		planned_at, certificate, issued_at,
		(SELECT json_group_array(hex(der) ORDER BY number) FROM certificate_duplicate d
			WHERE d.issuer = c.issuer AND d.serial = c.serial),
		(SELECT json_group_array(json_array(state, reason, since, at, invalid, reference) ORDER BY number)
			FROM certificate_status s WHERE s.issuer = c.issuer AND s.serial = c.serial)
		FROM certificate c WHERE `+strings.Join(where, " AND ")+` ORDER BY serial`+limit, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []certificate.Record
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

func scanRecord(rows *sql.Rows) (certificate.Record, error) {
	var r certificate.Record
	var notAfter, plannedAt int64
	var issuedAt sql.NullInt64
	var duplicates, history []byte
	err := rows.Scan(&r.Issuer, &r.Request, &r.Serial, &r.Digest, &r.Profile, &r.TBS, &notAfter,
		&plannedAt, &r.Certificate, &issuedAt, &duplicates, &history)
	if err != nil {
		return r, err
	}
	r.NotAfter, r.PlannedAt = fromMicro(notAfter), fromMicro(plannedAt)
	if issuedAt.Valid {
		r.IssuedAt = fromMicro(issuedAt.Int64)
	}
	var ders []string
	if err := json.Unmarshal(duplicates, &ders); err != nil {
		return r, err
	}
	for _, text := range ders {
		der, err := hex.DecodeString(text)
		if err != nil {
			return r, err
		}
		r.Duplicates = append(r.Duplicates, der)
	}
	var changes []statusRow
	if err := json.Unmarshal(history, &changes); err != nil {
		return r, err
	}
	for _, c := range changes {
		r.History = append(r.History, c.status)
	}
	return r, nil
}

// statusRow is [state, reason, since, at, invalid, reference].
type statusRow struct{ status certificate.Status }

// UnmarshalJSON implements json.Unmarshaler.
func (s *statusRow) UnmarshalJSON(data []byte) error {
	var since, at int64
	var invalid *int64
	fields := []any{&s.status.State, &s.status.Reason, &since, &at, &invalid, &s.status.Reference}
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	s.status.Since, s.status.At = fromMicro(since), fromMicro(at)
	if invalid != nil {
		s.status.Invalid = fromMicro(*invalid)
	}
	return nil
}
