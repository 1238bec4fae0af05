package fetch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/rubrica/rubrica/certificate/fetch"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func refused(t *testing.T, err error) {
	t.Helper()
	_, ok := errors.AsType[*fetch.RefusedError](err)
	assert.True(t, ok, "%v", err)
}

func remote(t *testing.T, err error, reason string) {
	t.Helper()
	e, ok := errors.AsType[*fetch.RemoteError](err)
	require.True(t, ok, "%v", err)
	assert.Contains(t, e.Reason, reason)
}

func TestGetAndPost(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL, r.Header.Get("Content-Type"), body)
	})
	f := &fetch.Fetcher{Allow: loopback}
	got, err := f.Get(context.Background(), s.URL+"/a?b")
	require.NoError(t, err)
	assert.Equal(t, "GET /a?b  ", string(got))
	got, err = f.Post(context.Background(), s.URL, "application/ocsp-request", []byte("x"))
	require.NoError(t, err)
	assert.Equal(t, "POST / application/ocsp-request x", string(got))
}

// TestAddresses: what is not public is not dialled, however it is written.
func TestAddresses(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a loopback address was reached") })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	f := &fetch.Fetcher{Timeout: 5 * time.Second}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]",
		"127.1", "2130706433", "0x7f.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
		"[fe80::1]", "[fd00:ec2::254]", "100.64.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "168.63.129.16",
		"224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "[2001:db8::1]", "[ff02::1]", "[::127.0.0.1]"} {
		_, err := f.Get(context.Background(), "http://"+host+":"+port+"/")
		require.Error(t, err, host)
		if host != "127.1" && host != "2130706433" && host != "0x7f.1" { // names to this resolver
			refused(t, err)
		}
	}
	for _, address := range []string{"ftp://a.example/", "file:///etc/passwd", "ldap://a.example/", "gopher://x",
		"http://", "http:///x", "//a.example", "", "http://user:secret@a.example/", "http://a b/", "javascript:1",
		"http://a.example/" + strings.Repeat("x", 3000), "\x00"} {
		_, err := f.Get(context.Background(), address)
		refused(t, err)
		assert.NotContains(t, err.Error(), "secret")
	}
}

// TestRedirects: every hop is looked at again.
func TestRedirects(t *testing.T) {
	t.Parallel()
	var hops atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/loop":
			hops.Add(1)
			http.Redirect(w, r, "/loop", http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/to/"):
			http.Redirect(w, r, strings.TrimPrefix(r.URL.Path, "/to/"), http.StatusFound)
		case r.URL.Path == "/once":
			http.Redirect(w, r, "/end", http.StatusMovedPermanently)
		default:
			fmt.Fprint(w, "end")
		}
	})
	f := &fetch.Fetcher{Allow: loopback, Timeout: 5 * time.Second}
	got, err := f.Get(context.Background(), s.URL+"/once")
	require.NoError(t, err)
	assert.Equal(t, "end", string(got))
	_, err = f.Get(context.Background(), s.URL+"/loop")
	refused(t, err)
	assert.LessOrEqual(t, hops.Load(), int32(4))
	for _, target := range []string{"http://10.0.0.1/", "http://127.0.0.2/", "http://169.254.169.254/latest/meta-data/",
		"file:///etc/passwd", "ftp://127.0.0.1/"} {
		_, err = f.Get(context.Background(), s.URL+"/to/"+target)
		refused(t, err)
	}
}

// TestRebinding: a name that is public when it is looked up first, and a loopback address after.
func TestRebinding(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the rebound address was reached") })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	resolver := fakeDNS(t, func() [4]byte {
		if asked.Add(1) == 1 {
			return [4]byte{203, 0, 113, 1} // a documentation address stands for a public one
		}
		return [4]byte{127, 0, 0, 1}
	})
	f := &fetch.Fetcher{Resolver: resolver, Timeout: 3 * time.Second,
		Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err := f.Get(ctx, "http://rebind.example:"+port+"/") // nobody answers there
	require.Error(t, err)
	_, err = f.Get(context.Background(), "http://rebind.example:"+port+"/")
	refused(t, err)
	assert.GreaterOrEqual(t, asked.Load(), int32(2))
}

// fakeDNS answers every question for an IPv4 address over UDP.
func fakeDNS(t *testing.T, answer func() [4]byte) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { socket.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			q := m.Questions[0]
			if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type,
					Class: q.Class, TTL: 0}, Body: &dnsmessage.AResource{A: answer()}}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = socket.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp4", socket.LocalAddr().String())
	}}
}

