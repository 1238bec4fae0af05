package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/rubrica/rubrica/workflow"
)

// Due returns timers that were due before now.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]workflow.Timer, error) {
	return rows(ctx, s.read, func(r *sql.Rows) (t workflow.Timer, err error) {
		var due int64
		err = r.Scan(&t.Instance, &t.Name, &due)
		t.Due = fromMicro(due)
		return t, err
	}, `SELECT instance, name, due FROM timer WHERE due < ? ORDER BY due, instance, name LIMIT ?`,
		micro(now), limit)
}

// Next says when something will be to be done.
func (s *Store) Next(ctx context.Context) (workflow.Upcoming, error) {
	var timer, in, inLeased, out, outLeased sql.NullInt64
	err := s.read.QueryRowContext(ctx, `SELECT
		(SELECT min(due) FROM timer),
		(SELECT min(due) FROM work WHERE status = 1 AND direction = 1),
		(SELECT min(until) FROM work WHERE status = 2 AND direction = 1),
		(SELECT min(due) FROM work WHERE status = 1 AND direction = 0),
		(SELECT min(until) FROM work WHERE status = 2 AND direction = 0)`).
		Scan(&timer, &in, &inLeased, &out, &outLeased)
	return workflow.Upcoming{Timer: earliest(timer), In: earliest(in, inLeased),
		Out: earliest(out, outLeased)}, err
}

// earliest returns the first of several instants, the zero time if there is none.
func earliest(of ...sql.NullInt64) time.Time {
	var first time.Time
	for _, n := range of {
		if t := fromMicro(n.Int64); n.Valid && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// Receive records a message once.
func (s *Store) Receive(ctx context.Context, m workflow.Message) (bool, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return false, err
	}
	fresh := false
	err = s.update(ctx, func(tx *sql.Tx) error {
		n, err := s.in(ctx, tx).exec(`INSERT INTO work
			(key, direction, instance, status, due, body)
			VALUES (?, ?, '', ?, ?, ?) ON CONFLICT DO NOTHING`, m.Key(), workflow.In,
			workflow.Pending, micro(m.At), body)
		fresh = n == 1
		return err
	})
	return fresh && err == nil, err
}

// columns are what scanWork reads.
const columns = `key, direction, status, due, attempts, owner, until, note, body`

// scanWork reads the columns, and what stands after them into more.
func scanWork(r *sql.Rows, more ...any) (w workflow.Work, err error) {
	var due, until int64
	var body []byte
	err = r.Scan(append([]any{&w.Key, &w.Direction, &w.Status, &due, &w.Attempts, &w.Owner, &until,
		&w.Note, &body}, more...)...)
	if err != nil {
		return w, err
	}
	w.Due = fromMicro(due)
	if until != 0 {
		w.Until = fromMicro(until)
	}
	if w.Direction == workflow.In {
		return w, json.Unmarshal(body, &w.Message)
	}
	return w, json.Unmarshal(body, &w.Effect)
}

const (
	// leasable is the work that may be leased now: of a direction, at an instant, so much of it.
	leasable = ` FROM work WHERE id IN (
		SELECT id FROM (
			SELECT id, due FROM work WHERE status = 1 AND direction = ?1 AND due <= ?2
			UNION ALL
			SELECT id, due FROM work
			WHERE status = 2 AND direction = ?1 AND until <= ?2 AND due <= ?2)
		ORDER BY due, id LIMIT ?3)`
	leaseWork = `UPDATE work SET status = 2, owner = ?, until = ?, attempts = ?
		WHERE id = ? AND key = ? AND attempts = ?`
)

// errDamaged: a row that was read is not where its index says. Restore the file from a copy.
var errDamaged = errors.New("sqlite: an index does not fit its table: the file is damaged")

// Lease hands out work. Whether there is any is looked at first, because most often there is none,
// and a read costs no write lock.
func (s *Store) Lease(ctx context.Context, l workflow.Lease) ([]workflow.Work, error) {
	args := []any{l.Direction, micro(l.Now), l.Limit}
	var any bool
	err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1`+leasable+`)`, args...).Scan(&any)
	if err != nil || !any {
		return nil, err
	}
	var out []workflow.Work
	err = s.update(ctx, func(tx *sql.Tx) error {
		var ids []int64
		r, err := tx.QueryContext(ctx, `SELECT `+columns+`, id`+leasable+` ORDER BY due, id`, args...)
		if err != nil {
			return err
		}
		defer r.Close()
		for r.Next() {
			var id int64
			w, err := scanWork(r, &id)
			if err != nil {
				return err
			}
			out, ids = append(out, w), append(ids, id)
		}
		if err := errors.Join(r.Err(), r.Close()); err != nil {
			return err
		}
		for i := range out {
			if err := s.in(ctx, tx).lease(&out[i], ids[i], l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// lease marks one row as leased. A row that cannot be marked would be handed out for ever.
func (w writer) lease(x *workflow.Work, id int64, l workflow.Lease) error {
	n, err := w.exec(leaseWork, l.Owner, micro(l.Until), x.Attempts+1, id, x.Key, x.Attempts)
	if err == nil && n != 1 {
		return errDamaged
	}
	x.Status, x.Owner, x.Until, x.Attempts = workflow.Leased, l.Owner, l.Until, x.Attempts+1
	return err
}

// settle is the part of a transition that ends the work that led to it.
func (w writer) settle(t *workflow.Transition) error {
	if t.Settle == nil {
		return nil
	}
	return w.settlement(*t.Settle)
}

func (w writer) settlement(x workflow.Settlement) error {
	due := int64(0)
	if x.Status == workflow.Pending {
		due = micro(x.Due)
	}
	query, args := settleLeased, []any{x.Status, x.Note, due, x.Key, x.Owner, x.Attempt}
	if x.Owner == "" {
		// A person took it up again: its attempts are counted anew.
		query, args = `UPDATE work SET status = ?1, note = ?2, attempts = 0,
			due = CASE ?1 WHEN 1 THEN ?3 ELSE due END WHERE key = ?4 AND status = 4`, args[:4]
	}
	n, err := w.exec(query, args...)
	if err == nil && n == 0 {
		return workflow.ErrSettled
	}
	return err
}

// Settle changes the status of work.
func (s *Store) Settle(ctx context.Context, x workflow.Settlement) error {
	return s.update(ctx, func(tx *sql.Tx) error { return s.in(ctx, tx).settlement(x) })
}

// Work lists work by a filter.
func (s *Store) Work(ctx context.Context, f workflow.WorkFilter) ([]workflow.Work, error) {
	query, args := `SELECT `+columns+` FROM work WHERE id > `, []any{}
	if f.After == "" {
		query += `0`
	} else {
		query, args = query+`(SELECT id FROM work WHERE key = ?)`, append(args, f.After)
	}
	if f.Instance != "" {
		query, args = query+` AND instance = ?`, append(args, f.Instance)
	}
	if f.Status != workflow.AnyStatus {
		query, args = query+` AND status = ?`, append(args, f.Status)
	}
	scan := func(r *sql.Rows) (workflow.Work, error) { return scanWork(r) }
	return rows(ctx, s.read, scan, query+` ORDER BY id LIMIT ?`, append(args, page(f.Limit))...)
}

// Reclaim makes work that is leased to an owner pending again.
func (s *Store) Reclaim(ctx context.Context, owner string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		_, err := s.in(ctx, tx).exec(`UPDATE work SET status = 1, owner = '', until = 0
			WHERE status = 2 AND owner = ?`, owner)
		return err
	})
}
