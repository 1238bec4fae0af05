package tsp

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/rubrica/rubrica/signing"
)

// Authority is where time stamps are asked for.
type Authority struct {
	// URL of the authority, http or https.
	URL string
	// Policy that is asked for, and that the answer must have. Nil: the authority's own.
	Policy asn1.ObjectIdentifier
	// Transport carries the request; nil: the client's.
	Transport Transport
}

// Transport posts a body and returns the answer's. fetch.Fetcher and [HTTP] are transports. It
// bounds the size of the answer and the time itself.
type Transport interface {
	Post(ctx context.Context, url, mediaType string, body []byte) ([]byte, error)
}

// Client asks authorities for time stamps. Fields are not changed once it is used; it is safe for
// concurrent use.
type Client struct {
	// Authorities are asked in this order until one gives a time stamp that stands. Required.
	Authorities []Authority
	// Transport for authorities that have none of their own. Required then.
	Transport Transport
	// Validation says whom to trust; its Time is ignored, Clock gives it. With no Anchors a token
	// is checked in everything but its path: it still cannot be for other data or another request,
	// but anybody may have made it. The option exists because some hosts verify later.
	Validation signing.Validation
	// UnsafeAnyAuthority accepts tokens when Validation has no Anchors.
	UnsafeAnyAuthority bool
	// Clock tells the time of judging and of back-off. Required.
	Clock func() time.Time
	// MaxSkew is how far genTime may lie from Clock, beyond the accuracy; zero: five minutes.
	MaxSkew time.Duration
	// Attempts per authority for failures that may pass; zero: 2.
	Attempts int
	// Backoff is the pause before the second attempt, doubled for each further one, and how long
	// an authority that failed is asked last; zero: a second.
	Backoff time.Duration
	// Sleep waits, or returns early with the context's error. Nil: a timer.
	Sleep func(ctx context.Context, d time.Duration) error

	mu    sync.Mutex
	until map[int]time.Time // authorities that are asked last until then
}

var _ signing.Timestamper = (*Client)(nil)

const (
	defaultSkew     = 5 * time.Minute
	defaultAttempts = 2
	defaultBackoff  = time.Second
	nonceOctets     = 16
)

// UnavailableError says that no authority gave a time stamp. Errors holds the last error of each,
// in the order they were asked; try again later, or with other authorities.
type UnavailableError struct{ Errors []error }

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("no authority gave a time stamp: %v", errors.Join(e.Errors...))
}

func (e *UnavailableError) Unwrap() []error { return e.Errors }

// Timestamp obtains a token over a digest and verifies all of it: signature, certificate, its
// extended key usage, path, imprint, nonce, policy and time. Errors: [*UnavailableError] around
// what each authority did ([*RefusedError], [*AnswerError], [*MalformedError], those of the
// transport), or the context's.
func (c *Client) Timestamp(ctx context.Context, h crypto.Hash, digest []byte) ([]byte, error) {
	if len(c.Authorities) == 0 || c.Clock == nil {
		return nil, errors.New("tsp: a client needs authorities and a clock")
	}
	failed := &UnavailableError{}
	for _, i := range c.order() {
		token, err := c.persist(ctx, i, h, digest)
		if err == nil {
			return token, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		c.postpone(i)
		failed.Errors = append(failed.Errors, fmt.Errorf("authority %d: %w", i+1, err))
	}
	return nil, failed
}

// order is the authorities' own order, those that failed a moment ago last.
func (c *Client) order() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Clock()
	var first, last []int
	for i := range c.Authorities {
		if until, ok := c.until[i]; ok && now.Before(until) {
			last = append(last, i)
		} else {
			first = append(first, i)
		}
	}
	return append(first, last...)
}

func (c *Client) postpone(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until == nil {
		c.until = make(map[int]time.Time)
	}
	c.until[i] = c.Clock().Add(c.backoff())
}

func (c *Client) backoff() time.Duration {
	if c.Backoff > 0 {
		return c.Backoff
	}
	return defaultBackoff
}

// persist asks one authority, again when the failure may pass.
func (c *Client) persist(ctx context.Context, i int, h crypto.Hash, digest []byte) ([]byte, error) {
	attempts := c.Attempts
	if attempts <= 0 {
		attempts = defaultAttempts
	}
	pause := c.backoff()
	for n := 1; ; n++ {
		token, err := c.ask(ctx, c.Authorities[i], h, digest)
		if err == nil || n >= attempts || !mayPass(err) {
			return token, err
		}
		if err := c.sleep(ctx, pause); err != nil {
			return nil, err
		}
		pause *= 2
	}
}

