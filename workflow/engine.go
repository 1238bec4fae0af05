package workflow

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/rubrica/rubrica/workflow/definition"
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
	// time on one store, and be the same again after a restart, so that the engine takes up what
	// it left. Required for Step, Drain and Run.
	Owner string
	// Lease is how long an attempt may take before another engine may try; 0 means 2 minutes.
	Lease time.Duration
	// Attempts is after how many failures an effect is given up; 0 means 20.
	Attempts int
	// Backoff is the pause after the n-th failure (n from 1); nil means 10 s doubling up to 1 h.
	Backoff func(n int) time.Duration
	// Poll is how long Run sleeps at most, so that it sees what other engines wrote; 0 means 1 s.
	Poll time.Duration
}

// Engine drives processes over a store. It keeps nothing that is not in the store, and is safe for
// concurrent use; many engines may work on one store.
type Engine struct {
	cfg     Config
	latest  map[string]*Process // by name, the highest revision
	pinned  map[Hash]*Process
	wake    chan struct{} // tells Run that there may be work
	reclaim sync.Mutex    // guards claimed
	claimed bool          // leases of an earlier life were taken back
}

var (
	// ErrKeyReused: the key was used for another command. The host gives two different intents
	// the same key: a mistake of its own (409).
	ErrKeyReused = errors.New("workflow: idempotency key was used for another command")
	// ErrUnknownProcess: no process of that name, or not the version that the instance is pinned
	// to, is in Config.Processes. Load the definition that the instance was started with.
	ErrUnknownProcess = errors.New("workflow: process or its version is not loaded")
	// ErrBusy: too many others write to the same instance or claim. Try again later (503).
	ErrBusy = errors.New("workflow: too many races lost")
)

// NewEngine checks the configuration.
func NewEngine(cfg Config) (*Engine, error) {
	if cfg.Store == nil || cfg.Clock == nil || len(cfg.Processes) == 0 {
		return nil, errors.New("workflow: an engine needs a store, a clock and a process")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Lease <= 0 {
		cfg.Lease = 2 * time.Minute
	}
	if cfg.Attempts <= 0 {
		cfg.Attempts = 20
	}
	if cfg.Backoff == nil {
		cfg.Backoff = backoff
	}
	if cfg.Poll <= 0 {
		cfg.Poll = time.Second
	}
	e := &Engine{cfg: cfg, latest: map[string]*Process{}, pinned: map[Hash]*Process{},
		wake: make(chan struct{}, 1)}
	for _, p := range cfg.Processes {
		if p == nil {
			return nil, errors.New("workflow: a process is nil")
		}
		e.pinned[p.pin.Digest] = p
		last := e.latest[p.pin.Name]
		if last != nil && last.pin.Revision == p.pin.Revision && last.pin != p.pin {
			return nil, fmt.Errorf("workflow: two different definitions are %s revision %d",
				p.pin.Name, p.pin.Revision)
		}
		if last == nil || last.pin.Revision < p.pin.Revision {
			e.latest[p.pin.Name] = p
		}
	}
	return e, nil
}

func backoff(n int) time.Duration {
	return min(10*time.Second<<min(n-1, 10), time.Hour)
}

func (e *Engine) now() time.Time { return instant(e.cfg.Clock.Now()) }

// Start begins an instance of the latest revision of a process. The instance is named by the
// caller or, if instance is "", after c.Key, so that a repeat means the same instance. Errors are
// as for Do.
func (e *Engine) Start(ctx context.Context, process, instance string, c Command) (Outcome, error) {
	p := e.latest[process]
	if p == nil {
		return Outcome{}, fmt.Errorf("%w: %s", ErrUnknownProcess, process)
	}
	if instance == "" {
		instance = instanceName(c.Key)
	}
	return e.do(ctx, request{instance: instance, command: c, start: p})
}

// instanceName derives the name of an instance from the key that starts it: 26 characters, 128
// bits.
func instanceName(key string) string {
	sum := sha256.Sum256([]byte("workflow instance 1\n" + key))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}

// Do gives a command to an instance. Timers of the instance that were due before the command are
// decided first. The error is a *Rejection if the command may not be done, ErrCommand, ErrNotFound,
// ErrKeyReused, ErrUnknownProcess, ErrBusy, that of Config.Facts, or that of the store; in the last
// case the outcome is unknown, and the command is to be repeated with the same key.
func (e *Engine) Do(ctx context.Context, instance string, c Command) (Outcome, error) {
	return e.do(ctx, request{instance: instance, command: c})
}

// State returns where an instance stands. ErrNotFound.
func (e *Engine) State(ctx context.Context, instance string) (State, error) {
	r, err := e.cfg.Store.Load(ctx, instance, "")
	return r.State, err
}

// History returns the events of an instance, after verifying their chain and that they lead to the
// state that the store has. ErrNotFound, ErrBroken.
func (e *Engine) History(ctx context.Context, instance string) ([]Event, error) {
	before, err := e.State(ctx, instance)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for after := uint64(0); ; {
		page, err := e.cfg.Store.Entries(ctx, instance, after, MaxPage)
		if err != nil {
			return nil, err
		}
		entries = append(entries, page...)
		if len(page) < MaxPage {
			break
		}
		after = page[len(page)-1].Sequence
	}
	s, events, err := Replay(entries)
	if err != nil {
		return nil, err
	}
	n := before.Sequence
	if n == 0 || s.Sequence < n {
		return nil, fmt.Errorf("%w: it does not reach the state", ErrBroken)
	}
	if s.Sequence > n { // others went on meanwhile
		if s, _, err = Replay(entries[:n]); err != nil {
			return nil, err
		}
	}
	if !s.same(before) {
		return nil, fmt.Errorf("%w: it does not lead to the state", ErrBroken)
	}
	return events, nil
}

// same compares two states as they are stored.
func (s State) same(other State) bool {
	a, err := json.Marshal(s)
	if err != nil {
		return false
	}
	b, err := json.Marshal(other)
	return err == nil && bytes.Equal(a, b)
}

// maxMessageData bounds what a message refers to: a mail with its attachments has a dozen.
const maxMessageData = 100

// Receive records a message for the Router. Received twice, it counts once: false then. An At in
// the future counts as now. ErrCommand when its data are not names and references.
func (e *Engine) Receive(ctx context.Context, m Message) (bool, error) {
	if !definition.Reference.Admits(m.Source) || len(m.Source) > 40 || m.ID == "" || len(m.ID) > 1000 {
		return false, fmt.Errorf("%w: message has no source and identification", ErrCommand)
	}
	if len(m.Data) > maxMessageData {
		return false, fmt.Errorf("%w: message has more than %d data", ErrCommand, maxMessageData)
	}
	for name, value := range m.Data {
		if !definition.ValidName(name) || !definition.Reference.Admits(value) {
			return false, fmt.Errorf("%w: a datum of the message is no reference", ErrCommand)
		}
	}
	m.At = instant(m.At)
	if now := e.now(); m.At.IsZero() || m.At.After(now) {
		m.At = now
	}
	fresh, err := e.cfg.Store.Receive(ctx, m)
	e.poke()
	return fresh, err
}

// Key returns the key under which a message is kept: "in/<source>/<SHA-256 of the identification>".
func (m Message) Key() string {
	return fmt.Sprintf("in/%s/%x", m.Source, sha256.Sum256([]byte(m.ID)))
}

// poke wakes Run.
func (e *Engine) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}
