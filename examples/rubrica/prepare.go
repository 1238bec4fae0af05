package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/rubrica/rubrica/signing"
)

// prepared is a signature that lacks its value, of any format.
type prepared interface {
	ToBeSigned() []byte
	Hash() crypto.Hash // zero where the key signs the octets themselves
	Digest() []byte
	Algorithm() string
	encoding.BinaryMarshaler
}

// stateJSON is what lies between prepare and complete.
type stateJSON struct {
	Profile string `json:"profile"`
	File    string `json:"file"`
	State   []byte `json:"state"`
	// Sum is the SHA-256 of State: a damaged state completes nothing.
	Sum []byte `json:"sha256"`
	// Options are those of prepare that complete needs for levels above B. No secret is among them.
	Options map[string][]string `json:"options"`
}

// keptOptions are the names of those; the files that some of them name are kept by absolute paths.
var keptOptions = []struct {
	name   string
	isFile bool
}{
	{"level", false}, {"digest", false}, {"tsa", false}, {"fetch", false}, {"time", false},
	{"in-place", false},
	{"tsa-p12", true}, {"tsa-password-file", true}, {"tsa-password-env", false},
	{"password-file", true}, {"password-env", false},
	{"document-password-file", true}, {"document-password-env", false},
	{"trust", true}, {"intermediate", true}, {"crl", true}, {"ocsp", true},
}

// keep collects the options that were given.
func (c *call) keep() (map[string][]string, error) {
	kept := map[string][]string{}
	for _, option := range keptOptions {
		if !c.isSet(option.name) {
			continue
		}
		values := []string{c.flags.Lookup(option.name).Value.String()}
		if list := c.lists[option.name]; list != nil {
			values = append([]string{}, *list...)
		}
		for i := range values {
			if !option.isFile {
				continue
			}
			full, err := filepath.Abs(values[i])
			if err != nil {
				return nil, err
			}
			values[i] = full
		}
		kept[option.name] = values
	}
	return kept, nil
}

