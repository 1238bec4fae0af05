package workflow

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxRaces bounds how often a command that loses races is decided again. Of writers to one
// instance one always wins, so this many must be at it at the same time.
const maxRaces = 100

// request is a command on its way to a decision.
type request struct {
	instance string
	command  Command
	start    *Process    // nil for an instance that must be there
	settle   *Settlement // the work that led to the command
	taken    []Claim     // what the store said others hold
	caughtUp bool        // other instances' overdue timers were decided
	message  bool        // the work is a message
}

// ownKey begins the keys of commands that the engine gives: answers of effects, and what messages
// lead to. No host can use up such a key beforehand.
const ownKey = "~"

// errAgain says that a race was lost or a timer came first: load and decide again.
var errAgain = errors.New("workflow: again")

func (e *Engine) do(ctx context.Context, r request) (Outcome, error) {
	if err := checkCommand(r.command); err != nil {
		return Outcome{}, err
	}
	if (r.settle == nil || r.message) && r.command.Actor == System {
		return Outcome{}, fmt.Errorf("%w: nobody else is the actor system", ErrCommand)
	}
	if r.settle == nil && strings.HasPrefix(r.command.Key, ownKey) {
		return Outcome{}, fmt.Errorf("%w: keys with %s are the engine's own", ErrCommand, ownKey)
	}
	if !validInstance(r.instance) {
		return Outcome{}, fmt.Errorf("%w: instance has not 1 to 64 of a-z 0-9 -", ErrCommand)
	}
	now := e.now()
	at := now
	if !r.command.At.IsZero() {
		at = instant(r.command.At)
	}
	if at.After(now) {
		return Outcome{}, fmt.Errorf("%w: it lies in the future", ErrCommand)
	}
	for range maxRaces {
		out, err := e.attempt(ctx, &r, at)
		if !errors.Is(err, errAgain) {
			return out, err
		}
	}
	return Outcome{}, ErrBusy
}

