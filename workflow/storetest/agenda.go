package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
)

func testTimers(t *testing.T, open Opener) {
	s := open()
	set := func(x *workflow.Transition, name string, due time.Time) {
		x.Set = append(x.Set, workflow.Timer{Instance: x.Instance, Name: name, Due: due})
	}
	b := start("b")
	set(b, "x", after(2*time.Hour))
	set(b, "y", after(time.Hour))
	appendTo(t, s, b)
	a := start("a")
	set(a, "x", after(time.Hour))
	set(a, "later", after(50*time.Hour))
	st := appendTo(t, s, a)

	due := func(now time.Time, limit int) (out []string) {
		timers, err := s.Due(t.Context(), now, limit)
		require.NoError(t, err)
		for _, x := range timers {
			out = append(out, x.Instance+"/"+x.Name)
		}
		return out
	}
	require.Empty(t, due(after(time.Hour), 10), "what happens at the instant is still in time")
	require.Equal(t, []string{"a/x", "b/y"}, due(after(time.Hour+time.Microsecond), 10))
	require.Equal(t, []string{"a/x", "b/y", "b/x"}, due(after(3*time.Hour), 10))
	require.Equal(t, []string{"a/x"}, due(after(3*time.Hour), 1))

	// One step cancels one timer and moves another.
	x := step(st, "next")
	x.Cancel = []string{"x", "never-set"}
	set(x, "later", after(90*time.Minute))
	appendTo(t, s, x)
	require.Equal(t, []string{"b/y", "a/later", "b/x"}, due(after(3*time.Hour), 10))
	timers, err := s.Due(t.Context(), after(3*time.Hour), 10)
	require.NoError(t, err)
	require.Equal(t, after(90*time.Minute), timers[1].Due)
}

func testNext(t *testing.T, open Opener) {
	s := open()
	next := func() workflow.Upcoming {
		u, err := s.Next(t.Context())
		require.NoError(t, err)
		return u
	}
	require.Zero(t, next())
	x := start("a")
	x.Set = []workflow.Timer{{Instance: "a", Name: "n", Due: after(time.Hour)}}
	x.Effects = []workflow.Effect{effect(x, 0, after(2*time.Second)), effect(x, 1, after(time.Second))}
	appendTo(t, s, x)
	require.Equal(t, workflow.Upcoming{Timer: after(time.Hour), Out: after(time.Second)}, next())
	mail := workflow.Message{Source: "mail", ID: "<1@x>", At: after(-time.Hour)}
	_, err := s.Receive(t.Context(), mail)
	require.NoError(t, err)
	require.Equal(t, after(-time.Hour), next().In)

	w := lease(t, s, "w", workflow.Out, after(time.Minute), 2)
	require.Len(t, w, 2)
	require.Equal(t, after(2*time.Minute), next().Out, "when the leases end")
	require.NoError(t, s.Settle(t.Context(), settle(w[0], workflow.Done)))
	again := settle(w[1], workflow.Pending)
	again.Due = after(90 * time.Second)
	require.NoError(t, s.Settle(t.Context(), again))
	require.Equal(t, after(90*time.Second), next().Out)
	w = lease(t, s, "w", workflow.Out, after(time.Hour), 2)
	require.NoError(t, s.Settle(t.Context(), settle(w[0], workflow.Parked)))
	require.True(t, next().Out.IsZero())
}

func testInbox(t *testing.T, open Opener) {
	s := open()
	m := workflow.Message{Source: "mail", ID: "<7@example.org>", At: after(time.Second),
		Data: map[string]string{"record": "v/mail/1"}}
	for _, want := range []bool{true, false, false} {
		fresh, err := s.Receive(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, want, fresh)
	}
	other := m
	other.Source = "bank"
	fresh, err := s.Receive(t.Context(), other)
	require.NoError(t, err)
	require.True(t, fresh, "identifications are the source's own")

	require.Empty(t, lease(t, s, "w", workflow.Out, after(time.Minute), 10))
	require.Empty(t, lease(t, s, "w", workflow.In, epoch, 10), "not before it came in")
	work := lease(t, s, "w", workflow.In, after(time.Second), 1)
	require.Len(t, work, 1)
	w := work[0]
	require.Equal(t, m.Key(), w.Key)
	require.Equal(t, workflow.In, w.Direction)
	require.Equal(t, workflow.Message{Source: "mail", At: m.At, Data: m.Data}, w.Message,
		"the identification is not kept: it may be personal")
	require.NoError(t, s.Settle(t.Context(), settle(w, workflow.Done)))
	fresh, err = s.Receive(t.Context(), m)
	require.NoError(t, err)
	require.False(t, fresh, "a message that is done is still known")
}

func testLease(t *testing.T, open Opener) {
	s := open()
	x := start("a")
	x.Effects = []workflow.Effect{
		effect(x, 0, after(3*time.Second)), effect(x, 1, after(time.Second)),
		effect(x, 2, after(time.Second)), effect(x, 3, after(time.Hour)),
	}
	appendTo(t, s, x)
	keys := func(work []workflow.Work) (out []string) {
		for _, w := range work {
			out = append(out, w.Key)
			require.Equal(t, workflow.Leased, w.Status)
		}
		return out
	}
	require.Empty(t, lease(t, s, "w", workflow.Out, epoch, 10), "nothing is due")
	first := lease(t, s, "w", workflow.Out, after(10*time.Second), 2)
	require.Equal(t, []string{"a/1/1", "a/1/2"}, keys(first))
	require.Equal(t, 1, first[0].Attempts)
	require.Equal(t, "w", first[0].Owner)
	require.Equal(t, after(70*time.Second), first[0].Until)
	rest := lease(t, s, "v", workflow.Out, after(10*time.Second), 10)
	require.Equal(t, []string{"a/1/0"}, keys(rest))
	require.Empty(t, lease(t, s, "w", workflow.Out, after(11*time.Second), 10),
		"not even to the same owner")

	second := lease(t, s, "v", workflow.Out, after(70*time.Second), 2)
	require.Equal(t, []string{"a/1/1", "a/1/2"}, keys(second), "the leases have ended")
	require.Equal(t, 2, second[0].Attempts)
	require.ErrorIs(t, s.Settle(t.Context(), settle(first[0], workflow.Done)), workflow.ErrSettled)
	require.NoError(t, s.Settle(t.Context(), settle(second[0], workflow.Done)))
	require.ErrorIs(t, s.Settle(t.Context(), settle(second[0], workflow.Done)), workflow.ErrSettled)
}

