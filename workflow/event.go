package workflow

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Hash is a SHA-256 value, 64 hexadecimal digits in text.
type Hash [32]byte

// String returns 64 lower-case hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes 64 lower-case hexadecimal digits.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) != 2*len(h) {
		return fmt.Errorf("workflow: a hash has %d hexadecimal digits, not %d", 2*len(h), len(text))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// Event is one step in the life of an instance. It is immutable and holds no personal data.
type Event struct {
	Instance string    `json:"instance"`
	Sequence uint64    `json:"sequence"` // 1, 2, 3 …
	At       time.Time `json:"at"`       // of the decision, UTC, whole microseconds
	// Process is set on the first event alone: the definition that the instance is pinned to.
	Process *Pin `json:"process,omitempty"`
	// Command or Timer says what caused the step; exactly one is set.
	Command string            `json:"command,omitempty"`
	Timer   string            `json:"timer,omitempty"`
	Key     string            `json:"key,omitempty"`
	Actor   string            `json:"actor,omitempty"`
	By      string            `json:"by,omitempty"`
	From    string            `json:"from,omitempty"` // "" on the first event
	To      string            `json:"to"`
	Final   string            `json:"final,omitempty"`
	Data    map[string]string `json:"data,omitempty"`
	Set     []Timer           `json:"set,omitempty"`
	Cancel  []string          `json:"cancel,omitempty"`
	Claims  []Claim           `json:"claims,omitempty"`
	Release []Claim           `json:"release,omitempty"`
	// Effects are the keys of the effects that this step orders, with their names.
	Effects []EffectRef `json:"effects,omitempty"`
	// Previous is the hash of the event before, all zero on the first.
	Previous Hash `json:"previous"`
}

// EffectRef names an effect in an event.
type EffectRef struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// Entry is an event as it is stored: its bytes and their hash. Stores keep Body as it is; the hash
// covers these bytes.
type Entry struct {
	Sequence uint64
	Body     []byte
	Hash     Hash
}

// ErrBroken says that a history is not what was written: an event is missing, altered or out of
// place. Stop working on the instance and call somebody.
var ErrBroken = errors.New("workflow: history broken")
