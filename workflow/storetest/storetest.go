package storetest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

// Opener opens one and the same empty medium each time it is called: a second call stands for a
// second process, or for the same one after a restart. A medium that does not outlive its store
// returns the same store again. It fails the test itself when it cannot, and cleans up after it.
type Opener func() workflow.Store

// Run checks a store against the contract of workflow.Store. open is called once for each test.
func Run(t *testing.T, open func(t *testing.T) Opener) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Opener){
		"Append":     testAppend,
		"Stale":      testStale,
		"Repeated":   testRepeated,
		"Claims":     testClaims,
		"Free":       testFree,
		"Torn":       testTorn,
		"Cancelled":  testCancelled,
		"Isolation":  testIsolation,
		"Entries":    testEntries,
		"Find":       testFind,
		"Timers":     testTimers,
		"Next":       testNext,
		"Inbox":      testInbox,
		"Lease":      testLease,
		"Settle":     testSettle,
		"SettleStep": testSettleStep,
		"Reclaim":    testReclaim,
		"Work":       testWork,
		"Writers":    testWriters,
		"ClaimRace":  testClaimRace,
		"SlotRace":   testSlotRace,
		"KeyRace":    testKeyRace,
		"LeaseRace":  testLeaseRace,
		"Restart":    testRestart,
		"Engine":     testEngine,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// epoch is an instant like any other; stores keep whole microseconds.
var epoch = time.Date(2026, 2, 27, 13, 45, 6, 789_012_000, time.UTC)

func after(d time.Duration) time.Time { return epoch.Add(d) }

// step makes a transition that follows a state, with a well-formed entry.
func step(s workflow.State, to string) *workflow.Transition {
	e := workflow.Event{Instance: s.Instance, Sequence: s.Sequence + 1, At: epoch, From: s.Name,
		To: to, Command: "go", Previous: s.Head}
	if s.Sequence == 0 {
		e.Process = &workflow.Pin{Name: "test", Revision: 1}
	}
	body, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	n := s
	if e.Process != nil {
		n.Process, n.Started = *e.Process, epoch
	}
	n.Sequence, n.Name, n.Entered, n.At = e.Sequence, to, epoch, epoch
	n.Head = workflow.Hash(sha256.Sum256(append([]byte("workflow event 1\n"), body...)))
	return &workflow.Transition{
		Instance: s.Instance, Expected: s.Sequence, State: n,
		Entries: []workflow.Entry{{Sequence: e.Sequence, Body: body, Hash: n.Head}},
		Outcome: workflow.Outcome{Instance: s.Instance, Sequence: e.Sequence, State: to, At: epoch},
	}
}

func start(instance string) *workflow.Transition {
	return step(workflow.State{Instance: instance}, "first")
}

// effect makes the n-th effect of the step that a transition makes.
func effect(t *workflow.Transition, n int, at time.Time) workflow.Effect {
	return workflow.Effect{
		Key:      fmt.Sprintf("%s/%d/%d", t.Instance, t.Expected+1, n),
		Instance: t.Instance, Name: "mail", State: t.State.Name, At: at,
		Params:  definition.Params{"template": "a.b", "n": int64(1) << 60, "list": []any{"x", true, 1.5}},
		Data:    map[string]string{"form": "v/form/1"},
		Answers: map[string]string{"done": "sent"},
	}
}

func appendTo(t *testing.T, s workflow.Store, x *workflow.Transition) workflow.State {
	t.Helper()
	require.NoError(t, s.Append(t.Context(), x))
	return x.State
}

func load(t *testing.T, s workflow.Store, instance, key string) workflow.Record {
	t.Helper()
	r, err := s.Load(t.Context(), instance, key)
	require.NoError(t, err)
	return r
}

func entries(t *testing.T, s workflow.Store, instance string) []workflow.Entry {
	t.Helper()
	out, err := s.Entries(t.Context(), instance, 0, workflow.MaxPage)
	require.NoError(t, err)
	return out
}

func lease(
	t *testing.T, s workflow.Store, owner string, d workflow.Direction, now time.Time, limit int,
) []workflow.Work {
	t.Helper()
	out, err := s.Lease(t.Context(), workflow.Lease{Owner: owner, Now: now,
		Until: now.Add(time.Minute), Limit: limit, Direction: d})
	require.NoError(t, err)
	return out
}

func settle(w workflow.Work, status workflow.Status) workflow.Settlement {
	return workflow.Settlement{Key: w.Key, Owner: w.Owner, Attempt: w.Attempts, Status: status}
}
