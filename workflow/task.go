package workflow

import (
	"context"
	"slices"
	"time"
)

// TaskQuery asks for a work list.
type TaskQuery struct {
	Actor   string // required
	Process string // "" for all
	After   string // the last instance of the page before
	Limit   int    // as in Filter
}

// Task is an instance that waits for an actor.
type Task struct {
	State    State
	Commands []string  // that the actor may give
	Deadline time.Time // of the earliest timer that leads out of the state; zero if none
}

// Tasks returns what waits for an actor, ordered by instance. Instances of processes that are not
// loaded are left out.
func (e *Engine) Tasks(ctx context.Context, q TaskQuery) ([]Task, error) {
	f := Filter{Process: q.Process, Live: true, After: q.After, Limit: page(q.Limit)}
	seen := map[string]bool{}
	for _, p := range e.pinned {
		for state := range p.def.States {
			if !seen[state] && len(p.Can(state, q.Actor)) > 0 {
				seen[state] = true
				f.States = append(f.States, state)
			}
		}
	}
	slices.Sort(f.States)
	var out []Task
	for len(f.States) > 0 && len(out) < page(q.Limit) {
		states, err := e.cfg.Store.Find(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, s := range states {
			if t, ok := e.task(s, q.Actor); ok && len(out) < page(q.Limit) {
				out = append(out, t)
			}
		}
		if len(states) < f.Limit {
			break
		}
		f.After = states[len(states)-1].Instance
	}
	return out, nil
}

func page(limit int) int {
	if limit <= 0 || limit > MaxPage {
		return MaxPage
	}
	return limit
}

func (e *Engine) task(s State, actor string) (Task, bool) {
	p := e.pinned[s.Process.Digest]
	if p == nil {
		return Task{}, false
	}
	t := Task{State: s, Commands: p.Can(s.Name, actor)}
	for name, due := range s.Timers {
		if p.deadline(s.Name, name) && (t.Deadline.IsZero() || due.Before(t.Deadline)) {
			t.Deadline = due
		}
	}
	return t, len(t.Commands) > 0
}
