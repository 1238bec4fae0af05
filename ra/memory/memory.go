// Package memory holds the ports of package ra in memory, for tests and trials: they pass the same
// conformance suites as the adapters, and forget everything with the process.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/rubrica/rubrica/ra"
)

var (
	_ ra.Mailer    = (*Mailer)(nil)
	_ ra.Payments  = (*Payments)(nil)
	_ ra.Documents = (*Documents)(nil)
)

// Mailer keeps what was sent. The zero value is ready; it is safe for concurrent use.
type Mailer struct {
	mu   sync.Mutex
	ids  map[string]bool
	sent []ra.Message
}

// Send implements ra.Mailer.
func (s *Mailer) Send(ctx context.Context, m *ra.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids = map[string]bool{}
	}
	if !s.ids[m.ID] {
		s.ids[m.ID] = true
		s.sent = append(s.sent, clone(*m))
	}
	return nil
}

// Sent returns copies of the messages in the order of their first Send.
func (s *Mailer) Sent() []ra.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]ra.Message, len(s.sent))
	for i, m := range s.sent {
		out[i] = clone(m)
	}
	return out
}

func clone(m ra.Message) ra.Message {
	m.To, m.Cc, m.Attachments = slices.Clone(m.To), slices.Clone(m.Cc), slices.Clone(m.Attachments)
	for i := range m.Attachments {
		m.Attachments[i].Content = bytes.Clone(m.Attachments[i].Content)
	}
	return m
}

// Payments holds the payments that arrived. The zero value is ready; it is safe for concurrent use.
type Payments struct {
	mu      sync.Mutex
	arrived []ra.Deposit
}

// Arrive adds a payment; an amount below zero takes an earlier one of the same reference back.
func (p *Payments) Arrive(d ra.Deposit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.Amount >= 0 {
		p.arrived = append(p.arrived, d)
		return
	}
	for i, a := range p.arrived {
		if a.Reference == d.Reference && a.Amount == -d.Amount {
			p.arrived[i].Amount = 0 // reversed
			return
		}
	}
}

// Find implements ra.Payments.
func (p *Payments) Find(ctx context.Context, d ra.Deposit) (ra.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return ra.Receipt{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	refusal := ra.PaymentError{Reason: ra.PaymentNotFound, Reference: d.Reference}
	var exact []ra.Deposit
	for _, a := range p.arrived {
		switch {
		case a.Reference != d.Reference:
		case a.Amount == 0:
			refusal.Reason = ra.PaymentReversed
		case a == d:
			exact = append(exact, a)
		case a.Amount == d.Amount:
			refusal = ra.PaymentError{Reason: ra.PaymentWrongDate, Reference: d.Reference,
				Declared: string(d.Date), Found: string(a.Date)}
		case refusal.Reason != ra.PaymentWrongDate:
			refusal = ra.PaymentError{Reason: ra.PaymentWrongAmount, Reference: d.Reference,
				Declared: d.Amount.String(), Found: a.Amount.String()}
		}
	}
	switch len(exact) {
	case 0:
		return ra.Receipt{}, &refusal
	case 1:
		id := fmt.Sprintf("memory/%s/%s/%s", d.Date, d.Reference, d.Amount)
		return ra.Receipt{ID: id, Amount: d.Amount, Date: d.Date}, nil
	default:
		return ra.Receipt{}, &ra.PaymentError{Reason: ra.PaymentAmbiguous, Reference: d.Reference}
	}
}

// Documents keeps documents by digest. The zero value is ready; it is safe for concurrent use.
type Documents struct {
	mu      sync.Mutex
	content map[ra.Digest][]byte
}

// Put implements ra.Documents.
func (s *Documents) Put(ctx context.Context, content io.Reader) (ra.Digest, error) {
	if err := ctx.Err(); err != nil {
		return ra.Digest{}, err
	}
	all, err := io.ReadAll(content)
	if err != nil {
		return ra.Digest{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.content == nil {
		s.content = map[ra.Digest][]byte{}
	}
	d := ra.DigestOf(all)
	s.content[d] = all
	return d, nil
}

// Open implements ra.Documents.
func (s *Documents) Open(ctx context.Context, d ra.Digest) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	content, ok := s.content[d]
	if !ok {
		return nil, ra.ErrNoDocument
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

// Remove implements ra.Documents.
func (s *Documents) Remove(ctx context.Context, d ra.Digest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.content, d)
	return nil
}
