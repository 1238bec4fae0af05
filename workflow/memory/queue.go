package memory

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rubrica/rubrica/workflow"
)

// add records work once. The caller holds the lock.
func (s *Store) add(w *workflow.Work) bool {
	if s.keys[w.Key] != nil {
		return false
	}
	s.keys[w.Key] = w
	s.work = append(s.work, w)
	return true
}

// Receive records a message once.
func (s *Store) Receive(ctx context.Context, m workflow.Message) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	w := &workflow.Work{Key: m.Key(), Direction: workflow.In, Message: m,
		Status: workflow.Pending, Due: m.At}
	w.Message.ID, w.Message.Data = "", maps.Clone(m.Data)
	return s.add(w), nil
}

// Lease hands out work.
func (s *Store) Lease(ctx context.Context, l workflow.Lease) ([]workflow.Work, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var ready []*workflow.Work
	for _, w := range s.work {
		free := w.Status == workflow.Pending || w.Status == workflow.Leased && !w.Until.After(l.Now)
		if free && w.Direction == l.Direction && !w.Due.After(l.Now) {
			ready = append(ready, w)
		}
	}
	slices.SortStableFunc(ready, func(a, b *workflow.Work) int { return a.Due.Compare(b.Due) })
	var out []workflow.Work
	for _, w := range ready[:min(len(ready), l.Limit)] {
		w.Status, w.Owner, w.Until = workflow.Leased, l.Owner, l.Until
		w.Attempts++
		out = append(out, outside(w))
	}
	return out, nil
}

// outside is a copy that shares no map with the store.
func outside(w *workflow.Work) workflow.Work {
	out := *w
	if w.Direction == workflow.Out {
		out.Effect, _ = clone(w.Effect) // what came through JSON once does so again
	}
	out.Message.Data = maps.Clone(w.Message.Data)
	return out
}

// leased says whether a settlement is allowed. The caller holds the lock.
func (s *Store) leased(x workflow.Settlement) error {
	w := s.keys[x.Key]
	parked := w != nil && x.Owner == "" && w.Status == workflow.Parked
	leased := w != nil && x.Owner != "" && w.Status == workflow.Leased && w.Owner == x.Owner &&
		w.Attempts == x.Attempt
	if !parked && !leased {
		return workflow.ErrSettled
	}
	return nil
}

func settle(w *workflow.Work, x workflow.Settlement) {
	if w.Status == workflow.Parked {
		w.Attempts = 0 // a person took it up again
	}
	w.Status, w.Note, w.Owner, w.Until = x.Status, x.Note, "", time.Time{}
	if x.Status == workflow.Pending {
		w.Due = x.Due
	}
}

// Settle changes the status of work.
func (s *Store) Settle(ctx context.Context, x workflow.Settlement) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.leased(x); err != nil {
		return err
	}
	settle(s.keys[x.Key], x)
	return nil
}

// Work lists work by a filter.
func (s *Store) Work(ctx context.Context, f workflow.WorkFilter) ([]workflow.Work, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []workflow.Work
	started := f.After == ""
	for _, w := range s.work {
		if started && len(out) < page(f.Limit) &&
			(f.Status == workflow.AnyStatus || f.Status == w.Status) &&
			(f.Instance == "" || f.Instance == w.Effect.Instance) {
			out = append(out, outside(w))
		}
		started = started || w.Key == f.After
	}
	return out, ctx.Err()
}

// Reclaim makes work that is leased to an owner pending again.
func (s *Store) Reclaim(ctx context.Context, owner string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.work {
		if w.Status == workflow.Leased && w.Owner == owner {
			w.Status, w.Owner, w.Until = workflow.Pending, "", time.Time{}
		}
	}
	return ctx.Err()
}
