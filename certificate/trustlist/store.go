package trustlist

import (
	"crypto"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ErrOlder says that a list was issued before the one in use, or is the same again. The one in use
// stays; a host that sees this often is being fed old lists.
var ErrOlder = errors.New("trustlist: not newer than the list in use")

// ErrStale says that the list should have been replaced by now. Get a newer one.
var ErrStale = errors.New("trustlist: its next update is overdue")

// Store holds the list in use and takes newer ones. It is safe for concurrent use.
type Store struct {
	keys  []crypto.PublicKey
	clock func() time.Time
	mu    sync.Mutex // held while a list is replaced
	list  atomic.Pointer[List]
}

// NewStore returns a store without a list. Lists must be signed by one of the keys; clock tells
// the time by which they are good. It panics when there is neither key nor clock, which is a
// programmer's error.
func NewStore(clock func() time.Time, keys ...crypto.PublicKey) *Store {
	if clock == nil || len(keys) == 0 {
		panic("trustlist: a store needs a clock and a key")
	}
	return &Store{keys: keys, clock: clock}
}

// Load takes a signed list into use if it is newer than the one there, for the same territory, and
// good now. The error is ErrUntrusted, ErrOlder, ErrStale or a *FormatError; the list in use then
// stays.
func (s *Store) Load(data []byte) error {
	l, err := Open(data, s.keys)
	if err != nil {
		return err
	}
	if !s.clock().Before(l.NextUpdate) {
		return ErrStale
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.list.Load(); old != nil {
		switch {
		case old.Territory != l.Territory:
			return problem("of another territory than the list in use")
		case l.Sequence <= old.Sequence || l.Issued.Before(old.Issued):
			return ErrOlder
		}
	}
	s.list.Store(l)
	return nil
}

// List returns the list in use, which must not be changed. With ErrStale it returns it too: whether
// an overdue list is better than none is the host's decision. Without any list it returns nil and
// ErrStale.
func (s *Store) List() (*List, error) {
	l := s.list.Load()
	if l == nil || !s.clock().Before(l.NextUpdate) {
		return l, ErrStale
	}
	return l, nil
}
