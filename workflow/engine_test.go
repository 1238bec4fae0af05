package workflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/memory"
)

// outside is the world of the tests: it does effects once by their key, however often it is asked.
type outside struct {
	mu    sync.Mutex
	done  []string       // in the order of the first time
	calls map[string]int // by key
	at    map[string]time.Time
	fail  map[string][]error // by effect: what the next attempts return
	words map[string]workflow.Answer
}

func newOutside() *outside {
	return &outside{calls: map[string]int{}, at: map[string]time.Time{}, fail: map[string][]error{},
		words: map[string]workflow.Answer{
			"issue":    {Data: map[string]string{"certificate": "c/1"}},
			"invoice":  {Data: map[string]string{"invoice": "i/1"}},
			"contract": {Data: map[string]string{"contract": "k/1"}},
		}}
}

func (o *outside) Handle(ctx context.Context, e workflow.Effect) (workflow.Answer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return workflow.Answer{}, err
	}
	o.calls[e.Key]++
	if errs := o.fail[e.Name]; len(errs) > 0 {
		o.fail[e.Name] = errs[1:]
		if errs[0] != nil {
			return workflow.Answer{}, errs[0]
		}
	}
	if o.calls[e.Key] == 1 || o.at[e.Key].IsZero() {
		o.done = append(o.done, e.Name+" "+fmt.Sprint(e.Params["template"])+" "+e.Key)
		o.at[e.Key] = e.At
	}
	return o.words[e.Name], nil
}

// town is an engine with everything around it.
type town struct {
	t       *testing.T
	store   workflow.Store
	clock   *memory.Clock
	outside *outside
	process *workflow.Process
	engine  *workflow.Engine
	log     bytes.Buffer
	key     int
	cfg     workflow.Config
}

func newTown(t *testing.T, file string) *town {
	w := &town{t: t, store: memory.New(), clock: memory.NewClock(noon), outside: newOutside(),
		process: compile(t, load(t, file))}
	w.boot()
	return w
}

// boot starts the engine, as after a crash: all that is left is the store and the world.
func (w *town) boot() {
	cfg := w.cfg
	cfg.Store, cfg.Clock, cfg.Owner = w.store, w.clock, "engine"
	if cfg.Processes == nil {
		cfg.Processes = []*workflow.Process{w.process}
	}
	if cfg.Handler == nil {
		cfg.Handler = w.outside
	}
	if cfg.Facts == nil {
		cfg.Facts = func(context.Context, workflow.State, workflow.Command) (any, error) {
			return &dossier{refuse: map[string]bool{"out-of-window": true}}, nil
		}
	}
	cfg.Log = slog.New(slog.NewTextHandler(&w.log, nil))
	var err error
	w.engine, err = workflow.NewEngine(cfg)
	require.NoError(w.t, err)
}

func (w *town) command(name, actor string, data map[string]string) workflow.Command {
	w.key++
	return workflow.Command{Name: name, Key: fmt.Sprint("key-", w.key), Actor: actor, By: actor + "/1", Data: data}
}

func (w *town) start(name string, data map[string]string) string {
	w.t.Helper()
	out, err := w.engine.Start(w.t.Context(), w.process.Pin().Name, "", w.command(name, "applicant", data))
	require.NoError(w.t, err)
	return out.Instance
}

func (w *town) do(instance, name, actor string, data map[string]string) {
	w.t.Helper()
	_, err := w.engine.Do(w.t.Context(), instance, w.command(name, actor, data))
	require.NoError(w.t, err)
	require.NoError(w.t, w.engine.Drain(w.t.Context()))
}

func (w *town) at(instance string) string {
	w.t.Helper()
	s, err := w.engine.State(w.t.Context(), instance)
	require.NoError(w.t, err)
	return s.Name
}

func (w *town) until(t time.Time) {
	w.t.Helper()
	require.NoError(w.t, w.engine.RunUntil(w.t.Context(), t))
}

var application = map[string]string{"form": "v/form/1", "container": "archivo"}

