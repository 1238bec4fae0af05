package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rubrica/rubrica/certificate"
)

// Opener opens a ledger. With fresh it is empty and another than before; without, it is the one
// opened last, as after a restart: an implementation that keeps nothing may return the same value.
type Opener func(t *testing.T, fresh bool) certificate.Ledger

// Run tests a ledger.
func Run(t *testing.T, open Opener) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Opener){
		"a plan is kept as it was":              planKeeps,
		"a request is claimed once":             planOnce,
		"a serial number is claimed once":       planSerialOnce,
		"issuers are apart":                     issuersApart,
		"the first certificate wins":            certifyFirstWins,
		"history grows by one":                  changeCounts,
		"find filters, orders and pages":        find,
		"counters never repeat":                 counters,
		"one of many claims the request":        planRace,
		"one of many changes the status":        changeRace,
		"what was answered survives":            durable,
		"a cancelled context changes nothing":   cancelled,
		"records are the ledger's own":          aliasing,
		"octets and times come back exactly":    exact,
		"many certify, one certificate remains": certifyRace,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

var epoch = time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC)

// Sample returns a plan for tests; different numbers give different requests and serial numbers.
func sample(n int) certificate.Record {
	return certificate.Record{
		Issuer: "issuer", Request: fmt.Sprintf("request-%d", n), Digest: []byte{byte(n), 0, 0xff},
		Serial: fmt.Sprintf("%x", 0x1000+n), Profile: "profile", TBS: []byte{0x30, byte(n), 0},
		NotAfter: epoch.AddDate(2, 0, n), PlannedAt: epoch,
	}
}

func mustPlan(t *testing.T, l certificate.Ledger, r certificate.Record) certificate.Record {
	t.Helper()
	stored, err := l.Plan(t.Context(), r)
	if err != nil {
		t.Fatalf("Plan: %v", err)
	}
	return stored
}

func mustFind(t *testing.T, l certificate.Ledger, q certificate.Query) []certificate.Record {
	t.Helper()
	found, err := l.Find(t.Context(), q)
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	return found
}

func one(t *testing.T, l certificate.Ledger, request string) certificate.Record {
	t.Helper()
	found := mustFind(t, l, certificate.Query{Issuer: "issuer", Request: request})
	if len(found) != 1 {
		t.Fatalf("%d records of %s, want one", len(found), request)
	}
	return found[0]
}

func requireSame(t *testing.T, want, got certificate.Record) {
	t.Helper()
	same := want.Issuer == got.Issuer && want.Request == got.Request &&
		bytes.Equal(want.Digest, got.Digest) &&
		want.Serial == got.Serial && want.Profile == got.Profile && bytes.Equal(want.TBS, got.TBS) &&
		want.NotAfter.Equal(got.NotAfter) && want.PlannedAt.Equal(got.PlannedAt) &&
		bytes.Equal(want.Certificate, got.Certificate) &&
		want.IssuedAt.Equal(got.IssuedAt) &&
		(want.Certificate == nil) == (got.Certificate == nil) &&
		slices.EqualFunc(want.Duplicates, got.Duplicates, bytes.Equal) &&
		slices.EqualFunc(want.History, got.History, sameStatus)
	if !same {
		t.Fatalf("record\n got %+v\nwant %+v", got, want)
	}
}

func sameStatus(a, b certificate.Status) bool {
	return a.State == b.State && a.Reason == b.Reason && a.Reference == b.Reference &&
		a.Since.Equal(b.Since) && a.At.Equal(b.At) && a.Invalid.Equal(b.Invalid)
}

func planKeeps(t *testing.T, open Opener) {
	l := open(t, true)
	requireSame(t, sample(1), mustPlan(t, l, sample(1)))
	requireSame(t, sample(1), one(t, l, "request-1"))
}

