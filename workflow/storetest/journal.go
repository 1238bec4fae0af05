package storetest

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

func testAppend(t *testing.T, open Opener) {
	s := open()
	_, err := s.Load(t.Context(), "one", "k1")
	require.ErrorIs(t, err, workflow.ErrNotFound)

	x := start("one")
	x.Key, x.Fingerprint = "k1", workflow.Hash{1, 2, 3}
	x.State.Data = map[string]string{"form": "v/form/1"}
	x.State.Doers = map[string]string{"go": "operator/1"}
	x.State.Timers = map[string]time.Time{"late": after(time.Hour)}
	x.State.Claims = []workflow.Claim{{Name: "r", Scope: "receipt", Key: "77"}}
	x.Set = []workflow.Timer{{Instance: "one", Name: "late", Due: after(time.Hour)}}
	x.Claims = x.State.Claims
	x.Effects = []workflow.Effect{effect(x, 0, epoch)}
	appendTo(t, s, x)

	r := load(t, s, "one", "k1")
	require.Equal(t, x.State, r.State)
	require.Equal(t, x.Fingerprint, r.Fingerprint)
	require.Equal(t, &x.Outcome, r.Outcome)
	require.Equal(t, x.Entries, entries(t, s, "one"))

	r = load(t, s, "one", "")
	require.Nil(t, r.Outcome)
	r = load(t, s, "nobody", "k1")
	require.Zero(t, r.State.Sequence)
	require.Equal(t, "one", r.Outcome.Instance)

	work := lease(t, s, "w", workflow.Out, epoch, 10)
	require.Len(t, work, 1)
	require.Equal(t, x.Effects[0], work[0].Effect, "parameters keep their types")
}

func testStale(t *testing.T, open Opener) {
	s := open()
	ctx := t.Context()
	require.ErrorIs(t, s.Append(ctx, step(workflow.State{Instance: "a", Sequence: 1}, "x")),
		workflow.ErrStale, "there is no such instance")
	st := appendTo(t, s, start("a"))
	require.ErrorIs(t, s.Append(ctx, start("a")), workflow.ErrStale, "it exists")
	late := step(st, "late")
	st = appendTo(t, s, step(st, "second"))
	require.ErrorIs(t, s.Append(ctx, late), workflow.ErrStale)
	require.Equal(t, st, load(t, s, "a", "").State)
	require.Len(t, entries(t, s, "a"), 2)
}

func testRepeated(t *testing.T, open Opener) {
	s := open()
	x := start("a")
	x.Key = "k"
	st := appendTo(t, s, x)
	y := step(st, "second")
	y.Key = "k"
	require.ErrorIs(t, s.Append(t.Context(), y), workflow.ErrRepeated)
	z := start("b")
	z.Key = "k"
	require.ErrorIs(t, s.Append(t.Context(), z), workflow.ErrRepeated,
		"keys are the store's, not the instance's")
	old := start("a")
	old.Key = "k"
	require.ErrorIs(t, s.Append(t.Context(), old), workflow.ErrRepeated,
		"the key is looked at before the sequence")
	_, err := s.Load(t.Context(), "b", "")
	require.ErrorIs(t, err, workflow.ErrNotFound)

	// Timers have no key, and are not each other's repeats.
	st = appendTo(t, s, step(st, "second"))
	appendTo(t, s, step(st, "third"))
}

func testClaims(t *testing.T, open Opener) {
	s := open()
	ctx := t.Context()
	claim := workflow.Claim{Name: "receipt", Scope: "bank", Key: "77"}
	a := start("a")
	a.Claims = []workflow.Claim{claim}
	st := appendTo(t, s, a)

	b := start("b")
	b.Claims = []workflow.Claim{{Name: "other", Scope: "bank", Key: "78"}, claim}
	var claimed *workflow.ClaimedError
	require.ErrorAs(t, s.Append(ctx, b), &claimed)
	require.Equal(t, claim, claimed.Claim)
	require.Equal(t, "a", claimed.Holder)

	// Same key in another scope, and what the refused transition claimed first, are free.
	c := start("c")
	c.Claims = []workflow.Claim{
		{Name: "x", Scope: "till", Key: "77"}, {Name: "x", Scope: "bank", Key: "78"},
	}
	appendTo(t, s, c)

	// Only its holder releases a claim.
	theft := step(c.State, "next")
	theft.Release = []workflow.Claim{claim}
	appendTo(t, s, theft)
	b.Claims = []workflow.Claim{claim}
	require.ErrorAs(t, s.Append(ctx, b), &claimed)
	require.Equal(t, "a", claimed.Holder)

	// Released and taken again in one step.
	x := step(st, "next")
	x.Release, x.Claims = []workflow.Claim{claim}, []workflow.Claim{claim}
	st = appendTo(t, s, x)
	require.ErrorAs(t, s.Append(ctx, b), &claimed)
	x = step(st, "last")
	x.Release = []workflow.Claim{claim}
	appendTo(t, s, x)
	appendTo(t, s, b)
}

