package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
	"github.com/rubrica/rubrica/workflow/memory"
)

// rounds is how many random lives a property is tried on.
func rounds(sample, full int) int {
	switch {
	case os.Getenv("RUBRICA_FULL") == "1":
		return full
	case testing.Short(): // the race detector makes everything ten times slower
		return max(sample/20, 2)
	}
	return sample
}

// randomData gives a command what the definition lets it carry.
func randomData(r *rand.Rand, def definition.Definition, name string, now time.Time) map[string]string {
	data := map[string]string{}
	spec := def.Commands[name]
	for _, datum := range append(slices.Clone(spec.With), spec.May...) {
		switch def.Data[datum] {
		case definition.Instant:
			data[datum] = now.AddDate(0, 0, 20+r.IntN(60)).Format(time.RFC3339)
		case definition.Digest:
			data[datum] = digest
		case definition.Boolean:
			data[datum] = "true"
		default:
			data[datum] = fmt.Sprint("x", r.IntN(1000))
		}
	}
	return data
}

// A random life by the decider alone: it is pure (deciding again gives the same, and changes
// nothing that it was given), and replaying the events gives the state it said.
func TestDeciderProperties(t *testing.T) {
	t.Parallel()
	for file, begin := range map[string]time.Time{
		"icert-natural.yaml": noon, "vuce.yaml": time.Date(2017, 8, 10, 15, 0, 0, 0, time.UTC),
	} {
		p := compile(t, load(t, file))
		def := p.Definition()
		var names []string
		for name := range def.Commands {
			names = append(names, name)
		}
		slices.Sort(names)
		visited := map[string]bool{}
		for seed := range rounds(600, 10000) {
			r := rand.New(rand.NewPCG(uint64(seed), 1))
			s := workflow.State{Instance: "one"}
			now := begin
			for range 60 {
				now = now.Add(time.Duration(r.IntN(24)) * time.Hour)
				if r.IntN(20) == 0 {
					now = now.AddDate(0, 0, 6+34*r.IntN(2))
				}
				d, err := decideSomething(t, r, p, names, s, now)
				if err != nil {
					var rejection *workflow.Rejection
					require.ErrorAs(t, err, &rejection)
					continue
				}
				s = d.State
				visited[s.Name] = true
				checkState(t, p, s)
			}
		}
		for name := range def.States {
			require.True(t, testing.Short() || visited[name], "%s: no random life came to %s", file, name)
		}
	}
}

// decideSomething decides a timer that is due, or a random command, twice.
func decideSomething(t *testing.T, r *rand.Rand, p *workflow.Process, names []string, s workflow.State, now time.Time) (workflow.Decision, error) {
	t.Helper()
	before, _ := json.Marshal(s)
	decide := func() (workflow.Decision, error) {
		for _, name := range slices.Sorted(func(yield func(string) bool) {
			for name := range s.Timers {
				if !yield(name) {
					return
				}
			}
		}) {
			if s.Timers[name].Before(now) {
				return p.Fire(s, name)
			}
		}
		return workflow.Decision{}, errors.New("none")
	}
	if _, err := decide(); err != nil {
		if here := possible(p, s.Name); len(here) > 0 && r.IntN(4) > 0 {
			names = here
		}
		name := names[r.IntN(len(names))]
		if name == "cancel" && r.IntN(5) > 0 {
			name = names[r.IntN(len(names))] // or nobody would ever come to the end
		}
		spec := p.Definition().Commands[name]
		c := workflow.Command{Name: name, Key: "k", Actor: spec.Actors[r.IntN(len(spec.Actors))],
			By: fmt.Sprint("p/", r.IntN(3)), Data: randomData(r, p.Definition(), name, now)}
		facts := workflow.Facts{Host: &dossier{refuse: map[string]bool{
			[]string{"in-window", "out-of-window"}[r.IntN(2)]: true}}}
		if r.IntN(4) == 0 {
			facts.Taken = []workflow.Claim{{Name: []string{"nit", "quota"}[r.IntN(2)], Scope: "s", Key: "k"}}
			if facts.Taken[0].Name == "nit" {
				facts.Taken[0] = workflow.Claim{Name: "nit", Scope: "nit", Key: c.Data["nit"]}
			} else {
				facts.Taken[0] = workflow.Claim{Name: "quota", Scope: "vuce", Slots: 432}
			}
		}
		decide = func() (workflow.Decision, error) { return p.Decide(s, c, facts, now) }
	}
	d, err := decide()
	again, err2 := decide()
	require.Equal(t, d, again)
	require.Equal(t, err, err2)
	after, _ := json.Marshal(s)
	require.Equal(t, string(before), string(after), "the state was changed by deciding")
	return d, err
}

