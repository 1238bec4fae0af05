package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/examples/internal/authority"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

// caCommands are those of the small authority.
func caCommands() []command {
	return []command{
		{
			"ca init",
			"--dir D [--name CN] [--organization O] [--country CC] " +
				"[--key RSA-4096|RSA-3072|RSA-2048|P-256|P-384|Ed25519] " +
				"[--generation ext|subj] [--url BASE] [--cps URL] [--iterations N]",
			"makes a root, an issuing authority and a responder in D",
			caInit,
		},
		{
			"ca issue",
			"--dir D --profile NAME --subject FIELD=VALUE… " +
				"(--csr F | --p12 F [--key ALGORITHM]) [--id ID] " +
				"[--container archivo|token|remoto|hsm] [--not-after T] [--out F]",
			"issues a certificate",
			caIssue,
		},
		{
			"ca revoke",
			"--dir D --serial HEX [--reason NAME] [--invalid T]",
			"revokes a certificate",
			caRevoke,
		},
		{"ca suspend", "--dir D --serial HEX", "puts a certificate on hold", caSuspend},
		{"ca reinstate", "--dir D --serial HEX", "ends the hold", caReinstate},
		{"ca crl", "--dir D [--root] [--life 24h] [--out F]", "writes the revocation list", caList},
		{"ca list", "--dir D", "lists what was issued", caRecords},
		{
			"ocsp serve",
			"--dir D [--listen ADDR]",
			"answers OCSP, and serves lists and certificates",
			serveOCSP,
		},
	}
}

// caJSON is the answer of the commands that change something. Names are a contract.
type caJSON struct {
	Status      string       `json:"status"` // "done"
	Code        signing.Code `json:"code"`
	Message     string       `json:"message"`
	Dir         string       `json:"dir"`
	Serial      string       `json:"serial,omitempty"`
	Subject     string       `json:"subject,omitempty"`
	NotBefore   string       `json:"notBefore,omitempty"`
	NotAfter    string       `json:"notAfter,omitempty"`
	State       string       `json:"state,omitempty"`
	Out         string       `json:"out,omitempty"`
	Root        string       `json:"root,omitempty"`
	Authority   string       `json:"authority,omitempty"`
	Certificate string       `json:"certificate,omitempty"` // PEM
}

// caOptions are what all of them take.
type caOptions struct {
	c        *call
	dir      *string
	password passwordOptions
}

func (c *call) ca() caOptions {
	return caOptions{
		c,
		c.flags.String("dir", "", "the folder of the authority; required"),
		c.passwords("password"),
	}
}

// open opens the folder. A command that needs no key asks for no password.
func (o caOptions) open(ctx context.Context, needsKey bool) (*authority.Folder, error) {
	if *o.dir == "" {
		return nil, usageError{errors.New("--dir is required")}
	}
	var password token.Secret
	if needsKey {
		var err error
		if password, err = o.c.secret("password", o.password); err != nil {
			return nil, usageError{err}
		}
	}
	return authority.Open(ctx, *o.dir, password, o.c.now)
}

// usageError is a mistake on the command line.
type usageError struct{ error }

// with opens the folder, runs do, and answers.
func (o caOptions) with(
	ctx context.Context, needsKey bool, do func(*authority.Folder) (caJSON, error),
) int {
	if err := o.c.parse(0, 0); err != nil {
		return o.c.badUsage(err)
	}
	f, err := o.open(ctx, needsKey)
	if err != nil {
		return o.c.failCA(err)
	}
	answer, err := do(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return o.c.failCA(err)
	}
	answer.Status, answer.Dir = "done", *o.dir
	return o.c.answerCA(answer)
}

func (c *call) answerCA(a caJSON) int {
	if c.json {
		c.printJSON(a)
		return exitDone
	}
	for _, line := range []struct{ name, value string }{
		{"serial", a.Serial}, {"subject", a.Subject}, {"until", a.NotAfter}, {"state", a.State},
		{"root", a.Root}, {"authority", a.Authority}, {"written", a.Out},
	} {
		if line.value != "" {
			fmt.Fprintf(c.out, "%s: %s\n", line.name, line.value)
		}
	}
	if a.Out == "" {
		fmt.Fprint(c.out, a.Certificate)
	}
	return exitDone
}

// failCA tells why, with a stable word.
func (c *call) failCA(err error) int {
	if usage, ok := errors.AsType[usageError](err); ok {
		return c.badUsage(usage.error)
	}
	code, exit := caCode(err), exitRefused
	if code == signing.CodeUnreadable || code == "bad-usage" {
		exit = exitUnusable
	}
	return c.fail("", code, err, exit)
}