func testFree(t *testing.T, open Opener) {
	s := open()
	free := func(slots int) int {
		got, err := s.Free(t.Context(), []workflow.Claim{{Name: "q", Scope: "window", Slots: slots}})
		require.NoError(t, err)
		if len(got) == 0 {
			return 0
		}
		require.Equal(t, slots, got[0].Slots)
		n, err := strconv.Atoi(got[0].Key)
		require.NoError(t, err)
		return n
	}
	require.Equal(t, 1, free(3))
	take := func(n int) workflow.State {
		x := start(fmt.Sprintf("i%d", n))
		x.Claims = []workflow.Claim{{Name: "q", Scope: "window", Key: fmt.Sprint(n), Slots: 20}}
		return appendTo(t, s, x)
	}
	second := take(2)
	require.Equal(t, 1, free(3))
	take(1)
	require.Equal(t, 3, free(3))
	for n := 3; n <= 12; n++ {
		take(n)
	}
	require.Equal(t, 0, free(3))
	require.Equal(t, 0, free(12))
	require.Equal(t, 13, free(13), "slots are numbers, not texts")
	x := step(second, "next")
	x.Release = []workflow.Claim{{Name: "q", Scope: "window", Key: "2", Slots: 20}}
	appendTo(t, s, x)
	require.Equal(t, 2, free(12))
	got, err := s.Free(t.Context(), []workflow.Claim{
		{Name: "a", Scope: "other", Slots: 1}, {Name: "b", Scope: "window", Key: "3"},
		{Name: "c", Scope: "window", Slots: 1}, {Name: "d", Scope: "other", Key: "3"},
	})
	require.NoError(t, err)
	require.Equal(t, []workflow.Claim{{Name: "a", Scope: "other", Key: "1", Slots: 1},
		{Name: "d", Scope: "other", Key: "3"}}, got)
}

// everything is a transition that writes to every part of a store.
func everything(s workflow.State, w workflow.Work) *workflow.Transition {
	x := step(s, "second")
	x.Key = "torn"
	x.Set = []workflow.Timer{{Instance: x.Instance, Name: "set", Due: after(time.Hour)}}
	x.Cancel = []string{"kept"}
	x.Effects = []workflow.Effect{effect(x, 0, epoch)}
	x.Claims = []workflow.Claim{{Name: "c", Scope: "torn", Key: "1"}}
	x.Release = []workflow.Claim{{Name: "c", Scope: "held", Key: "1"}}
	done := settle(w, workflow.Done)
	x.Settle = &done
	return x
}

// prepared is a store with an instance on which everything can be written.
func prepared(t *testing.T, s workflow.Store) (workflow.State, workflow.Work) {
	t.Helper()
	x := start("a")
	x.Set = []workflow.Timer{{Instance: "a", Name: "kept", Due: after(time.Minute)}}
	x.Claims = []workflow.Claim{{Name: "c", Scope: "held", Key: "1"}}
	x.Effects = []workflow.Effect{effect(x, 0, epoch)}
	st := appendTo(t, s, x)
	return st, lease(t, s, "w", workflow.Out, epoch, 1)[0]
}

// untouched says that nothing of everything was written.
func untouched(t *testing.T, s workflow.Store, st workflow.State, name string) {
	t.Helper()
	r := load(t, s, "a", "torn")
	require.Equal(t, st, r.State)
	require.Nil(t, r.Outcome)
	require.Len(t, entries(t, s, "a"), 1)
	timers, err := s.Due(t.Context(), after(24*time.Hour), 10)
	require.NoError(t, err)
	require.Equal(t, []workflow.Timer{{Instance: "a", Name: "kept", Due: after(time.Minute)}}, timers)
	work, err := s.Work(t.Context(), workflow.WorkFilter{Instance: "a"})
	require.NoError(t, err)
	require.Len(t, work, 1)
	require.Equal(t, workflow.Leased, work[0].Status)
	for scope, held := range map[string]bool{"torn": false, "held": true} {
		probe := start(fmt.Sprintf("probe-%s-%s", scope, name))
		probe.Claims = []workflow.Claim{{Name: "p", Scope: scope, Key: "1"}}
		err := s.Append(t.Context(), probe)
		require.Equal(t, held, err != nil, "claim of scope %s: %v", scope, err)
		if err == nil {
			free := step(probe.State, "over")
			free.Release = probe.Claims
			appendTo(t, s, free)
		}
	}
}

