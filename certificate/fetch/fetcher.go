package fetch

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Limits that hold when a Fetcher does not say otherwise.
const (
	// DefaultMaxSize bounds a body: the longest national revocation lists have some 30 MB.
	DefaultMaxSize = 64 << 20
	// DefaultTimeout bounds one exchange, redirects included.
	DefaultTimeout = 15 * time.Second

	maxRedirects   = 3         // authorities move a list once, to https or to a mirror
	maxHeader      = 64 << 10  // octets of response headers
	maxKept        = 256       // documents in the cache
	maxKeptOctets  = 512 << 20 // their octets
	maxURL         = 2048      // octets; longer ones are somebody's trick
	idleConnection = 30 * time.Second
)

// Fetcher gets documents over HTTP. The zero value is ready and strict: public addresses only,
// nothing kept. A Fetcher is safe for concurrent use and must not be copied after its first use;
// its fields must not change then.
type Fetcher struct {
	// Clock tells the time, by which a kept document is fresh or not. nil: nothing is kept.
	Clock func() time.Time
	// Allow lists address ranges that may be dialled besides the public ones.
	Allow []netip.Prefix
	// MaxSize bounds a body in octets. 0: DefaultMaxSize.
	MaxSize int64
	// Timeout bounds one exchange. 0: DefaultTimeout. The context's deadline holds too.
	Timeout time.Duration
	// Resolver looks names up. nil: the system's.
	Resolver *net.Resolver
	// Record, when set, receives every exchange.
	Record *Recording
	// Replay, when set, answers in place of the network; what it does not hold is an error.
	Replay *Recording

	once   sync.Once
	client *http.Client
	cache  cache
}

// Get gets a document with GET. Nothing is kept: see Cached.
func (f *Fetcher) Get(ctx context.Context, url string) ([]byte, error) {
	return f.exchange(ctx, request{method: http.MethodGet, url: url})
}

// Post sends a body of a media type with POST and returns the body of the answer.
func (f *Fetcher) Post(ctx context.Context, url, mediaType string, body []byte) ([]byte, error) {
	return f.exchange(ctx, request{method: http.MethodPost, url: url, mediaType: mediaType,
		body: body})
}

// A Decoder reads a document that was got, and says until when it is fresh. A document for which it
// returns the zero time is not kept.
type Decoder[T any] func(body []byte) (value T, until time.Time, err error)

// Cached gets a document with GET, or what decode made of it earlier while that is fresh. Several
// callers at a time share one exchange.
func Cached[T any](ctx context.Context, f *Fetcher, url string, decode Decoder[T]) (T, error) {
	return cached(ctx, f, request{method: http.MethodGet, url: url}, decode)
}

// CachedPost is Cached for a request with a body, which is part of what is remembered.
func CachedPost[T any](ctx context.Context, f *Fetcher, url, mediaType string, body []byte,
	decode Decoder[T]) (T, error) {
	return cached(ctx, f, request{method: http.MethodPost, url: url, mediaType: mediaType,
		body: body}, decode)
}

func cached[T any](ctx context.Context, f *Fetcher, r request, decode Decoder[T]) (T, error) {
	if f.Clock == nil {
		value, _, _, err := get(ctx, f, r, decode)
		return value, err
	}
	for {
		value, slot, mine := f.cache.look(r, f.Clock())
		if slot == nil {
			if typed, ok := value.(T); ok {
				return typed, nil
			}
			// The same address was read as another kind of document: do without the cache.
			typed, _, _, err := get(ctx, f, r, decode)
			return typed, err
		}
		if mine {
			typed, until, size, err := get(ctx, f, r, decode)
			f.cache.fill(slot, typed, until, size, err)
			return typed, err
		}
		select {
		case <-slot.done:
			if slot.err != nil || slot.until.IsZero() {
				typed, _, _, err := get(ctx, f, r, decode)
				return typed, err
			}
		case <-ctx.Done():
			var zero T
			return zero, ctx.Err()
		}
	}
}

func get[T any](ctx context.Context, f *Fetcher, r request,
	decode Decoder[T]) (value T, until time.Time, size int, err error) {
	body, err := f.exchange(ctx, r)
	if err != nil {
		return value, until, 0, err
	}
	value, until, err = decode(body)
	return value, until, len(body), err
}
