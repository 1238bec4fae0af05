package workflow

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/rubrica/rubrica/workflow/definition"
)

var (
	// ErrCommand: the command is malformed (key, by, actor system, an instant in the future). The
	// host that made it is wrong (400).
	ErrCommand = errors.New("workflow: malformed command")
	// ErrPinned: the state belongs to another version of the definition than this process.
	ErrPinned = errors.New("workflow: instance is pinned to another definition")
)

// Decide decides one command at one instant. A state of Sequence 0, of which Instance alone is
// looked at, starts an instance. The error is a *Rejection when the command may not be done,
// ErrCommand, ErrPinned, or tells of a vocabulary that breaks its word.
func (p *Process) Decide(s State, c Command, f Facts, now time.Time) (Decision, error) {
	now = instant(now)
	if now.Before(s.At) {
		now = s.At
	}
	if err := checkCommand(c); err != nil {
		return Decision{}, err
	}
	if s.Sequence > 0 && s.Process != p.pin {
		return Decision{}, ErrPinned
	}
	branches, refused := p.branches(s, c)
	if refused != nil {
		return Decision{}, reject(s, c, *refused)
	}
	check := Check{s, c, f, now}
	var best []Refusal
	for _, t := range branches {
		claims, refusals, err := t.try(check)
		if err != nil {
			return Decision{}, err
		}
		if len(refusals) == 0 {
			d, refusals, err := p.step(s, cause{command: &c, spec: t.spec, claims: claims}, now)
			if err != nil || len(refusals) == 0 {
				return d, err
			}
			return Decision{}, reject(s, c, refusals...)
		}
		if best == nil || len(refusals) < len(best) {
			best = refusals
		}
	}
	return Decision{}, reject(s, c, best...)
}

func reject(s State, c Command, refusals ...Refusal) error {
	return &Rejection{Instance: s.Instance, State: s.Name, Command: c.Name, Refusals: refusals}
}

func refusal(guard, format string, args ...any) *Refusal {
	return &Refusal{Guard: guard, Message: "workflow." + guard, Reason: fmt.Sprintf(format, args...)}
}

// instant is the precision of everything recorded: whole microseconds UTC.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// branches returns the transitions for a command, or why there are none.
func (p *Process) branches(s State, c Command) ([]*transition, *Refusal) {
	spec, ok := p.def.Commands[c.Name]
	if !ok {
		return nil, refusal(RefusedUnknown, "the definition has no such command")
	}
	if s.Final != "" {
		return nil, refusal(RefusedEnded, "the process has ended")
	}
	branches := p.table[s.Name][c.Name]
	if s.Sequence == 0 {
		branches = slices.DeleteFunc(slices.Clone(p.starts),
			func(t *transition) bool { return t.spec.On != c.Name })
	}
	if len(branches) == 0 {
		return nil, refusal(RefusedNotNow, "the state does not take it")
	}
	if !slices.Contains(spec.Actors, c.Actor) {
		return nil, refusal(RefusedActor, "not for this actor to give")
	}
	return branches, p.checkData(spec, c.Data)
}

// checkData says what is wrong with the data of a command.
func (p *Process) checkData(spec definition.Command, data map[string]string) *Refusal {
	for _, name := range spec.With {
		if _, ok := data[name]; !ok {
			r := refusal(RefusedData, "datum %s is missing", name)
			r.Args = map[string]string{"datum": name}
			return r
		}
	}
	for _, name := range sorted(data) {
		allowed := slices.Contains(spec.With, name) || slices.Contains(spec.May, name)
		if !allowed || !p.def.Data[name].Admits(data[name]) {
			if !definition.ValidName(name) {
				return refusal(RefusedData, "a datum is not carried by this command")
			}
			r := refusal(RefusedData, "datum %s is not carried by this command", name)
			if allowed {
				r = refusal(RefusedData, "datum %s is no %s", name, p.def.Data[name])
			}
			r.Args = map[string]string{"datum": name}
			return r
		}
	}
	return nil
}

