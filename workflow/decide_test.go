package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

var noon = time.Date(2026, 3, 6, 17, 0, 0, 0, time.UTC) // a Friday, 12:00 in Quito and Bogotá

// play decides commands one after the other, on a chain of its own, without a store.
type play struct {
	t       *testing.T
	process *workflow.Process
	state   workflow.State
	facts   workflow.Facts
	now     time.Time
	last    workflow.Decision
}

func begin(t *testing.T, file string) *play {
	return &play{t: t, process: compile(t, load(t, file)), now: noon,
		state: workflow.State{Instance: "one"},
		facts: workflow.Facts{Host: &dossier{refuse: map[string]bool{}}}}
}

func (p *play) try(name, actor string, data map[string]string) error {
	c := workflow.Command{Name: name, Key: "k", Actor: actor, By: actor + "/1", Data: data}
	d, err := p.process.Decide(p.state, c, p.facts, p.now)
	if err == nil {
		p.state, p.last = d.State, d
	}
	return err
}

func (p *play) do(name, actor string, data map[string]string) {
	p.t.Helper()
	require.NoError(p.t, p.try(name, actor, data))
}

func (p *play) refused(err error) []workflow.Refusal {
	p.t.Helper()
	var r *workflow.Rejection
	require.ErrorAs(p.t, err, &r)
	require.NotEmpty(p.t, r.Refusals)
	return r.Refusals
}

var digest = strings.Repeat("ab", 32)