// A transition that fails at one of its parts leaves no other part behind.
func testTorn(t *testing.T, open Opener) {
	s := open()
	st, w := prepared(t, s)
	appendTo(t, s, func() *workflow.Transition {
		x := start("other")
		x.Key, x.Claims = "used", []workflow.Claim{{Name: "o", Scope: "torn", Key: "2"}}
		return x
	}())
	for name, spoil := range map[string]func(*workflow.Transition){
		"owner":    func(x *workflow.Transition) { x.Settle.Owner = "somebody" },
		"attempt":  func(x *workflow.Transition) { x.Settle.Attempt++ },
		"sequence": func(x *workflow.Transition) { x.Expected = 7 },
		"start":    func(x *workflow.Transition) { x.Expected = 0 },
		"key":      func(x *workflow.Transition) { x.Key = "used" },
		"effect": func(x *workflow.Transition) {
			x.Effects[0].Params = definition.Params{"no JSON": func() {}}
		},
		"claim": func(x *workflow.Transition) {
			x.Claims = append(x.Claims, workflow.Claim{Name: "o", Scope: "torn", Key: "2"})
		},
	} {
		x := everything(st, w)
		spoil(x)
		require.Error(t, s.Append(t.Context(), x), name)
		untouched(t, s, st, name)
	}
	appendTo(t, s, everything(st, w))
}

// A cancelled call writes all or nothing, and says nothing else than it did.
func testCancelled(t *testing.T, open Opener) {
	s := open()
	st, w := prepared(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, s.Append(ctx, everything(st, w)))
	untouched(t, s, st, "cancelled")
	require.NoError(t, s.Append(t.Context(), everything(st, w)))
}

// Values that were handed in or out are the caller's: changing them changes nothing.
func testIsolation(t *testing.T, open Opener) {
	s := open()
	x := start("a")
	x.Key = "k"
	x.State.Data = map[string]string{"form": "v/form/1"}
	x.Effects = []workflow.Effect{effect(x, 0, epoch)}
	want := *x
	appendTo(t, s, x)
	body := string(x.Entries[0].Body)
	for _, mine := range []workflow.State{x.State, load(t, s, "a", "").State} {
		mine.Data["form"] = "changed"
	}
	x.Entries[0].Body[0] = '!'
	got := entries(t, s, "a")
	require.Equal(t, body, string(got[0].Body))
	got[0].Body[0] = '!'
	require.Equal(t, body, string(entries(t, s, "a")[0].Body))
	require.Equal(t, "v/form/1", load(t, s, "a", "").State.Data["form"])
	x.Effects[0].Data["form"] = "changed"
	x.Effects[0].Params["template"] = "changed"
	w := lease(t, s, "w", workflow.Out, epoch, 1)[0]
	require.Equal(t, "v/form/1", w.Effect.Data["form"])
	require.Equal(t, "a.b", w.Effect.Params["template"])
	require.Equal(t, want.Key, "k")
}

func testEntries(t *testing.T, open Opener) {
	s := open()
	st := appendTo(t, s, start("a"))
	appendTo(t, s, start("b"))
	for range 11 {
		st = appendTo(t, s, step(st, "next"))
	}
	all := entries(t, s, "a")
	require.Len(t, all, 12)
	replayed, events, err := workflow.Replay(all)
	require.NoError(t, err)
	require.Equal(t, st.Head, replayed.Head)
	require.Len(t, events, 12)
	part, err := s.Entries(t.Context(), "a", 3, 4)
	require.NoError(t, err)
	require.Equal(t, all[3:7], part)
	part, err = s.Entries(t.Context(), "a", 12, 4)
	require.NoError(t, err)
	require.Empty(t, part)
	part, err = s.Entries(t.Context(), "nobody", 0, 4)
	require.NoError(t, err)
	require.Empty(t, part)
}

func testFind(t *testing.T, open Opener) {
	s := open()
	for i := range 6 {
		x := start(fmt.Sprintf("i%d", i))
		if i%2 == 1 {
			x.State.Name = "odd"
		}
		if i == 4 {
			x.State.Final = "over"
		}
		appendTo(t, s, x)
	}
	find := func(f workflow.Filter) (names []string) {
		states, err := s.Find(t.Context(), f)
		require.NoError(t, err)
		for _, st := range states {
			require.Equal(t, "test", st.Process.Name)
			names = append(names, st.Instance)
		}
		return names
	}
	require.Equal(t, []string{"i0", "i1", "i2", "i3", "i4", "i5"}, find(workflow.Filter{}))
	require.Equal(t, []string{"i0", "i2"},
		find(workflow.Filter{States: []string{"first"}, Live: true}))
	require.Equal(t, []string{"i1", "i2"},
		find(workflow.Filter{After: "i0", Limit: 2, Process: "test"}))
	require.Equal(t, []string{"i3", "i5"},
		find(workflow.Filter{After: "i1", States: []string{"odd", "none"}}))
	require.Empty(t, find(workflow.Filter{Process: "other"}))
}
