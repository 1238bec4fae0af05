package workflow

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// chainPrefix separates the hashes of events from every other use of SHA-256.
const chainPrefix = "workflow event 1\n"

// hashEntry is the hash of an event: SHA-256 over the prefix and the bytes as they are stored,
// which hold the hash of the event before.
func hashEntry(body []byte) Hash {
	h := sha256.New()
	h.Write([]byte(chainPrefix))
	h.Write(body)
	return Hash(h.Sum(nil))
}

// chain makes the entry that follows previous.
func (e Event) chain(previous Hash) (Entry, error) {
	e.Previous = previous
	body, err := json.Marshal(e)
	if err != nil {
		return Entry{}, err
	}
	return Entry{e.Sequence, body, hashEntry(body)}, nil
}

// Event reads an entry, after checking its hash. The error is ErrBroken.
func (n Entry) Event() (Event, error) {
	if hashEntry(n.Body) != n.Hash {
		return Event{}, fmt.Errorf("%w: entry %d does not have its hash", ErrBroken, n.Sequence)
	}
	var e Event
	d := json.NewDecoder(bytes.NewReader(n.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || e.Sequence != n.Sequence {
		return Event{}, fmt.Errorf("%w: entry %d is not its event", ErrBroken, n.Sequence)
	}
	for i := range e.Set {
		e.Set[i].Instance = e.Instance
	}
	return e, nil
}

// Replay verifies the whole chain of an instance, from its first event, and makes its state again.
// An end that was cut off cannot be seen in the chain: compare Head with a state or an anchor
// that was kept elsewhere. The error is ErrBroken.
func Replay(entries []Entry) (State, []Event, error) {
	var s State
	events := make([]Event, 0, len(entries))
	for _, n := range entries {
		e, err := n.Event()
		switch {
		case err != nil:
			return State{}, nil, err
		case e.Sequence != s.Sequence+1 || e.Previous != s.Head ||
			s.Sequence > 0 && e.Instance != s.Instance || (e.Process != nil) != (s.Sequence == 0):
			return State{}, nil, fmt.Errorf("%w: event %d does not follow", ErrBroken, e.Sequence)
		}
		s = s.apply(e)
		s.Head = n.Hash
		events = append(events, e)
	}
	return s, events, nil
}

// apply is the one place where an event changes a state. Head is left as it was.
func (s State) apply(e Event) State {
	if e.Process != nil {
		s.Process, s.Started = *e.Process, e.At
	}
	if s.Sequence == 0 || s.Name != e.To {
		s.Entered = e.At
	}
	s.Instance, s.Sequence, s.Name, s.At, s.Final = e.Instance, e.Sequence, e.To, e.At, e.Final
	if len(e.Data) > 0 {
		s.Data = extend(s.Data)
		maps.Copy(s.Data, e.Data)
	}
	if e.Command != "" && e.By != "" {
		s.Doers = extend(s.Doers)
		s.Doers[e.Command] = e.By
	}
	s.Timers = s.applyTimers(e)
	s.Claims = slices.DeleteFunc(slices.Clone(s.Claims), func(k Claim) bool {
		return slices.Contains(e.Release, k)
	})
	s.Claims = append(s.Claims, e.Claims...)
	if len(s.Claims) == 0 {
		s.Claims = nil
	}
	return s
}

func (s State) applyTimers(e Event) map[string]time.Time {
	out := extend(s.Timers)
	delete(out, e.Timer)
	for _, name := range e.Cancel {
		delete(out, name)
	}
	for _, t := range e.Set {
		out[t.Name] = t.Due
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// extend returns a copy of a map that may be written to.
func extend[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m)+1)
	maps.Copy(out, m)
	return out
}