// possible returns the commands that a state takes from anybody.
func possible(p *workflow.Process, state string) []string {
	var out []string
	list := p.Definition().Transitions
	if state == "" {
		list = p.Definition().Start
	}
	for _, x := range list {
		if state == "" || slices.Contains(x.From, state) {
			out = append(out, x.On)
		}
	}
	return out
}

// checkState says what is true in every state of every process.
func checkState(t *testing.T, p *workflow.Process, s workflow.State) {
	t.Helper()
	def := p.Definition()
	spec := def.States[s.Name]
	require.Equal(t, spec.Final, s.Final)
	if s.Final != "" {
		require.Empty(t, s.Timers, "nothing fires after the end")
	}
	for name := range s.Timers {
		i := slices.IndexFunc(def.Timers, func(x definition.Timer) bool { return x.Name == name })
		require.Contains(t, def.Timers[i].While, s.Name)
	}
	for _, list := range [][]definition.Transition{def.Start, def.Transitions} {
		for _, x := range list {
			for _, k := range x.Claims {
				for _, held := range s.Claims {
					if held.Name != k.Name {
						continue
					}
					require.False(t, k.Hold == "life" && s.Final != "")
					require.False(t, k.Hold == "while" && !slices.Contains(k.While, s.Name))
				}
			}
		}
	}
}

// life is a script of what people do, at which instants.
type life []struct {
	at      time.Duration
	command workflow.Command
}

// randomLife writes a script; most of its commands will be refused, which is part of it.
func randomLife(r *rand.Rand, def definition.Definition) life {
	var out life
	at := time.Duration(0)
	path := []string{"pay", "submit", "agree-hour", "start-video", "confirm", "photo", "approve", "issue", "sign", "countersign"}
	for i := 0; i < len(path); i++ {
		name := path[i]
		if r.IntN(8) == 0 {
			name = path[r.IntN(len(path))]
		}
		at += time.Duration(r.IntN(60*6)) * 10 * time.Minute
		actor := def.Commands[name].Actors[0]
		out = append(out, struct {
			at      time.Duration
			command workflow.Command
		}{at, workflow.Command{Name: name, Key: fmt.Sprint("c", i), Actor: actor,
			By: fmt.Sprint(actor, "/", i), Data: randomData(r, def, name, noon)}})
	}
	return out
}

// histories returns all events of all instances as text.
func histories(t *testing.T, e *workflow.Engine, s workflow.Store) string {
	t.Helper()
	states, err := s.Find(t.Context(), workflow.Filter{})
	require.NoError(t, err)
	var b strings.Builder
	for _, st := range states {
		events, err := e.History(t.Context(), st.Instance)
		require.NoError(t, err)
		entries, err := s.Entries(t.Context(), st.Instance, 0, workflow.MaxPage)
		require.NoError(t, err)
		replayed, _, err := workflow.Replay(entries)
		require.NoError(t, err)
		require.Equal(t, st, replayed, "replaying gives the state")
		for _, x := range events {
			text, err := json.Marshal(x)
			require.NoError(t, err)
			b.Write(append(text, '\n'))
		}
	}
	return b.String()
}