// toVerified plays the ICERT process up to the review.
func toVerified(t *testing.T) *play {
	p := begin(t, "icert-natural.yaml")
	p.do("apply", "applicant", map[string]string{"form": "v/form/1", "container": "archivo"})
	p.do("pay", "applicant", map[string]string{"receipt": "r/77"})
	p.do("submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	p.do("invoice", workflow.System, map[string]string{"invoice": "i"})
	p.do("agree-hour", "operator", map[string]string{"hour": "2026-03-09T15:00:00Z"})
	p.do("start-video", "operator", nil)
	p.do("confirm", "operator", map[string]string{"ruc": "true"})
	p.do("photo", "operator", map[string]string{"photo": "v/photo/1", "envelope": "0001"})
	require.Equal(t, "verified", p.state.Name)
	return p
}

func TestDecideRefuses(t *testing.T) {
	t.Parallel()
	p := begin(t, "icert-natural.yaml")
	form := map[string]string{"form": "v/form/1", "container": "archivo"}
	for _, row := range []struct {
		name, actor string
		data        map[string]string
		guard       string
	}{
		{"pay", "applicant", nil, "not-now"}, {"dance", "applicant", nil, "unknown"},
		{"apply", "operator", form, "actor"}, {"apply", "applicant", nil, "data"},
		{"apply", "applicant", map[string]string{"form": "v/form/1"}, "data"},
		{"apply", "applicant", map[string]string{"form": "a b", "container": "archivo"}, "data"},
		{"apply", "applicant", map[string]string{"form": "x@y", "container": "archivo"}, "data"},
		{"apply", "applicant", map[string]string{"form": "ñ", "container": "archivo"}, "data"},
		{"apply", "applicant", map[string]string{"form": "v", "container": "archivo", "ruc": "true"}, "data"},
		{"apply", "applicant", map[string]string{"form": "v", "container": "archivo", "Juana Canario": "x"}, "data"},
	} {
		before := p.state
		refusals := p.refused(p.try(row.name, row.actor, row.data))
		require.Equal(t, row.guard, refusals[0].Guard, row)
		require.Equal(t, "workflow."+row.guard, refusals[0].Message)
		require.NotContains(t, refusals[0].Reason, "Canario", "a refusal repeats no datum")
		require.Equal(t, before, p.state)
	}
	p.do("apply", "applicant", form)
	p.do("cancel", "operator", map[string]string{"reason": "withdrawn"})
	require.Equal(t, "lapsed", p.state.Final)
	require.Equal(t, "ended", p.refused(p.try("pay", "applicant", map[string]string{"receipt": "r"}))[0].Guard)
}

func TestDecideData(t *testing.T) {
	t.Parallel()
	def, err := definition.Read([]byte(strings.Replace(small, "data: {ref: reference, at: instant}",
		"data: {ref: reference, at: instant, d: digest, b: boolean, n: number, w: word}", 1)))
	require.NoError(t, err)
	open := def.Commands["open"]
	open.May = []string{"at", "d", "b", "n", "w", "ref"}
	def.Commands["open"] = open
	p := compile(t, def)
	for _, row := range []struct {
		datum, value string
		ok           bool
	}{
		{"at", "2026-03-06T17:00:00Z", true}, {"at", "2026-03-06T17:00:00.000001Z", true},
		{"at", "2026-03-06T17:00:00-05:00", false}, {"at", "2026-02-30T17:00:00Z", false}, {"at", "now", false},
		{"d", digest, true}, {"d", strings.ToUpper(digest), false}, {"d", digest[1:], false},
		{"b", "true", true}, {"b", "yes", false}, {"n", "-12.50", true}, {"n", "1e9", false}, {"n", "", false},
		{"w", "key-compromise", true}, {"w", "Key", false}, {"ref", "a/b:c.d_e+f=-", true}, {"ref", "", false},
		{"ref", strings.Repeat("x", 201), false}, {"ref", "a\n", false}, {"w", "a\n", false}, {"b", "true\n", false},
	} {
		_, err := p.Decide(workflow.State{Instance: "i"}, workflow.Command{Name: "open", Key: "k",
			Actor: "applicant", By: "a", Data: map[string]string{row.datum: row.value}}, workflow.Facts{}, noon)
		require.Equal(t, row.ok, err == nil, "%s %q: %v", row.datum, row.value, err)
	}
}

func TestDecideMalformed(t *testing.T) {
	t.Parallel()
	p := compile(t, load(t, "vuce.yaml"))
	for name, c := range map[string]workflow.Command{
		"no key":    {Name: "apply", Actor: "applicant", By: "a"},
		"space":     {Name: "apply", Actor: "applicant", By: "a", Key: "a b"},
		"long":      {Name: "apply", Actor: "applicant", By: "a", Key: strings.Repeat("x", 201)},
		"nobody":    {Name: "apply", Actor: "applicant", Key: "k"},
		"a name":    {Name: "apply", Actor: "applicant", By: "Juana Canario", Key: "k"},
		"a mailbox": {Name: "apply", Actor: "applicant", By: "j@example.org", Key: "k"},
	} {
		_, err := p.Decide(workflow.State{Instance: "i"}, c, workflow.Facts{}, noon)
		require.ErrorIs(t, err, workflow.ErrCommand, name)
	}
	s := workflow.State{Instance: "i", Sequence: 1, Name: "received"}
	_, err := p.Decide(s, workflow.Command{Name: "contact", Actor: "certifier", By: "a", Key: "k"}, workflow.Facts{}, noon)
	require.ErrorIs(t, err, workflow.ErrPinned)
}

// Every guard of a transition is asked, so that a form is corrected once and not field by field.
func TestDecideAllGuards(t *testing.T) {
	t.Parallel()
	p := begin(t, "icert-natural.yaml")
	p.do("apply", "applicant", map[string]string{"form": "v/form/1", "container": "archivo"})
	p.do("pay", "applicant", map[string]string{"receipt": "r/77"})
	p.facts.Host = &dossier{refuse: map[string]bool{"documents": true, "address-matches": true}}
	refusals := p.refused(p.try("submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"}))
	require.Len(t, refusals, 2)
	require.Equal(t, "documents", refusals[0].Guard)
	require.Equal(t, "refused.documents", refusals[0].Message)
	require.Equal(t, "address-matches", refusals[1].Guard)
}

func TestFourEyes(t *testing.T) {
	t.Parallel()
	p := toVerified(t)
	review := map[string]string{"reviewed": digest}
	require.Equal(t, "not-now", p.refused(p.try("issue", "operator", review))[0].Guard)
	p.do("approve", "operator", review)
	refusals := p.refused(p.try("issue", "operator", review))
	require.Equal(t, workflow.GuardOther, refusals[0].Guard)
	require.Equal(t, map[string]string{"command": "approve"}, refusals[0].Args)
	c := workflow.Command{Name: "issue", Key: "k", Actor: "operator", By: "operator/2", Data: review}
	d, err := p.process.Decide(p.state, c, p.facts, p.now)
	require.NoError(t, err)
	require.Equal(t, "issuing", d.State.Name)
}

