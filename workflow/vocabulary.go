package workflow

import (
	"time"

	"github.com/rubrica/rubrica/workflow/calendar"
	"github.com/rubrica/rubrica/workflow/definition"
)

// Vocabulary gives the words of definitions their meaning. Every word that a definition uses must
// be here; Compile refuses the others. The makers run once, in Compile, so a definition with a
// parameter of the wrong name or type is refused when it is loaded and not when it is needed.
type Vocabulary struct {
	// Actors are the roles that may give commands. System is always among them.
	Actors []string
	// Guards are asked before a transition. GuardOther and GuardTaken are built in.
	Guards map[string]GuardMaker
	// Claims say what a transition takes for itself alone.
	Claims map[string]ClaimMaker
	// Effects check the parameters of each effect; nil takes no parameters. What an effect does
	// is the matter of the engine's Handler.
	Effects map[string]func(definition.Params) error
	// Calendars give business days by country ("EC") or country and region ("EC/quito"). What is
	// not here has the calendar of calendar.New, without overrides.
	Calendars map[string]*calendar.Calendar
}

// Guard says nil when a transition may happen, and otherwise why not. It must be pure: same
// arguments, same answer, no clock but Check.Now.
type Guard func(Check) *Refusal

// GuardMaker makes a guard for the parameters that a definition gives it.
type GuardMaker func(definition.Params) (Guard, error)

// ClaimRule names what a transition claims, or refuses it. It must be pure.
type ClaimRule func(Check) (Claim, *Refusal)

// ClaimMaker makes a claim rule for the parameters that a definition gives it.
type ClaimMaker func(definition.Params) (ClaimRule, error)

// Check is what guards and claim rules may look at.
type Check struct {
	State   State // before the transition; its maps must not be changed
	Command Command
	Facts   Facts
	Now     time.Time
}

// Facts are what a decision may rest on beyond the state.
type Facts struct {
	// Host is the host's own value (its dossier of the application, opened for this decision),
	// handed untouched to guards and claim rules.
	Host any
	// Taken are claims that the store has just said are held by others. The engine fills it in
	// when it decides again after losing a race.
	Taken []Claim
}

// Claim is something that only one instance can hold: (Scope, Key) is unique in a store. Keys are
// references or blinded values (vault.Blind), never personal data.
type Claim struct {
	// Name is the word of the definition; Decide fills it in.
	Name  string `json:"name"`
	Scope string `json:"scope"`
	Key   string `json:"key,omitempty"`
	// Slots greater than 0 claims one of the slots 1 to Slots of the scope, the smallest that is
	// free: a quota. The engine then sets Key to the number of the slot, in decimal.
	Slots int `json:"slots,omitempty"`
}
