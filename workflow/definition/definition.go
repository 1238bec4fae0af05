package definition

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"time"
)

// Definition is a process as data. Read makes one from YAML; workflow.Compile makes it work. The
// YAML keys are the field names in lower case with hyphens, as the tags say.
type Definition struct {
	Name     string `json:"name"`
	Revision int    `json:"revision"` // 1 or more; a changed file is a new revision
	Title    Text   `json:"title,omitempty"`
	// Settings are switches that States, Commands, Transitions and Timers may depend on by If and
	// Unless. "four-eyes" is one by convention.
	Settings map[string]bool `json:"settings,omitempty"`
	// Data declares everything that commands may carry.
	Data map[string]Kind `json:"data,omitempty"`
	// Commands declares who may give each command, and with what.
	Commands map[string]Command `json:"commands"`
	States   map[string]State   `json:"states"`
	// Start are the transitions that begin an instance; their From is empty.
	Start       []Transition `json:"start"`
	Transitions []Transition `json:"transitions"`
	Timers      []Timer      `json:"timers,omitempty"`

	// where says on which line and column of the file a part stands, by path.
	where map[string]position
}

type position struct{ line, column int }

// Text is a text for people by language ("es", "en").
type Text map[string]string

// Kind is the form of a datum. None admits free text: personal data has no place in events.
type Kind string

// The kinds of data.
const (
	Reference Kind = "reference" // 1 to 200 of A–Z a–z 0–9 . _ : / + = -
	Digest    Kind = "digest"    // 64 lower-case hexadecimal digits, SHA-256
	Instant   Kind = "instant"   // RFC 3339, UTC
	Boolean   Kind = "boolean"   // true or false
	Number    Kind = "number"    // a decimal number, -?digits[.digits], up to 30 characters
	Word      Kind = "word"      // lower-case letters, digits and hyphens, up to 40
)

// Condition makes part of a definition depend on a setting. Both empty: always there.
type Condition struct {
	If     string `json:"if,omitempty"`
	Unless string `json:"unless,omitempty"`
}

// Command declares a command.
type Command struct {
	Condition
	Title  Text     `json:"title,omitempty"`
	Actors []string `json:"actors"`
	With   []string `json:"with,omitempty"` // data that must come with it
	May    []string `json:"may,omitempty"`  // data that may come with it
}

// State declares a state. It waits (with a timer that leads out of it, or with a Waits that
// says why it has no deadline) or it is final.
type State struct {
	Condition
	Title Text `json:"title,omitempty"`
	// Waits is the reason for which the state has no deadline.
	Waits string `json:"waits,omitempty"`
	// Final is the final word of a terminal state ("issued", "lapsed"); "" is no terminal state.
	Final string `json:"final,omitempty"`
}

// Transition declares a transition. Of several for the same command and state, the first that
// nothing refuses is taken.
type Transition struct {
	Condition
	On      string   `json:"on"`             // command
	From    []string `json:"from,omitempty"` // one or more states
	To      string   `json:"to,omitempty"`   // "" stays in the state
	Guards  []Use    `json:"guards,omitempty"`
	Claims  []Claim  `json:"claims,omitempty"`
	Effects []Effect `json:"effects,omitempty"`
}

// Use is a guard or claim by name, with its parameters.
type Use struct {
	Name   string `json:"name"`
	Params Params `json:"params,omitempty"`
}

// Claim takes a claim.
type Claim struct {
	Use
	// Hold says how long: "forever" (also after the end), "life" (until a final state), or
	// "while", and then While lists the states.
	Hold  string   `json:"hold"`
	While []string `json:"while,omitempty"`
}

// Effect orders an effect.
type Effect struct {
	Use
	// Answers maps words of the handler's Answer to commands that the engine then gives as System.
	// "done" is the word of success, "failed" that of an effect given up.
	Answers map[string]string `json:"answers,omitempty"`
}

// Timer declares a timer: set when the instance comes into one of the While states from
// outside of them, kept while it moves among them, cancelled when it leaves them.
type Timer struct {
	Condition
	Name  string   `json:"name"`
	While []string `json:"while"`
	// From names an instant among the data to count from; "" counts from the entry.
	From string `json:"from,omitempty"`
	// After or Before (of From) says how long; exactly one.
	After  *Span `json:"after,omitempty"`
	Before *Span `json:"before,omitempty"`
	// To is the state it leads to; "" stays (a reminder).
	To      string   `json:"to,omitempty"`
	Effects []Effect `json:"effects,omitempty"`
}

// Span is a stretch of time on a named clock.
type Span struct {
	Hours int `json:"hours,omitempty"`
	Days  int `json:"days,omitempty"`
	// Clock is "calendar" (hours and days of 24 hours) or "business" (days only).
	Clock string `json:"clock"`
	// Country ("EC", "CO") is required for business days and for Until: close.
	Country string `json:"country,omitempty"`
	// Region has its own holidays or zone ("quito", "galapagos"); "" is the whole country.
	Region string `json:"region,omitempty"`
	// Until is "instant" (default for calendar) or "close": the end of the local day. Business days
	// always count from the next business day to the close of the last.
	Until string `json:"until,omitempty"`
}

// Length returns the hours and days of a span on clock calendar.
func (s Span) Length() time.Duration {
	return time.Duration(s.Hours+24*s.Days) * time.Hour
}

// Where returns the line and column of a part of a definition that Read made, by its path
// ("transitions[3].guards[0]"); zeros when it is not known.
func (d Definition) Where(path string) (line, column int) {
	at := d.where[path]
	return at.line, at.column
}

// Clone copies all of a definition, as JSON writes it: the copy shares nothing with it.
func (d Definition) Clone() (Definition, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return d, err
	}
	out := Definition{where: d.where}
	return out, json.Unmarshal(text, &out)
}

// Digest is the SHA-256 of a definition, settings included.
func (d Definition) Digest() ([sha256.Size]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	return sha256.Sum256(append([]byte("workflow definition 1\n"), text...)), nil
}

// With returns the definition with settings changed. A setting that it does not have is an error.
func (d Definition) With(settings map[string]bool) (Definition, error) {
	d.Settings = maps.Clone(d.Settings)
	for name, on := range settings {
		if _, ok := d.Settings[name]; !ok {
			return Definition{}, &Error{Definition: d.Name,
				Problems: []Problem{{Path: "settings", Message: "no setting " + name}}}
		}
		d.Settings[name] = on
	}
	return d, nil
}
