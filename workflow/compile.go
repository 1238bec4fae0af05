package workflow

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/rubrica/rubrica/workflow/calendar"
	"github.com/rubrica/rubrica/workflow/definition"
)

// compiler checks a definition in three passes: the form of every name, the meaning of every word,
// and the graph of states.
type compiler struct {
	def      definition.Definition
	words    Vocabulary
	process  Process
	problems []definition.Problem
}

func (c *compiler) fail(path, format string, args ...any) {
	p := definition.Problem{Path: path, Message: fmt.Sprintf(format, args...)}
	p.Line, p.Column = c.def.Where(path)
	c.problems = append(c.problems, p)
}

// names checks what can be checked without knowing any meaning.
func (c *compiler) names() {
	d := c.def
	if !definition.ValidName(d.Name) {
		c.fail("name", "a name has lower-case letters, digits and hyphens, not %.60q", d.Name)
	}
	if d.Revision < 1 {
		c.fail("revision", "must be 1 or more")
	}
	checkNames(c, "settings", d.Settings)
	checkNames(c, "data", d.Data)
	checkNames(c, "commands", d.Commands)
	checkNames(c, "states", d.States)
	kinds := []definition.Kind{definition.Reference, definition.Digest, definition.Instant,
		definition.Boolean, definition.Number, definition.Word}
	for _, name := range sorted(d.Data) {
		if !slices.Contains(kinds, d.Data[name]) {
			c.fail("data."+name, "unknown kind %q", d.Data[name])
		}
	}
	c.conditions()
	seen := map[string]bool{}
	for i, t := range d.Timers {
		at := fmt.Sprintf("timers[%d]", i)
		if !definition.ValidName(t.Name) {
			c.fail(at+".name", "a name has lower-case letters, digits and hyphens, not %.60q", t.Name)
		}
		if seen[t.Name] {
			c.fail(at+".name", "timer %q stands twice", t.Name)
		}
		seen[t.Name] = true
	}
}

func checkNames[T any](c *compiler, path string, m map[string]T) {
	for _, name := range sorted(m) {
		if !definition.ValidName(name) {
			c.fail(path+"."+name,
				"a name has lower-case letters, digits and hyphens, not %.60q", name)
		}
	}
}

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// conditions checks that If and Unless name settings.
func (c *compiler) conditions() {
	check := func(path string, k definition.Condition) {
		for _, s := range []string{k.If, k.Unless} {
			if _, ok := c.def.Settings[s]; s != "" && !ok {
				c.fail(path, "no setting %q", s)
			}
		}
		if k.If != "" && k.If == k.Unless {
			c.fail(path, "depends on a setting and on its opposite")
		}
	}
	for _, name := range sorted(c.def.Commands) {
		check("commands."+name, c.def.Commands[name].Condition)
	}
	for _, name := range sorted(c.def.States) {
		check("states."+name, c.def.States[name].Condition)
	}
	each := func(path string, ts []definition.Transition) {
		for i, t := range ts {
			check(fmt.Sprintf("%s[%d]", path, i), t.Condition)
		}
	}
	each("start", c.def.Start)
	each("transitions", c.def.Transitions)
	for i, t := range c.def.Timers {
		check(fmt.Sprintf("timers[%d]", i), t.Condition)
	}
}

// on says whether the settings leave a part in.
func (c *compiler) on(k definition.Condition) bool {
	return (k.If == "" || c.def.Settings[k.If]) && (k.Unless == "" || !c.def.Settings[k.Unless])
}

