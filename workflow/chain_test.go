package workflow_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
)

// The bytes of an event and its hash are a format: histories that were written with it must be
// verified for as long as they are kept. The hash is that of
//
//	{ printf 'workflow event 1\n'; printf '%s' "$body"; } | sha256sum
func TestEventFormat(t *testing.T) {
	t.Parallel()
	const body = `{"instance":"one","sequence":1,"at":"2026-03-06T17:00:00.000001Z","process":{"name":"small",` +
		`"revision":1,"digest":"0101010101010101010101010101010101010101010101010101010101010101"},` +
		`"command":"open","key":"k-1","actor":"applicant","by":"applicant/1","to":"first",` +
		`"data":{"a":"1","b":"2"},"set":[{"name":"late","due":"2026-03-08T17:00:00Z"}],"cancel":["early"],` +
		`"claims":[{"name":"receipt","scope":"bank","key":"77"},{"name":"q","scope":"w","key":"3","slots":9}],` +
		`"effects":[{"name":"mail","key":"one/1/0"}],` +
		`"previous":"0000000000000000000000000000000000000000000000000000000000000000"}`
	var hash workflow.Hash
	require.NoError(t, hash.UnmarshalText([]byte("6500b24c0cd964424e435465a506f0a57d5ece23afde05366096deb8282834ba")))
	state, events, err := workflow.Replay([]workflow.Entry{{Sequence: 1, Body: []byte(body), Hash: hash}})
	require.NoError(t, err)
	require.Equal(t, hash, state.Head)
	require.Equal(t, "first", state.Name)
	require.Equal(t, time.Date(2026, 3, 8, 17, 0, 0, 0, time.UTC), state.Timers["late"])
	require.Len(t, state.Claims, 2)
	require.Equal(t, "77", events[0].Claims[0].Key)
	again, err := json.Marshal(events[0])
	require.NoError(t, err)
	require.Equal(t, body, string(again))

	require.Error(t, hash.UnmarshalText([]byte("00")))
	require.Error(t, hash.UnmarshalText([]byte("zz"+hash.String()[2:])))
}

// Any change of any byte of a history is seen.
func TestChain(t *testing.T) {
	t.Parallel()
	w, _ := storyTown(t)
	require.NoError(t, story(w))
	entries, err := w.store.Entries(t.Context(), "one", 0, workflow.MaxPage)
	require.NoError(t, err)
	require.Greater(t, len(entries), 10)
	copyOf := func() []workflow.Entry {
		out := slices.Clone(entries)
		for i := range out {
			out[i].Body = slices.Clone(out[i].Body)
		}
		return out
	}
	broken := func(list []workflow.Entry, why string) {
		_, _, err := workflow.Replay(list)
		require.ErrorIs(t, err, workflow.ErrBroken, why)
	}
	r := rand.New(rand.NewPCG(1, 3))
	for range rounds(2000, 50000) {
		list := copyOf()
		i := r.IntN(len(list))
		j := r.IntN(len(list[i].Body))
		list[i].Body[j] ^= byte(1 + r.IntN(255))
		broken(list, "a byte of a body")
		list = copyOf()
		list[i].Hash[r.IntN(32)] ^= byte(1 + r.IntN(255))
		broken(list, "a byte of a hash")
	}
	for i := range entries {
		if i < len(entries)-1 {
			broken(slices.Delete(copyOf(), i, i+1), "one is missing")
			list := copyOf()
			list[i], list[i+1] = list[i+1], list[i]
			broken(list, "two have changed places")
		}
		broken(slices.Insert(copyOf(), i, entries[i]), "one stands twice")
	}
	// An end that was cut off is seen against the state.
	cut := &short{Store: w.store}
	cfg := workflow.Config{Store: cut, Clock: w.clock, Processes: []*workflow.Process{w.process}}
	e, err := workflow.NewEngine(cfg)
	require.NoError(t, err)
	_, err = e.History(t.Context(), "one")
	require.ErrorIs(t, err, workflow.ErrBroken)
}

// short is a store that has lost its last event.
type short struct{ workflow.Store }

func (s *short) Entries(ctx context.Context, i string, after uint64, n int) ([]workflow.Entry, error) {
	out, err := s.Store.Entries(ctx, i, after, n)
	return out[:len(out)-1], err
}