// maxKey bounds idempotency keys, which are an index of the store.
const maxKey = 200

// checkCommand checks what every command must have.
func checkCommand(c Command) error {
	switch {
	case !validKey(c.Key):
		return fmt.Errorf("%w: the key has not 1 to %d printable ASCII characters", ErrCommand, maxKey)
	case c.By == "" && c.Actor != System, c.By != "" && !definition.Reference.Admits(c.By):
		return fmt.Errorf("%w: by is no reference", ErrCommand)
	}
	return nil
}

func validKey(key string) bool {
	for _, b := range []byte(key) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return key != "" && len(key) <= maxKey
}

// try asks every guard and claim rule of a transition.
func (t *transition) try(c Check) ([]Claim, []Refusal, error) {
	var refusals []Refusal
	refuse := func(name string, r Refusal) {
		if r.Guard == "" {
			r.Guard = name
		}
		if r.Message == "" {
			r.Message = name
		}
		refusals = append(refusals, r)
	}
	for _, g := range t.guards {
		if r := g.ask(c); r != nil {
			refuse(g.name, *r)
		}
	}
	var claims []Claim
	for _, k := range t.claims {
		claim, r := k.rule(c)
		if r != nil {
			refuse(k.name, *r)
			continue
		}
		claim.Name = k.name
		if err := claim.check(); err != nil {
			return nil, nil, err
		}
		if slices.Contains(c.Facts.Taken, claim) {
			refuse(k.name, Refusal{Message: "claim." + k.name, Reason: "held by another instance"})
			continue
		}
		if !c.State.holds(claim) {
			claims = append(claims, claim)
		}
	}
	return claims, refusals, nil
}

// maxSlots bounds a quota; the store looks through its slots for a free one.
const maxSlots = 1_000_000

func (k Claim) check() error {
	ok := definition.Reference.Admits(k.Scope)
	if k.Slots == 0 {
		ok = ok && definition.Reference.Admits(k.Key)
	} else {
		ok = ok && k.Key == "" && k.Slots > 0 && k.Slots <= maxSlots
	}
	if !ok {
		return fmt.Errorf("workflow: claim rule %q gives no valid claim", k.Name)
	}
	return nil
}

// holds says whether the instance holds a claim already, or a slot of its scope.
func (s State) holds(k Claim) bool {
	return slices.ContainsFunc(s.Claims, func(have Claim) bool {
		return have.Name == k.Name && have.Scope == k.Scope && (k.Slots > 0 || have.Key == k.Key)
	})
}

// cause is why a step happens.
type cause struct {
	command *Command // or
	timer   string
	spec    definition.Transition
	claims  []Claim
}

// step makes the decision for a transition that nothing refuses.
func (p *Process) step(s State, c cause, now time.Time) (Decision, []Refusal, error) {
	to := target(c.spec.To, s.Name)
	e := Event{
		Instance: s.Instance, Sequence: s.Sequence + 1, At: now, Timer: c.timer,
		From: s.Name, To: to, Final: p.def.States[to].Final, Claims: c.claims,
	}
	data := s.Data
	if c.command != nil {
		e.Command, e.Key, e.Actor, e.By = c.command.Name, c.command.Key, c.command.Actor, c.command.By
		e.Data = maps.Clone(c.command.Data)
		data = maps.Clone(s.Data)
		if data == nil {
			data = map[string]string{}
		}
		maps.Copy(data, c.command.Data)
	}
	if s.Sequence == 0 {
		e.Process = &p.pin
	}
	for _, k := range s.Claims {
		if p.holds[k.Name].ends(to, e.Final != "") {
			e.Release = append(e.Release, k)
		}
	}
	refusals, err := p.setTimers(&e, s, data)
	if err != nil || refusals != nil {
		return Decision{}, refusals, err
	}
	d := Decision{Event: e}
	for i, spec := range c.spec.Effects {
		key := s.Instance + "/" + strconv.FormatUint(e.Sequence, 10) + "/" + strconv.Itoa(i)
		d.Event.Effects = append(d.Event.Effects, EffectRef{spec.Name, key})
		d.Effects = append(d.Effects, Effect{
			Key: key, Instance: s.Instance, Name: spec.Name, Params: spec.Params,
			Answers: spec.Answers, State: to, Data: data, At: now,
		})
	}
	d.State = s.apply(d.Event)
	return d, nil, nil
}

