package workflow

import (
	"strings"
)

// Guards that every definition has, and under which a Rejection reports what no definition has to
// say: the names of Refusal.Guard and the message keys "workflow.<name>".
const (
	RefusedEnded   = "ended"        // the instance is in a final state
	RefusedNotNow  = "not-now"      // the state does not take the command
	RefusedUnknown = "unknown"      // the definition has no such command
	RefusedActor   = "actor"        // the command is not this actor's to give
	RefusedData    = "data"         // a datum is missing, unknown or malformed
	GuardOther     = "other-person" // params {than: command}: not given by whoever gave that one
	GuardTaken     = "taken"        // params {claim: name}: only if that claim has another holder
)

// Refusal says which guard refused and why.
type Refusal struct {
	// Guard is the name of the guard or of the claim, or one of the Refused constants.
	Guard string `json:"guard"`
	// Message is the key of a text for people, such as "document.too-large": what the guard says,
	// "claim.<name>" for a claim that has another holder, "workflow.<name>" for the Refused
	// constants. The host holds the texts, in the languages of its people.
	Message string `json:"message"`
	// Args fill the text: limits and measures, never personal data.
	Args map[string]string `json:"args,omitempty"`
	// Reason is for engineers, in English, lower case.
	Reason string `json:"reason"`
}

// Rejection is the answer to a command that may not be done. Nothing was changed. The giver of the
// command may correct it and try again; a repeat is judged afresh.
type Rejection struct {
	Instance string
	State    string
	Command  string
	// Refusals has at least one entry; all guards of the transition were asked.
	Refusals []Refusal
}

// Error names the command, the state and every guard that refused.
func (r *Rejection) Error() string {
	var b strings.Builder
	b.WriteString("workflow: command " + r.Command + " refused in state " + r.State)
	for i, f := range r.Refusals {
		b.WriteString([]string{": ", "; "}[min(i, 1)] + f.Guard + ": " + f.Reason)
	}
	return b.String()
}
