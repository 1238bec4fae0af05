package tsp_test

import (
	"bytes"
	"context"
	"crypto"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/tsp"
)

// TestMediaType: the type of a request is compared as RFC 9110, 8.3.1 compares types.
func TestMediaType(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	authority := pki.TSA(t, certtest.Template{Kind: certtest.P256})
	server, err := tsp.NewServer(tsp.ServerConfig{Policy: policy, Clock: time.Now,
		Signer: signing.Signer{Key: authority.Key, Chain: authority.Chain()}})
	require.NoError(t, err)
	ask := tsp.Request{Imprint: tsp.Imprint{Hash: crypto.SHA256, Digest: digestOf(crypto.SHA256)}, CertReq: true}
	body, err := ask.Marshal()
	require.NoError(t, err)
	for media, status := range map[string]int{
		"application/timestamp-query":                http.StatusOK,
		"Application/Timestamp-Query":                http.StatusOK,
		"application/timestamp-query; charset=utf-8": http.StatusOK,
		"application/timestamp-reply":                http.StatusUnsupportedMediaType,
		"":                                           http.StatusUnsupportedMediaType,
	} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", media)
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		assert.Equal(t, status, answer.Code, media)
	}
}
