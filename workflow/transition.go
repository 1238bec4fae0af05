package workflow

import (
	"time"

	"github.com/rubrica/rubrica/workflow/definition"
)

// Decision is what Decide answers when a command or a timer is accepted.
type Decision struct {
	// Event is the step, not yet chained: Previous is set when the transition is made.
	Event   Event
	Effects []Effect
	// State is the state after the step, its Head not yet set.
	State State
}

// Timer is due for one instance at one instant: it fires when the clock is past Due, so that what
// happens at Due is still in time.
type Timer struct {
	Instance string    `json:"-"`
	Name     string    `json:"name"`
	Due      time.Time `json:"due"`
}

// Effect is something to be done outside: recorded with the step that orders it, done afterwards,
// at least once.
type Effect struct {
	// Key never changes for this effect: "<instance>/<sequence>/<index>". Handlers derive from it
	// what makes a repeat harmless: a Message-ID, a file name, an idempotency header.
	Key      string            `json:"key"`
	Instance string            `json:"instance"`
	Name     string            `json:"name"`
	Params   definition.Params `json:"params,omitempty"`
	// Answers are the commands that words of the answer lead to, from the definition.
	Answers map[string]string `json:"answers,omitempty"`
	// State and Data are those of the instance after the step that ordered the effect.
	State string            `json:"state"`
	Data  map[string]string `json:"data,omitempty"`
	// At is the instant of that step. Handlers date their work by it, so that an effect done
	// late, or twice, looks the same.
	At time.Time `json:"at"`
}

// Transition is everything that one step writes. A store writes all of it or nothing.
type Transition struct {
	Instance string
	// Expected is the sequence of the last event that the decision knew of; 0 starts an instance.
	Expected uint64
	Entries  []Entry // sequences Expected+1, Expected+2, …
	State    State   // after the last entry
	Set      []Timer // replaces a timer of the same name
	Cancel   []string
	Effects  []Effect
	Claims   []Claim
	Release  []Claim
	// Settle is the work that led here, done with this very step; nil for none.
	Settle *Settlement
	// Key, Fingerprint and Outcome answer a repeat of the command; Key is "" for timers.
	Key         string
	Fingerprint Hash
	Outcome     Outcome
}
