package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rubrica/rubrica/ra/icert"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/vault"
)

// The demonstration's own records in the vault.
const (
	ownSubject   = "demo"
	spanRecord   = "span"
	clockRecord  = "clock"
	finishRecord = "finished"
)

// span is when the story begins and ends.
type span struct {
	Begin time.Time `json:"begin"` // a Monday, midnight in Ecuador
	End   time.Time `json:"end"`   // when the program was first started
}

// storyDays is how long the story is; it begins on the last Monday that is so far back.
const storyDays = 33

// openSpan fixes begin and end at the first start.
func openSpan(ctx context.Context, v *vault.Vault, now time.Time) (span, error) {
	end := now.Truncate(time.Second)
	local := end.In(icert.Ecuador())
	year, month, day := local.Date()
	begin := time.Date(year, month, day-storyDays, 0, 0, 0, 0, local.Location())
	for begin.Weekday() != time.Monday {
		begin = begin.AddDate(0, 0, -1)
	}
	content, err := json.Marshal(span{begin, end})
	if err != nil {
		return span{}, err
	}
	_, stored, err := v.PutOnce(ctx, ownSubject, spanRecord, content)
	if err != nil {
		return span{}, fmt.Errorf("demo: %w", err)
	}
	var s span
	if err := json.Unmarshal(stored, &s); err != nil {
		return span{}, fmt.Errorf("demo: %w", err)
	}
	s.Begin, s.End = s.Begin.In(icert.Ecuador()), s.End.In(icert.Ecuador())
	return s, nil
}

// clock is the engine's clock. It is moved by hand, and where it stands lies in the store, so that
// time goes on from there after a restart. It is safe for concurrent use.
type clock struct {
	vault *vault.Vault
	mu    sync.Mutex
	now   time.Time
}

var _ workflow.Clock = (*clock)(nil)

func openClock(ctx context.Context, v *vault.Vault, begin time.Time) (*clock, error) {
	c := &clock{vault: v, now: begin}
	_, stored, err := v.Latest(ctx, ownSubject, clockRecord)
	if errors.Is(err, vault.ErrNotFound) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, string(stored))
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	c.now = at
	return c, nil
}

// Now implements workflow.Clock.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// set moves the clock forward, durably before anybody sees it.
func (c *clock) set(ctx context.Context, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !t.After(c.now) {
		return nil
	}
	_, err := c.vault.Put(ctx, ownSubject, clockRecord, []byte(t.UTC().Format(time.RFC3339Nano)))
	if err != nil {
		return fmt.Errorf("clock: %w", err)
	}
	c.now = t
	return nil
}

// Sleep implements workflow.Clock: it moves the clock.
func (c *clock) Sleep(ctx context.Context, until time.Time) error { return c.set(ctx, until) }
