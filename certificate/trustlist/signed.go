package trustlist

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
)

// FormatError says that octets are not a signed list, or the list is not one that can be used: the
// input is to blame.
type FormatError struct{ Problem string }

// Error implements error.
func (e *FormatError) Error() string { return "trustlist: " + e.Problem }

func problem(text string) error { return &FormatError{Problem: text} }

// ErrUntrusted says that none of the pinned keys made the signature. The list must not be used, and
// the one in use stays.
var ErrUntrusted = errors.New("trustlist: not signed by a key that is trusted for it")

// flattened is the JWS JSON serialisation, flattened (RFC 7515, 7.2.2).
type flattened struct {
	Payload   string `json:"payload"`
	Protected string `json:"protected"`
	Signature string `json:"signature"`
}

type header struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
}

const mediaType = "rubrica-trust-list+json"

// algorithm returns the JWS algorithm (RFC 7518, 3.1; RFC 8037, 3.1) that goes with a key. The key
// decides it, never the header.
func algorithm(key crypto.PublicKey) (name string, hash crypto.Hash) {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return "EdDSA", 0
	case *rsa.PublicKey:
		if k.N.BitLen() >= 2048 {
			return "PS256", crypto.SHA256
		}
	case *ecdsa.PublicKey:
		switch k.Curve.Params().BitSize {
		case 256:
			return "ES256", crypto.SHA256
		case 384:
			return "ES384", crypto.SHA384
		case 521:
			return "ES512", crypto.SHA512
		}
	}
	return "", 0
}

// Sign writes a list as signed JSON. The list is checked first.
func Sign(l *List, key crypto.Signer) ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	name, hash := algorithm(key.Public())
	if name == "" {
		return nil, errors.New("trustlist: no algorithm for a key of this kind")
	}
	payload, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	protected, err := json.Marshal(header{name, mediaType})
	if err != nil {
		return nil, err
	}
	encode := base64.RawURLEncoding.EncodeToString
	out := flattened{Payload: encode(payload), Protected: encode(protected)}
	value, err := signValue(key, hash, []byte(out.Protected+"."+out.Payload))
	if err != nil {
		return nil, err
	}
	out.Signature = encode(value)
	return json.MarshalIndent(out, "", " ")
}

func signValue(key crypto.Signer, hash crypto.Hash, input []byte) ([]byte, error) {
	if hash == 0 {
		return key.Sign(rand.Reader, input, crypto.Hash(0))
	}
	h := hash.New()
	h.Write(input)
	if _, ok := key.Public().(*rsa.PublicKey); ok {
		return key.Sign(rand.Reader, h.Sum(nil),
			&rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash})
	}
	value, err := key.Sign(rand.Reader, h.Sum(nil), hash)
	if err != nil {
		return nil, err
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(value, &rs); err != nil {
		return nil, err
	}
	size := (key.Public().(*ecdsa.PublicKey).Curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*size) // RFC 7518, 3.4
	rs.R.FillBytes(out[:size])
	rs.S.FillBytes(out[size:])
	return out, nil
}

// Open reads a signed list and verifies it with the pinned keys. The error is ErrUntrusted or a
// *FormatError. Whether the list is still good is not looked at: see Store and List.NextUpdate.
func Open(data []byte, keys []crypto.PublicKey) (*List, error) {
	if len(data) > MaxOctets {
		return nil, problem("larger than 16 MiB")
	}
	var f flattened
	if err := strict(data, &f); err != nil {
		return nil, err
	}
	payload, err1 := base64.RawURLEncoding.Strict().DecodeString(f.Payload)
	protected, err2 := base64.RawURLEncoding.Strict().DecodeString(f.Protected)
	value, err3 := base64.RawURLEncoding.Strict().DecodeString(f.Signature)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, problem("not base64url")
	}
	var h header
	if err := strict(protected, &h); err != nil {
		return nil, err
	}
	if h.Type != mediaType {
		return nil, problem("not a trust list")
	}
	if !verified(h, []byte(f.Protected+"."+f.Payload), value, keys) {
		return nil, ErrUntrusted
	}
	l := &List{}
	if err := strict(payload, l); err != nil {
		return nil, err
	}
	return l, l.check()
}

// strict reads one JSON value without unknown members and without anything after it.
func strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return problem("not the JSON expected: " + err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return problem("octets after the JSON")
	}
	return nil
}

func verified(h header, input, value []byte, keys []crypto.PublicKey) bool {
	for _, key := range keys {
		name, hash := algorithm(key)
		if name != "" && name == h.Algorithm && verifyValue(key, hash, input, value) {
			return true
		}
	}
	return false
}

func verifyValue(key crypto.PublicKey, hash crypto.Hash, input, value []byte) bool {
	if k, ok := key.(ed25519.PublicKey); ok {
		return len(value) == ed25519.SignatureSize && ed25519.Verify(k, input, value)
	}
	h := hash.New()
	h.Write(input)
	switch k := key.(type) {
	case *rsa.PublicKey:
		options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
		return rsa.VerifyPSS(k, hash, h.Sum(nil), value, options) == nil
	case *ecdsa.PublicKey:
		size := (k.Curve.Params().BitSize + 7) / 8
		if len(value) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(value[:size]), new(big.Int).SetBytes(value[size:])
		return ecdsa.Verify(k, h.Sum(nil), r, s)
	}
	return false
}
