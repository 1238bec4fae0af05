package workflow

import (
	"context"
	"log/slog"
	"time"
)

// Clock is the engine's time.
type Clock interface {
	Now() time.Time
	// Sleep returns nil at an instant or later, or ctx.Err() when ctx ends. A clock of tests or of
	// a demonstration may simply jump there.
	Sleep(ctx context.Context, until time.Time) error
}

// Config is what an Engine works with.
type Config struct {
	Store     Store      // required
	Clock     Clock      // required
	Processes []*Process // every version that has living instances; at least one
	// Handler does effects; nil leaves them in the outbox.
	Handler Handler
	// Router says what messages are for; nil leaves them in the inbox.
	Router Router
	// Facts returns Facts.Host for a decision; nil means none. It may read, and must not write.
	Facts func(ctx context.Context, s State, c Command) (any, error)
	// Log gets one line per step and per failed attempt, without personal data; nil is silent.
	Log *slog.Logger
	// Owner names this engine in leases; it must differ between engines that run at the same
	// time on one store. Required for Step and Run.
	Owner string
	// Lease is how long an attempt may take before another engine may try; 0 means 2 minutes.
	Lease time.Duration
	// Attempts is after how many failures an effect is given up; 0 means 20.
	Attempts int
	// Backoff is the pause after the n-th failure (n from 1); nil means 10 s doubling up to 1 h.
	Backoff func(n int) time.Duration
}

// Engine drives processes over a store. It keeps no state of its own and is safe for concurrent
// use; many engines may work on one store.
type Engine struct {
	cfg Config
}

// NewEngine checks the configuration.
func NewEngine(cfg Config) (*Engine, error) { return &Engine{cfg}, errUnbuilt }

// Start begins an instance of the latest revision of a process. The instance's name is instance
// or, if that is "", derived from c.Key. Errors are as for Do.
func (e *Engine) Start(ctx context.Context, process, instance string, c Command) (Outcome, error) {
	return Outcome{}, errUnbuilt
}

// Do gives a command to an instance. Timers of the instance that were due before the command are
// decided first. The error is a *Rejection if the command may not be done, ErrNotFound, ErrKeyReused,
// or that of the store, in which case the outcome is unknown and the command is to be repeated
// with the same key.
func (e *Engine) Do(ctx context.Context, instance string, c Command) (Outcome, error) {
	return Outcome{}, errUnbuilt
}

// Receive records a message for the Router. Received twice, it counts once: false then.
func (e *Engine) Receive(ctx context.Context, m Message) (bool, error) { return false, errUnbuilt }

// Step does one thing that is due now: a message, then a timer, then an effect. False means there was none.
func (e *Engine) Step(ctx context.Context) (bool, error) { return false, errUnbuilt }

// Settle does everything that is due now, and what that leads to, until nothing is. It does not
// wait. On a store and with a handler that do not fail, the order is always the same.
func (e *Engine) Settle(ctx context.Context) error { return errUnbuilt }

// Next returns the next instant at which Step will have something to do; false if nothing is
// planned.
func (e *Engine) Next(ctx context.Context) (time.Time, bool, error) {
	return time.Time{}, false, errUnbuilt
}

// Run works until ctx ends: Settle, then Sleep until Next, or a command, or a minute has passed.
func (e *Engine) Run(ctx context.Context) error { return errUnbuilt }

// State returns where an instance stands.
func (e *Engine) State(ctx context.Context, instance string) (State, error) {
	return State{}, errUnbuilt
}

// History returns the events of an instance after verifying their chain against the state.
func (e *Engine) History(ctx context.Context, instance string) ([]Event, error) {
	return nil, errUnbuilt
}

// Tasks returns what waits for an actor.
func (e *Engine) Tasks(ctx context.Context, q TaskQuery) ([]Task, error) { return nil, errUnbuilt }

// Retry takes parked work up again, due now.
func (e *Engine) Retry(ctx context.Context, key string) error { return errUnbuilt }

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
