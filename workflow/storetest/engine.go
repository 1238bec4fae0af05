package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
	"github.com/rubrica/rubrica/workflow/memory"
)

// orders is a small process with a claim, a quota, timers and effects that answer.
const orders = `
name: purchase
revision: 1
data: {receipt: reference, code: word}
commands:
  order: {actors: [buyer]}
  pay: {actors: [buyer], with: [receipt]}
  shipped: {actors: [system], with: [code]}
states:
  ordered: {}
  paid: {waits: "shipping is repeated until it is done"}
  shipped: {final: shipped}
  lapsed: {final: lapsed}
  sold-out: {final: sold-out}
start:
  - {on: order, to: ordered, claims: [{use: stock, with: {units: 6}, hold: life}]}
  - {on: order, to: sold-out, guards: [{use: taken, with: {claim: stock}}]}
transitions:
  - on: pay
    from: ordered
    to: paid
    claims: [{use: receipt, hold: forever}]
    effects: [{do: ship, answers: {done: shipped}}]
  - {on: shipped, from: paid, to: shipped}
timers:
  - {name: remind, while: ordered, after: {hours: 24, clock: calendar}, effects: [remind]}
  - {name: lapse, while: ordered, after: {days: 2, clock: business, country: EC}, to: lapsed}
`

func purchase(t *testing.T) *workflow.Process {
	t.Helper()
	def, err := definition.Read([]byte(orders))
	require.NoError(t, err)
	p, err := workflow.Compile(def, workflow.Vocabulary{
		Actors: []string{"buyer"},
		Claims: map[string]workflow.ClaimMaker{
			"receipt": func(definition.Params) (workflow.ClaimRule, error) {
				return func(c workflow.Check) (workflow.Claim, *workflow.Refusal) {
					return workflow.Claim{Scope: "receipt", Key: c.Command.Data["receipt"]}, nil
				}, nil
			},
			"stock": func(p definition.Params) (workflow.ClaimRule, error) {
				var with struct {
					Units int `json:"units"`
				}
				err := p.Decode(&with)
				return func(workflow.Check) (workflow.Claim, *workflow.Refusal) {
					return workflow.Claim{Scope: "stock", Slots: with.Units}, nil
				}, err
			},
		},
		Effects: map[string]func(definition.Params) error{"ship": nil, "remind": nil},
	})
	require.NoError(t, err)
	return p
}

// shipper does effects and counts them by key.
type shipper struct {
	mu   sync.Mutex
	done map[string]int
}

func (s *shipper) Handle(_ context.Context, e workflow.Effect) (workflow.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[e.Key]++
	if e.Name == "ship" {
		return workflow.Answer{Data: map[string]string{"code": "parcel"}}, nil
	}
	return workflow.Answer{}, nil
}

// Engines of two openings share one store: buyers race for a stock of 6 and for receipts, repeat
// themselves, and the outcome is one that a single engine could have had.
func testEngine(t *testing.T, open Opener) {
	clock, ships := memory.NewClock(epoch), &shipper{done: map[string]int{}}
	process := purchase(t)
	engines := make([]*workflow.Engine, 2)
	for i := range engines {
		var err error
		engines[i], err = workflow.NewEngine(workflow.Config{Store: open(), Clock: clock,
			Processes: []*workflow.Process{process}, Handler: ships, Owner: fmt.Sprint("engine-", i)})
		require.NoError(t, err)
	}
	var wg sync.WaitGroup
	for i := range 2 * crowd {
		wg.Add(1)
		go func() {
			defer wg.Done()
			e := engines[i%2]
			buyer := workflow.Command{Name: "order", Key: fmt.Sprint("order-", i/2), Actor: "buyer", By: "b"}
			out, err := e.Start(t.Context(), "purchase", "", buyer)
			if !assert.NoError(t, err) || out.Final != "" || i/2%2 == 1 {
				return
			}
			pay := workflow.Command{Name: "pay", Key: fmt.Sprint("pay-", i/2), Actor: "buyer", By: "b",
				Data: map[string]string{"receipt": fmt.Sprint("r", i/2)}}
			_, err = e.Do(t.Context(), out.Instance, pay)
			assert.NoError(t, err)
		}()
	}
	wg.Wait()
	count := func(state string) int {
		states, err := open().Find(t.Context(), workflow.Filter{States: []string{state}})
		require.NoError(t, err)
		return len(states)
	}
	require.Equal(t, 2, count("sold-out"))
	require.Equal(t, 6, count("ordered")+count("paid"))
	paid := count("paid")
	for _, e := range engines {
		require.NoError(t, e.RunUntil(t.Context(), epoch.Add(240*time.Hour)))
	}
	require.Equal(t, paid, count("shipped"))
	require.Equal(t, 6-paid, count("lapsed"))
	for key, n := range ships.done {
		require.Equal(t, 1, n, key)
	}
	states, err := open().Find(t.Context(), workflow.Filter{})
	require.NoError(t, err)
	for _, st := range states {
		_, err := engines[0].History(t.Context(), st.Instance)
		require.NoError(t, err)
		replayed, _, err := workflow.Replay(entries(t, open(), st.Instance))
		require.NoError(t, err)
		require.Equal(t, st, replayed)
	}
}
