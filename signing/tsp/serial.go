package tsp

import (
	"context"
	"crypto/rand"
	"math/big"
	"sync"
)

// Serials hands out serial numbers for the tokens of one authority. Implementations are safe for
// concurrent use.
type Serials interface {
	// Reserve returns the first of n numbers that nobody got before and nobody will get again. It
	// MUST make the reservation durable before it returns: after a crash at any moment, and from
	// another process over the same store, no number of it may be handed out again. Numbers that
	// were reserved and not used are lost, which is right (RFC 3161, 2.4.2 asks for uniqueness,
	// not for an unbroken row).
	Reserve(ctx context.Context, n uint64) (first uint64, err error)
}

// serialBlock is how many serial numbers are reserved at once, so that a store is written rarely.
const serialBlock = 256

// numberer gives one serial number at a time, from blocks of a port or at random.
type numberer struct {
	port Serials

	mu         sync.Mutex
	next, left uint64
}

// serial gives the next number. Without a port it has 159 random bits: two equal ones are less
// likely than a broken signature key (RFC 3161, 2.4.2 allows up to 160 bits).
func (n *numberer) serial(ctx context.Context) (*big.Int, error) {
	if n.port == nil {
		var raw [20]byte
		rand.Read(raw[:])
		raw[0] = raw[0]&0x7f | 0x40
		return new(big.Int).SetBytes(raw[:]), nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.left == 0 {
		first, err := n.port.Reserve(ctx, serialBlock)
		if err != nil {
			return nil, err
		}
		n.next, n.left = first, serialBlock
	}
	s := new(big.Int).SetUint64(n.next)
	n.next++
	n.left--
	return s, nil
}
