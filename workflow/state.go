package workflow

import "time"

// State is where an instance stands: the fold of its events, from which Replay makes it again.
// Stores keep it beside the events so that a command costs one read.
type State struct {
	Instance string    `json:"instance"`
	Process  Pin       `json:"process"`
	Sequence uint64    `json:"sequence"` // of the last event; 0 before the first
	Name     string    `json:"name"`     // of the state, as in the definition
	Started  time.Time `json:"started"`
	Entered  time.Time `json:"entered"` // when this state was entered
	At       time.Time `json:"at"`      // of the last event
	// Final is the final word of a terminal state, "" while the instance lives.
	Final string `json:"final,omitempty"`
	// Data are all data that commands have carried, the latest value of each.
	Data map[string]string `json:"data,omitempty"`
	// Doers says who last gave each command.
	Doers map[string]string `json:"doers,omitempty"`
	// Timers are the running timers and when they are due.
	Timers map[string]time.Time `json:"timers,omitempty"`
	// Claims are what the instance holds.
	Claims []Claim `json:"claims,omitempty"`
	// Head is the hash of the last event.
	Head Hash `json:"head"`
}

// Pin names one version of one definition. An instance keeps the pin it was started with.
type Pin struct {
	Name     string `json:"name"`
	Revision int    `json:"revision"`
	Digest   Hash   `json:"digest"`
}
