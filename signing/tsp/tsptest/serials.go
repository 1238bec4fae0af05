// Package tsptest has the conformance suite for the port of package tsp: whoever keeps serial
// numbers in a store of his own runs it over that store.
package tsptest

import (
	"context"
	"sync"
	"testing"

	"github.com/rubrica/rubrica/signing/tsp"
)

// Serials proves that a store never hands out a number twice. open opens the one store anew each
// time it is called, as a process does that starts again, or a second process beside the first;
// what it returned before may still be in use.
func Serials(t *testing.T, open func(t *testing.T) tsp.Serials) {
	t.Helper()
	var mu sync.Mutex
	taken := map[uint64]bool{}
	reserve := func(t *testing.T, s tsp.Serials, n uint64) {
		first, err := s.Reserve(context.Background(), n)
		if err != nil {
			t.Errorf("Reserve(%d): %v", n, err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for i := first; i < first+n; i++ {
			if taken[i] {
				t.Errorf("number %d was handed out twice", i)
				return
			}
			taken[i] = true
		}
	}
	t.Run("in a row", func(t *testing.T) {
		s := open(t)
		for n := range uint64(20) {
			reserve(t, s, n+1)
		}
	})
	t.Run("after a restart", func(t *testing.T) {
		for range 5 {
			reserve(t, open(t), 7)
		}
	})
	t.Run("side by side", func(t *testing.T) {
		one, other := open(t), open(t)
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				for range 20 {
					reserve(t, []tsp.Serials{one, other}[i%2], 3)
				}
			})
		}
		group.Wait()
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		// A store may still answer; it must not answer twice with the same.
		if first, err := open(t).Reserve(ctx, 2); err == nil {
			mu.Lock()
			defer mu.Unlock()
			for i := first; i < first+2; i++ {
				if taken[i] {
					t.Errorf("number %d was handed out twice", i)
				}
				taken[i] = true
			}
		}
	})
}
