package main

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/rubrica/rubrica/certificate/fetch"
)

const networkTimeout = 20 * time.Second

// httpClient talks to servers that the command line names.
func httpClient() *http.Client { return &http.Client{Timeout: networkTimeout} }

// publicFetcher fetches what documents of strangers name: never from private addresses.
func publicFetcher(now func() time.Time) *fetch.Fetcher {
	return &fetch.Fetcher{Clock: now, Timeout: networkTimeout}
}

// ownFetcher fetches what the signer's own certificates name, which may live in his own network.
func ownFetcher(now func() time.Time) *fetch.Fetcher {
	f := publicFetcher(now)
	for _, prefix := range []string{
		"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
	} {
		f.Allow = append(f.Allow, netip.MustParsePrefix(prefix))
	}
	return f
}
