package workflow

import (
	"slices"

	"github.com/rubrica/rubrica/workflow/calendar"
	"github.com/rubrica/rubrica/workflow/definition"
)

// Process is a compiled definition. It is immutable and safe for concurrent use.
type Process struct {
	def    definition.Definition
	pin    Pin
	starts []*transition
	table  map[string]map[string][]*transition // state, command
	timers []*timer
	holds  map[string]hold // by claim
}

// transition is a definition.Transition with its words replaced by what they mean.
type transition struct {
	spec   definition.Transition
	guards []namedGuard
	claims []namedClaim
}

type namedGuard struct {
	name string
	ask  Guard
}

type namedClaim struct {
	name string
	rule ClaimRule
}

// timer is a definition.Timer with the calendar it counts by.
type timer struct {
	spec     definition.Timer
	while    map[string]bool
	calendar *calendar.Calendar // nil if the span needs none
}

// hold says until when a claim is held.
type hold struct {
	life  bool
	while map[string]bool // nil: no matter
}

// Compile joins a definition with a vocabulary. The error is a *definition.Error with every problem
// that it finds: unknown words, states that cannot be reached or left, waiting states without a
// deadline or a reason, timers without a clock, transitions that can never happen.
//
// The process keeps nothing of the definition that the caller could change afterwards.
func Compile(def definition.Definition, v Vocabulary) (*Process, error) {
	def, err := def.Clone()
	if err != nil {
		return nil, &definition.Error{Definition: def.Name,
			Problems: []definition.Problem{{Message: err.Error()}}}
	}
	c := &compiler{def: def, words: v}
	c.names()
	if len(c.problems) == 0 {
		c.prune()
		c.link()
	}
	if len(c.problems) == 0 {
		c.graph()
	}
	if len(c.problems) > 0 {
		return nil, &definition.Error{Definition: def.Name, Problems: c.problems}
	}
	digest, err := c.def.Digest()
	if err != nil {
		return nil, err
	}
	c.process.def = c.def
	c.process.pin = Pin{def.Name, def.Revision, digest}
	return &c.process, nil
}

// Pin returns the name, revision and digest of the definition with the settings as compiled.
func (p *Process) Pin() Pin { return p.pin }

// Definition returns the definition as compiled: parts that settings switch off are gone. It must
// not be changed.
func (p *Process) Definition() definition.Definition { return p.def }

// Can returns the commands that an actor may give in a state, sorted; guards are not asked.
func (p *Process) Can(state, actor string) []string {
	var out []string
	for name := range p.table[state] {
		if slices.Contains(p.def.Commands[name].Actors, actor) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// deadline says whether a timer leads out of the state.
func (p *Process) deadline(state, timer string) bool {
	for _, t := range p.timers {
		if t.spec.Name == timer {
			return t.while[state] && t.spec.To != "" && t.spec.To != state
		}
	}
	return false
}