// mayPass says whether asking again may help: not when the authority understood and refused, nor
// when it answered with something that does not stand.
func mayPass(err error) bool {
	if r, ok := errors.AsType[*RefusedError](err); ok {
		return r.Failure == TimeNotAvailable || r.Failure == SystemFailure
	}
	if s, ok := errors.AsType[*StatusError](err); ok {
		return s.Status >= 500 || s.Status == 429
	}
	_, answer := errors.AsType[*AnswerError](err)
	_, malformed := errors.AsType[*MalformedError](err)
	return !answer && !malformed
}

func (c *Client) sleep(ctx context.Context, d time.Duration) error {
	if c.Sleep != nil {
		return c.Sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (c *Client) ask(ctx context.Context, a Authority, h crypto.Hash,
	digest []byte) ([]byte, error) {
	transport := a.Transport
	if transport == nil {
		transport = c.Transport
	}
	if transport == nil {
		return nil, errors.New("tsp: no transport")
	}
	r := &Request{Imprint: Imprint{Hash: h, Digest: digest}, Policy: a.Policy, Nonce: nonce(),
		CertReq: true}
	body, err := r.Marshal()
	if err != nil {
		return nil, err
	}
	answer, err := transport.Post(ctx, a.URL, QueryType, body)
	if err != nil {
		return nil, err
	}
	token, err := parseResponse(answer)
	if err != nil {
		return nil, err
	}
	return token, c.check(ctx, r, token)
}

func nonce() *big.Int {
	var raw [nonceOctets]byte
	rand.Read(raw[:])
	raw[0] = raw[0]&0x7f | 0x40 // positive, and always as long
	return new(big.Int).SetBytes(raw[:])
}

// check verifies a token against the request (RFC 3161, 2.2).
func (c *Client) check(ctx context.Context, r *Request, token []byte) error {
	v := c.Validation
	v.Time = c.Clock()
	verdict, err := Verify(ctx, Query{Token: token, Kind: signing.TimestampSignature,
		Imprint: func(h crypto.Hash) ([]byte, error) {
			if h != r.Imprint.Hash {
				return nil, errors.New("another hash than was asked for")
			}
			return r.Imprint.Digest, nil
		}}, v)
	if err != nil {
		return err
	}
	if verdict.Token == nil {
		return malformed(0, verdict.why())
	}
	if err := c.matches(r, verdict); err != nil {
		return err
	}
	switch {
	case verdict.Good():
		return nil
	case verdict.Crypto == signing.Intact && verdict.SubIndication == signing.NoCertificateChain &&
		len(v.Anchors) == 0 && c.UnsafeAnyAuthority && ForTimestamping(verdict.Signer) == nil:
		return nil
	case verdict.Crypto == signing.Intact:
		return &AnswerError{Field: "certificate", Why: verdict.why()}
	}
	return &AnswerError{Field: "signature", Why: verdict.why()}
}

// matches compares what the token says with what was asked.
func (c *Client) matches(r *Request, v *Verdict) error {
	info := &v.Token.Info
	if info.Nonce == nil || info.Nonce.Cmp(r.Nonce) != 0 {
		return &AnswerError{"nonce", "it is not that of the request"}
	}
	if info.Imprint.Hash != r.Imprint.Hash {
		return &AnswerError{"messageImprint", "it has another hash than that of the request"}
	}
	if len(r.Policy) > 0 && !r.Policy.Equal(info.Policy) {
		return &AnswerError{"policy", "it is not that of the request"}
	}
	skew := c.MaxSkew
	if skew <= 0 {
		skew = defaultSkew
	}
	if off := info.Time.Sub(c.Clock()).Abs(); off > skew+info.Accuracy {
		return &AnswerError{"genTime", fmt.Sprintf("it is %s away from our clock",
			off.Round(time.Second))}
	}
	return nil
}

func (v *Verdict) why() string {
	for _, f := range v.Findings {
		if f.Severity == signing.SeverityError {
			return f.Message
		}
	}
	if len(v.Findings) > 0 {
		return v.Findings[0].Message
	}
	return string(v.SubIndication)
}
