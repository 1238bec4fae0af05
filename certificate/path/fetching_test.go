package path_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/rubrica/rubrica/certificate/fetch"
	ours "github.com/rubrica/rubrica/certificate/ocsp"
	"github.com/rubrica/rubrica/certificate/path"
)

// office serves what certificates point at, and counts what was asked for.
type office struct {
	*httptest.Server
	files map[string][]byte
	asked map[string]*atomic.Int32
	ocsp  func(request []byte) []byte
}

func newOffice(t testing.TB) *office {
	o := &office{files: map[string][]byte{}, asked: map[string]*atomic.Int32{}}
	for _, name := range []string{"/ca", "/ca.p7c", "/crl", "/crl.pem", "/ocsp"} {
		o.asked[name] = &atomic.Int32{}
	}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := o.asked[r.URL.Path]; n != nil {
			n.Add(1)
		}
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write(o.ocsp(body))
			return
		}
		if o.files[r.URL.Path] == nil {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(o.files[r.URL.Path])
	}))
	t.Cleanup(o.Close)
	return o
}

func fetcher() *fetch.Fetcher {
	return &fetch.Fetcher{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Clock: func() time.Time { return moment }, Timeout: 5 * time.Second}
}

func TestFetchIssuerAndList(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"/ca", "/ca.p7c"} {
		for _, list := range []string{"/crl", "/crl.pem"} {
			o := newOffice(t)
			c := newChain(t, 2)
			for _, p := range c.parts[1:] {
				p.tpl.CRLDistributionPoints = []string{"ldap://directory.example/x", o.URL + list}
			}
			c.leaf().tpl.IssuingCertificateURL = []string{"ldap://directory.example/x", o.URL + form}
			c.make()
			o.files["/ca"] = c.authority().made.Raw
			o.files["/ca.p7c"] = certsOnly(c.authority().made.Raw, c.anchor().made.Raw)
			c.list(2, nil)
			o.files["/crl"] = c.lists[0]
			o.files["/crl.pem"] = pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: c.lists[0]})
			q := path.Query{Anchors: []*x509.Certificate{c.anchor().made}, Time: moment,
				Intermediates: []*x509.Certificate{c.parts[1].made}}
			r := c.validate(q)
			assert.Equal(t, path.NoChain, r.Code, "nothing is fetched that is not allowed")
			q.Fetcher = fetcher()
			for range 3 {
				r = c.validate(q)
				require.Equal(t, path.Valid, r.Status, r.Message)
				assert.Len(t, r.Chain, 4)
				assert.Equal(t, path.Good, r.Revocation[0].Status)
			}
			assert.Equal(t, int32(1), o.asked[form].Load(), "kept")
			assert.Equal(t, int32(1), o.asked[list].Load(), "kept")
		}
	}
}

// certsOnly is a CMS SignedData that carries certificates and nothing else (RFC 5652, 5.1).
func certsOnly(certificates ...[]byte) []byte {
	data := element(0x30, []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1})
	signed := element(0x30, bytes.Join([][]byte{{2, 1, 1}, element(0x31, nil), data,
		element(0xa0, bytes.Join(certificates, nil)), element(0x31, nil)}, nil))
	oid := []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2}
	return element(0x30, append(oid, element(0xa0, signed)...))
}

func TestFetchAnswer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := newChain(t, 1)
	c.leaf().tpl.OCSPServer = []string{o.URL + "/ocsp"}
	c.make()
	status := ocsp.Good
	o.ocsp = func(request []byte) []byte {
		q, err := ours.ParseRequest(request)
		if !assert.NoError(t, err) || !assert.Len(t, q.Items, 1) {
			return nil
		}
		assert.True(t, q.Items[0].About(c.authority().made))
		der, err := ocsp.CreateResponse(c.authority().made, c.authority().made, ocsp.Response{Status: status,
			SerialNumber: q.Items[0].Serial, ThisUpdate: moment.Add(-time.Hour), RevokedAt: moment.Add(-time.Hour),
			NextUpdate: moment.Add(time.Hour)}, c.authority().key)
		assert.NoError(t, err)
		return der
	}
	q := c.query()
	q.Revocation = path.Required
	anchored := &chain{t: t, parts: c.parts}
	anchored.list(0, nil)
	q.CRLs, q.Fetcher = anchored.lists, fetcher()
	for range 3 {
		r := c.validate(q)
		require.Equal(t, path.Valid, r.Status, r.Message)
	}
	assert.Equal(t, int32(1), o.asked["/ocsp"].Load(), "kept")
	status = ocsp.Revoked
	q.Fetcher = fetcher()
	assert.Equal(t, path.RevokedCode, c.validate(q).Code)
}

// The address of a responder among those of lists is passed over; a responder that is down leaves
// the list to answer.
func TestFetchOddPlaces(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := newChain(t, 1)
	c.leaf().tpl.CRLDistributionPoints = []string{o.URL + "/ocsp", o.URL + "/crl"}
	c.leaf().tpl.OCSPServer = []string{strings.Replace(o.URL, "127.0.0.1", "127.0.0.2", 1) + "/ocsp"}
	c.make()
	c.list(1, nil)
	o.files["/crl"] = c.lists[0]
	q := c.query()
	q.CRLs, q.Revocation, q.Fetcher = nil, path.WhenPresent, fetcher()
	r := c.validate(q)
	assert.Equal(t, path.Valid, r.Status, r.Message)
	assert.Equal(t, path.Good, r.Revocation[0].Status)
	assert.Zero(t, o.asked["/ocsp"].Load())
}

// TestFetchBounded: certificates that point at ever new places do not make the question endless.
func TestFetchBounded(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte{0x30, 0})
	}))
	t.Cleanup(s.Close)
	c := newChain(t, 1)
	for i := range 500 {
		c.leaf().tpl.IssuingCertificateURL = append(c.leaf().tpl.IssuingCertificateURL, s.URL+"/"+strings.Repeat("x", i+1))
	}
	c.make()
	q := path.Query{Anchors: []*x509.Certificate{c.anchor().made}, Time: moment, Fetcher: fetcher()}
	r, err := path.Validate(context.Background(), c.leaf().made, q)
	require.NoError(t, err)
	assert.Equal(t, path.NoChain, r.Code)
	assert.LessOrEqual(t, asked.Load(), int32(24))
}
