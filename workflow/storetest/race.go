package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
)

// crowd is how many writers race; half of them through a second opening of the medium.
const crowd = 8

// race runs f in a crowd at once.
func race(open Opener, f func(i int, s workflow.Store)) {
	stores := []workflow.Store{open(), open()}
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	for i := range crowd {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			ready.Done()
			<-begin
			f(i, stores[i%2])
		}()
	}
	ready.Wait()
	close(begin)
	done.Wait()
}

// Many writers to one instance: every step is made once, none is lost, and the chain holds.
func testWriters(t *testing.T, open Opener) {
	const steps = 8
	s := open()
	appendTo(t, s, start("a"))
	race(open, func(i int, s workflow.Store) {
		for n := range steps {
			for {
				r, err := s.Load(t.Context(), "a", "")
				if !assert.NoError(t, err) {
					return
				}
				x := step(r.State, "next")
				x.Key = fmt.Sprintf("%d-%d", i, n)
				err = s.Append(t.Context(), x)
				if err == nil {
					break
				}
				if !assert.ErrorIs(t, err, workflow.ErrStale) {
					return
				}
			}
		}
	})
	all := entries(t, s, "a")
	require.Len(t, all, 1+crowd*steps)
	st, _, err := workflow.Replay(all)
	require.NoError(t, err)
	require.Equal(t, load(t, s, "a", "").State.Head, st.Head)
	for i := range crowd {
		for n := range steps {
			require.NotNil(t, load(t, s, "a", fmt.Sprintf("%d-%d", i, n)).Outcome)
		}
	}
}

// One receipt pays one application, whoever is faster.
func testClaimRace(t *testing.T, open Opener) {
	const receipts = 5
	var mu sync.Mutex
	winners := map[string]string{}
	race(open, func(i int, s workflow.Store) {
		for n := range receipts {
			x := start(fmt.Sprintf("i%d-%d", i, n))
			x.Claims = []workflow.Claim{{Name: "r", Scope: "receipt", Key: fmt.Sprint(n)}}
			err := s.Append(t.Context(), x)
			var claimed *workflow.ClaimedError
			if errors.As(err, &claimed) {
				continue
			}
			if assert.NoError(t, err) {
				mu.Lock()
				assert.Empty(t, winners[fmt.Sprint(n)])
				winners[fmt.Sprint(n)] = x.Instance
				mu.Unlock()
			}
		}
	})
	require.Len(t, winners, receipts)
	s := open()
	for n, winner := range winners {
		x := start("late-" + n)
		x.Claims = []workflow.Claim{{Name: "r", Scope: "receipt", Key: n}}
		var claimed *workflow.ClaimedError
		require.ErrorAs(t, s.Append(t.Context(), x), &claimed)
		require.Equal(t, winner, claimed.Holder)
	}
}

// A quota is used up to the last slot, and never beyond.
func testSlotRace(t *testing.T, open Opener) {
	const slots = 3 * crowd
	var mu sync.Mutex
	taken := map[string]int{}
	race(open, func(i int, s workflow.Store) {
		for n := 0; n < slots; {
			free, err := s.Free(t.Context(), []workflow.Claim{{Name: "q", Scope: "q", Slots: slots}})
			if !assert.NoError(t, err) || len(free) == 0 {
				return
			}
			x := start(fmt.Sprintf("i%d-%d", i, n))
			x.Claims = free
			err = s.Append(t.Context(), x)
			var claimed *workflow.ClaimedError
			if errors.As(err, &claimed) {
				continue
			}
			if !assert.NoError(t, err) {
				return
			}
			n++
			mu.Lock()
			taken[free[0].Key]++
			mu.Unlock()
		}
	})
	require.Len(t, taken, slots)
	for k, n := range taken {
		require.Equal(t, 1, n, "slot %s", k)
	}
}

// The same command many times at once is done once.
func testKeyRace(t *testing.T, open Opener) {
	var mu sync.Mutex
	won := 0
	race(open, func(i int, s workflow.Store) {
		x := start(fmt.Sprintf("i%d", i))
		x.Key = "same"
		err := s.Append(t.Context(), x)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			won++
		} else {
			assert.ErrorIs(t, err, workflow.ErrRepeated)
		}
	})
	require.Equal(t, 1, won)
	states, err := open().Find(t.Context(), workflow.Filter{})
	require.NoError(t, err)
	require.Len(t, states, 1)
}

// Work is with one owner at a time.
func testLeaseRace(t *testing.T, open Opener) {
	const count = 40
	s := open()
	x := start("a")
	for n := range count {
		x.Effects = append(x.Effects, effect(x, n, epoch))
	}
	appendTo(t, s, x)
	var mu sync.Mutex
	seen := map[string]int{}
	race(open, func(i int, s workflow.Store) {
		for {
			work, err := s.Lease(t.Context(), workflow.Lease{Owner: fmt.Sprint("w", i), Now: epoch,
				Until: after(time.Minute), Limit: 3, Direction: workflow.Out})
			if !assert.NoError(t, err) || len(work) == 0 {
				return
			}
			for _, w := range work {
				mu.Lock()
				seen[w.Key]++
				mu.Unlock()
				assert.NoError(t, s.Settle(t.Context(), settle(w, workflow.Done)))
			}
		}
	})
	require.Len(t, seen, count)
	for key, n := range seen {
		require.Equal(t, 1, n, key)
	}
}

// What was written is there when the medium is opened again.
func testRestart(t *testing.T, open Opener) {
	s := open()
	st, w := prepared(t, s)
	appendTo(t, s, everything(st, w))
	again := open()
	require.Equal(t, load(t, s, "a", "torn"), load(t, again, "a", "torn"))
	require.Equal(t, entries(t, s, "a"), entries(t, again, "a"))
	u, err := again.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, workflow.Upcoming{Timer: after(time.Hour), Out: epoch}, u)
}
