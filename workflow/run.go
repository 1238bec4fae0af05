package workflow

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Step does one thing that is due now: a message that came in, else a timer, else an effect, so
// that what arrived in time is decided before the timer that it stops. False means that nothing is
// due. An error is about one thing and does not stop the others; call Step again.
func (e *Engine) Step(ctx context.Context) (bool, error) {
	if err := e.takeBack(ctx); err != nil {
		return false, err
	}
	now := e.now()
	if e.cfg.Router != nil {
		if did, err := e.stepWork(ctx, In, now); did || err != nil {
			return did, err
		}
	}
	did, timers := e.stepTimer(ctx, now)
	if did || e.cfg.Handler == nil {
		return did, timers
	}
	// A timer that cannot be decided keeps nobody else waiting.
	if did, err := e.stepWork(ctx, Out, now); did || err != nil {
		return did, err
	}
	return false, timers
}

// takeBack makes the leases pending again that an earlier life of this engine left behind.
func (e *Engine) takeBack(ctx context.Context) error {
	e.reclaim.Lock()
	defer e.reclaim.Unlock()
	if e.claimed {
		return nil
	}
	if e.cfg.Owner == "" {
		return errors.New("workflow: an engine that runs needs an owner")
	}
	err := e.cfg.Store.Reclaim(ctx, e.cfg.Owner)
	e.claimed = err == nil
	return err
}

// stepTimer decides the first timer that is due and can be decided. Those of processes that are
// not loaded wait, and are the error if there are no others.
func (e *Engine) stepTimer(ctx context.Context, now time.Time) (bool, error) {
	var first error
	for range 2 {
		timers, err := e.cfg.Store.Due(ctx, now, MaxPage)
		if err != nil || len(timers) == 0 {
			return false, err
		}
		first = nil
		for _, t := range timers {
			did, err := e.fireDue(ctx, t.Instance, now)
			if did && err == nil {
				return true, nil
			}
			if first == nil {
				first = err
			}
		}
		if first != nil {
			return false, first
		}
		// Others decided all of them meanwhile: look again.
	}
	return false, fmt.Errorf("%w: timers are listed that their instances do not have", ErrBroken)
}

// fireDue decides the first overdue timer of an instance. False means that it has none: somebody
// else decided it meanwhile.
func (e *Engine) fireDue(ctx context.Context, instance string, now time.Time) (bool, error) {
	rec, err := e.cfg.Store.Load(ctx, instance, "")
	if err != nil {
		return false, err
	}
	p := e.pinned[rec.State.Process.Digest]
	if p == nil {
		return false, ErrUnknownProcess
	}
	name, ok := overdue(rec.State, now)
	if !ok {
		return false, nil
	}
	return true, e.fire(ctx, p, rec.State, name)
}

// stepWork leases and does one piece of work.
func (e *Engine) stepWork(ctx context.Context, d Direction, now time.Time) (bool, error) {
	work, err := e.cfg.Store.Lease(ctx, Lease{Owner: e.cfg.Owner, Now: now,
		Until: instant(now.Add(e.cfg.Lease)), Limit: 1, Direction: d})
	if err != nil || len(work) == 0 {
		return false, err
	}
	limited, cancel := context.WithTimeout(ctx, e.cfg.Lease)
	defer cancel()
	if d == In {
		err = e.message(limited, work[0])
	} else {
		err = e.effect(limited, work[0])
	}
	if errors.Is(err, ErrSettled) {
		err = nil // the lease ran out, and somebody else did it
	}
	return true, err
}

// Drain does everything that is due now, and what that leads to, until nothing is due. It does not
// wait. On a store and with a handler that do not fail, the order is always the same. The first
// error ends it.
func (e *Engine) Drain(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if did, err := e.Step(ctx); err != nil || !did {
			return err
		}
	}
}

// Next returns the next instant at which Step will have something to do; false if nothing is
// planned. It may lie in the past.
func (e *Engine) Next(ctx context.Context) (time.Time, bool, error) {
	u, err := e.cfg.Store.Next(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	var next time.Time
	for _, t := range []time.Time{afterTimer(u.Timer), when(e.cfg.Router != nil, u.In),
		when(e.cfg.Handler != nil, u.Out)} {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next, !next.IsZero(), nil
}

// afterTimer is the first instant at which a timer fires.
func afterTimer(due time.Time) time.Time {
	if due.IsZero() {
		return due
	}
	return due.Add(time.Microsecond)
}

func when(does bool, t time.Time) time.Time {
	if !does {
		return time.Time{}
	}
	return t
}

// RunUntil works through everything that falls due up to an instant, sleeping in between, and
// returns when the clock has reached it. With a clock that jumps, days take no time. The first
// error ends it.
func (e *Engine) RunUntil(ctx context.Context, end time.Time) error {
	for {
		if err := e.Drain(ctx); err != nil {
			return err
		}
		next, ok, err := e.Next(ctx)
		if err != nil {
			return err
		}
		if !ok || next.After(end) {
			if !e.now().Before(instant(end)) {
				return nil
			}
			next = end
		}
		if err := e.cfg.Clock.Sleep(ctx, next); err != nil {
			return err
		}
	}
}

// Run works until ctx ends, and returns its error: it does what is due, then sleeps until something
// else is, a command is given to this engine, or Config.Poll has passed. Errors are logged, and it
// goes on. Several may run at once.
func (e *Engine) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := e.cfg.Poll
		if err := e.Drain(ctx); err != nil && ctx.Err() == nil {
			e.cfg.Log.ErrorContext(ctx, "workflow: step failed", "error", note(err))
			pause = max(pause, time.Second)
			if err := e.cfg.Clock.Sleep(ctx, e.now().Add(pause)); err != nil {
				return err
			}
			continue
		}
		until := e.now().Add(pause)
		if next, ok, err := e.Next(ctx); err == nil && ok && next.Before(until) {
			until = next
		}
		e.sleep(ctx, until)
	}
	return ctx.Err()
}

// sleep ends at an instant, or when the engine is woken.
func (e *Engine) sleep(ctx context.Context, until time.Time) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = e.cfg.Clock.Sleep(ctx, until) // its error is that of ctx, which Run looks at
	}()
	select {
	case <-e.wake:
	case <-done:
	}
	cancel()
	<-done
}
