package certificate

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// MemoryLedger is a [Ledger] that forgets with the process: for tests and trials, never for
// certificates that anyone relies on. The zero value is empty and ready.
type MemoryLedger struct {
	mu       sync.Mutex
	requests map[[2]string]*Record
	serials  map[[2]string]*Record
	counters map[[2]string]int64
}

var _ Ledger = (*MemoryLedger)(nil)

// Plan implements [Ledger].
func (m *MemoryLedger) Plan(ctx context.Context, r Record) (Record, error) {
	if err := ctx.Err(); err != nil {
		return Record{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	byRequest, bySerial := [2]string{r.Issuer, r.Request}, [2]string{r.Issuer, r.Serial}
	if stored := m.requests[byRequest]; stored != nil {
		return stored.clone(), nil
	}
	if m.serials[bySerial] != nil {
		return Record{}, ErrSerialTaken
	}
	if m.requests == nil {
		m.requests, m.serials = map[[2]string]*Record{}, map[[2]string]*Record{}
	}
	stored := r.clone()
	m.requests[byRequest], m.serials[bySerial] = &stored, &stored
	return stored.clone(), nil
}

// Certify implements [Ledger].
func (m *MemoryLedger) Certify(
	ctx context.Context, issuer, request string, certificate []byte, at time.Time,
) (Record, error) {
	if err := ctx.Err(); err != nil {
		return Record{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	stored := m.requests[[2]string{issuer, request}]
	if stored == nil {
		return Record{}, ErrNotFound
	}
	same := func(der []byte) bool { return bytes.Equal(der, certificate) }
	switch {
	case stored.Certificate == nil:
		stored.Certificate, stored.IssuedAt = bytes.Clone(certificate), at
	case !same(stored.Certificate) && !slices.ContainsFunc(stored.Duplicates, same):
		stored.Duplicates = append(stored.Duplicates, bytes.Clone(certificate))
	}
	return stored.clone(), nil
}

// Change implements [Ledger].
func (m *MemoryLedger) Change(
	ctx context.Context, issuer, serial string, seen int, s Status,
) (Record, error) {
	if err := ctx.Err(); err != nil {
		return Record{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	stored := m.serials[[2]string{issuer, serial}]
	if stored == nil {
		return Record{}, ErrNotFound
	}
	if len(stored.History) != seen {
		return Record{}, ErrStale
	}
	stored.History = append(stored.History, s)
	return stored.clone(), nil
}

// Find implements [Ledger].
func (m *MemoryLedger) Find(ctx context.Context, q Query) ([]Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []Record
	for key, r := range m.serials {
		if key[0] == q.Issuer && (q.Request == "" || r.Request == q.Request) &&
			(q.Serial == "" || r.Serial == q.Serial) && (!q.Listed || r.Status().State != Good) &&
			r.Serial > q.After {
			found = append(found, r.clone())
		}
	}
	slices.SortFunc(found, func(a, b Record) int { return strings.Compare(a.Serial, b.Serial) })
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found, nil
}

// Next implements [Ledger].
func (m *MemoryLedger) Next(ctx context.Context, issuer, counter string) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counters == nil {
		m.counters = map[[2]string]int64{}
	}
	m.counters[[2]string{issuer, counter}]++
	return m.counters[[2]string{issuer, counter}], nil
}

func (r Record) clone() Record {
	r.Digest, r.TBS = bytes.Clone(r.Digest), bytes.Clone(r.TBS)
	r.Certificate, r.History = bytes.Clone(r.Certificate), slices.Clone(r.History)
	r.Duplicates = slices.Clone(r.Duplicates)
	return r
}
