package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/rubrica/rubrica/workflow"
)

// Append writes one transition in one transaction.
func (s *Store) Append(ctx context.Context, t *workflow.Transition) error {
	state, err := json.Marshal(t.State)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *sql.Tx) error {
		w := s.in(ctx, tx)
		for _, step := range []func(*workflow.Transition) error{
			w.outcome,
			func(t *workflow.Transition) error { return w.state(t, state) },
			w.entries, w.timers, w.claims, w.effects, w.settle,
		} {
			if err := step(t); err != nil {
				return err
			}
		}
		return nil
	})
}

// writer writes the parts of a transition.
type writer struct {
	ctx      context.Context
	tx       *sql.Tx
	prepared map[string]*sql.Stmt
}

// in returns a writer in a transaction.
func (s *Store) in(ctx context.Context, tx *sql.Tx) writer { return writer{ctx, tx, s.prepared} }

// exec runs a statement and returns how many rows it changed.
func (w writer) exec(query string, args ...any) (int64, error) {
	var r sql.Result
	var err error
	if stmt := w.prepared[query]; stmt != nil {
		r, err = w.tx.StmtContext(w.ctx, stmt).ExecContext(w.ctx, args...)
	} else {
		r, err = w.tx.ExecContext(w.ctx, query, args...)
	}
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// The statements of a transition, compiled once when the store is opened.
const (
	insertOutcome = `INSERT INTO outcome (key, fingerprint, body) VALUES (?, ?, ?)
		ON CONFLICT DO NOTHING`
	insertInstance = `INSERT INTO instance (process, state, final, sequence, body, name)
		VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	updateInstance = `UPDATE instance SET process = ?, state = ?, final = ?, sequence = ?, body = ?
		WHERE name = ? AND sequence = ?`
	insertEvent = `INSERT INTO event (instance, sequence, body, hash) VALUES (?, ?, ?, ?)`
	deleteTimer = `DELETE FROM timer WHERE instance = ? AND name = ?`
	insertTimer = `INSERT INTO timer (instance, name, due) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET due = excluded.due`
	deleteClaim = `DELETE FROM claim WHERE scope = ? AND key = ? AND instance = ?`
	insertClaim = `INSERT INTO claim (scope, key, slot, instance) VALUES (?, ?, ?, ?)
		ON CONFLICT DO NOTHING`
	insertEffect = `INSERT INTO work (key, direction, instance, status, due, body)
		VALUES (?, ?, ?, ?, ?, ?)`
	settleLeased = `UPDATE work SET status = ?1, note = ?2, owner = '', until = 0,
		due = CASE ?1 WHEN 1 THEN ?3 ELSE due END
		WHERE key = ?4 AND status = 2 AND owner = ?5 AND attempts = ?6`
)

func prepare(ctx context.Context, db *sql.DB) (map[string]*sql.Stmt, error) {
	out := map[string]*sql.Stmt{}
	for _, query := range []string{insertOutcome, insertInstance, updateInstance, insertEvent,
		deleteTimer, insertTimer, deleteClaim, insertClaim, insertEffect, settleLeased} {
		stmt, err := db.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		out[query] = stmt // closed with the database
	}
	return out, nil
}

func (w writer) outcome(t *workflow.Transition) error {
	if t.Key == "" {
		return nil
	}
	body, err := json.Marshal(t.Outcome)
	if err != nil {
		return err
	}
	n, err := w.exec(insertOutcome, t.Key, t.Fingerprint[:], body)
	if err == nil && n == 0 {
		return workflow.ErrRepeated
	}
	return err
}

func (w writer) state(t *workflow.Transition, body []byte) error {
	s := t.State
	query := insertInstance
	args := []any{s.Process.Name, s.Name, s.Final, int64(s.Sequence), body, t.Instance}
	if t.Expected > 0 {
		query = updateInstance
		args = append(args, int64(t.Expected))
	}
	n, err := w.exec(query, args...)
	if err == nil && n == 0 {
		return workflow.ErrStale
	}
	return err
}

func (w writer) entries(t *workflow.Transition) error {
	for _, e := range t.Entries {
		_, err := w.exec(insertEvent, t.Instance, int64(e.Sequence), e.Body, e.Hash[:])
		if err != nil {
			return err
		}
	}
	return nil
}

func (w writer) timers(t *workflow.Transition) error {
	for _, name := range t.Cancel {
		_, err := w.exec(deleteTimer, t.Instance, name)
		if err != nil {
			return err
		}
	}
	for _, x := range t.Set {
		_, err := w.exec(insertTimer, t.Instance, x.Name, micro(x.Due))
		if err != nil {
			return err
		}
	}
	return nil
}

func (w writer) claims(t *workflow.Transition) error {
	for _, k := range t.Release {
		_, err := w.exec(deleteClaim, k.Scope, k.Key, t.Instance)
		if err != nil {
			return err
		}
	}
	for _, k := range t.Claims {
		var slot any
		if k.Slots > 0 {
			slot = k.Key
		}
		n, err := w.exec(insertClaim, k.Scope, k.Key, slot, t.Instance)
		if err != nil {
			return err
		}
		if n == 0 {
			return w.claimed(k)
		}
	}
	return nil
}

// claimed says who holds a claim.
func (w writer) claimed(k workflow.Claim) error {
	e := &workflow.ClaimedError{Claim: k}
	err := w.tx.QueryRowContext(w.ctx, `SELECT instance FROM claim WHERE scope = ? AND key = ?`,
		k.Scope, k.Key).Scan(&e.Holder)
	if err != nil {
		return err
	}
	return e
}

func (w writer) effects(t *workflow.Transition) error {
	for _, e := range t.Effects {
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = w.exec(insertEffect, e.Key, workflow.Out, e.Instance, workflow.Pending,
			micro(e.At), body)
		if err != nil {
			return err
		}
	}
	return nil
}

// Load returns the state of an instance and the outcome of a key.
func (s *Store) Load(ctx context.Context, instance, key string) (workflow.Record, error) {
	var state, fingerprint, outcome []byte
	err := s.read.QueryRowContext(ctx, `SELECT
		(SELECT body FROM instance WHERE name = ?1),
		(SELECT fingerprint FROM outcome WHERE key = ?2),
		(SELECT body FROM outcome WHERE key = ?2)`, instance, key).
		Scan(&state, &fingerprint, &outcome)
	if err != nil {
		return workflow.Record{}, err
	}
	var r workflow.Record
	if state == nil && outcome == nil {
		return r, workflow.ErrNotFound
	}
	if state != nil {
		err = json.Unmarshal(state, &r.State)
	}
	if outcome != nil && err == nil {
		copy(r.Fingerprint[:], fingerprint)
		err = json.Unmarshal(outcome, &r.Outcome)
	}
	return r, err
}

// Entries returns the entries of an instance after a sequence.
func (s *Store) Entries(
	ctx context.Context, instance string, after uint64, limit int,
) ([]workflow.Entry, error) {
	return rows(ctx, s.read, func(r *sql.Rows) (e workflow.Entry, err error) {
		var sequence int64
		var hash []byte
		err = r.Scan(&sequence, &e.Body, &hash)
		e.Sequence = uint64(sequence)
		if copy(e.Hash[:], hash) != len(e.Hash) && err == nil {
			err = errors.New("sqlite: a hash is too short")
		}
		return e, err
	}, `SELECT sequence, body, hash FROM event WHERE instance = ? AND sequence > ?
		ORDER BY sequence LIMIT ?`, instance, int64(after), limit)
}

// rows reads a query whole.
func rows[T any](
	ctx context.Context, db *sql.DB, scan func(*sql.Rows) (T, error), query string, args ...any,
) ([]T, error) {
	r, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []T
	for r.Next() {
		v, err := scan(r)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, r.Err()
}

// Find returns states by a filter.
func (s *Store) Find(ctx context.Context, f workflow.Filter) ([]workflow.State, error) {
	query, args := `SELECT body FROM instance WHERE name > ?`, []any{f.After}
	if f.Live {
		query += ` AND final = ''`
	}
	if f.Process != "" {
		query, args = query+` AND process = ?`, append(args, f.Process)
	}
	if len(f.States) > 0 {
		query += ` AND state IN (?` + strings.Repeat(`, ?`, len(f.States)-1) + `)`
		for _, name := range f.States {
			args = append(args, name)
		}
	}
	return rows(ctx, s.read, func(r *sql.Rows) (st workflow.State, err error) {
		var body []byte
		if err = r.Scan(&body); err != nil {
			return st, err
		}
		return st, json.Unmarshal(body, &st)
	}, query+` ORDER BY name LIMIT ?`, append(args, page(f.Limit))...)
}

// freeSlot finds the smallest free slot of a scope: 1, or one after a slot that is held.
const freeSlot = `SELECT min(n) FROM (
	SELECT 1 AS n WHERE NOT EXISTS (SELECT 1 FROM claim WHERE scope = ?1 AND slot = 1)
	UNION ALL
	SELECT slot + 1 FROM claim AS c WHERE scope = ?1 AND slot IS NOT NULL AND NOT EXISTS
		(SELECT 1 FROM claim WHERE scope = ?1 AND slot = c.slot + 1))`

// Free returns the claims that nobody holds.
func (s *Store) Free(ctx context.Context, claims []workflow.Claim) ([]workflow.Claim, error) {
	var out []workflow.Claim
	for _, k := range claims {
		free, n := false, 0
		var err error
		if k.Slots > 0 {
			err = s.read.QueryRowContext(ctx, freeSlot, k.Scope).Scan(&n)
			free, k.Key = n <= k.Slots, strconv.Itoa(n)
		} else {
			err = s.read.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM claim
				WHERE scope = ? AND key = ?)`, k.Scope, k.Key).Scan(&free)
		}
		if err != nil {
			return nil, err
		}
		if free {
			out = append(out, k)
		}
	}
	return out, nil
}
