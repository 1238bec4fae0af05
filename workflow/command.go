package workflow

import "time"

// System is the actor of commands that the engine itself issues: the answers of effects. A
// definition may let it perform a command; nobody else may call themselves by this name.
const System = "system"

// Command asks an instance to do something. It carries references only; what it refers to (a
// form, a document) was sealed beforehand.
type Command struct {
	// Name is a command of the definition.
	Name string
	// Key makes a repeat harmless: it is unique in the whole store, and the outcome stored under
	// it answers every later command with the same key. 1 to 200 printable ASCII characters
	// without spaces, the first of them not '~'. Required.
	Key string
	// Actor is the role in which the command is given, one of the command's actors.
	Actor string
	// By says who gave the command, as a reference ("operator/017"), never as a name or a mail
	// address. Guards such as "other-person" compare it. Required, except for System.
	By string
	// At is when the command was received, if that was before now: a message that reached the
	// mailbox in time counts as in time although the machine was down. Zero means now. It may
	// not lie in the future; an instant before the last event counts as that event's.
	At time.Time
	// Data holds what the definition lets the command carry, each value in the form of its Kind.
	Data map[string]string
}

// Outcome is what an accepted command led to. It is stored under the command's key.
type Outcome struct {
	Instance string    `json:"instance"`
	Sequence uint64    `json:"sequence"` // of the last event written
	State    string    `json:"state"`    // in which the instance now is
	Final    string    `json:"final,omitempty"`
	At       time.Time `json:"at"` // the instant of the decision
	// Repeated is true when the outcome answers a repeat: nothing was written this time.
	Repeated bool `json:"-"`
}
