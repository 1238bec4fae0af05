package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
)

type request struct {
	method, url, mediaType string
	body                   []byte
}

func (r request) key() string { return r.method + " " + r.url + "\n" + string(r.body) }

// RefusedError says that an address is not one that may be asked: the policy refused, nothing was
// sent. Trying again does not help.
type RefusedError struct{ Reason string }

// Error implements error.
func (e *RefusedError) Error() string { return "fetch: refused: " + e.Reason }

// RemoteError says that the other side did not deliver. Trying again later may help.
type RemoteError struct {
	Host   string
	Status int // of the HTTP answer, 0 when there was none
	Reason string
	Err    error // what the network said, may be nil
}

// Error implements error.
func (e *RemoteError) Error() string { return "fetch: " + e.Host + ": " + e.Reason }

// Unwrap returns what the network said.
func (e *RemoteError) Unwrap() error { return e.Err }

func (f *Fetcher) exchange(ctx context.Context, r request) ([]byte, error) {
	target, err := checkURL(r.url)
	if err != nil {
		return nil, err
	}
	if f.Replay != nil {
		return f.Replay.find(r, target.Hostname())
	}
	timeout := f.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	body, err := f.send(ctx, r, target)
	if err == nil && f.Record != nil {
		f.Record.add(r, body)
	}
	return body, err
}

func checkURL(text string) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, &RefusedError{"address longer than 2,048 octets"}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, &RefusedError{"not an address"}
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, &RefusedError{"neither http nor https"}
	case u.Hostname() == "":
		return nil, &RefusedError{"address without host"}
	case u.User != nil:
		return nil, &RefusedError{"address with user name"}
	}
	return u, nil
}

func (f *Fetcher) send(ctx context.Context, r request, target *url.URL) ([]byte, error) {
	f.once.Do(f.prepare)
	q, err := http.NewRequestWithContext(ctx, r.method, target.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, &RefusedError{"not an address"}
	}
	q.Header.Set("User-Agent", "rubrica")
	if r.mediaType != "" {
		q.Header.Set("Content-Type", r.mediaType)
	}
	answer, err := f.client.Do(q)
	if err != nil {
		return nil, remote(target, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, &RemoteError{Host: target.Hostname(), Status: answer.StatusCode,
			Reason: fmt.Sprintf("status %d", answer.StatusCode)}
	}
	return f.read(answer, target)
}

func (f *Fetcher) read(answer *http.Response, target *url.URL) ([]byte, error) {
	limit := f.MaxSize
	if limit <= 0 {
		limit = DefaultMaxSize
	}
	if answer.ContentLength > limit {
		return nil, tooLarge(target)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err != nil {
		broken := remote(target, err)
		if e, ok := errors.AsType[*RemoteError](broken); ok && e.Reason == noConnection {
			e.Reason = "the answer broke off"
		}
		return nil, broken
	}
	if int64(len(body)) > limit {
		return nil, tooLarge(target)
	}
	return body, nil
}

func tooLarge(target *url.URL) error {
	return &RemoteError{Host: target.Hostname(), Status: http.StatusOK,
		Reason: "larger than the limit"}
}

const noConnection = "no connection"

// remote sorts out what the HTTP client says.
func remote(target *url.URL, err error) error {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return refused
	}
	reason := noConnection
	if errors.Is(err, context.DeadlineExceeded) {
		reason = "no answer in time"
	}
	var inner *url.Error
	if errors.As(err, &inner) { // its text repeats the address
		err = inner.Err
	}
	return &RemoteError{Host: target.Hostname(), Reason: reason, Err: err}
}

// prepare makes the client: no proxy of the environment, no compression (its bombs), no cookies.
func (f *Fetcher) prepare() {
	dialer := &net.Dialer{Resolver: f.Resolver, Control: f.control}
	f.client = &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableCompression: true,
			MaxResponseHeaderBytes: maxHeader, IdleConnTimeout: idleConnection,
			MaxIdleConns: 8, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(q *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return &RefusedError{"more than three redirects"}
			}
			_, err := checkURL(q.URL.String())
			return err
		},
	}
}

// control sees every address that is dialled, after names were looked up and for each redirect.
func (f *Fetcher) control(network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return &RefusedError{"not a network address"}
	}
	if !f.mayDial(to.Addr()) {
		return &RefusedError{"an address that is not public"}
	}
	return nil
}