// Timers that are decided late give the same history, hash for hash, as timers decided on time:
// one engine steps every ten minutes, one is called for commands alone, one is also killed between.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	process := compile(t, load(t, "icert-natural.yaml"))
	def := process.Definition()
	end := 90 * 24 * time.Hour
	finals := map[string]int{}
	for seed := range rounds(40, 1000) {
		script := randomLife(rand.New(rand.NewPCG(uint64(seed), 2)), def)
		var want string
		for _, tick := range []time.Duration{4 * time.Hour, 0} {
			w := newTown(t, "icert-natural.yaml")
			one := w.start("apply", application)
			for _, x := range script {
				for tick > 0 && w.clock.Now().Add(tick).Before(noon.Add(x.at)) {
					w.clock.Advance(tick)
					require.NoError(t, w.engine.Drain(t.Context()))
				}
				w.clock.Set(noon.Add(x.at))
				if tick == 0 {
					w.boot()
				}
				_, err := w.engine.Do(t.Context(), one, x.command)
				var r *workflow.Rejection
				require.True(t, err == nil || errors.As(err, &r), err)
				// Effects are done at once in both; what is late here is the timers.
				require.NoError(t, w.engine.Drain(t.Context()))
			}
			if tick > 0 {
				w.until(noon.Add(end))
			} else {
				w.clock.Set(noon.Add(end))
				require.NoError(t, w.engine.Drain(t.Context()))
			}
			got := onlyDecided(t, histories(t, w.engine, w.store))
			if want == "" {
				want = got
			}
			require.Equal(t, want, got, "seed %d", seed)
			s, err := w.engine.State(t.Context(), one)
			require.NoError(t, err)
			if tick == 0 {
				finals[s.Final]++
			}
		}
	}
	if testing.Short() {
		return // too few to meet them all
	}
	require.Greater(t, finals["lapsed"], 0)
	require.Greater(t, finals["revoked"], 0)
	require.Greater(t, finals["completed"], 0)
}

// onlyDecided takes out when effects were answered: an effect that a late timer orders is done
// late, and so is its answer. Everything else must be equal.
func onlyDecided(t *testing.T, history string) string {
	t.Helper()
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(history), "\n") {
		var e workflow.Event
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		e.Previous = workflow.Hash{}
		if e.Actor == workflow.System {
			e.At = time.Time{}
			e.Set = nil
		}
		text, err := json.Marshal(e)
		require.NoError(t, err)
		b.Write(append(text, '\n'))
	}
	return b.String()
}

// errDead is what a store says to an engine that has been killed.
var errDead = errors.New("the machine is off")

// mortal is a store that is switched off at the n-th call: before it does it, or after.
type mortal struct {
	workflow.Store
	calls, at int
	after     bool
	dead      bool
}

func step[T any](m *mortal, call func() (T, error)) (T, error) {
	var none T
	if m.dead {
		return none, errDead
	}
	m.calls++
	if m.calls != m.at {
		return call()
	}
	m.dead = true
	if m.after {
		_, _ = call()
	}
	return none, errDead
}

func (m *mortal) Append(ctx context.Context, t *workflow.Transition) error {
	_, err := step(m, func() (int, error) { return 0, m.Store.Append(ctx, t) })
	return err
}

func (m *mortal) Load(ctx context.Context, i, k string) (workflow.Record, error) {
	return step(m, func() (workflow.Record, error) { return m.Store.Load(ctx, i, k) })
}

func (m *mortal) Lease(ctx context.Context, l workflow.Lease) ([]workflow.Work, error) {
	return step(m, func() ([]workflow.Work, error) { return m.Store.Lease(ctx, l) })
}

func (m *mortal) Settle(ctx context.Context, s workflow.Settlement) error {
	_, err := step(m, func() (int, error) { return 0, m.Store.Settle(ctx, s) })
	return err
}

