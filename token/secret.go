package token

import (
	"crypto/subtle"
	"database/sql/driver"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// ErrSecret is what every marshaller of a [Secret] and of a [Key] answers: a secret is not data.
// Whoever sees it has put a secret where it would be written down; reveal it at the place of use
// instead.
var ErrSecret = errors.New("token: a secret cannot be marshalled")

// redacted stands for a secret wherever one is printed.
const redacted = "[secret]"

// Secret holds a password, a PIN, a one-time code or the content of a credentials envelope.
//
// All fmt verbs and log/slog print "[secret]". The encoders of JSON, text, binary, gob, XML and
// YAML, and database/sql, get [ErrSecret]. The value is kept where reflection does not reach, so
// that printers which ignore methods (of unexported fields, or that walk memory) do not find it.
// Two Secrets cannot be compared with ==, only by [Secret.Equal].
//
// The zero value is the empty secret, which is also the empty password. Copies share one value:
// Destroy on one destroys it for all. Safe for concurrent use.
type Secret struct {
	// A closure is the one thing in Go that reflection cannot look into.
	open func() *vault
}

type vault struct {
	mu        sync.Mutex
	value     []byte
	destroyed bool
}

// NewSecret keeps a copy of value. The caller should clear(value) if it has no other use for it.
func NewSecret(value []byte) Secret {
	v := &vault{value: append([]byte(nil), value...)}
	return Secret{open: func() *vault { return v }}
}

// SecretString is [NewSecret] for a string, which Go cannot clear: for values that come as
// strings anyway.
func SecretString(value string) Secret { return NewSecret([]byte(value)) }

// Reveal returns a copy of the value, nil when it is empty or destroyed. The caller owns the copy
// and should clear it after use. It is the only way to the value, so that a search for "Reveal("
// finds every place where a secret is used.
func (s Secret) Reveal() []byte {
	if s.open == nil {
		return nil
	}
	v := s.open()
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]byte(nil), v.value...)
}

// Destroy overwrites the value with zeros. Afterwards the secret is empty and Destroyed is true.
// Copies that Reveal handed out are not touched.
func (s Secret) Destroy() {
	if s.open == nil {
		return
	}
	v := s.open()
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.value)
	v.value, v.destroyed = nil, true
}

// Destroyed reports whether Destroy was called on the secret or on a copy of it.
func (s Secret) Destroyed() bool {
	if s.open == nil {
		return false
	}
	v := s.open()
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.destroyed
}

// Empty reports whether there is no value: the zero Secret, an empty password, a destroyed secret.
func (s Secret) Empty() bool {
	value := s.Reveal()
	defer clear(value)
	return len(value) == 0
}

// Equal compares two values in a time that depends on their lengths only. A destroyed secret is
// equal to nothing, not even to itself: a code that was used up must not match an empty one.
func (s Secret) Equal(other Secret) bool {
	if s.Destroyed() || other.Destroyed() {
		return false
	}
	a, b := s.Reveal(), other.Reveal()
	defer clear(a)
	defer clear(b)
	return subtle.ConstantTimeCompare(a, b) == 1
}

// String implements fmt.Stringer: "[secret]".
func (s Secret) String() string { return redacted }

// GoString implements fmt.GoStringer: "[secret]".
func (s Secret) GoString() string { return redacted }

// Format implements fmt.Formatter: "[secret]" for every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer: "[secret]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON refuses with [ErrSecret].
func (s Secret) MarshalJSON() ([]byte, error) { return nil, ErrSecret }

// MarshalText refuses with [ErrSecret].
func (s Secret) MarshalText() ([]byte, error) { return nil, ErrSecret }

// MarshalBinary refuses with [ErrSecret].
func (s Secret) MarshalBinary() ([]byte, error) { return nil, ErrSecret }

// GobEncode refuses with [ErrSecret].
func (s Secret) GobEncode() ([]byte, error) { return nil, ErrSecret }

// MarshalXML refuses with [ErrSecret].
func (s Secret) MarshalXML(*xml.Encoder, xml.StartElement) error { return ErrSecret }

// MarshalXMLAttr refuses with [ErrSecret].
func (s Secret) MarshalXMLAttr(xml.Name) (xml.Attr, error) { return xml.Attr{}, ErrSecret }

// MarshalYAML refuses with [ErrSecret].
func (s Secret) MarshalYAML() (any, error) { return nil, ErrSecret }

// Value implements driver.Valuer and refuses with [ErrSecret]: no secret goes into a database as it
// is.
func (s Secret) Value() (driver.Value, error) { return nil, ErrSecret }
