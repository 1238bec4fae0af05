package workflow

import (
	"context"
	"errors"
	"maps"
)

// message gives a message to the Router and does what it leads to.
func (e *Engine) message(ctx context.Context, w Work) error {
	instance, c, err := e.cfg.Router.Route(ctx, w.Message)
	if err != nil {
		return e.failed(ctx, w, err)
	}
	if instance == "" {
		return e.settle(ctx, w, Parked, "fits no instance")
	}
	c.Key, c.At = ownKey+w.Key, w.Message.At
	_, err = e.do(ctx, request{instance: instance, command: c, message: true,
		settle: settlement(w, Done, "")})
	var rejection *Rejection
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrSettled):
		return err
	case errors.As(err, &rejection):
		return e.refusedMessage(ctx, w, rejection)
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrCommand):
		return e.settle(ctx, w, Parked, note(err))
	}
	return e.failed(ctx, w, err)
}

func (e *Engine) refusedMessage(ctx context.Context, w Work, r *Rejection) error {
	refuser, ok := e.cfg.Router.(Refuser)
	if !ok {
		return e.settle(ctx, w, Parked, note(r))
	}
	if err := refuser.Refused(ctx, w.Message, r); err != nil {
		return e.failed(ctx, w, err)
	}
	return e.settle(ctx, w, Done, note(r))
}

// effect does an effect and gives the command that its answer leads to.
func (e *Engine) effect(ctx context.Context, w Work) error {
	if w.Attempts > e.cfg.Attempts {
		// Not even the failures were recorded: it ended the process each time.
		return e.giveUp(ctx, w, "no attempt came to an end")
	}
	answer, err := e.cfg.Handler.Handle(ctx, w.Effect)
	if err != nil {
		return e.failed(ctx, w, err)
	}
	if answer.Word == "" {
		answer.Word = "done"
	}
	return e.answer(ctx, w, answer, "")
}

// answer settles an effect together with the command that its answer leads to. If the process
// refuses the answer, a person must look at it: what was done outside is not lost.
func (e *Engine) answer(ctx context.Context, w Work, a Answer, why string) error {
	name, ok := w.Effect.Answers[a.Word]
	switch {
	case !ok && a.Word != "done":
		return e.settle(ctx, w, Parked, "the definition has no command for the answer")
	case !ok:
		return e.settle(ctx, w, Done, why)
	}
	c := Command{Name: name, Key: ownKey + w.Key + "/" + a.Word, Actor: System,
		Data: maps.Clone(a.Data)}
	_, err := e.do(ctx, request{instance: w.Effect.Instance, command: c,
		settle: settlement(w, Done, why)})
	var rejection *Rejection
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrSettled):
		return err
	case errors.As(err, &rejection):
		return e.settle(ctx, w, Parked, "answer "+note(err))
	}
	return e.failed(ctx, w, err)
}

// failed plans the next attempt, or gives up.
func (e *Engine) failed(ctx context.Context, w Work, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) && !errors.Is(err, context.DeadlineExceeded) {
		return err // the engine is being stopped; the lease is taken back at the next start
	}
	why := note(err)
	e.cfg.Log.WarnContext(ctx, "workflow: attempt failed", "work", w.Key, "attempt", w.Attempts,
		"error", why)
	var f *Failure
	if w.Attempts >= e.cfg.Attempts || errors.As(err, &f) && f.Permanent {
		return e.giveUp(ctx, w, why)
	}
	s := settlement(w, Pending, why)
	s.Due = instant(e.now().Add(e.cfg.Backoff(w.Attempts)))
	return e.cfg.Store.Settle(context.WithoutCancel(ctx), *s)
}

// giveUp answers "failed" if the definition has a command for that, and parks the work otherwise.
func (e *Engine) giveUp(ctx context.Context, w Work, why string) error {
	if _, ok := w.Effect.Answers["failed"]; ok && w.Direction == Out {
		return e.answer(context.WithoutCancel(ctx), w, Answer{Word: "failed"}, why)
	}
	return e.settle(ctx, w, Parked, why)
}

func (e *Engine) settle(ctx context.Context, w Work, status Status, why string) error {
	return e.cfg.Store.Settle(context.WithoutCancel(ctx), *settlement(w, status, why))
}

func settlement(w Work, status Status, why string) *Settlement {
	return &Settlement{Key: w.Key, Owner: w.Owner, Attempt: w.Attempts, Status: status, Note: why}
}

// Parked returns work that was given up, in the order of recording, after a key.
func (e *Engine) Parked(ctx context.Context, after string) ([]Work, error) {
	return e.cfg.Store.Work(ctx, WorkFilter{Status: Parked, After: after})
}

// Retry takes parked work up again, due now. ErrSettled if it is not parked.
func (e *Engine) Retry(ctx context.Context, key string) error {
	defer e.poke()
	return e.cfg.Store.Settle(ctx, Settlement{Key: key, Status: Pending, Due: e.now()})
}

// Dismiss declares parked work done: a person has dealt with it. ErrSettled if it is not parked.
func (e *Engine) Dismiss(ctx context.Context, key, why string) error {
	return e.cfg.Store.Settle(ctx, Settlement{Key: key, Status: Done, Note: why})
}