func caCode(err error) signing.Code {
	for _, known := range []struct {
		err  error
		code signing.Code
	}{
		{certificate.ErrNotFound, "not-found"},
		{certificate.ErrRevoked, "revoked"},
		{certificate.ErrNotSuspended, "not-suspended"},
		{certificate.ErrRequestConflict, "conflict"},
		{authority.ErrExists, "exists"},
		{authority.ErrNotEmpty, "not-empty"},
		{authority.ErrNone, signing.CodeUnreadable},
		{authority.ErrIncomplete, signing.CodeUnreadable},
		{authority.ErrLedgerLost, signing.CodeUnreadable},
		{authority.ErrSettings, "bad-usage"},
		{errHolderFile, "exists"},
		{context.Canceled, "cancelled"},
		{pkcs12.ErrWrongPassword, signing.CodeWrongPassword},
		{pkcs12.ErrPassword, "weak-password"},
		{token.ErrAlgorithm, "unsupported"},
	} {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	if _, ok := errors.AsType[*certificate.PolicyError](err); ok {
		return "refused"
	}
	if _, ok := errors.AsType[*certificate.LintError](err); ok {
		return "refused-by-lint"
	}
	if _, ok := errors.AsType[*certificate.ConfigError](err); ok {
		return "refused"
	}
	if _, ok := errors.AsType[*pkcs12.LimitError](err); ok {
		return signing.CodeLimitExceeded
	}
	return signing.CodeUnreadable
}

func caInit(ctx context.Context, c *call) int {
	o := c.ca()
	var s authority.Settings
	text := func(field *string, name, usage string) { c.flags.StringVar(field, name, "", usage) }
	text(&s.Name, "name", "common name of the authority")
	text(&s.Organization, "organization", "its organization; default the name")
	text(&s.Country, "country", "its country; default EC")
	text(&s.Key, "key", "algorithm of its keys; default RSA-4096")
	text(&s.Generation, "generation", "where identities are written: ext or subj")
	text(&s.URL, "url", "address of ocsp serve as others reach it; goes into certificates")
	text(&s.CPS, "cps", "address of the practice statement")
	c.flags.IntVar(&s.Iterations, "iterations", 0, "of the key files' derivations; default 600000")
	if err := c.parse(0, 0); err != nil {
		return c.badUsage(err)
	}
	if *o.dir == "" {
		return c.badUsage(errors.New("--dir is required"))
	}
	s.URL = strings.TrimSuffix(s.URL, "/")
	password, err := c.secret("password", o.password)
	if err != nil {
		return c.badUsage(err)
	}
	defer password.Destroy()
	f, err := authority.Init(ctx, *o.dir, s, password, c.now)
	if err != nil {
		return c.failCA(err)
	}
	if err := f.Close(); err != nil {
		return c.failCA(err)
	}
	return c.answerCA(caJSON{
		Status: "done", Dir: *o.dir, Root: f.Path("root.pem"), Authority: f.Path("authority.pem"),
	})
}

// serialOption adds --serial.
func (c *call) serialOption() func() (*big.Int, error) {
	text := c.flags.String("serial", "", "serial number, hexadecimal; required")
	return func() (*big.Int, error) {
		digits := strings.TrimPrefix(strings.ReplaceAll(*text, ":", ""), "0x")
		serial, ok := new(big.Int).SetString(digits, 16)
		if !ok || serial.Sign() <= 0 {
			return nil, usageError{errors.New("--serial: a hexadecimal number is required")}
		}
		return serial, nil
	}
}

func caRevoke(ctx context.Context, c *call) int {
	o, serial := c.ca(), c.serialOption()
	reason := c.flags.String(
		"reason", certificate.Unspecified.String(), "of RFC 5280, as keyCompromise")
	invalid := c.flags.String("invalid", "", "when the key is thought to have been lost, RFC 3339")
	return o.with(ctx, true, func(f *authority.Folder) (caJSON, error) {
		number, err := serial()
		if err != nil {
			return caJSON{}, err
		}
		var r certificate.Revocation
		if r.Reason, err = certificate.ParseReason(*reason); err != nil {
			return caJSON{}, usageError{err}
		}
		if *invalid != "" {
			if r.Invalid, err = time.Parse(time.RFC3339, *invalid); err != nil {
				return caJSON{}, usageError{err}
			}
		}
		return caJSON{Serial: number.Text(16), State: "revoked"}, f.Revoke(ctx, number, r)
	})
}

func caSuspend(ctx context.Context, c *call) int {
	o, serial := c.ca(), c.serialOption()
	return o.with(ctx, true, func(f *authority.Folder) (caJSON, error) {
		number, err := serial()
		if err != nil {
			return caJSON{}, err
		}
		return caJSON{Serial: number.Text(16), State: "held"}, f.Suspend(ctx, number)
	})
}

func caReinstate(ctx context.Context, c *call) int {
	o, serial := c.ca(), c.serialOption()
	return o.with(ctx, true, func(f *authority.Folder) (caJSON, error) {
		number, err := serial()
		if err != nil {
			return caJSON{}, err
		}
		return caJSON{Serial: number.Text(16), State: "good"}, f.Reinstate(ctx, number)
	})
}

func caList(ctx context.Context, c *call) int {
	o := c.ca()
	root := c.flags.Bool("root", false, "the list of the root instead of the issuing authority's")
	life := c.flags.Duration("life", 24*time.Hour, "until the next list")
	out := c.flags.String("out", "", "where to; default standard output, PEM")
	return o.with(ctx, true, func(f *authority.Folder) (caJSON, error) {
		der, err := f.List(ctx, *root, *life)
		if err != nil {
			return caJSON{}, err
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
		if *out == "" {
			return caJSON{Certificate: string(text)}, nil
		}
		return caJSON{Out: *out}, writeWhole(*out, func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
	})
}

// recordJSON is a line of ca list. Names are a contract.
type recordJSON struct {
	Serial   string `json:"serial"`
	Profile  string `json:"profile"`
	Subject  string `json:"subject"`
	State    string `json:"state"` // planned, good, held, revoked or expired
	NotAfter string `json:"notAfter"`
	Since    string `json:"since,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

func caRecords(ctx context.Context, c *call) int {
	o := c.ca()
	if err := c.parse(0, 0); err != nil {
		return c.badUsage(err)
	}
	f, err := o.open(ctx, false)
	if err != nil {
		return c.failCA(err)
	}
	defer f.Close()
	const page = 500
	for after := ""; ; {
		records, err := f.Records(ctx, after, page)
		if err != nil {
			return c.failCA(err)
		}
		for _, r := range records {
			c.printRecord(r)
			after = r.Serial
		}
		if len(records) < page {
			return exitDone
		}
	}
}

func (c *call) printRecord(r certificate.Record) {
	line := recordJSON{
		Serial:   r.Serial,
		Profile:  r.Profile,
		NotAfter: timeText(r.NotAfter),
		State:    "planned",
	}
	if cert, err := certificate.Parse(r.Certificate); err == nil {
		line.Subject, line.State = cert.Subject.String(), "good"
	}
	switch s := r.Status(); {
	case s.State != certificate.Good:
		line.State, line.Since, line.Reason = s.State.String(), timeText(s.Since), s.Reason.String()
	case c.now().After(r.NotAfter):
		line.State = "expired"
	}
	if c.json {
		c.printJSON(line)
		return
	}
	fmt.Fprintf(c.out, "%s %-8s %s %s %s %s\n", line.Serial, line.State, line.NotAfter,
		line.Profile, line.Reason, line.Subject)
}

func serveOCSP(ctx context.Context, c *call) int {
	o := c.ca()
	listen := c.flags.String("listen", "127.0.0.1:0", "the address to listen on")
	if err := c.parse(0, 0); err != nil {
		return c.badUsage(err)
	}
	f, err := o.open(ctx, true)
	if err != nil {
		return c.failCA(err)
	}
	defer f.Close()
	handler, err := f.Handler(ctx, slog.New(slog.NewTextHandler(c.err, nil)))
	if err != nil {
		return c.failCA(err)
	}
	return c.serve(ctx, *listen, handler)
}

// subjectOption adds --subject FIELD=VALUE, whose fields are those of certificate.Subject in JSON.
func (c *call) subjectOption() func() (certificate.Subject, error) {
	pairs := c.list("subject", "FIELD=VALUE of the holder, as document=0100000009; repeatable")
	return func() (s certificate.Subject, err error) {
		values := map[string]string{}
		for _, pair := range *pairs {
			name, value, ok := strings.Cut(pair, "=")
			if _, twice := values[name]; !ok || twice {
				return s, usageError{fmt.Errorf("--subject %q: FIELD=VALUE, each field once", pair)}
			}
			values[name] = value
		}
		body, err := json.Marshal(values)
		if err != nil {
			return s, err
		}
		d := json.NewDecoder(strings.NewReader(string(body)))
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			return s, usageError{fmt.Errorf("--subject: %w", err)}
		}
		return s, nil
	}
}

// writeSecretFile writes a whole file or none, that only its owner reads.
func writeSecretFile(name string, body []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".rubrica-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(f.Close()), os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(body); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return nil // it is there; only its name may be lost with the power
	}
	return errors.Join(folder.Sync(), folder.Close())
}