func planOnce(t *testing.T, open Opener) {
	l := open(t, true)
	mustPlan(t, l, sample(1))
	again := sample(2)
	again.Request = sample(1).Request
	requireSame(t, sample(1), mustPlan(t, l, again))
	if found := mustFind(t, l, certificate.Query{Issuer: "issuer"}); len(found) != 1 {
		t.Fatalf("%d records, want one", len(found))
	}
	// A repeat with the very same serial number is a repeat, not a taken number.
	requireSame(t, sample(1), mustPlan(t, l, sample(1)))
}

func planSerialOnce(t *testing.T, open Opener) {
	l := open(t, true)
	mustPlan(t, l, sample(1))
	other := sample(2)
	other.Serial = sample(1).Serial
	if _, err := l.Plan(t.Context(), other); !errors.Is(err, certificate.ErrSerialTaken) {
		t.Fatalf("error %v, want ErrSerialTaken", err)
	}
	found := mustFind(t, l, certificate.Query{Issuer: "issuer", Request: other.Request})
	if len(found) != 0 {
		t.Fatal("the refused plan is there")
	}
	other.Serial = "2"
	mustPlan(t, l, other)
}

func issuersApart(t *testing.T, open Opener) {
	l := open(t, true)
	mustPlan(t, l, sample(1))
	other := sample(1)
	other.Issuer = "other"
	requireSame(t, other, mustPlan(t, l, other))
	if _, err := l.Certify(t.Context(), "other", other.Request, []byte{1}, epoch); err != nil {
		t.Fatal(err)
	}
	requireSame(t, sample(1), one(t, l, "request-1"))
	for range 2 {
		if _, err := l.Next(t.Context(), "other", "crl"); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := l.Next(t.Context(), "issuer", "crl"); err != nil || n != 1 {
		t.Fatalf("counter of another issuer: %d %v", n, err)
	}
}

func certifyFirstWins(t *testing.T, open Opener) {
	l := open(t, true)
	_, err := l.Certify(t.Context(), "issuer", "request-1", []byte{1}, epoch)
	if !errors.Is(err, certificate.ErrNotFound) {
		t.Fatalf("error %v, want ErrNotFound", err)
	}
	mustPlan(t, l, sample(1))
	want := sample(1)
	want.Certificate, want.IssuedAt = []byte{1, 2, 3}, epoch.Add(time.Minute)
	for i, der := range [][]byte{{1, 2, 3}, {1, 2, 3}, {9}, {9}, {8}, {1, 2, 3}} {
		got, err := l.Certify(
			t.Context(), "issuer", "request-1", der, epoch.Add(time.Duration(i+1)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		switch i {
		case 2:
			want.Duplicates = [][]byte{{9}}
		case 4:
			want.Duplicates = [][]byte{{9}, {8}}
		}
		requireSame(t, want, got)
	}
	requireSame(t, want, one(t, l, "request-1"))
}

func changeCounts(t *testing.T, open Opener) {
	l := open(t, true)
	held := certificate.Status{
		State:  certificate.Held,
		Since:  epoch,
		At:     epoch,
		Reason: certificate.CertificateHold,
	}
	_, err := l.Change(t.Context(), "issuer", "1001", 0, held)
	if !errors.Is(err, certificate.ErrNotFound) {
		t.Fatalf("error %v, want ErrNotFound", err)
	}
	mustPlan(t, l, sample(1))
	want := sample(1)
	for i, s := range []certificate.Status{
		held,
		{
			State: certificate.Good, Since: epoch, At: epoch.Add(time.Hour),
			Reason: certificate.RemoveFromCRL, Reference: "case 7",
		},
		{
			State: certificate.Revoked, Since: epoch, At: epoch.Add(2 * time.Hour),
			Reason: certificate.KeyCompromise, Invalid: epoch.Add(-time.Hour),
		},
	} {
		for _, wrong := range []int{i - 1, i + 1} {
			_, err := l.Change(t.Context(), "issuer", "1001", wrong, s)
			if !errors.Is(err, certificate.ErrStale) {
				t.Fatalf("error %v, want ErrStale", err)
			}
		}
		got, err := l.Change(t.Context(), "issuer", "1001", i, s)
		if err != nil {
			t.Fatal(err)
		}
		want.History = append(want.History, s)
		requireSame(t, want, got)
	}
	requireSame(t, want, one(t, l, "request-1"))
}

func find(t *testing.T, open Opener) {
	l := open(t, true)
	for _, n := range []int{5, 3, 1, 4, 2} {
		mustPlan(t, l, sample(n))
	}
	odd := sample(6)
	odd.Serial = "f" // one digit: sorts after all of "100n" as text
	mustPlan(t, l, odd)
	for n, state := range map[string]certificate.State{
		"1002": certificate.Revoked, "1004": certificate.Held, "1005": certificate.Good,
	} {
		s := certificate.Status{State: state, At: epoch}
		if _, err := l.Change(t.Context(), "issuer", n, 0, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		q    certificate.Query
		want string
	}{
		{certificate.Query{}, "1001 1002 1003 1004 1005 f"},
		{certificate.Query{Serial: "1003"}, "1003"},
		{certificate.Query{Serial: "1003", Request: "request-3"}, "1003"},
		{certificate.Query{Serial: "1003", Request: "request-4"}, ""},
		{certificate.Query{Request: "request-6"}, "f"},
		{certificate.Query{Listed: true}, "1002 1004"},
		{certificate.Query{Listed: true, After: "1002"}, "1004"},
		{certificate.Query{Limit: 2}, "1001 1002"},
		{certificate.Query{After: "1002", Limit: 2}, "1003 1004"},
		{certificate.Query{After: "1005"}, "f"},
		{certificate.Query{After: "f"}, ""},
		{certificate.Query{Limit: 100}, "1001 1002 1003 1004 1005 f"},
	} {
		c.q.Issuer = "issuer"
		var serials []string
		for _, r := range mustFind(t, l, c.q) {
			serials = append(serials, r.Serial)
		}
		if got := strings.Join(serials, " "); got != c.want {
			t.Errorf("%+v: %q, want %q", c.q, got, c.want)
		}
	}
	if found := mustFind(t, l, certificate.Query{Issuer: "nobody"}); len(found) != 0 {
		t.Error("records of nobody")
	}
}

func counters(t *testing.T, open Opener) {
	l := open(t, true)
	var mu sync.Mutex
	seen := map[int64]bool{}
	together(10, func(int) {
		for range 5 {
			n, err := l.Next(context.Background(), "issuer", "crl")
			mu.Lock()
			if err != nil || n < 1 || seen[n] {
				t.Errorf("Next: %d %v", n, err)
			}
			seen[n] = true
			mu.Unlock()
		}
	})
	if n, err := l.Next(t.Context(), "issuer", "other"); err != nil || n != 1 {
		t.Fatalf("another counter: %d %v", n, err)
	}
	if n, err := open(t, false).Next(t.Context(), "issuer", "crl"); err != nil || seen[n] {
		t.Fatalf("after a restart: %d %v", n, err)
	}
}

// together runs f(0) … f(n-1) at once.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

func planRace(t *testing.T, open Opener) {
	l := open(t, true)
	const racers = 16
	var got [racers]certificate.Record
	together(racers, func(i int) {
		r := sample(i)
		r.Request = "the request"
		var err error
		if got[i], err = l.Plan(context.Background(), r); err != nil {
			t.Errorf("Plan: %v", err)
		}
	})
	for _, r := range got {
		requireSame(t, got[0], r)
	}
	if found := mustFind(t, l, certificate.Query{Issuer: "issuer"}); len(found) != 1 {
		t.Fatalf("%d records, want one", len(found))
	}
}

func changeRace(t *testing.T, open Opener) {
	l := open(t, true)
	mustPlan(t, l, sample(1))
	const racers = 16
	var won [racers]bool
	together(racers, func(i int) {
		_, err := l.Change(context.Background(), "issuer", "1001", 0,
			certificate.Status{State: certificate.Revoked, At: epoch})
		won[i] = err == nil
		if err != nil && !errors.Is(err, certificate.ErrStale) {
			t.Errorf("Change: %v", err)
		}
	})
	winners := 0
	for _, w := range won {
		if w {
			winners++
		}
	}
	if history := one(t, l, "request-1").History; winners != 1 || len(history) != 1 {
		t.Fatalf("%d winners, %d changes, want one", winners, len(history))
	}
}

func certifyRace(t *testing.T, open Opener) {
	l := open(t, true)
	mustPlan(t, l, sample(1))
	const racers = 8
	var got [racers]certificate.Record
	together(racers, func(i int) {
		var err error
		got[i], err = l.Certify(
			context.Background(), "issuer", "request-1", []byte{byte(i + 1)}, epoch)
		if err != nil {
			t.Errorf("Certify: %v", err)
		}
	})
	final := one(t, l, "request-1")
	if len(final.Certificate) != 1 || len(final.Duplicates) != racers-1 {
		t.Fatalf("%d duplicates, want %d", len(final.Duplicates), racers-1)
	}
	for _, r := range got {
		if !bytes.Equal(r.Certificate, final.Certificate) {
			t.Fatal("two were told of different certificates")
		}
	}
}

func durable(t *testing.T, open Opener) {
	l := open(t, true)
	mustPlan(t, l, sample(1))
	mustPlan(t, l, sample(2))
	if _, err := l.Certify(t.Context(), "issuer", "request-2", []byte{7}, epoch); err != nil {
		t.Fatal(err)
	}
	want, err := l.Change(t.Context(), "issuer", "1002", 0,
		certificate.Status{State: certificate.Held, Since: epoch, At: epoch})
	if err != nil {
		t.Fatal(err)
	}
	l = open(t, false)
	requireSame(t, sample(1), one(t, l, "request-1"))
	requireSame(t, want, one(t, l, "request-2"))
	requireSame(t, sample(1), mustPlan(t, l, sample(1)))
}

func cancelled(t *testing.T, open Opener) {
	l := open(t, true)
	mustPlan(t, l, sample(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Plan(ctx, sample(2)); err == nil {
		t.Error("Plan with a cancelled context")
	}
	if _, err := l.Certify(ctx, "issuer", "request-1", []byte{1}, epoch); err == nil {
		t.Error("Certify with a cancelled context")
	}
	revoked := certificate.Status{State: certificate.Revoked}
	if _, err := l.Change(ctx, "issuer", "1001", 0, revoked); err == nil {
		t.Error("Change with a cancelled context")
	}
	requireSame(t, sample(1), one(t, l, "request-1"))
	if found := mustFind(t, l, certificate.Query{Issuer: "issuer"}); len(found) != 1 {
		t.Errorf("%d records, want one", len(found))
	}
}

func aliasing(t *testing.T, open Opener) {
	l := open(t, true)
	r := sample(1)
	stored := mustPlan(t, l, r)
	der := []byte{1, 2}
	if _, err := l.Certify(t.Context(), "issuer", "request-1", der, epoch); err != nil {
		t.Fatal(err)
	}
	want := one(t, l, "request-1")
	r.TBS[0], stored.TBS[0], der[0] = 0xee, 0xee, 0xee
	got := one(t, l, "request-1")
	if got.TBS[0] == 0xee || got.Certificate[0] == 0xee {
		t.Fatal("the ledger shares memory with its caller")
	}
	requireSame(t, want, got)
}

func exact(t *testing.T, open Opener) {
	l := open(t, true)
	r := sample(1)
	r.TBS = make([]byte, 0, 70_000)
	for i := range cap(r.TBS) {
		r.TBS = append(r.TBS, byte(i>>8)^byte(i))
	}
	r.NotAfter = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	r.PlannedAt = time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)
	r.Request = `a "quoted" 'request'; -- with %_ signs`
	requireSame(t, r, mustPlan(t, l, r))
	requireSame(t, r, one(t, open(t, false), r.Request))
}