func testSettle(t *testing.T, open Opener) {
	s := open()
	ctx := t.Context()
	x := start("a")
	x.Effects = []workflow.Effect{effect(x, 0, epoch)}
	appendTo(t, s, x)
	done := workflow.Settlement{Key: "a/1/0", Owner: "w", Status: workflow.Done}
	require.ErrorIs(t, s.Settle(ctx, done), workflow.ErrSettled, "nobody leases it")
	done.Owner = ""
	require.ErrorIs(t, s.Settle(ctx, done), workflow.ErrSettled, "it is not parked")
	done.Key, done.Owner = "none", "w"
	require.ErrorIs(t, s.Settle(ctx, done), workflow.ErrSettled)

	w := lease(t, s, "w", workflow.Out, epoch, 1)[0]
	retry := settle(w, workflow.Pending)
	retry.Due, retry.Note = after(time.Hour), "no route"
	require.NoError(t, s.Settle(ctx, retry))
	require.Empty(t, lease(t, s, "w", workflow.Out, after(time.Hour-1), 1))
	w = lease(t, s, "w", workflow.Out, after(time.Hour), 1)[0]
	require.Equal(t, 2, w.Attempts)
	require.Equal(t, "no route", w.Note)

	park := settle(w, workflow.Parked)
	park.Note = "given up"
	require.NoError(t, s.Settle(ctx, park))
	require.Empty(t, lease(t, s, "w", workflow.Out, after(100*time.Hour), 1))
	again := workflow.Settlement{Key: w.Key, Status: workflow.Pending, Due: after(2 * time.Hour)}
	require.NoError(t, s.Settle(ctx, again))
	w = lease(t, s, "w", workflow.Out, after(2*time.Hour), 1)[0]
	require.Equal(t, 1, w.Attempts, "a person took it up: attempts are counted anew")
}

// The work that led to a step is settled with it, or the step is not made.
func testSettleStep(t *testing.T, open Opener) {
	s := open()
	st, w := prepared(t, s)
	x := step(st, "second")
	lost := settle(w, workflow.Done)
	lost.Owner = "another"
	x.Settle = &lost
	require.ErrorIs(t, s.Append(t.Context(), x), workflow.ErrSettled)
	done := settle(w, workflow.Done)
	x.Settle = &done
	st = appendTo(t, s, x)
	y := step(st, "third")
	y.Settle = &done
	require.ErrorIs(t, s.Append(t.Context(), y), workflow.ErrSettled)
	require.Empty(t, lease(t, s, "w", workflow.Out, after(time.Hour), 10))
}

func testReclaim(t *testing.T, open Opener) {
	s := open()
	x := start("a")
	x.Effects = []workflow.Effect{effect(x, 0, epoch), effect(x, 1, epoch)}
	appendTo(t, s, x)
	mine := lease(t, s, "me", workflow.Out, epoch, 1)[0]
	lease(t, s, "you", workflow.Out, epoch, 1)
	require.NoError(t, s.Reclaim(t.Context(), "me"))
	require.ErrorIs(t, s.Settle(t.Context(), settle(mine, workflow.Done)), workflow.ErrSettled)
	again := lease(t, s, "me", workflow.Out, epoch, 10)
	require.Len(t, again, 1)
	require.Equal(t, mine.Key, again[0].Key)
	require.Equal(t, 2, again[0].Attempts)
}

func testWork(t *testing.T, open Opener) {
	s := open()
	for i := range 3 {
		x := start(fmt.Sprintf("i%d", i))
		x.Effects = []workflow.Effect{effect(x, 0, epoch), effect(x, 1, after(time.Hour))}
		appendTo(t, s, x)
	}
	work := func(f workflow.WorkFilter) (out []string) {
		list, err := s.Work(t.Context(), f)
		require.NoError(t, err)
		for _, w := range list {
			out = append(out, w.Key)
		}
		return out
	}
	for _, w := range lease(t, s, "w", workflow.Out, epoch, 2) {
		require.NoError(t, s.Settle(t.Context(), settle(w, workflow.Parked)))
	}
	parked := workflow.WorkFilter{Status: workflow.Parked}
	require.Equal(t, []string{"i0/1/0", "i1/1/0"}, work(parked))
	parked.After = "i0/1/0"
	require.Equal(t, []string{"i1/1/0"}, work(parked))
	require.Equal(t, []string{"i1/1/0", "i1/1/1"}, work(workflow.WorkFilter{Instance: "i1"}))
	page := workflow.WorkFilter{After: "i0/1/0", Limit: 2}
	require.Equal(t, []string{"i0/1/1", "i1/1/0"}, work(page))
	require.Len(t, work(workflow.WorkFilter{Status: workflow.Pending}), 4)
}