// toContract plays an application up to the contract that waits for its signature.
func toContract(w *town) string {
	one := w.start("apply", application)
	w.do(one, "pay", "applicant", map[string]string{"receipt": "r/77"})
	w.do(one, "submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	w.do(one, "agree-hour", "operator", map[string]string{"hour": "2026-03-09T15:00:00Z"})
	w.do(one, "start-video", "operator", nil)
	w.do(one, "confirm", "operator", map[string]string{"ruc": "true"})
	w.do(one, "photo", "operator", map[string]string{"photo": "v/photo/1", "envelope": "0001"})
	w.do(one, "approve", "operator", map[string]string{"reviewed": digest})
	c := w.command("issue", "operator", map[string]string{"reviewed": digest})
	c.By = "operator/2"
	_, err := w.engine.Do(w.t.Context(), one, c)
	require.NoError(w.t, err)
	require.NoError(w.t, w.engine.Drain(w.t.Context()))
	require.Equal(w.t, "contract-sent", w.at(one))
	return one
}

// The whole of S2 that goes well, effects answering by themselves.
func TestEngineGoesWell(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	one := toContract(w)
	w.until(noon.Add(100 * time.Hour))
	w.do(one, "sign", "applicant", map[string]string{"signed": "k/2"})
	w.do(one, "countersign", "director", map[string]string{"signed": "k/3"})
	s, err := w.engine.State(t.Context(), one)
	require.NoError(t, err)
	require.Equal(t, "completed", s.Final)
	var names []string
	for _, d := range w.outside.done {
		names = append(names, strings.Join(strings.Fields(d)[:2], " "))
	}
	require.Equal(t, []string{"mail request.received", "invoice <nil>", "mail invoice", "mail appointment",
		"issue <nil>", "mail certificate.file", "mail credentials.envelope", "contract <nil>",
		"mail contract.toSign", "mail contract.reminder", "mail contract.toDirector", "mail contract.copy"}, names)
	events, err := w.engine.History(t.Context(), one)
	require.NoError(t, err)
	require.Equal(t, 17, len(events))
	_, ok, err := w.engine.Next(t.Context())
	require.NoError(t, err)
	require.False(t, ok, "nothing is left to do")
}

// 120 hours: the contract that comes exactly then is in time; a microsecond later it is not.
func TestEngineDeadline(t *testing.T) {
	t.Parallel()
	for late, want := range map[time.Duration]string{0: "signed-by-applicant", time.Microsecond: "revoked"} {
		w := newTown(t, "icert-natural.yaml")
		one := toContract(w)
		w.clock.Set(noon.Add(120*time.Hour + late)) // nobody ran meanwhile
		_, err := w.engine.Do(t.Context(), one, w.command("sign", "applicant", map[string]string{"signed": "k/2"}))
		if late == 0 {
			require.NoError(t, err)
		} else {
			var r *workflow.Rejection
			require.ErrorAs(t, err, &r)
			require.Equal(t, "revoking", r.State)
		}
		require.NoError(t, w.engine.Drain(t.Context()))
		require.Equal(t, want, w.at(one))
	}
}

// Commands may be repeated for ever: the stored outcome answers, also after other commands.
func TestEngineRepeats(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	ctx := t.Context()
	c := w.command("apply", "applicant", application)
	first, err := w.engine.Start(ctx, "icert-natural", "", c)
	require.NoError(t, err)
	pay := w.command("pay", "applicant", map[string]string{"receipt": "r/77"})
	paid, err := w.engine.Do(ctx, first.Instance, pay)
	require.NoError(t, err)
	for range 3 {
		again, err := w.engine.Start(ctx, "icert-natural", "", c)
		require.NoError(t, err)
		require.True(t, again.Repeated)
		again.Repeated = false
		require.Equal(t, first, again)
		again, err = w.engine.Do(ctx, first.Instance, pay)
		require.NoError(t, err)
		require.Equal(t, paid.Sequence, again.Sequence)
	}
	for name, change := range map[string]func(*workflow.Command){
		"another command": func(c *workflow.Command) { c.Name = "cancel" },
		"another person":  func(c *workflow.Command) { c.By = "applicant/2" },
		"another actor":   func(c *workflow.Command) { c.Actor = "finance" },
	} {
		other := pay
		change(&other)
		_, err := w.engine.Do(ctx, first.Instance, other)
		require.ErrorIs(t, err, workflow.ErrKeyReused, name)
	}
	_, err = w.engine.Do(ctx, "another", pay)
	require.ErrorIs(t, err, workflow.ErrKeyReused)

	// A refusal is not stored: what was corrected is judged afresh.
	submit := w.command("submit", "applicant", nil)
	_, err = w.engine.Do(ctx, first.Instance, submit)
	require.Error(t, err)
	submit.Data = map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"}
	out, err := w.engine.Do(ctx, first.Instance, submit)
	require.NoError(t, err)
	require.False(t, out.Repeated)
}

func TestEngineRefuses(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	ctx := t.Context()
	_, err := w.engine.Start(ctx, "nothing", "", w.command("apply", "applicant", application))
	require.ErrorIs(t, err, workflow.ErrUnknownProcess)
	_, err = w.engine.Do(ctx, "nobody", w.command("pay", "applicant", nil))
	require.ErrorIs(t, err, workflow.ErrNotFound)
	for _, name := range []string{"A", "a/b", "", strings.Repeat("a", 65), "ñ"} {
		_, err = w.engine.Do(ctx, name, w.command("pay", "applicant", nil))
		require.ErrorIs(t, err, workflow.ErrCommand, name)
	}
	one := w.start("apply", application)
	_, err = w.engine.Start(ctx, "icert-natural", one, w.command("apply", "applicant", application))
	var r *workflow.Rejection
	require.ErrorAs(t, err, &r, "it has begun")
	_, err = w.engine.Do(ctx, one, w.command("invoice", workflow.System, map[string]string{"invoice": "x"}))
	require.ErrorIs(t, err, workflow.ErrCommand, "nobody else is the system")
	c := w.command("pay", "applicant", map[string]string{"receipt": "r"})
	c.At = noon.Add(time.Second)
	_, err = w.engine.Do(ctx, one, c)
	require.ErrorIs(t, err, workflow.ErrCommand, "the future")
	c = w.command("pay", "applicant", map[string]string{"receipt": "r"})
	c.Key = "~one/3/0/done"
	_, err = w.engine.Do(ctx, one, c)
	require.ErrorIs(t, err, workflow.ErrCommand, "the engine's own keys")
	_, err = workflow.NewEngine(workflow.Config{})
	require.Error(t, err)
	w.cfg.Facts = func(context.Context, workflow.State, workflow.Command) (any, error) {
		return nil, errors.New("no dossier")
	}
	w.boot()
	_, err = w.engine.Do(ctx, one, w.command("pay", "applicant", map[string]string{"receipt": "r"}))
	require.EqualError(t, err, "no dossier")
}

// One receipt pays one application, one identity has one living application.
func TestEngineClaims(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	ctx := t.Context()
	one := w.start("apply", application)
	w.do(one, "pay", "applicant", map[string]string{"receipt": "r/77"})
	_, err := w.engine.Start(ctx, "icert-natural", "", w.command("apply", "applicant", application))
	var r *workflow.Rejection
	require.ErrorAs(t, err, &r)
	require.Equal(t, "claim.identity", r.Refusals[0].Message)
	two := w.start("apply", map[string]string{"form": "v/form/2", "container": "archivo"})
	_, err = w.engine.Do(ctx, two, w.command("pay", "applicant", map[string]string{"receipt": "r/77"}))
	require.ErrorAs(t, err, &r)
	require.Equal(t, []workflow.Refusal{{Guard: "receipt", Message: "claim.receipt",
		Reason: "held by another instance"}}, r.Refusals)
	w.do(two, "pay", "applicant", map[string]string{"receipt": "r/78"})

	// The first lapses: its identity is free, its receipt is not.
	w.do(one, "cancel", "operator", map[string]string{"reason": "withdrawn"})
	three := w.start("apply", application)
	_, err = w.engine.Do(ctx, three, w.command("pay", "applicant", map[string]string{"receipt": "r/77"}))
	require.ErrorAs(t, err, &r)
}

// A claim whose holder is past its deadline is free although nobody has run the timer yet: late is
// the same as on time.
func TestEngineClaimOfOverdueHolder(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	one := w.start("apply", application)
	w.do(one, "pay", "applicant", map[string]string{"receipt": "r/77"})
	w.do(one, "submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	w.clock.Advance(31 * 24 * time.Hour)
	two := w.start("apply", application)
	require.Equal(t, "draft", w.at(two))
	require.Equal(t, "cancelled", w.at(one))
}

// A quota gives its slots in order, and a freed slot again.
func TestEngineQuota(t *testing.T) {
	t.Parallel()
	def := load(t, "vuce.yaml")
	def.Start[0].Claims[1].Params["windows"] = []any{map[string]any{"until": "2026-12-31", "units": int64(3)}}
	w := newTown(t, "vuce.yaml")
	w.process = compile(t, def)
	w.boot()
	apply := func(nit string) (string, string) {
		one := w.start("apply", map[string]string{"nit": nit, "module": "importacion"})
		s, err := w.engine.State(t.Context(), one)
		require.NoError(t, err)
		for _, k := range s.Claims {
			if k.Name == "quota" {
				return one, k.Key
			}
		}
		return one, s.Name
	}
	var ids []string
	for i, want := range []string{"1", "2", "3", "no-quota"} {
		id, got := apply(fmt.Sprint("n", i))
		require.Equal(t, want, got)
		ids = append(ids, id)
	}
	_, got := apply("n1")
	require.Equal(t, "rejected-duplicate", got)
	w.do(ids[1], "prereject", "ministry", map[string]string{"reason": "nit"})
	_, got = apply("n5")
	require.Equal(t, "2", got)
	replayed, err := w.engine.History(t.Context(), ids[0])
	require.NoError(t, err)
	require.Equal(t, "1", replayed[0].Claims[1].Key, "the slot is part of the event")
}

func TestEngineEffectFails(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	secret := errors.New("550 no mailbox juana.canario@example.org, password Canario-99")
	w.outside.fail["mail"] = []error{secret, &workflow.Failure{Note: "mail server away", Err: secret}}
	one := w.start("apply", application)
	w.do(one, "pay", "applicant", map[string]string{"receipt": "r/77"})
	w.do(one, "submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})

	// The mail of the submission and that of the invoice each failed once, and wait for 10 s.
	work, err := w.store.Work(t.Context(), workflow.WorkFilter{Status: workflow.Pending})
	require.NoError(t, err)
	require.Len(t, work, 2)
	require.Equal(t, "*errors.errorString", work[0].Note)
	require.Equal(t, "mail server away", work[1].Note)
	next, ok, err := w.engine.Next(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, noon.Add(10*time.Second), next)
	w.until(noon.Add(time.Minute))
	require.Equal(t, 2, w.outside.calls["r/77"]+w.outside.calls[work[0].Key])
	require.Equal(t, noon, w.outside.at[work[0].Key], "done late, dated as recorded")
	require.NotContains(t, w.log.String(), "canario")
	require.NotContains(t, w.log.String(), "Canario")
}

func TestEngineGivesUp(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	w.cfg.Attempts = 3
	w.boot()
	w.outside.fail["mail"] = []error{errors.New("a"), errors.New("b"), errors.New("c")}
	w.outside.fail["invoice"] = []error{&workflow.Failure{Note: "no such tax payer", Permanent: true}}
	one := w.start("apply", application)
	w.do(one, "pay", "applicant", map[string]string{"receipt": "r/77"})
	w.do(one, "submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	w.until(noon.Add(time.Minute))
	parked, err := w.engine.Parked(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, parked, 2)
	require.Equal(t, "no such tax payer", parked[1].Note)
	require.Equal(t, 1, parked[1].Attempts)
	require.Equal(t, 3, parked[0].Attempts)

	require.NoError(t, w.engine.Dismiss(t.Context(), parked[0].Key, "written by hand"))
	require.ErrorIs(t, w.engine.Retry(t.Context(), parked[0].Key), workflow.ErrSettled)
	require.NoError(t, w.engine.Retry(t.Context(), parked[1].Key))
	require.NoError(t, w.engine.Drain(t.Context()))
	require.Equal(t, "invoiced", w.at(one))
}

// An effect that is given up answers "failed" where the definition has a way for that.
func TestEngineFailedAnswer(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	w.outside.fail["issue"] = []error{&workflow.Failure{Note: "lint", Permanent: true}}
	one := w.start("apply", application)
	w.do(one, "pay", "applicant", map[string]string{"receipt": "r/77"})
	w.do(one, "submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	w.do(one, "agree-hour", "operator", map[string]string{"hour": "2026-03-09T15:00:00Z"})
	w.do(one, "start-video", "operator", nil)
	w.do(one, "confirm", "operator", map[string]string{"ruc": "true"})
	w.do(one, "photo", "operator", map[string]string{"photo": "v/photo/1", "envelope": "0001"})
	w.do(one, "approve", "operator", map[string]string{"reviewed": digest})
	c := w.command("issue", "operator", map[string]string{"reviewed": digest})
	c.By = "operator/2"
	_, err := w.engine.Do(t.Context(), one, c)
	require.NoError(t, err)
	require.NoError(t, w.engine.Drain(t.Context()))
	require.Equal(t, "verified", w.at(one))
}

// An answer that the process refuses is kept for a person: what was done outside is not lost.
func TestEngineAnswerRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	one := w.start("apply", application)
	_, err := w.engine.Do(t.Context(), one, w.command("pay", "applicant", map[string]string{"receipt": "r/77"}))
	require.NoError(t, err)
	_, err = w.engine.Do(t.Context(), one, w.command("submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"}))
	require.NoError(t, err)
	_, err = w.engine.Do(t.Context(), one, w.command("cancel", "operator", map[string]string{"reason": "withdrawn"}))
	require.NoError(t, err)
	require.NoError(t, w.engine.Drain(t.Context()))
	parked, err := w.engine.Parked(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, parked, 1)
	require.Equal(t, "answer refused: ended", parked[0].Note)
	require.Equal(t, "invoice", parked[0].Effect.Name)
}

// A word that the definition does not know is a misunderstanding that a person must clear up.
func TestEngineUnknownAnswer(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	w.outside.words["invoice"] = workflow.Answer{Word: "perhaps"}
	one := w.start("apply", application)
	w.do(one, "pay", "applicant", map[string]string{"receipt": "r/77"})
	w.do(one, "submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	parked, err := w.engine.Parked(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, parked, 1)
	require.Equal(t, "submitted", w.at(one))
}
