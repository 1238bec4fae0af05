package xades

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding"
	"encoding/base64"
	"encoding/json"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
)

var (
	_ encoding.BinaryMarshaler   = (*Prepared)(nil)
	_ encoding.BinaryUnmarshaler = (*Prepared)(nil)
)

// state is the stored form of a Prepared. It holds no secret, and not the document.
type state struct {
	Version    int         `json:"version"`
	Leaf       []byte      `json:"leaf"`
	Key        uint8       `json:"key"`
	Hash       crypto.Hash `json:"hash"`
	SaltLength int         `json:"salt,omitempty"`
	MGFHash    crypto.Hash `json:"mgf,omitempty"`
	Fragment   []byte      `json:"fragment"`
	ValueAt    int         `json:"valueAt"`
	ValueSize  int         `json:"valueSize"`
	Message    []byte      `json:"message"`
	Signature  string      `json:"signature"`
	Before     []byte      `json:"before,omitempty"`
	After      []byte      `json:"after,omitempty"`
	Wrapped    bool        `json:"wrapped,omitempty"`
	Placed     bool        `json:"placed,omitempty"`
	Position   uint32      `json:"position,omitempty"`
	Digest     []byte      `json:"digest"`
	Limits     *Limits     `json:"limits,omitempty"`
}

const (
	stateVersion = 1
	maxValue     = 2048 // octets of a signature value: RSA of 16,384 bits
)

// MarshalBinary returns a state from which [Prepared.UnmarshalBinary] goes on, after a restart or
// elsewhere. It is about as large as the signature, whatever the size of the document, and must be
// kept from being changed by others.
func (p *Prepared) MarshalBinary() ([]byte, error) {
	s := state{Version: stateVersion, Leaf: p.leaf, Key: uint8(p.scheme.Key), Hash: p.scheme.Hash,
		SaltLength: p.scheme.SaltLength, MGFHash: p.scheme.MGFHash, Fragment: p.fragment,
		ValueAt: p.valueAt, ValueSize: p.valueSize,
		Message: p.message, Signature: p.signature, Before: p.before, After: p.after,
		Wrapped: p.wrapped, Placed: p.placed, Position: p.position, Digest: p.digest}
	if !p.parent.IsZero() {
		s.Placed, s.Position = true, p.parent.Position()
	}
	if s.Digest == nil {
		digest := sha256.Sum256(p.source)
		s.Digest = digest[:]
	}
	if p.limits != (Limits{}) {
		s.Limits = &p.limits
	}
	return json.Marshal(s)
}

// UnmarshalBinary restores a state of MarshalBinary. Error: [ErrState].
func (p *Prepared) UnmarshalBinary(data []byte) error {
	var s state
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil || s.Version != stateVersion ||
		len(s.Digest) != sha256.Size || len(s.Message) == 0 ||
		s.ValueSize <= 0 || s.ValueSize > maxValue || s.ValueAt < 0 ||
		s.ValueAt > len(s.Fragment)-base64.StdEncoding.EncodedLen(s.ValueSize) {
		return ErrState
	}
	scheme := algorithm.Scheme{Key: algorithm.Key(s.Key), Hash: s.Hash, SaltLength: s.SaltLength,
		MGFHash: s.MGFHash}
	if _, err := xmldsig.SignatureURI(scheme); err != nil {
		return ErrState
	}
	*p = Prepared{leaf: s.Leaf, fragment: s.Fragment, valueAt: s.ValueAt, valueSize: s.ValueSize,
		message: s.Message, signature: s.Signature, scheme: scheme,
		before: s.Before, after: s.After, wrapped: s.Wrapped, placed: s.Placed,
		position: s.Position, digest: s.Digest}
	if s.Limits != nil {
		p.limits = *s.Limits
	}
	return nil
}