// TestHostileServers: huge, endless, slow, cut, lying.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/declared":
			w.Header().Set("Content-Length", "99999999999")
			w.WriteHeader(http.StatusOK)
		case "/endless":
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		case "/slow":
			for range 100 {
				_, _ = w.Write([]byte("x"))
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
		case "/silent":
			<-r.Context().Done()
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("short"))
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("not unpacked"))
		case "/headers":
			for i := range 3000 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("y", 100))
			}
		case "/error":
			http.Error(w, "no", http.StatusServiceUnavailable)
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
		}
	})
	f := &fetch.Fetcher{Allow: loopback, MaxSize: 1 << 20, Timeout: 500 * time.Millisecond}
	get := func(path string) ([]byte, error) { return f.Get(context.Background(), s.URL+path) }
	for path, reason := range map[string]string{"/declared": "limit", "/endless": "limit", "/slow": "time",
		"/silent": "time", "/cut": "broke off", "/headers": "connection", "/error": "503", "/nothing": "204"} {
		start := time.Now()
		_, err := get(path)
		remote(t, err, reason)
		assert.Less(t, time.Since(start), 10*time.Second, path)
	}
	body, err := get("/gzip")
	require.NoError(t, err)
	assert.Equal(t, "not unpacked", string(body))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = f.Get(ctx, s.URL+"/silent")
	require.ErrorIs(t, err, context.Canceled)
}

func TestCache(t *testing.T) {
	t.Parallel()
	var served atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		time.Sleep(20 * time.Millisecond)
		fmt.Fprintf(w, "%d%s", served.Add(1), body)
	})
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	f := &fetch.Fetcher{Allow: loopback, Clock: clock}
	decode := func(body []byte) (string, time.Time, error) { return string(body), clock().Add(time.Hour), nil }
	get := func() string {
		got, err := fetch.Cached(context.Background(), f, s.URL, decode)
		require.NoError(t, err)
		return got
	}
	var all sync.WaitGroup
	for range 8 { // one exchange for all
		all.Go(func() { assert.Equal(t, "1", get()) })
	}
	all.Wait()
	mu.Lock()
	now = now.Add(59 * time.Minute)
	mu.Unlock()
	assert.Equal(t, "1", get())
	mu.Lock()
	now = now.Add(2 * time.Minute)
	mu.Unlock()
	assert.Equal(t, "2", get())

	post := func(body string) string {
		got, err := fetch.CachedPost(context.Background(), f, s.URL, "x/y", []byte(body), decode)
		require.NoError(t, err)
		return got
	}
	assert.Equal(t, "3a", post("a"))
	assert.Equal(t, "4b", post("b"))
	assert.Equal(t, "3a", post("a"))

	// What cannot be read is not kept, and neither is what says it is never fresh.
	bad := errors.New("bad")
	for range 2 {
		_, err := fetch.CachedPost(context.Background(), f, s.URL, "x/y", []byte("c"),
			func([]byte) (int, time.Time, error) { return 0, time.Time{}, bad })
		require.ErrorIs(t, err, bad)
	}
	assert.Equal(t, int32(6), served.Load())
	// Another kind of document from the same address does not come out of the cache.
	n, err := fetch.CachedPost(context.Background(), f, s.URL, "x/y", []byte("a"),
		func(body []byte) (int, time.Time, error) { return len(body), time.Time{}, nil })
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	// Without a clock nothing is kept.
	plain := &fetch.Fetcher{Allow: loopback}
	for i := range 2 {
		got, err := fetch.Cached(context.Background(), plain, s.URL, decode)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint(8+i), got)
	}
}

func TestRecording(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s%s", r.URL.Path, body)
	})
	recording := &fetch.Recording{}
	f := &fetch.Fetcher{Allow: loopback, Record: recording}
	_, err := f.Get(context.Background(), s.URL+"/one")
	require.NoError(t, err)
	_, err = f.Post(context.Background(), s.URL+"/two", "x/y", []byte("body"))
	require.NoError(t, err)
	s.Close()
	stored, err := json.Marshal(recording)
	require.NoError(t, err)
	again := &fetch.Recording{}
	require.NoError(t, json.Unmarshal(stored, again))
	assert.Len(t, again.Exchanges(), 2)
	replay := &fetch.Fetcher{Replay: again}
	got, err := replay.Get(context.Background(), s.URL+"/one")
	require.NoError(t, err)
	assert.Equal(t, "/one", string(got))
	got, err = replay.Post(context.Background(), s.URL+"/two", "x/y", []byte("body"))
	require.NoError(t, err)
	assert.Equal(t, "/twobody", string(got))
	_, err = replay.Post(context.Background(), s.URL+"/two", "x/y", []byte("other"))
	remote(t, err, "recording")
}

// BenchmarkWarm is what a document costs that is kept: the issue allows a microsecond.
func BenchmarkWarm(b *testing.B) {
	s := serve(b, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") })
	f := &fetch.Fetcher{Allow: loopback, Clock: time.Now}
	decode := func(body []byte) (string, time.Time, error) { return string(body), time.Now().Add(time.Hour), nil }
	request := make([]byte, 80)
	for b.Loop() {
		if _, err := fetch.CachedPost(context.Background(), f, s.URL, "x/y", request, decode); err != nil {
			b.Fatal(err)
		}
	}
}
