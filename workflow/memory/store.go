package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rubrica/rubrica/workflow"
)

// Store is a workflow.Store. Make one with New.
type Store struct {
	mu        sync.Mutex
	instances map[string]*instance
	outcomes  map[string]outcome
	claims    map[slot]string // holder
	timers    map[timerKey]time.Time
	work      []*workflow.Work // in the order of recording
	keys      map[string]*workflow.Work
}

var _ workflow.Store = (*Store)(nil)

// instance holds the state as text, so that no map is shared with a caller.
type instance struct {
	state   []byte
	summary workflow.State
	entries []workflow.Entry
}

type outcome struct {
	fingerprint workflow.Hash
	outcome     workflow.Outcome
}

type slot struct{ scope, key string }

type timerKey struct{ instance, name string }

// New returns an empty store.
func New() *Store {
	return &Store{
		instances: map[string]*instance{}, outcomes: map[string]outcome{},
		claims: map[slot]string{}, timers: map[timerKey]time.Time{},
		keys: map[string]*workflow.Work{},
	}
}

// Append writes one transition, whole or not at all.
func (s *Store) Append(ctx context.Context, t *workflow.Transition) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.check(t); err != nil {
		return err
	}
	state, err := json.Marshal(t.State)
	if err != nil {
		return err
	}
	effects := make([]workflow.Effect, len(t.Effects))
	for i, e := range t.Effects {
		if effects[i], err = clone(e); err != nil {
			return err
		}
	}
	in := s.instances[t.Instance]
	if in == nil {
		in = &instance{}
		s.instances[t.Instance] = in
	}
	in.state, in.summary = state, t.State
	for _, e := range t.Entries {
		e.Body = slices.Clone(e.Body)
		in.entries = append(in.entries, e)
	}
	for _, name := range t.Cancel {
		delete(s.timers, timerKey{t.Instance, name})
	}
	for _, x := range t.Set {
		s.timers[timerKey{t.Instance, x.Name}] = x.Due
	}
	for _, k := range t.Release {
		if s.claims[slot{k.Scope, k.Key}] == t.Instance {
			delete(s.claims, slot{k.Scope, k.Key})
		}
	}
	for _, k := range t.Claims {
		s.claims[slot{k.Scope, k.Key}] = t.Instance
	}
	for _, e := range effects {
		s.add(&workflow.Work{Key: e.Key, Direction: workflow.Out, Effect: e,
			Status: workflow.Pending, Due: e.At})
	}
	if t.Settle != nil {
		settle(s.keys[t.Settle.Key], *t.Settle)
	}
	if t.Key != "" {
		s.outcomes[t.Key] = outcome{t.Fingerprint, t.Outcome}
	}
	return nil
}

// check looks for every reason not to write, in the order of the contract.
func (s *Store) check(t *workflow.Transition) error {
	if _, ok := s.outcomes[t.Key]; ok && t.Key != "" {
		return workflow.ErrRepeated
	}
	var at uint64
	if in := s.instances[t.Instance]; in != nil {
		at = in.summary.Sequence
	}
	if at != t.Expected {
		return workflow.ErrStale
	}
	for _, k := range t.Claims {
		holder, held := s.claims[slot{k.Scope, k.Key}]
		if held && !slices.ContainsFunc(t.Release, func(r workflow.Claim) bool {
			return holder == t.Instance && r.Scope == k.Scope && r.Key == k.Key
		}) {
			return &workflow.ClaimedError{Claim: k, Holder: holder}
		}
	}
	if t.Settle != nil {
		return s.leased(*t.Settle)
	}
	return nil
}

// clone makes a copy that shares no map with the original.
func clone(e workflow.Effect) (out workflow.Effect, err error) {
	text, err := json.Marshal(e)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	return out, err
}

// Load returns the state of an instance and the outcome of a key.
func (s *Store) Load(ctx context.Context, name, key string) (workflow.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var r workflow.Record
	if o, ok := s.outcomes[key]; ok && key != "" {
		out := o.outcome
		r.Outcome, r.Fingerprint = &out, o.fingerprint
	}
	in := s.instances[name]
	if in == nil {
		if r.Outcome == nil {
			return r, workflow.ErrNotFound
		}
		return r, ctx.Err()
	}
	if err := json.Unmarshal(in.state, &r.State); err != nil {
		return r, err
	}
	return r, ctx.Err()
}

// Entries returns the entries of an instance after a sequence.
func (s *Store) Entries(
	ctx context.Context, name string, after uint64, limit int,
) ([]workflow.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.instances[name]
	if in == nil || after >= uint64(len(in.entries)) {
		return nil, ctx.Err()
	}
	rest := in.entries[after:]
	out := slices.Clone(rest[:min(len(rest), limit)])
	for i := range out {
		out[i].Body = slices.Clone(out[i].Body)
	}
	return out, ctx.Err()
}

// Find returns states by a filter.
func (s *Store) Find(ctx context.Context, f workflow.Filter) ([]workflow.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name, in := range s.instances {
		if name > f.After && (f.Process == "" || f.Process == in.summary.Process.Name) &&
			(len(f.States) == 0 || slices.Contains(f.States, in.summary.Name)) &&
			!(f.Live && in.summary.Final != "") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []workflow.State
	for _, name := range names[:min(len(names), page(f.Limit))] {
		var st workflow.State
		if err := json.Unmarshal(s.instances[name].state, &st); err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	return out, ctx.Err()
}

func page(limit int) int {
	if limit <= 0 || limit > workflow.MaxPage {
		return workflow.MaxPage
	}
	return limit
}

// Free returns the claims that nobody holds.
func (s *Store) Free(ctx context.Context, claims []workflow.Claim) ([]workflow.Claim, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []workflow.Claim
	for _, k := range claims {
		if k.Slots > 0 {
			k.Key = s.freeSlot(k)
		}
		if _, held := s.claims[slot{k.Scope, k.Key}]; k.Key != "" && !held {
			out = append(out, k)
		}
	}
	return out, ctx.Err()
}

func (s *Store) freeSlot(k workflow.Claim) string {
	for n := 1; n <= k.Slots; n++ {
		key := strconv.Itoa(n)
		if _, held := s.claims[slot{k.Scope, key}]; !held {
			return key
		}
	}
	return ""
}

// Due returns timers that were due before now.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]workflow.Timer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []workflow.Timer
	for k, due := range s.timers {
		if due.Before(now) {
			out = append(out, workflow.Timer{Instance: k.instance, Name: k.name, Due: due})
		}
	}
	slices.SortFunc(out, func(a, b workflow.Timer) int {
		return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.Instance, b.Instance),
			strings.Compare(a.Name, b.Name))
	})
	return out[:min(len(out), limit)], ctx.Err()
}

// Next says when something will be to be done.
func (s *Store) Next(ctx context.Context) (workflow.Upcoming, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var u workflow.Upcoming
	for _, due := range s.timers {
		earlier(&u.Timer, due)
	}
	for _, w := range s.work {
		into := &u.Out
		if w.Direction == workflow.In {
			into = &u.In
		}
		switch w.Status {
		case workflow.Pending:
			earlier(into, w.Due)
		case workflow.Leased:
			earlier(into, w.Until)
		}
	}
	return u, ctx.Err()
}

func earlier(into *time.Time, t time.Time) {
	if into.IsZero() || t.Before(*into) {
		*into = t
	}
}
