package workflow_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
	"github.com/rubrica/rubrica/workflow/memory"
)

// tamperedStore is a store whose medium somebody wrote to.
type tamperedStore struct {
	workflow.Store
	load    func(workflow.Record) workflow.Record
	entries func([]workflow.Entry) []workflow.Entry
	due     []workflow.Timer // listed whatever the store says
}

func (s *tamperedStore) Load(ctx context.Context, name, key string) (workflow.Record, error) {
	r, err := s.Store.Load(ctx, name, key)
	if s.load != nil && err == nil {
		r = s.load(r)
	}
	return r, err
}

func (s *tamperedStore) Entries(
	ctx context.Context, name string, after uint64, limit int,
) ([]workflow.Entry, error) {
	e, err := s.Store.Entries(ctx, name, after, limit)
	if s.entries != nil && err == nil {
		e = s.entries(e)
	}
	return e, err
}

func (s *tamperedStore) Due(
	ctx context.Context, now time.Time, limit int,
) ([]workflow.Timer, error) {
	if s.due != nil {
		return s.due, nil
	}
	return s.Store.Due(ctx, now, limit)
}

// tampered returns a town whose store can be spoiled, with an application that waits to be paid.
func tampered(t *testing.T) (*town, *tamperedStore, string) {
	t.Helper()
	w := newTown(t, "icert-natural.yaml")
	s := &tamperedStore{Store: w.store}
	w.store = s
	w.boot()
	one := w.start("apply", application)
	w.do(one, "pay", "applicant", map[string]string{"receipt": "r/77"})
	return w, s, one
}

// A history that does not lead to the stored state is told, whatever of the two was written to.
func TestHistoryOfATamperedStore(t *testing.T) {
	t.Parallel()
	w, s, one := tampered(t)
	_, err := w.engine.History(t.Context(), one)
	require.NoError(t, err)
	for name, load := range map[string]func(*workflow.State){
		"nothing":  func(st *workflow.State) { *st = workflow.State{} },
		"state":    func(st *workflow.State) { st.Name = "issued" },
		"final":    func(st *workflow.State) { st.Final = "lapsed" },
		"datum":    func(st *workflow.State) { st.Data["receipt"] = "r/78" },
		"doer":     func(st *workflow.State) { st.Doers["pay"] = "applicant/2" },
		"timer":    func(st *workflow.State) { st.Timers = map[string]time.Time{"ghost": noon} },
		"claim":    func(st *workflow.State) { st.Claims = append(st.Claims, workflow.Claim{Scope: "x"}) },
		"head":     func(st *workflow.State) { st.Head[3] ^= 1 },
		"ahead":    func(st *workflow.State) { st.Sequence += 7 },
		"process":  func(st *workflow.State) { st.Process.Revision++ },
		"instance": func(st *workflow.State) { st.Instance = "two" },
	} {
		s.load = func(r workflow.Record) workflow.Record { load(&r.State); return r }
		_, err := w.engine.History(t.Context(), one)
		require.ErrorIs(t, err, workflow.ErrBroken, name)
	}
	s.load = nil
	for name, spoil := range map[string]func([]workflow.Entry) []workflow.Entry{
		"none":      func([]workflow.Entry) []workflow.Entry { return nil },
		"last":      func(e []workflow.Entry) []workflow.Entry { return e[:len(e)-1] },
		"first":     func(e []workflow.Entry) []workflow.Entry { return e[1:] },
		"twice":     func(e []workflow.Entry) []workflow.Entry { return append(e, e[0]) },
		"exchanged": func(e []workflow.Entry) []workflow.Entry { e[0], e[1] = e[1], e[0]; return e },
		"garbage":   func(e []workflow.Entry) []workflow.Entry { e[0].Body = []byte("{"); return e },
	} {
		s.entries = spoil
		_, err := w.engine.History(t.Context(), one)
		require.ErrorIs(t, err, workflow.ErrBroken, name)
	}
}

