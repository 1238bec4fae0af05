package tsp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// HTTP is a [Transport] over the host's own http.Client, for authorities that want credentials or
// live in a private network.
type HTTP struct {
	// Client makes the exchange. Required; give it a time-out, and certificates for mutual TLS.
	Client *http.Client
	// Authorize adds credentials to each request. May be nil; see [BasicAuth].
	Authorize func(*http.Request) error
}

var _ Transport = (*HTTP)(nil)

// StatusError says that the server of an authority answered with an HTTP status other than 200.
type StatusError struct{ Status int }

func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered with status %d", e.Status)
}

// Post implements [Transport]. Redirects are followed as Client does, but never from https to http.
func (t *HTTP) Post(ctx context.Context, to, mediaType string, body []byte) ([]byte, error) {
	if t.Client == nil {
		return nil, errors.New("tsp: HTTP without a client")
	}
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("tsp: an authority's URL is http or https")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", mediaType)
	r.Header.Set("Accept", ReplyType)
	if t.Authorize != nil {
		if err := t.Authorize(r); err != nil {
			return nil, fmt.Errorf("tsp: credentials: %w", err)
		}
	}
	answer, err := t.client().Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, &StatusError{Status: answer.StatusCode}
	}
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil ||
		kind != ReplyType {
		return nil, &MalformedError{What: "an answer of another type than " + ReplyType}
	}
	return readAnswer(answer.Body)
}

// maxRedirects is what http.Client follows by itself.
const maxRedirects = 10

// client is the host's, with redirects from https to http refused before anything is sent there:
// credentials would go along.
func (t *HTTP) client() *http.Client {
	c := *t.Client
	c.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme != "https" {
			return errors.New("tsp: redirected from https to http")
		}
		if t.Client.CheckRedirect != nil {
			return t.Client.CheckRedirect(next, via)
		}
		if len(via) >= maxRedirects {
			return errors.New("tsp: redirected too often")
		}
		return nil
	}
	return &c
}

func readAnswer(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxToken+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxToken {
		return nil, &MalformedError{What: "an answer that is too long"}
	}
	return raw, nil
}

// BasicAuth is an Authorize for user and password (RFC 7617). password is called for each
// request, so that it need not be kept; what it returns is not.
func BasicAuth(user string, password func() ([]byte, error)) func(*http.Request) error {
	return func(r *http.Request) error {
		secret, err := password()
		if err != nil {
			return err
		}
		r.SetBasicAuth(user, string(secret))
		return nil
	}
}