// restore sets kept options that are not given anew.
func (c *call) restore(kept map[string][]string) error {
	for _, option := range keptOptions {
		if c.isSet(option.name) {
			continue
		}
		for _, value := range kept[option.name] {
			if err := c.flags.Set(option.name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepareJSON is what a key elsewhere needs.
type prepareJSON struct {
	Algorithm  string `json:"algorithm"`
	Hash       string `json:"hash"`
	Digest     string `json:"digest"`
	ToBeSigned string `json:"toBeSigned"`
}

// prepare makes all of a signature but its value.
func prepare(ctx context.Context, c *call) int {
	o := c.signOptions()
	certificates := c.list("cert", "the signer's certificate, then its issuers, PEM; required")
	state := c.flags.String("state", "", "the file that keeps the state; required")
	o.password = c.passwords("password")
	if err := c.parse(1, 1); err != nil {
		return c.badUsage(err)
	}
	if len(*certificates) == 0 || *state == "" {
		return c.badUsage(errors.New("--cert and --state are required"))
	}
	task, err := o.task(ctx)
	if err != nil {
		return c.refuseTask(err)
	}
	defer task.in.close()
	m, ok := makers()[task.profile]
	if !ok {
		return c.badUsage(fmt.Errorf("--profile: %q is unknown", task.profile))
	}
	if task.signer.Chain, err = readCertificates(*certificates); err != nil {
		return c.badUsage(err)
	}
	task.signer.Chain = completeChain(task.signer.Chain, task.evidence)
	p, err := m.prepare(ctx, task)
	if err != nil {
		return c.refuse(c.files[0], err)
	}
	if err := writeState(*state, task, p); err != nil {
		return c.refuse(c.files[0], err)
	}
	answer := prepareJSON{Algorithm: p.Algorithm(),
		Digest:     base64.StdEncoding.EncodeToString(p.Digest()),
		ToBeSigned: base64.StdEncoding.EncodeToString(p.ToBeSigned())}
	if h := p.Hash(); h != 0 {
		answer.Hash = h.String()
	}
	c.printJSON(answer)
	return exitDone
}

func writeState(name string, t *signTask, p prepared) error {
	raw, err := p.MarshalBinary()
	if err != nil {
		return err
	}
	file, err := filepath.Abs(t.in.name)
	if err != nil {
		return err
	}
	options, err := t.pdf.c.keep()
	if err != nil {
		return err
	}
	return writeWhole(name, func(w io.Writer) error {
		sum := sha256.Sum256(raw)
		return json.NewEncoder(w).Encode(stateJSON{Profile: t.profile, File: file, State: raw,
			Sum: sum[:], Options: options})
	})
}

// complete puts the value that the key gave into the signature, and brings it to the level that
// was prepared. Options of sign that are given here replace those given to prepare; with --in-place
// the document itself is signed.
func complete(ctx context.Context, c *call) int {
	o := c.signOptions()
	o.password = c.passwords("password")
	state := c.flags.String("state", "", "the file that prepare wrote; required")
	value := c.flags.String("signature", "",
		"the file with the signature value, raw, base64 or PEM; required")
	if err := c.parse(0, 0); err != nil {
		return c.badUsage(err)
	}
	inPlace := c.isSet("in-place")
	if *state == "" || *value == "" {
		return c.badUsage(errors.New("--state and --signature are required"))
	}
	kept, err := readState(*state)
	if err != nil {
		return c.fail(*state, signing.CodeUnreadable, err, exitUnusable)
	}
	signature, err := readValue(*value)
	if err != nil {
		return c.fail(*value, signing.CodeUnreadable, err, exitUnusable)
	}
	finish, ok := completers()[kept.Profile]
	if !ok {
		unknown := fmt.Errorf("unknown profile %q", kept.Profile)
		return c.fail(*state, signing.CodeUnreadable, unknown, exitUnusable)
	}
	if err := c.restore(kept.Options); err != nil {
		return c.fail(*state, signing.CodeUnreadable, err, exitUnusable)
	}
	if *o.out == "" && !*o.pdf.inPlace {
		return c.badUsage(errors.New("--out or, for PDF, --in-place is required"))
	}
	c.files = []string{kept.File}
	task, err := o.task(ctx)
	if err != nil {
		return c.refuseTask(err)
	}
	defer task.in.close()
	task.profile = kept.Profile
	out := *o.out
	if inPlace || out == "" {
		out, err = kept.File, completeInPlace(ctx, task, kept.State, signature)
	} else {
		err = writeWhole(out, func(w io.Writer) error {
			return finish(ctx, w, task, kept.State, signature)
		})
	}
	if err != nil {
		return c.refuse(kept.File, err)
	}
	return c.signed(kept.File, out, nil)
}

// A completer writes the signed file from the document, the state and the value.
type completer func(ctx context.Context, dst io.Writer, t *signTask, state, value []byte) error

func completers() map[string]completer {
	return map[string]completer{
		"sri": completeXAdES, "xades": completeXAdES, "xades-enveloping": completeXAdES,
		"xades-detached": completeXAdES, "pades": completePAdES, "firmaec": completePAdES,
		"cades": completeCAdES, "cades-detached": completeCAdES,
	}
}

func readState(name string) (s stateJSON, err error) {
	raw, err := readFile(name, maxXML)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, err
	}
	if sum := sha256.Sum256(s.State); !bytes.Equal(sum[:], s.Sum) {
		return s, errors.New("the state is damaged: prepare the document again")
	}
	return s, nil
}

// maxValueFile bounds a signature value: RSA with 16,384 bits in PEM takes 3 KB.
const maxValueFile = 64 << 10

// readValue reads a signature value: raw octets, or base64, or a PEM block. Raw values of RSA and
// ECDSA are not base64 but by a chance that is nil.
func readValue(name string) ([]byte, error) {
	raw, err := readFile(name, maxValueFile)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(raw); block != nil {
		return block.Bytes, nil
	}
	if value, err := base64.StdEncoding.DecodeString(string(raw)); err == nil && len(value) > 0 {
		return value, nil
	}
	return raw, nil
}
