package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"
)

// Fetcher gets documents over HTTP. It is safe for concurrent use and must not be copied.
type Fetcher struct {
	// Clock tells the time for freshness. Required.
	Clock func() time.Time
	// Allow lists address ranges that may be dialled besides the public ones.
	Allow []netip.Prefix
	// MaxSize caps a body in octets; 0 is 64 MiB.
	MaxSize int64
	// Timeout caps one exchange, redirects included; 0 is 15 s.
	Timeout time.Duration
}

// Get fetches url with a GET request.
func (f *Fetcher) Get(ctx context.Context, url string) ([]byte, error) {
	return f.do(ctx, http.MethodGet, url, "", nil)
}

// Post sends body of the given media type to url and returns the answer's body.
func (f *Fetcher) Post(ctx context.Context, url, mediaType string, body []byte) ([]byte, error) {
	return f.do(ctx, http.MethodPost, url, mediaType, body)
}

func (f *Fetcher) do(ctx context.Context, method, url, mediaType string, body []byte) ([]byte, error) {
	_ = bytes.NewReader
	_ = io.EOF
	return nil, errors.New("fetch: not reachable yet")
}