// A timer that is listed and that its instance does not have ends the work with an error; it is not
// looked at for ever.
func TestTimerOfATamperedStore(t *testing.T) {
	t.Parallel()
	w, s, one := tampered(t)
	s.due = []workflow.Timer{{Instance: one, Name: "ghost", Due: noon.Add(-time.Hour)}}
	require.ErrorIs(t, w.engine.Drain(t.Context()), workflow.ErrBroken)
	s.due = []workflow.Timer{{Instance: "nobody", Name: "ghost", Due: noon.Add(-time.Hour)}}
	require.ErrorIs(t, w.engine.Drain(t.Context()), workflow.ErrNotFound)
	// A command of the instance is not kept back by it.
	_, err := w.engine.Do(t.Context(), one, w.command("submit", "applicant",
		map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"}))
	require.NoError(t, err)
}

// An instant so far away that nothing can be counted from it is the fault of the command.
func TestInstantOutOfRange(t *testing.T) {
	t.Parallel()
	for span, bad := range map[string][]string{
		"after: {days: 2, clock: calendar}":              {"9999-12-31T00:00:00Z"},
		"before: {days: 7000, clock: calendar}":          {"0000-01-01T00:00:00Z"},
		"after: {days: 2, clock: business, country: EC}": {"9999-01-01T00:00:00Z", "1500-01-01T00:00:00Z"},
		"before: {days: 2, clock: business, country: CO}": {
			"2200-06-01T00:00:00Z", "0000-01-01T00:00:00Z",
		},
	} {
		text := strings.Replace(small, "while: second, after: {days: 2, clock: calendar}",
			"while: second, from: at, "+span, 1)
		def, err := definition.Read([]byte(text))
		require.NoError(t, err, span)
		p := &play{t: t, process: compile(t, def), now: noon, state: workflow.State{Instance: "one"}}
		p.do("open", "applicant", nil)
		for _, at := range bad {
			r := p.refused(p.try("go", "applicant", map[string]string{"ref": "x", "at": at}))
			require.Equal(t, workflow.RefusedData, r[0].Guard, "%s %s", span, at)
			require.Equal(t, "at", r[0].Args["datum"])
		}
		p.do("go", "applicant", map[string]string{"ref": "x", "at": "2026-03-09T15:00:00Z"})
	}
}

// Whoever writes to the mailbox cannot pass for the system, nor put free text into the inbox.
func TestMessageOfAnImpostor(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	w.cfg.Router = impostor{}
	w.boot()
	one := w.start("apply", application)
	w.do(one, "pay", "applicant", map[string]string{"receipt": "r/77"})
	w.do(one, "submit", "applicant",
		map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	before, err := w.engine.State(t.Context(), one)
	require.NoError(t, err)
	_, err = w.engine.Receive(t.Context(), mail("<1@x>", one, noon))
	require.NoError(t, err)
	require.NoError(t, w.engine.Drain(t.Context()))
	after, err := w.engine.State(t.Context(), one)
	require.NoError(t, err)
	require.Equal(t, before, after)
	parked, err := w.engine.Parked(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, parked, 1)

	for _, data := range []map[string]string{
		{"text": "Juana Canario, 1710034065"}, {"text": ""}, {"Text": "v/1"}, {"": "v/1"},
		{"text": strings.Repeat("a", 201)}, hundredAndOne(),
	} {
		m := mail("<2@x>", one, noon)
		m.Data = data
		_, err = w.engine.Receive(t.Context(), m)
		require.ErrorIs(t, err, workflow.ErrCommand)
	}
}

func hundredAndOne() map[string]string {
	out := map[string]string{}
	for i := range 101 {
		out[fmt.Sprint("d", i)] = "v/1"
	}
	return out
}

// impostor routes every message as if the system had given it.
type impostor struct{}

func (impostor) Route(_ context.Context, m workflow.Message) (string, workflow.Command, error) {
	return m.Data["instance"], workflow.Command{Name: "invoice", Actor: workflow.System,
		Data: map[string]string{"invoice": "i/2"}}, nil
}

// What a host does to a definition after it was compiled does not reach the process.
func TestCompiledIsKept(t *testing.T) {
	t.Parallel()
	def, err := definition.Read([]byte(small))
	require.NoError(t, err)
	p := compile(t, def)
	pin, commands := p.Pin(), p.Can("first", "applicant")
	def.Commands["go"].Actors[0] = "operator"
	def.Data["ref"] = definition.Boolean
	def.Transitions[0].From[0] = "second"
	def.Transitions[0].Effects[0].Params["template"] = "other"
	def.Timers[0].After.Days = 1
	delete(def.States, "end")
	require.Equal(t, pin, p.Pin())
	require.Equal(t, commands, p.Can("first", "applicant"))
	w := &play{t: t, process: p, now: noon, state: workflow.State{Instance: "one"}}
	w.do("open", "applicant", nil)
	w.do("go", "applicant", map[string]string{"ref": "x"})
	require.Equal(t, "hello", w.last.Effects[0].Params["template"])
	require.Equal(t, noon.AddDate(0, 0, 2), w.state.Timers["late"])
}

// A careless host is told, and nothing panics.
func TestCarelessHost(t *testing.T) {
	t.Parallel()
	def, err := definition.Read([]byte(small))
	require.NoError(t, err)
	_, err = workflow.Compile(definition.Definition{}, workflow.Vocabulary{})
	problems(t, err)
	_, err = workflow.Compile(def, workflow.Vocabulary{})
	require.Contains(t, problems(t, err), "unknown guard")
	words := vocabulary()
	words.Guards["mail-confirmed"] = nil
	_, err = workflow.Compile(def, words)
	require.Contains(t, problems(t, err), "unknown guard")
	def.Transitions[0].Claims = []definition.Claim{{
		Use: definition.Use{Name: "hollow"}, Hold: "life"}}
	words = vocabulary()
	words.Claims["hollow"] = nil
	_, err = workflow.Compile(def, words)
	require.Contains(t, problems(t, err), "unknown claim")
	def.Transitions[0].Claims = nil
	def.Transitions[0].Guards[0].Params = definition.Params{"f": func() {}}
	_, err = workflow.Compile(def, vocabulary())
	require.Contains(t, problems(t, err), "unsupported type")

	p := compile(t, load(t, "vuce.yaml"))
	for _, cfg := range []workflow.Config{
		{},
		{Store: memory.New(), Clock: memory.NewClock(noon)},
		{Store: memory.New(), Processes: []*workflow.Process{p}},
		{Store: memory.New(), Clock: memory.NewClock(noon), Processes: []*workflow.Process{p, nil}},
	} {
		_, err := workflow.NewEngine(cfg)
		require.Error(t, err)
	}
	e, err := workflow.NewEngine(workflow.Config{Store: memory.New(), Clock: memory.NewClock(noon),
		Processes: []*workflow.Process{p}})
	require.NoError(t, err)
	_, err = e.Step(t.Context())
	require.ErrorContains(t, err, "owner")
	_, err = e.Do(t.Context(), "nobody", workflow.Command{Name: "x", Key: "k", Actor: "a", By: "a/1"})
	require.ErrorIs(t, err, workflow.ErrNotFound)
	_, err = e.Start(t.Context(), "nothing", "", workflow.Command{})
	require.ErrorIs(t, err, workflow.ErrUnknownProcess)
	_, err = e.History(t.Context(), "nobody")
	require.ErrorIs(t, err, workflow.ErrNotFound)
	require.ErrorIs(t, e.Retry(t.Context(), "nothing"), workflow.ErrSettled)
}

// A command whose context has ended writes nothing, and can be given again with its key.
func TestCancelled(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	one := w.start("apply", application)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	c := w.command("pay", "applicant", map[string]string{"receipt": "r/77"})
	_, err := w.engine.Do(gone, one, c)
	require.ErrorIs(t, err, context.Canceled)
	_, err = w.engine.Step(gone)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, w.engine.Drain(gone), context.Canceled)
	out, err := w.engine.Do(t.Context(), one, c)
	require.NoError(t, err)
	require.False(t, out.Repeated)
	require.EqualValues(t, 2, out.Sequence)
}

// setBack is a clock that somebody sets.
type setBack struct {
	mu  sync.Mutex
	now time.Time
}

func (c *setBack) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *setBack) Sleep(ctx context.Context, _ time.Time) error { return ctx.Err() }

func (c *setBack) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// When the machine's clock is set back, histories do not: no event is older than the one before,
// deadlines that were counted stay, and nothing is done twice.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	clock := &setBack{now: noon}
	out := newOutside()
	e, err := workflow.NewEngine(workflow.Config{Store: memory.New(), Clock: clock, Owner: "engine",
		Processes: []*workflow.Process{compile(t, load(t, "icert-natural.yaml"))}, Handler: out,
		Facts: func(context.Context, workflow.State, workflow.Command) (any, error) {
			return &dossier{refuse: map[string]bool{}}, nil
		}})
	require.NoError(t, err)
	n := 0
	do := func(name string, data map[string]string) {
		n++
		c := workflow.Command{Name: name, Key: fmt.Sprint("k", n), Actor: "applicant",
			By: "applicant/1", Data: data}
		if name == "apply" {
			_, err = e.Start(t.Context(), "icert-natural", "one", c)
		} else {
			_, err = e.Do(t.Context(), "one", c)
		}
		require.NoError(t, err, name)
		require.NoError(t, e.Drain(t.Context()))
	}
	do("apply", application)
	before, err := e.State(t.Context(), "one")
	require.NoError(t, err)
	clock.set(noon.AddDate(-1, 0, 0))
	do("pay", map[string]string{"receipt": "r/77"})
	do("submit", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	clock.set(noon.Add(time.Hour))
	require.NoError(t, e.Drain(t.Context()))
	after, err := e.State(t.Context(), "one")
	require.NoError(t, err)
	for name, due := range before.Timers {
		if still, ok := after.Timers[name]; ok {
			require.Equal(t, due, still, name)
		}
	}
	events, err := e.History(t.Context(), "one")
	require.NoError(t, err)
	for i := 1; i < len(events); i++ {
		require.False(t, events[i].At.Before(events[i-1].At), "event %d", i+1)
	}
	for key, calls := range out.calls {
		require.Equal(t, 1, calls, key)
	}
	require.NotEmpty(t, out.calls)
}
