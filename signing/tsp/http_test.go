package tsp_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/tsp"
)

// TestNoRedirectIntoTheOpen: an authority behind https that sends on to http gets nothing there, no
// credentials above all.
func TestNoRedirectIntoTheOpen(t *testing.T) {
	t.Parallel()
	var seen atomic.Int32
	open := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	defer open.Close()
	secure := httptest.NewTLSServer(http.RedirectHandler(open.URL, http.StatusTemporaryRedirect))
	defer secure.Close()
	password := func() ([]byte, error) { return []byte("secret"), nil }
	client := &tsp.HTTP{Client: secure.Client(), Authorize: tsp.BasicAuth("user", password)}
	_, err := client.Post(t.Context(), secure.URL, tsp.QueryType, []byte("query"))
	require.ErrorContains(t, err, "redirected from https to http")
	assert.NotContains(t, err.Error(), "secret")
	assert.Zero(t, seen.Load())

	loop := httptest.NewTLSServer(http.RedirectHandler("/", http.StatusTemporaryRedirect))
	defer loop.Close()
	client.Client = loop.Client()
	_, err = client.Post(t.Context(), loop.URL, tsp.QueryType, []byte("query"))
	require.ErrorContains(t, err, "redirected too often")
	client.Client.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}
	var status *tsp.StatusError
	_, err = client.Post(t.Context(), loop.URL, tsp.QueryType, []byte("query"))
	require.ErrorAs(t, err, &status, "the host's own rule holds")
}
