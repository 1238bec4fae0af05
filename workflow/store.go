package workflow

import (
	"context"
	"errors"
	"time"
)

// Store keeps processes. It is safe for use by many goroutines and, where its medium allows, by
// many processes at once. Package storetest says in tests what a store must do; a store that
// passes storetest.Run is a store.
//
// Errors that are not named here mean that the store could not be reached or failed: the caller
// does not know whether anything was written, and repeats with the same key.
type Store interface {
	Journal
	Agenda
	Queue
}

// Journal keeps states, events, claims and outcomes.
type Journal interface {
	// Append writes one transition, whole or not at all, durably: when it returns nil, what it
	// wrote survives a crash of the machine. It returns ErrStale when the instance is not at
	// t.Expected, ErrRepeated when t.Key has an outcome already (this is looked at first),
	// *ClaimedError when another instance holds a claim, ErrSettled when t.Settle names work
	// that its owner no longer leases in this attempt. Releases happen before claims are taken.
	Append(ctx context.Context, t *Transition) error
	// Load returns the state of an instance and, if key is not "", the outcome stored under it,
	// in one round trip. ErrNotFound when there is no such instance and no such outcome; when
	// only one of the two is there, the other is zero.
	Load(ctx context.Context, instance, key string) (Record, error)
	// Entries returns up to limit entries of an instance after a sequence, in order.
	Entries(ctx context.Context, instance string, after uint64, limit int) ([]Entry, error)
	// Find returns states by a filter, ordered by instance.
	Find(ctx context.Context, f Filter) ([]State, error)
	// Free returns those of some claims that nobody holds at the moment, in the same order. Of a
	// claim with Slots it sets Key to the smallest number from 1 to Slots that is free.
	Free(ctx context.Context, claims []Claim) ([]Claim, error)
}

// Agenda knows what is due when.
type Agenda interface {
	// Due returns up to limit timers due before now (not at now), ordered by due, instance, name.
	Due(ctx context.Context, now time.Time, limit int) ([]Timer, error)
	// Next says when something will be to be done.
	Next(ctx context.Context) (Upcoming, error)
}

// Upcoming is what an Agenda looks forward to; a zero time means nothing.
type Upcoming struct {
	Timer time.Time // the earliest timer; it fires after this instant
	// In and Out are the earliest instants at which messages and effects may be leased; for work
	// that is leased that is the end of its lease.
	In, Out time.Time
}

// Queue keeps what is to be done: effects that go out and messages that came in.
type Queue interface {
	// Receive records a message once. False means it was known already.
	Receive(ctx context.Context, m Message) (bool, error)
	// Lease hands out pending work that is due, and leased work whose lease has ended, for the
	// owner alone until l.Until; ordered by due, then by the order of recording. Attempts of what
	// it returns counts this attempt.
	Lease(ctx context.Context, l Lease) ([]Work, error)
	// Settle changes the status of work. ErrSettled when s.Owner does not lease it in this
	// attempt; with Owner "" it is allowed on parked work alone.
	Settle(ctx context.Context, s Settlement) error
	// Work lists work by a filter in the order of recording.
	Work(ctx context.Context, f WorkFilter) ([]Work, error)
	// Reclaim makes work that is leased to an owner pending again, due as before. An owner that
	// starts again after a crash calls it before its first Lease.
	Reclaim(ctx context.Context, owner string) error
}

// Record is what Load returns.
type Record struct {
	State       State // Sequence is 0 if there is no such instance
	Outcome     *Outcome
	Fingerprint Hash // of the command that led to Outcome
}

// Filter selects instances; empty fields select all.
type Filter struct {
	Process string
	States  []string
	// Live leaves out instances in a final state.
	Live bool
	// After is the last instance of the page before.
	After string
	// Limit is at most MaxPage; 0 means MaxPage.
	Limit int
}

// MaxPage bounds every list, so that no answer grows with the age of the store.
const MaxPage = 1000

// WorkFilter selects work; empty fields select all.
type WorkFilter struct {
	Instance string
	Status   Status
	After    string // key of the last work of the page before
	Limit    int    // as in Filter
}

// Errors of a Store. The engine deals with the first three itself.
var (
	// ErrStale: another writer was faster. Load again and decide again.
	ErrStale = errors.New("workflow: instance has moved on")
	// ErrRepeated: the key has an outcome. Load it and answer with it.
	ErrRepeated = errors.New("workflow: command already answered")
	// ErrSettled: the work is somebody else's now, or done. Forget it.
	ErrSettled = errors.New("workflow: work is not leased to this owner")
	// ErrNotFound: no such instance. Tell whoever named it (404).
	ErrNotFound = errors.New("workflow: no such instance")
)

// ClaimedError says that another instance holds a claim.
type ClaimedError struct {
	Claim  Claim
	Holder string // the instance that holds it
}

// Error names the claim, not its holder.
func (e *ClaimedError) Error() string {
	return "workflow: claim " + e.Claim.Name + " is held by another instance"
}