func TestTimers(t *testing.T) {
	t.Parallel()
	p := begin(t, "icert-natural.yaml")
	p.do("apply", "applicant", map[string]string{"form": "v/form/1", "container": "archivo"})
	require.Empty(t, p.state.Timers)
	p.do("pay", "applicant", map[string]string{"receipt": "r/77"})
	p.do("submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	lapse := noon.Add(30 * 24 * time.Hour)
	require.Equal(t, map[string]time.Time{"lapse": lapse}, p.state.Timers)

	p.now = noon.Add(10 * 24 * time.Hour)
	p.do("invoice", workflow.System, map[string]string{"invoice": "i"})
	require.Equal(t, map[string]time.Time{"lapse": lapse}, p.state.Timers, "it counts on from the submission")
	require.Empty(t, p.last.Event.Set)

	d, err := p.process.Fire(p.state, "lapse")
	require.NoError(t, err)
	require.Equal(t, lapse, d.Event.At, "at the instant it was due")
	require.Equal(t, "cancelled", d.State.Name)
	require.Equal(t, "lapsed", d.State.Final)
	require.Empty(t, d.State.Timers)
	require.Equal(t, []workflow.Claim{{Name: "receipt", Scope: "receipt", Key: "r/77"}}, d.State.Claims,
		"the receipt stays used, the identity is free again")
	require.Equal(t, "mail", d.Effects[0].Name)
	require.Equal(t, "one/5/0", d.Effects[0].Key)
	_, err = p.process.Fire(d.State, "lapse")
	require.Error(t, err)
}

// The reminder fires at 72 hours and leaves the deadline alone; both count from the issuance.
func TestReminderThenDeadline(t *testing.T) {
	t.Parallel()
	p := toVerified(t)
	p.do("approve", "operator", map[string]string{"reviewed": digest})
	p.state.Doers["approve"] = "operator/9"
	p.do("issue", "operator", map[string]string{"reviewed": digest})
	p.do("issued", workflow.System, map[string]string{"certificate": "c/1"})
	issued := p.now
	want := map[string]time.Time{"contract-reminder": issued.Add(72 * time.Hour), "contract-overdue": issued.Add(120 * time.Hour)}
	require.Equal(t, want, p.state.Timers)
	require.Equal(t, []string{"lapse"}, p.last.Event.Cancel)
	p.now = p.now.Add(time.Hour)
	p.do("sent-file", workflow.System, nil)
	require.Equal(t, want, p.state.Timers)

	d, err := p.process.Fire(p.state, "contract-reminder")
	require.NoError(t, err)
	require.Equal(t, "file-sent", d.State.Name)
	require.Equal(t, p.state.Entered, d.State.Entered)
	delete(want, "contract-reminder")
	require.Equal(t, want, d.State.Timers)
	d, err = p.process.Fire(d.State, "contract-overdue")
	require.NoError(t, err)
	require.Equal(t, "revoking", d.State.Name)
	require.Equal(t, issued.Add(120*time.Hour), d.Event.At)
}

// Business days over a Colombian holiday, fresh terms after a requirement, and a term before an
// instant among the data.
func TestVUCETerms(t *testing.T) {
	t.Parallel()
	p := begin(t, "vuce.yaml")
	p.now = time.Date(2017, 8, 18, 15, 0, 0, 0, time.UTC) // a Friday; Monday is a holiday
	p.facts.Host = &dossier{refuse: map[string]bool{"out-of-window": true}}
	p.do("apply", "applicant", map[string]string{"nit": "n/1", "module": "importacion"})
	due := func(name string) string {
		return p.state.Timers[name].In(time.FixedZone("-05", -5*3600)).Format("2006-01-02 15:04")
	}
	require.Equal(t, "2017-08-24 00:00", due("preapproval"), "the close of Wednesday 23")
	p.do("preapprove", "ministry", nil)
	p.do("send-documents", "applicant", map[string]string{"documents": "d"})
	first := due("delivery-answer")
	p.now = p.now.Add(72 * time.Hour)
	p.do("require", "certifier", map[string]string{"reason": "illegible"})
	require.NotContains(t, p.state.Timers, "delivery-answer")
	p.now = p.now.Add(24 * time.Hour)
	p.do("answer", "applicant", map[string]string{"documents": "d2"})
	require.NotEqual(t, first, due("delivery-answer"), "five fresh days")
	p.do("approve-documents", "certifier", nil)
	p.do("issued", workflow.System, map[string]string{"certificate": "c", "not-after": "2019-08-30T05:00:00Z"})
	p.do("ship", "certifier", map[string]string{"guide": "g"})
	p.do("deliver", "certifier", nil)
	require.Equal(t, "2019-07-31 00:00", due("renewal-due"))
	require.Equal(t, "2019-08-30 01:00", due("expiry"))
}

// A branch for those who come too late is taken only when the store has said so.
func TestTakenBranch(t *testing.T) {
	t.Parallel()
	p := begin(t, "vuce.yaml")
	p.facts.Host = &dossier{refuse: map[string]bool{"out-of-window": true}}
	p.now = time.Date(2017, 8, 18, 15, 0, 0, 0, time.UTC)
	data := map[string]string{"nit": "n/1", "module": "importacion"}
	p.do("apply", "applicant", data)
	require.Equal(t, "received", p.state.Name)
	require.Equal(t, workflow.Claim{Name: "quota", Scope: "vuce", Slots: 432}, p.last.Event.Claims[1])
	for claim, want := range map[workflow.Claim]string{
		p.last.Event.Claims[0]: "rejected-duplicate", p.last.Event.Claims[1]: "no-quota",
	} {
		p.state = workflow.State{Instance: "two"}
		p.facts.Taken = []workflow.Claim{claim}
		p.do("apply", "applicant", data)
		require.Equal(t, want, p.state.Name)
		require.Empty(t, p.state.Claims)
	}
	p.state, p.facts.Taken = workflow.State{Instance: "three"}, nil
	p.facts.Host = &dossier{refuse: map[string]bool{"in-window": true}}
	p.do("apply", "applicant", data)
	require.Equal(t, "out-of-window", p.state.Name)

	p.state = workflow.State{Instance: "four"}
	p.facts.Host = &dossier{refuse: map[string]bool{"out-of-window": true}}
	p.now = time.Date(2017, 10, 10, 15, 0, 0, 0, time.UTC)
	p.do("apply", "applicant", data)
	require.Equal(t, 432+300, p.last.Event.Claims[1].Slots, "what was not assigned is carried over")
}

// A timer that counts from a datum needs it.
func TestTimerDatumMissing(t *testing.T) {
	t.Parallel()
	text := strings.Replace(small, "while: second, after", "while: second, from: at, after", 1)
	def, err := definition.Read([]byte(text))
	require.NoError(t, err)
	p := &play{t: t, process: compile(t, def), now: noon, state: workflow.State{Instance: "one"}}
	p.do("open", "applicant", nil)
	r := p.refused(p.try("go", "applicant", map[string]string{"ref": "x"}))
	require.Equal(t, "data", r[0].Guard)
	require.Equal(t, "at", r[0].Args["datum"])
	p.do("go", "applicant", map[string]string{"ref": "x", "at": "2026-01-01T00:00:00.5Z"})
	require.Equal(t, time.Date(2026, 1, 3, 0, 0, 0, 500_000_000, time.UTC), p.state.Timers["late"])
}

// Until: close ends a term with the local day.
func TestUntilClose(t *testing.T) {
	t.Parallel()
	for clock, want := range map[string]string{
		"calendar":                                               "2026-03-08T17:00:00Z",
		"calendar, country: EC, until: close":                    "2026-03-09T05:00:00Z",
		"business, country: EC":                                  "2026-03-11T05:00:00Z",
		"business, country: EC, until: close":                    "2026-03-11T05:00:00Z",
		"business, country: EC, region: quito":                   "2026-03-11T05:00:00Z",
		"calendar, country: EC, region: galapagos, until: close": "2026-03-09T06:00:00Z",
	} {
		def, err := definition.Read([]byte(strings.Replace(small, "clock: calendar", "clock: "+clock, 1)))
		require.NoError(t, err)
		p := &play{t: t, process: compile(t, def), now: noon, state: workflow.State{Instance: "one"}}
		p.do("open", "applicant", nil)
		p.do("go", "applicant", map[string]string{"ref": "x"})
		require.Equal(t, want, p.state.Timers["late"].Format(time.RFC3339), clock)
	}
}
