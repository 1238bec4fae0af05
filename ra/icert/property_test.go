package icert_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/workflow"
)

// TestProperties walks at random through three applications that get in each other's way, and asks
// after every step for what every implementation must keep.
func TestProperties(t *testing.T) {
	t.Parallel()
	walks := 12
	if certtest.Full() {
		walks = 400
	} else if testing.Short() {
		walks = 3
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	ends := map[string]int{}
	for i := range walks {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			for _, end := range walk(t, rand.New(rand.NewPCG(seed, uint64(i)))) {
				ends[end]++
			}
		})
	}
	t.Log(ends)
}

func walk(t *testing.T, random *rand.Rand) (ends []string) {
	w := newWorld(t, map[string]bool{"four-eyes": random.IntN(4) > 0}, nil)
	cast := []*person{somebody(0), somebody(1), somebody(2)}
	pace := 2 + random.IntN(6) // of ten steps, so many go on
	for range 110 {
		p := cast[random.IntN(len(cast))]
		switch n := random.IntN(10); {
		case n < pace:
			if p.application == "" || w.state(p).Final == "" {
				// Refused when a disturbance has taken what it claims.
				_, err := w.advance(p)
				require.True(t, err == nil || len(ra.Refusals(err)) > 0, "%v", err)
			}
		case n < 9 && p.application != "":
			w.disturb(random, p, cast[random.IntN(len(cast))])
		default:
			longest := []int{3, 30, 130, 400}[random.IntN(4)] // hours
			w.until(w.clock.Now().Add(time.Duration(random.IntN(longest*60)) * time.Minute))
		}
		w.requireInvariants(cast)
	}
	w.until(w.clock.Now().AddDate(0, 2, 0))
	w.requireInvariants(cast)
	for _, p := range cast {
		if p.application != "" {
			ends = append(ends, w.state(p).Name)
		}
	}
	return ends
}

// disturb tries something that is out of turn, somebody else's, or wrong. Whether it is refused is
// for the process to say; the invariants hold either way.
func (w *world) disturb(random *rand.Rand, p, other *person) {
	s := w.state(p)
	tries := []func() error{
		func() error { return w.pay(p, other.reference) },
		func() error { return w.pay(p, "none") },
		func() error { return w.photo(p, jpegOf(600, 500), other.envelope) },
		func() error {
			return w.command(p, "cancel", ra.RoleOperator, "operator/1", map[string]string{"reason": "x"})
		},
		func() error { return w.command(p, "invoice", ra.RoleFinance, "finance/1", nil) },
		func() error {
			return w.command(p, "issue", ra.RoleOperator, "operator/2",
				map[string]string{"reviewed": strings.Repeat("0", 64)})
		},
		func() error { return w.decide(p, "issue", "operator/1") },
		func() error {
			return w.command(
				p,
				"issued",
				"system",
				"",
				map[string]string{"serial": "1", "certificate": "a/b/1",
					"issued-at": "2026-09-07T00:00:00Z"},
			)
		},
		func() error { return w.returnContract(p, onePDF) },
		func() error { return w.countersign(p, onePDF) },
		func() error { return w.apply(somebody(random.IntN(3))) },
		func() error { return w.command(p, "archive", ra.RoleOperator, "operator/2", nil) },
	}
	err := tries[random.IntN(len(tries))]()
	if err == nil || len(ra.Refusals(err)) > 0 {
		return
	}
	require.ErrorIs(w.t, err, workflow.ErrCommand, "in state %s", s.Name)
}

// requireInvariants asks for the properties of the process that do not depend on the way.
func (w *world) requireInvariants(cast []*person) {
	t := w.t
	receipts, envelopes := map[string]string{}, map[string]string{}
	certificates := 0
	for _, s := range w.states() {
		paid := ""
		for _, c := range s.Claims {
			switch c.Scope {
			case "receipt":
				require.Empty(t, receipts[c.Key], "one receipt pays two applications")
				receipts[c.Key], paid = s.Instance, c.Key
			case "envelope":
				require.Empty(t, envelopes[c.Key], "one envelope serves two applications")
				envelopes[c.Key] = s.Instance
			}
		}
		record, issued := w.record(s.Instance)
		if !issued {
			require.Empty(t, s.Data["certificate"])
			continue
		}
		certificates++
		require.NotEmpty(t, paid, "a certificate was issued unpaid")
		require.NotEmpty(t, s.Doers["issue"])
		if by := s.Doers["approve"]; by != "" {
			require.NotEqual(t, by, s.Doers["issue"], "one person approved and issued")
		}
		w.requireCovered(s, record)
	}
	all, err := w.ledger.Find(t.Context(), certificate.Query{Issuer: w.authority.ID()})
	require.NoError(t, err)
	require.Len(t, all, certificates+3, "root, seal, director and one an application")
	w.requireMails()
}

// requireCovered: a certificate is inside its 120 hours, or its holder has signed the contract in
// time, or it is revoked; and no living one belongs to a process that ended otherwise.
func (w *world) requireCovered(s workflow.State, r certificate.Record) {
	t := w.t
	if r.Status().State == certificate.Revoked {
		require.Equal(t, "revoked", s.Name)
		return
	}
	switch s.Name {
	case "issuing",
		"issued",
		"file-delivered",
		"envelope-delivered",
		"drawing-contract",
		"contract-sent":
		require.False(t, w.clock.Now().After(r.IssuedAt.Add(120*time.Hour)),
			"no contract after 120 hours")
	case "contract-signed", "contract-countersigned", "archived":
		require.NotEmpty(t, s.Data["signed-contract"])
		if s.Name != "contract-signed" {
			require.NotEmpty(t, s.Data["countersigned-contract"])
		}
	default:
		t.Fatalf("a living certificate in state %s", s.Name)
	}
}

// requireMails: every message once, and file and password never in one.
func (w *world) requireMails() {
	t := w.t
	ids := map[string]bool{}
	for _, m := range w.mailer.Sent() {
		require.False(t, ids[m.ID])
		ids[m.ID] = true
		envelope := strings.Contains(m.Text, "SOBRE DE CREDENCIALES")
		file := false
		for _, a := range m.Attachments {
			file = file || a.MediaType == "application/x-pkcs12"
		}
		require.False(t, envelope && file, "file and password share a message")
		if envelope || file {
			require.Empty(t, m.Cc)
			require.Len(t, m.To, 1)
			require.Equal(t, "p@correo.example", m.To[0].Address)
		}
	}
}

func (w *world) states() []workflow.State {
	states, err := w.store.Find(w.t.Context(), workflow.Filter{})
	require.NoError(w.t, err)
	for _, s := range states {
		entries, err := w.store.Entries(w.t.Context(), s.Instance, 0, workflow.MaxPage)
		require.NoError(w.t, err)
		replayed, _, err := workflow.Replay(entries)
		require.NoError(w.t, err)
		require.Equal(w.t, s, replayed, "replaying the history gives the state")
	}
	return states
}

func (w *world) record(application string) (certificate.Record, bool) {
	found, err := w.ledger.Find(w.t.Context(),
		certificate.Query{Issuer: w.authority.ID(), Request: application})
	require.NoError(w.t, err)
	if len(found) == 0 || found[0].Certificate == nil {
		return certificate.Record{}, false
	}
	return found[0], true
}