func validInstance(s string) bool {
	ok := s != "" && len(s) <= 64
	for _, b := range []byte(s) {
		ok = ok && (b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-')
	}
	return ok
}

// attempt loads, decides and writes once.
func (e *Engine) attempt(ctx context.Context, r *request, at time.Time) (Outcome, error) {
	rec, err := e.cfg.Store.Load(ctx, r.instance, r.command.Key)
	if err != nil && !(errors.Is(err, ErrNotFound) && r.start != nil) {
		return Outcome{}, err
	}
	if rec.Outcome != nil {
		return repeat(r, rec)
	}
	s, p := rec.State, r.start
	switch {
	case s.Sequence == 0 && p == nil:
		return Outcome{}, ErrNotFound
	case s.Sequence == 0:
		s = State{Instance: r.instance}
	case p != nil:
		return Outcome{}, reject(s, r.command, *refusal(RefusedNotNow, "the instance has begun"))
	default:
		if p = e.pinned[s.Process.Digest]; p == nil {
			return Outcome{}, fmt.Errorf("%w: %s revision %d", ErrUnknownProcess,
				s.Process.Name, s.Process.Revision)
		}
	}
	if name, ok := overdue(s, at); ok {
		if did, err := e.inboxFirst(ctx, r); err != nil || did {
			return Outcome{}, cmp.Or(err, errAgain)
		}
		if err := e.fire(ctx, p, s, name); err != nil {
			return Outcome{}, err
		}
		return Outcome{}, errAgain
	}
	return e.decide(ctx, r, p, s, at)
}

// inboxFirst deals with messages that wait, before a command makes overdue timers fire: one of them
// may have come in time.
func (e *Engine) inboxFirst(ctx context.Context, r *request) (bool, error) {
	if e.cfg.Router == nil || e.cfg.Owner == "" || r.message {
		return false, nil
	}
	if err := e.takeBack(ctx); err != nil {
		return false, err
	}
	return e.stepWork(ctx, In, e.now())
}

// repeat answers a command whose key has an outcome.
func repeat(r *request, rec Record) (Outcome, error) {
	if rec.Fingerprint != r.fingerprint() {
		return Outcome{}, ErrKeyReused
	}
	out := *rec.Outcome
	out.Repeated = true
	return out, nil
}

// fingerprint tells commands apart that use the same key. Data is not part of it: a repeat after a
// crash may refer to a record that was sealed once more.
func (r *request) fingerprint() Hash {
	c := r.command
	text, _ := json.Marshal([]string{r.instance, c.Name, c.Actor, c.By}) // strings always marshal
	return sha256.Sum256(text)
}

// overdue returns the first timer that was due before an instant.
func overdue(s State, at time.Time) (string, bool) {
	first := ""
	for name, due := range s.Timers {
		if due.Before(at) && (first == "" || due.Before(s.Timers[first]) ||
			due.Equal(s.Timers[first]) && name < first) {
			first = name
		}
	}
	return first, first != ""
}

func (e *Engine) decide(
	ctx context.Context, r *request, p *Process, s State, at time.Time,
) (Outcome, error) {
	facts := Facts{Taken: r.taken}
	if e.cfg.Facts != nil {
		host, err := e.cfg.Facts(ctx, s, r.command)
		if err != nil {
			return Outcome{}, err
		}
		facts.Host = host
	}
	d, err := p.Decide(s, r.command, facts, at)
	if err != nil {
		return Outcome{}, err
	}
	if claim, err := e.slots(ctx, &d, s); err != nil {
		return Outcome{}, err
	} else if claim != nil {
		return Outcome{}, e.lost(ctx, r, *claim, at)
	}
	t, err := newTransition(s, d)
	if err != nil {
		return Outcome{}, err
	}
	t.Key, t.Fingerprint, t.Settle = r.command.Key, r.fingerprint(), r.settle
	err = e.append(ctx, t)
	if claimed := (*ClaimedError)(nil); errors.As(err, &claimed) {
		if claimed.Claim.Slots > 0 {
			return Outcome{}, errAgain // another slot may be free
		}
		return Outcome{}, e.lost(ctx, r, claimed.Claim, at)
	}
	if errors.Is(err, ErrStale) || errors.Is(err, ErrRepeated) {
		return Outcome{}, errAgain
	}
	return t.Outcome, err
}

// slots chooses a free slot for every claim that asks for one, which is then part of the event. If
// there is none, it returns the first claim of the definition that is not free.
func (e *Engine) slots(ctx context.Context, d *Decision, before State) (*Claim, error) {
	claims := d.Event.Claims
	if !slices.ContainsFunc(claims, func(k Claim) bool { return k.Slots > 0 }) {
		return nil, nil // the store finds out when it writes
	}
	free, err := e.cfg.Store.Free(ctx, claims)
	if err != nil {
		return nil, err
	}
	chosen := make([]Claim, len(claims))
	for i, k := range claims {
		j := slices.IndexFunc(free, func(f Claim) bool {
			return f.Name == k.Name && f.Scope == k.Scope && (k.Slots > 0 || f.Key == k.Key)
		})
		if j < 0 {
			return &k, nil
		}
		chosen[i] = free[j]
	}
	d.Event.Claims = chosen
	d.State = before.apply(d.Event)
	return nil, nil
}

// lost deals with a claim that another instance holds. Its holder may be past the timer that would
// have released it: what is overdue is decided once, everywhere; after that the claim is taken.
func (e *Engine) lost(ctx context.Context, r *request, k Claim, at time.Time) error {
	if r.caughtUp {
		r.taken = append(r.taken, k)
		return errAgain
	}
	r.caughtUp = true
	for {
		did, err := e.stepTimer(ctx, at)
		if err != nil && !did {
			e.cfg.Log.WarnContext(ctx, "workflow: overdue timer", "error", note(err))
			break
		}
		if !did {
			break
		}
	}
	return errAgain
}

// newTransition makes the one value that a store writes.
func newTransition(s State, d Decision) (*Transition, error) {
	entry, err := d.Event.chain(s.Head)
	if err != nil {
		return nil, err
	}
	d.State.Head = entry.Hash
	t := &Transition{
		Instance: s.Instance, Expected: s.Sequence, Entries: []Entry{entry}, State: d.State,
		Set: d.Event.Set, Cancel: d.Event.Cancel, Effects: d.Effects,
		Claims: d.Event.Claims, Release: d.Event.Release,
		Outcome: Outcome{Instance: s.Instance, Sequence: d.State.Sequence, State: d.State.Name,
			Final: d.State.Final, At: d.State.At},
	}
	if d.Event.Timer != "" {
		t.Cancel = append(slices.Clone(t.Cancel), d.Event.Timer)
	}
	return t, nil
}

// append writes a transition and tells of it.
func (e *Engine) append(ctx context.Context, t *Transition) error {
	if err := e.cfg.Store.Append(ctx, t); err != nil {
		return err
	}
	e.cfg.Log.InfoContext(ctx, "workflow: step", "instance", t.Instance,
		"sequence", t.State.Sequence, "state", t.State.Name, "at", t.State.At)
	e.poke()
	return nil
}

// fire decides one timer. Losing the race is no error: somebody else decided something.
func (e *Engine) fire(ctx context.Context, p *Process, s State, name string) error {
	d, err := p.Fire(s, name)
	if err != nil {
		return err
	}
	t, err := newTransition(s, d)
	if err != nil {
		return err
	}
	if err := e.append(ctx, t); !errors.Is(err, ErrStale) {
		return err
	}
	return nil
}

// note is what may be recorded of an error: what a Failure says of itself, the sentinel errors of
// this package, and of any other error its type alone.
func note(err error) string {
	var f *Failure
	if errors.As(err, &f) {
		return strings.ToValidUTF8(f.Note[:min(len(f.Note), maxNote)], "")
	}
	var r *Rejection
	if errors.As(err, &r) {
		names := make([]string, len(r.Refusals))
		for i, refusal := range r.Refusals {
			names[i] = refusal.Guard
		}
		return "refused: " + strings.Join(names, ", ")
	}
	for _, known := range []error{ErrCommand, ErrPinned, ErrUnknownProcess, ErrKeyReused, ErrBusy,
		ErrNotFound, ErrBroken, ErrSettled, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return fmt.Sprintf("%T", err)
}

// maxNote bounds what is recorded of a failure.
const maxNote = 200