// prune takes out what the settings switch off. States that are gone also leave the lists From
// and While, which may name them for the case that they are there.
func (c *compiler) prune() {
	d := &c.def
	gone := map[string]bool{}
	for name, s := range d.States {
		gone[name] = !c.on(s.Condition)
	}
	keep := func(states []string) []string {
		return slices.DeleteFunc(slices.Clone(states), func(s string) bool { return gone[s] })
	}
	d.States, d.Commands = maps.Clone(d.States), maps.Clone(d.Commands)
	maps.DeleteFunc(d.States, func(name string, _ definition.State) bool { return gone[name] })
	maps.DeleteFunc(d.Commands, func(_ string, s definition.Command) bool {
		return !c.on(s.Condition)
	})
	// The paths of problems keep the numbers of the file: what is switched off is emptied here
	// and dropped by compact.
	d.Start, d.Transitions = slices.Clone(d.Start), slices.Clone(d.Transitions)
	for _, list := range [][]definition.Transition{d.Start, d.Transitions} {
		for i, t := range list {
			if !c.on(t.Condition) {
				list[i] = definition.Transition{}
				continue
			}
			list[i].From, list[i].Claims = keep(t.From), slices.Clone(t.Claims)
			for j, claim := range t.Claims {
				list[i].Claims[j].While = keep(claim.While)
			}
		}
	}
	d.Timers = slices.Clone(d.Timers)
	for i, t := range d.Timers {
		d.Timers[i].While = keep(t.While)
		if !c.on(t.Condition) {
			d.Timers[i] = definition.Timer{}
		}
	}
}

// compact drops what prune emptied.
func (c *compiler) compact() {
	off := func(t definition.Transition) bool { return t.On == "" }
	c.def.Start = slices.DeleteFunc(c.def.Start, off)
	c.def.Transitions = slices.DeleteFunc(c.def.Transitions, off)
	c.def.Timers = slices.DeleteFunc(c.def.Timers, func(t definition.Timer) bool {
		return t.Name == ""
	})
}

// link replaces words by what they mean.
func (c *compiler) link() {
	p := &c.process
	p.table, p.holds = map[string]map[string][]*transition{}, map[string]hold{}
	c.commands()
	c.states()
	if len(c.def.Start) == 0 {
		c.fail("start", "nothing starts an instance")
	}
	for i, t := range c.def.Start {
		if t.On != "" {
			p.starts = append(p.starts, c.transition("start["+strconv.Itoa(i)+"]", t, true))
		}
	}
	for i, t := range c.def.Transitions {
		if t.On == "" {
			continue
		}
		linked := c.transition("transitions["+strconv.Itoa(i)+"]", t, false)
		for _, from := range t.From {
			if p.table[from] == nil {
				p.table[from] = map[string][]*transition{}
			}
			p.table[from][t.On] = append(p.table[from][t.On], linked)
		}
	}
	for i, t := range c.def.Timers {
		if t.Name != "" {
			p.timers = append(p.timers, c.timer("timers["+strconv.Itoa(i)+"]", t))
		}
	}
	c.takenGuards()
}

func (c *compiler) commands() {
	for _, name := range sorted(c.def.Commands) {
		at, spec := "commands."+name, c.def.Commands[name]
		if len(spec.Actors) == 0 {
			c.fail(at, "nobody may give it: actors is empty")
		}
		for _, a := range spec.Actors {
			if a != System && !slices.Contains(c.words.Actors, a) {
				c.fail(at+".actors", "unknown actor %q", a)
			}
		}
		seen := map[string]bool{}
		for _, datum := range slices.Concat(spec.With, spec.May) {
			if _, ok := c.def.Data[datum]; !ok {
				c.fail(at, "unknown datum %q", datum)
			}
			if seen[datum] {
				c.fail(at, "datum %q stands twice", datum)
			}
			seen[datum] = true
		}
	}
}

func (c *compiler) states() {
	if len(c.def.States) == 0 {
		c.fail("states", "there are none")
	}
	for _, name := range sorted(c.def.States) {
		s := c.def.States[name]
		if s.Final != "" && !definition.ValidName(s.Final) {
			c.fail("states."+name+".final", "a final word has lower-case letters, digits and hyphens")
		}
		if s.Final != "" && s.Waits != "" {
			c.fail("states."+name, "a final state does not wait")
		}
	}
}

func (c *compiler) known(path, state string) {
	if _, ok := c.def.States[state]; !ok {
		c.fail(path, "unknown state %q", state)
	}
}

