package memory

import (
	"context"
	"sync"
	"time"

	"github.com/rubrica/rubrica/workflow"
)

// Clock is set by hand; whoever sleeps on it moves it. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

var _ workflow.Clock = (*Clock)(nil)

// NewClock returns a clock that shows an instant until it is moved.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns the instant that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to an instant; it never goes back.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

// Sleep moves the clock to an instant at once.
func (c *Clock) Sleep(ctx context.Context, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.Set(until)
	return nil
}