func (m *mortal) Due(ctx context.Context, now time.Time, n int) ([]workflow.Timer, error) {
	return step(m, func() ([]workflow.Timer, error) { return m.Store.Due(ctx, now, n) })
}

func (m *mortal) Receive(ctx context.Context, x workflow.Message) (bool, error) {
	return step(m, func() (bool, error) { return m.Store.Receive(ctx, x) })
}

// story is a life from the first form to the contract, by mail at the end. Whoever tells it again
// from the beginning repeats every command with its key.
func story(w *town) error {
	ctx := w.t.Context()
	one, err := w.engine.Start(ctx, "icert-natural", "one", workflow.Command{Name: "apply", Key: "s0",
		Actor: "applicant", By: "applicant/1", Data: application})
	if err != nil {
		return err
	}
	for i, x := range []struct {
		name, by string
		data     map[string]string
	}{
		{"pay", "applicant/1", map[string]string{"receipt": "r/77"}},
		{"submit", "applicant/1", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"}},
		{"agree-hour", "operator/1", map[string]string{"hour": "2026-03-09T15:00:00Z"}},
		{"start-video", "operator/1", nil},
		{"confirm", "operator/1", map[string]string{"ruc": "true"}},
		{"photo", "operator/1", map[string]string{"photo": "v/photo/1", "envelope": "0001"}},
		{"approve", "operator/1", map[string]string{"reviewed": digest}},
		{"issue", "operator/2", map[string]string{"reviewed": digest}},
	} {
		if err := w.engine.Drain(ctx); err != nil {
			return err
		}
		actor, _, _ := strings.Cut(x.by, "/")
		_, err := w.engine.Do(ctx, one.Instance, workflow.Command{Name: x.name, Key: fmt.Sprint("s", i+1),
			Actor: actor, By: x.by, Data: x.data})
		if err != nil {
			return err
		}
	}
	if err := w.engine.RunUntil(ctx, noon.Add(80*time.Hour)); err != nil {
		return err
	}
	if _, err := w.engine.Receive(ctx, mail("<contract@x>", "one", noon.Add(80*time.Hour))); err != nil {
		return err
	}
	return w.engine.RunUntil(ctx, noon.Add(200*time.Hour))
}

func storyTown(t *testing.T) (*town, *mortal) {
	m := &mortal{Store: memory.New()}
	w := &town{t: t, store: m, clock: memory.NewClock(noon), outside: newOutside(),
		process: compile(t, load(t, "icert-natural.yaml"))}
	w.cfg.Router = &post{}
	w.boot()
	return w, m
}

// The machine is switched off at every call to the store, before and after it was carried out, and
// then started again: the history before is a prefix of the history after, the end is the same,
// and every effect has been done under the same key.
func TestCrashAnywhere(t *testing.T) {
	t.Parallel()
	w, m := storyTown(t)
	require.NoError(t, story(w))
	total := m.calls
	want, wantDone := histories(t, w.engine, w.store), slices.Clone(w.outside.done)
	require.Equal(t, "signed-by-applicant", w.at("one"))
	require.Greater(t, total, 100)
	slices.Sort(wantDone)
	every := 1
	if testing.Short() {
		every = 13
	}
	for at := 1; at <= total; at += every {
		for _, after := range []bool{false, true} {
			w, m := storyTown(t)
			m.at, m.after = at, after
			require.ErrorIs(t, story(w), errDead)
			m.dead, m.at = false, 0
			prefix := histories(t, w.engine, w.store)
			w.boot()
			require.NoError(t, story(w), "call %d", at)
			got := histories(t, w.engine, w.store)
			require.True(t, strings.HasPrefix(got, prefix), "call %d", at)
			require.Equal(t, want, got, "call %d, after %v", at, after)
			done := slices.Clone(w.outside.done)
			slices.Sort(done)
			require.Equal(t, wantDone, done, "call %d", at)
		}
	}
	t.Logf("switched off at %d calls, twice each", total)
}