func (c *compiler) transition(at string, t definition.Transition, start bool) *transition {
	if _, ok := c.def.Commands[t.On]; !ok {
		c.fail(at+".on", "unknown command %q", t.On)
	}
	switch {
	case start && len(t.From) > 0:
		c.fail(at+".from", "a start comes from nowhere")
	case start && t.To == "":
		c.fail(at, "a start leads to a state")
	case !start && len(t.From) == 0:
		c.fail(at, "it comes from no state")
	}
	seen := map[string]bool{}
	for _, s := range t.From {
		c.known(at+".from", s)
		if seen[s] {
			c.fail(at+".from", "state %q stands twice", s)
		}
		seen[s] = true
		if c.def.States[s].Final != "" {
			c.fail(at+".from", "state %q is final and has no exits", s)
		}
	}
	if t.To != "" {
		c.known(at+".to", t.To)
	}
	out := &transition{spec: t}
	for i, g := range t.Guards {
		out.guards = append(out.guards, c.guard(fmt.Sprintf("%s.guards[%d]", at, i), g))
	}
	for i, k := range t.Claims {
		at := fmt.Sprintf("%s.claims[%d]", at, i)
		out.claims = append(out.claims, c.claim(at, k))
		for _, to := range targets(t) {
			if c.process.holds[k.Name].ends(to, c.def.States[to].Final != "") {
				c.fail(at, "claim %q would end in state %q as soon as it is made", k.Name, to)
			}
		}
	}
	c.effects(at, t.Effects)
	return out
}

// targets returns the states that a transition leads to.
func targets(t definition.Transition) []string {
	if t.To != "" {
		return []string{t.To}
	}
	return t.From
}

func (c *compiler) guard(at string, u definition.Use) namedGuard {
	maker, ok := c.words.Guards[u.Name]
	if b, is := builtinGuards[u.Name]; is {
		maker, ok = b, true
	}
	if !ok || maker == nil {
		c.fail(at, "unknown guard %q", u.Name)
		return namedGuard{}
	}
	ask, err := maker(u.Params)
	switch {
	case err != nil:
		c.fail(at, "guard %q: %v", u.Name, err)
	case ask == nil:
		c.fail(at, "guard %q: the vocabulary made none", u.Name)
	}
	if than, ok := u.Params["than"].(string); ok && u.Name == GuardOther {
		if _, known := c.def.Commands[than]; !known {
			c.fail(at, "guard %q: unknown command %q", u.Name, than)
		}
	}
	return namedGuard{u.Name, ask}
}

func (c *compiler) claim(at string, k definition.Claim) namedClaim {
	maker, ok := c.words.Claims[k.Name]
	if !ok || maker == nil {
		c.fail(at, "unknown claim %q", k.Name)
		return namedClaim{}
	}
	rule, err := maker(k.Params)
	switch {
	case err != nil:
		c.fail(at, "claim %q: %v", k.Name, err)
	case rule == nil:
		c.fail(at, "claim %q: the vocabulary made none", k.Name)
	}
	h := hold{life: k.Hold == "life"}
	if k.Hold == "while" {
		h.while = c.set(at+".while", k.While)
	} else if len(k.While) > 0 {
		c.fail(at, "while goes with hold: while")
	}
	if !slices.Contains([]string{"forever", "life", "while"}, k.Hold) {
		c.fail(at, "hold must be forever, life or while, not %.20q", k.Hold)
	}
	if before, ok := c.process.holds[k.Name]; ok && (before.life != h.life ||
		!maps.Equal(before.while, h.while)) {
		c.fail(at, "claim %q is held differently elsewhere", k.Name)
	}
	c.process.holds[k.Name] = h
	return namedClaim{k.Name, rule}
}

// set checks a list of states that are not final.
func (c *compiler) set(at string, states []string) map[string]bool {
	out := map[string]bool{}
	for _, s := range states {
		c.known(at, s)
		if c.def.States[s].Final != "" {
			c.fail(at, "state %q is final", s)
		}
		if out[s] {
			c.fail(at, "state %q stands twice", s)
		}
		out[s] = true
	}
	if len(out) == 0 {
		c.fail(at, "names no state")
	}
	return out
}

