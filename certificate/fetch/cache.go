package fetch

import (
	"sync"
	"time"
)

// cache keeps what was made of documents as long as they are fresh.
type cache struct {
	mu     sync.Mutex
	slots  map[string]*slot
	octets int
}

// slot is a document kept, or being got while done is open.
type slot struct {
	key   string
	done  chan struct{}
	value any
	until time.Time
	size  int
	err   error
}

// look returns a value that is fresh, with no slot; or a slot that somebody is filling; or one for
// the caller to fill (mine).
func (c *cache) look(r request, now time.Time) (value any, s *slot, mine bool) {
	key := r.key()
	c.mu.Lock()
	defer c.mu.Unlock()
	if s = c.slots[key]; s != nil {
		select {
		case <-s.done:
			if now.Before(s.until) {
				return s.value, nil, false
			}
			c.drop(s)
		default:
			return nil, s, false
		}
	}
	s = &slot{key: key, done: make(chan struct{})}
	if c.slots == nil {
		c.slots = make(map[string]*slot)
	}
	c.slots[key] = s
	return nil, s, true
}

// fill ends the waiting for a slot, and makes room if there is too much.
func (c *cache) fill(s *slot, value any, until time.Time, size int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.value, s.until, s.size, s.err = value, until, size, err
	close(s.done)
	c.octets += size
	if err != nil || until.IsZero() {
		c.drop(s)
		return
	}
	for len(c.slots) > maxKept || c.octets > maxKeptOctets {
		oldest := c.oldest()
		if oldest == nil {
			return
		}
		c.drop(oldest)
	}
}

// oldest returns the slot that is stale first, nil when all are being filled.
func (c *cache) oldest() (found *slot) {
	for _, s := range c.slots {
		select {
		case <-s.done:
			if found == nil || s.until.Before(found.until) {
				found = s
			}
		default:
		}
	}
	return found
}

func (c *cache) drop(s *slot) {
	if c.slots[s.key] == s {
		delete(c.slots, s.key)
		c.octets -= s.size
	}
}
