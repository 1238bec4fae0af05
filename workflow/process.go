package workflow

import (
	"time"
)

// Process is a compiled definition. It is immutable and safe for concurrent use.
type Process struct {
	def Definition
	pin Pin
}

// Compile joins a definition with a vocabulary. It returns a *DefinitionError with every problem
// it finds.
func Compile(def Definition, v Vocabulary) (*Process, error) { return nil, errUnbuilt }

// Pin returns the name, revision and digest of the definition with the settings as compiled.
func (p *Process) Pin() Pin { return p.pin }

// Definition returns the definition as compiled: parts that settings switch off are gone.
func (p *Process) Definition() Definition { return p.def }

// Decide decides one command at one instant. A zero state (with Instance set) starts an instance. The error is
// a *Rejection when the command may not be done, and otherwise our bug or the vocabulary's.
func (p *Process) Decide(s State, c Command, f Facts, now time.Time) (Decision, error) {
	return Decision{}, errUnbuilt
}

// Fire decides a running timer, at the instant it was due.
func (p *Process) Fire(s State, timer string) (Decision, error) {
	return Decision{}, errUnbuilt
}

// Can returns the commands that an actor may give in a state, sorted; guards are not asked.
func (p *Process) Can(state, actor string) []string { return nil }