func (c *compiler) effects(at string, specs []definition.Effect) {
	for i, e := range specs {
		at := fmt.Sprintf("%s.effects[%d]", at, i)
		check, ok := c.words.Effects[e.Name]
		if !ok {
			c.fail(at, "unknown effect %q", e.Name)
			continue
		}
		if check == nil {
			check = noParams
		}
		if err := check(e.Params); err != nil {
			c.fail(at, "effect %q: %v", e.Name, err)
		}
		for _, word := range sorted(e.Answers) {
			command, ok := c.def.Commands[e.Answers[word]]
			switch {
			case !ok:
				c.fail(at+".answers."+word, "unknown command %q", e.Answers[word])
			case !slices.Contains(command.Actors, System):
				c.fail(at+".answers."+word, "command %q is not for the actor system", e.Answers[word])
			}
		}
	}
}

func (c *compiler) timer(at string, t definition.Timer) *timer {
	out := &timer{spec: t, while: c.set(at+".while", t.While)}
	if t.To != "" {
		c.known(at+".to", t.To)
	}
	if t.To == "" && len(t.Effects) == 0 {
		c.fail(at, "it does nothing: neither to nor effects")
	}
	span, path := t.After, at+".after"
	if t.Before != nil {
		span, path = t.Before, at+".before"
	}
	switch {
	case span == nil || t.After != nil && t.Before != nil:
		c.fail(at, "exactly one of after and before")
	case t.Before != nil && t.From == "":
		c.fail(at, "before needs from")
	default:
		out.calendar = c.span(path, *span)
	}
	if t.From != "" && c.def.Data[t.From] != definition.Instant {
		c.fail(at+".from", "no datum %q of kind instant", t.From)
	}
	c.effects(at, t.Effects)
	return out
}

// maxDays and maxHours bound a term: 20 years, and as many hours.
const (
	maxDays  = 7305
	maxHours = 24 * maxDays
)

func (c *compiler) span(at string, s definition.Span) *calendar.Calendar {
	business, clocks := s.Clock == "business", []string{"calendar", "business"}
	switch {
	case s.Clock == "":
		c.fail(at, "it has no clock: calendar or business")
	case !slices.Contains(clocks, s.Clock):
		c.fail(at+".clock", "unknown clock %.20q", s.Clock)
	case s.Hours < 0 || s.Days < 0 || s.Hours > maxHours || s.Days > maxDays ||
		s.Hours == 0 && s.Days == 0:
		c.fail(at, "hours and days must be positive, together up to 20 years")
	case business && (s.Hours != 0 || s.Until == "instant"):
		c.fail(at, "business time is whole days, until the close of the last")
	case business && s.Days > maxDays/2:
		c.fail(at, "too many business days")
	case s.Until != "" && s.Until != "instant" && s.Until != "close":
		c.fail(at+".until", "must be instant or close")
	}
	if !business && s.Until != "close" {
		if s.Country != "" || s.Region != "" {
			c.fail(at, "a country goes with business days or until: close")
		}
		return nil
	}
	if s.Country == "" {
		c.fail(at, "business days and until: close need a country")
		return nil
	}
	name := s.Country
	if s.Region != "" {
		name += "/" + s.Region
	}
	if cal := c.words.Calendars[name]; cal != nil {
		return cal
	}
	cal, err := calendar.New(calendar.Config{Country: s.Country, Region: s.Region})
	if err != nil {
		c.fail(at, "%v", err)
	}
	return cal
}

// takenGuards checks that GuardTaken names a claim of the definition.
func (c *compiler) takenGuards() {
	for path, list := range map[string][]definition.Transition{
		"start": c.def.Start, "transitions": c.def.Transitions,
	} {
		for i, t := range list {
			for j, g := range t.Guards {
				name, _ := g.Params["claim"].(string)
				if _, ok := c.process.holds[name]; g.Name == GuardTaken && !ok {
					c.fail(fmt.Sprintf("%s[%d].guards[%d]", path, i, j), "no claim %q", name)
				}
			}
		}
	}
}

// noParams refuses every parameter.
func noParams(p definition.Params) error { return p.Decode(&struct{}{}) }
