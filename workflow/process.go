package workflow

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"

	"github.com/rubrica/rubrica/workflow/calendar"
)

// Process is a compiled definition. It is immutable and safe for concurrent use.
type Process struct {
	def    Definition
	pin    Pin
	starts []*transition
	table  map[string]map[string][]*transition // state, command
	timers []*timer
	holds  map[string]hold // by claim
}

// transition is a TransitionSpec with its words replaced by what they mean.
type transition struct {
	spec   TransitionSpec
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

// timer is a TimerSpec with the calendar it counts by.
type timer struct {
	spec     TimerSpec
	while    map[string]bool
	calendar *calendar.Calendar // nil if the span needs none
}

// hold says until when a claim is held.
type hold struct {
	life  bool
	while map[string]bool // nil: no matter
}

// Compile joins a definition with a vocabulary. The error is a *DefinitionError with every problem
// that it finds: unknown words, states that cannot be reached or left, waiting states without a
// deadline or a reason, timers without a clock, transitions that can never happen.
//
// The process keeps nothing of the definition that the caller could change afterwards.
func Compile(def Definition, v Vocabulary) (*Process, error) {
	def, err := def.clone()
	if err != nil {
		return nil, &DefinitionError{Definition: def.Name, Problems: []Problem{{Message: err.Error()}}}
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
		return nil, &DefinitionError{Definition: def.Name, Problems: c.problems}
	}
	digest, err := c.def.digest()
	if err != nil {
		return nil, err
	}
	c.process.def = c.def
	c.process.pin = Pin{def.Name, def.Revision, digest}
	return &c.process, nil
}

// clone copies all of a definition, as JSON writes it.
func (d Definition) clone() (Definition, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return d, err
	}
	out := Definition{where: d.where}
	return out, json.Unmarshal(text, &out)
}

// digest is over the definition as compiled, so that a setting is part of the version.
func (d Definition) digest() (Hash, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return Hash{}, err
	}
	return sha256.Sum256(append([]byte("workflow definition 1\n"), text...)), nil
}

// Pin returns the name, revision and digest of the definition with the settings as compiled.
func (p *Process) Pin() Pin { return p.pin }

// Definition returns the definition as compiled: parts that settings switch off are gone. It must
// not be changed.
func (p *Process) Definition() Definition { return p.def }

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

// With returns the definition with settings changed. A setting that it does not have is an error.
func (d Definition) With(settings map[string]bool) (Definition, error) {
	d.Settings = maps.Clone(d.Settings)
	for name, on := range settings {
		if _, ok := d.Settings[name]; !ok {
			return Definition{}, &DefinitionError{Definition: d.Name,
				Problems: []Problem{{Path: "settings", Message: "no setting " + name}}}
		}
		d.Settings[name] = on
	}
	return d, nil
}
