package icert_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/ra"
)

// flaky fails now and then, before or after the thing was done.
type flaky struct {
	mu     sync.Mutex
	random *rand.Rand
	errors int
}

func (f *flaky) fails(what any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.random.IntN(5) > 0 {
		return nil
	}
	f.errors++
	// What a careless adapter puts into its errors: everything it has.
	return fmt.Errorf("connection reset: %v %+v %#v %s", what, what, what, what)
}

func (f *flaky) around(what any, do func() error) error {
	if err := f.fails(what); err != nil {
		return err
	}
	return errors.Join(do(), f.fails(what))
}

type flakyMailer struct {
	*flaky
	ra.Mailer
}

func (m flakyMailer) Send(ctx context.Context, message *ra.Message) error {
	return m.around(message, func() error { return m.Mailer.Send(ctx, message) })
}

type flakyDocuments struct {
	*flaky
	ra.Documents
}

func (d flakyDocuments) Put(ctx context.Context, r io.Reader) (digest ra.Digest, err error) {
	err = d.around("document", func() error {
		digest, err = d.Documents.Put(ctx, r)
		return err
	})
	return digest, err
}

func (d flakyDocuments) Open(ctx context.Context, digest ra.Digest) (io.ReadCloser, error) {
	if err := d.fails(digest); err != nil {
		return nil, err
	}
	return d.Documents.Open(ctx, digest)
}

// TestWorldThatFails: with a mailer and documents that fail now and then, before or after
// the deed, the process ends as it does without, nothing is done twice, and neither errors, log nor
// notes of failed attempts hold what was secret.
func TestWorldThatFails(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	f := &flaky{random: rand.New(rand.NewPCG(seed, 2))}
	var log bytes.Buffer
	w := newWorld(t, nil, func(c *ra.Config) {
		c.Mailer, c.Documents = flakyMailer{f, c.Mailer}, flakyDocuments{f, c.Documents}
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	p := somebody(0)
	var seen strings.Builder
	finish := w.insist(p, &seen)
	require.Equal(t, "archived", finish)
	require.Greater(t, f.errors, 5)
	records, err := w.ledger.Find(t.Context(),
		certificate.Query{Issuer: w.authority.ID(), Request: p.application})
	require.NoError(t, err)
	require.Len(t, records, 1)
	require.Empty(t, records[0].Duplicates)
	w.requireMails()
	for _, letter := range []string{"request.received", "invoice", "appointment", "certificate.file",
		"credentials.envelope", "contract.to-sign", "contract.to-director", "contract.copy"} {
		w.mailOf(p, letter)
	}
	notes := seen.String() + log.String()
	work, err := w.Engine().Parked(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, work)
	_, rest, _ := strings.Cut(w.mailOf(p, "credentials.envelope").Text, "\n    ")
	password, _, _ := strings.Cut(rest, "\n")
	for _, secret := range []string{password, strings.ReplaceAll(password, "-", ""), p.form.IDNumber, p.form.Email,
		p.form.Name(), "SOBRE DE CREDENCIALES"} {
		require.NotContains(t, notes, secret)
	}
	require.Contains(t, notes, "connection reset")
}

// insist goes the good way and repeats each order until it is answered, as a host does that does
// not know whether it was recorded.
func (w *world) insist(p *person, seen *strings.Builder) string {
	for range 60 {
		w.repeat(seen, func() error {
			_, err := w.advance(p)
			return err
		})
		w.repeat(seen, func() error {
			return w.Engine().RunUntil(w.t.Context(), w.clock.Now().Add(2*time.Hour))
		})
		if p.application != "" && w.state(p).Final != "" {
			return w.state(p).Final
		}
	}
	return w.state(p).Name
}

func (w *world) repeat(seen *strings.Builder, do func() error) {
	before := w.keys
	for range 200 {
		w.keys = before // the same key
		err := do()
		if err == nil {
			return
		}
		require.Empty(w.t, ra.Refusals(err), "%v", err)
		seen.WriteString(err.Error() + "\n")
	}
	w.t.Fatal("never answered: " + seen.String()[max(0, seen.Len()-500):])
}
