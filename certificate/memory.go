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
	issuers  map[string]*shelf
}

// shelf holds the records of an issuer, sorted by serial number when somebody looks.
type shelf struct {
	records []*Record
	sorted  bool
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
		m.issuers = map[string]*shelf{}
	}
	stored := r.clone()
	m.requests[byRequest], m.serials[bySerial] = &stored, &stored
	if m.issuers[r.Issuer] == nil {
		m.issuers[r.Issuer] = &shelf{}
	}
	own := m.issuers[r.Issuer]
	own.records, own.sorted = append(own.records, &stored), false
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
	for _, r := range m.from(q) {
		if (q.Request == "" || r.Request == q.Request) && (q.Serial == "" || r.Serial == q.Serial) &&
			(!q.Listed || r.Status().State != Good) {
			found = append(found, r.clone())
		}
		if q.Limit > 0 && len(found) == q.Limit {
			break
		}
	}
	return found, nil
}

// from returns the records that may match, in order.
func (m *MemoryLedger) from(q Query) []*Record {
	switch {
	case q.Request != "":
		return oneAfter(m.requests[[2]string{q.Issuer, q.Request}], q.After)
	case q.Serial != "":
		return oneAfter(m.serials[[2]string{q.Issuer, q.Serial}], q.After)
	case m.issuers[q.Issuer] == nil:
		return nil
	}
	own := m.issuers[q.Issuer]
	compare := func(a, b *Record) int { return strings.Compare(a.Serial, b.Serial) }
	if !own.sorted {
		slices.SortFunc(own.records, compare)
		own.sorted = true
	}
	at, found := slices.BinarySearchFunc(own.records, &Record{Serial: q.After}, compare)
	if found {
		at++
	}
	return own.records[at:]
}

func oneAfter(r *Record, after string) []*Record {
	if r == nil || r.Serial <= after {
		return nil
	}
	return []*Record{r}
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
