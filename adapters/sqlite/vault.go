package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/rubrica/rubrica/workflow/vault"
)

// Key returns the sealed key of a subject, or stores the one that is proposed.
func (s *Store) Key(ctx context.Context, subject string, propose []byte) ([]byte, error) {
	if propose != nil {
		err := s.update(ctx, func(tx *sql.Tx) error {
			_, err := s.in(ctx, tx).exec(`INSERT INTO subject (name, sealed) VALUES (?, ?)
				ON CONFLICT DO NOTHING`, subject, propose)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var sealed []byte
	err := s.read.QueryRowContext(ctx, `SELECT sealed FROM subject WHERE name = ?`, subject).
		Scan(&sealed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, vault.ErrNotFound
	case err == nil && sealed == nil:
		return nil, vault.ErrForgotten
	}
	return sealed, err
}

// Destroy forgets a subject: the pages are overwritten, and the write-ahead log, which still has
// them, is emptied into the file and truncated.
func (s *Store) Destroy(ctx context.Context, subject string) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		w := s.in(ctx, tx)
		_, err := w.exec(`INSERT INTO subject (name, sealed) VALUES (?, NULL)
			ON CONFLICT DO UPDATE SET sealed = NULL`, subject)
		if err != nil {
			return err
		}
		_, err = w.exec(`DELETE FROM record WHERE subject = ?`, subject)
		return err
	})
	if err != nil {
		return err
	}
	var busy, log, moved int
	err = s.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved)
	if err == nil && busy != 0 {
		err = errors.New("sqlite: forgotten, but the log could not be truncated: a reader is at it")
	}
	return err
}

// Add stores a record.
func (s *Store) Add(ctx context.Context, r vault.Record) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		var live bool
		err := tx.QueryRowContext(ctx, `SELECT sealed IS NOT NULL FROM subject WHERE name = ?`,
			r.Ref.Subject).Scan(&live)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return vault.ErrNotFound
		case err != nil:
			return err
		case !live:
			return vault.ErrForgotten
		}
		n, err := s.in(ctx, tx).exec(`INSERT INTO record (subject, name, version, sealed)
			VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			r.Ref.Subject, r.Ref.Name, r.Ref.Version, r.Sealed)
		if err == nil && n == 0 {
			return vault.ErrExists
		}
		return err
	})
}

// Get returns a record.
func (s *Store) Get(ctx context.Context, subject, name string, version int) (vault.Record, error) {
	r := vault.Record{Ref: vault.Ref{Subject: subject, Name: name}}
	err := s.read.QueryRowContext(ctx, `SELECT version, sealed FROM record
		WHERE subject = ? AND name = ? AND (?3 = 0 OR version = ?3) ORDER BY version DESC LIMIT 1`,
		subject, name, version).Scan(&r.Ref.Version, &r.Sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return vault.Record{}, vault.ErrNotFound
	}
	return r, err
}

// List returns the references of a subject.
func (s *Store) List(ctx context.Context, subject string) ([]vault.Ref, error) {
	return rows(ctx, s.read, func(r *sql.Rows) (vault.Ref, error) {
		ref := vault.Ref{Subject: subject}
		return ref, r.Scan(&ref.Name, &ref.Version)
	}, `SELECT name, version FROM record WHERE subject = ? ORDER BY name, version`, subject)
}