// ends says whether a claim is released on coming into a state.
func (h hold) ends(to string, final bool) bool {
	return h.life && final || h.while != nil && !h.while[to]
}

// setTimers sets and cancels the timers whose states are entered and left.
func (p *Process) setTimers(e *Event, s State, data map[string]string) ([]Refusal, error) {
	for _, t := range p.timers {
		name := t.spec.Name
		was, is := s.Sequence > 0 && t.while[s.Name], t.while[e.To]
		switch {
		case is && !was:
			due, r, err := t.due(e.At, data)
			if err != nil {
				return nil, err
			} else if r != nil {
				return []Refusal{*r}, nil
			}
			e.Set = append(e.Set, Timer{Instance: s.Instance, Name: name, Due: due})
		case was && !is && e.Timer != name:
			if _, running := s.Timers[name]; running {
				e.Cancel = append(e.Cancel, name)
			}
		}
	}
	return nil, nil
}

// due counts the span from its base. A datum that there is nothing to count from is refused.
func (t *timer) due(entered time.Time, data map[string]string) (time.Time, *Refusal, error) {
	base := entered
	refuse := func(why string) (time.Time, *Refusal, error) {
		r := refusal(RefusedData, "datum %s %s timer %s", t.spec.From, why, t.spec.Name)
		r.Args = map[string]string{"datum": t.spec.From}
		return time.Time{}, r, nil
	}
	if t.spec.From != "" {
		at, err := time.Parse(time.RFC3339Nano, data[t.spec.From])
		if err != nil {
			return refuse("is needed for")
		}
		base = instant(at)
	}
	due, err := t.count(base)
	if err == nil && (due.Year() < 1 || due.Year() > maxYear) {
		err = fmt.Errorf("year %d is out of range", due.Year())
	}
	switch {
	case err != nil && t.spec.From != "":
		return refuse("is too far away for")
	case err != nil:
		return time.Time{}, nil, fmt.Errorf("workflow: timer %s: %w", t.spec.Name, err)
	}
	return instant(due), nil, nil
}

// maxYear is the last that RFC 3339 can write.
const maxYear = 9999

func (t *timer) count(base time.Time) (time.Time, error) {
	if s := t.spec.Before; s != nil {
		if s.Clock == "business" {
			return t.calendar.TermBefore(base, s.Days)
		}
		base = base.Add(-s.Length())
		if s.Until == "close" {
			return t.calendar.Close(base), nil
		}
		return base, nil
	}
	s := t.spec.After
	if s.Clock == "business" {
		return t.calendar.Term(base, s.Days)
	}
	base = base.Add(s.Length())
	if s.Until == "close" {
		return t.calendar.Close(base), nil
	}
	return base, nil
}

// Fire decides a running timer, at the instant it was due or, if that lies before the last event,
// at that event's.
func (p *Process) Fire(s State, name string) (Decision, error) {
	if s.Process != p.pin {
		return Decision{}, ErrPinned
	}
	due, running := s.Timers[name]
	i := slices.IndexFunc(p.timers, func(t *timer) bool { return t.spec.Name == name })
	if !running || i < 0 {
		return Decision{}, fmt.Errorf("workflow: timer %s is not running", name)
	}
	if due.Before(s.At) {
		due = s.At
	}
	t := p.timers[i].spec
	d, refusals, err := p.step(s, cause{timer: name,
		spec: definition.Transition{To: t.To, Effects: t.Effects}}, due)
	if err == nil && len(refusals) > 0 {
		err = fmt.Errorf("workflow: timer %s: %s", name, refusals[0].Reason)
	}
	return d, err
}
