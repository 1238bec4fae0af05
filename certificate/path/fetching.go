package path

import (
	"slices"
	"strings"
	"time"

	"github.com/rubrica/rubrica/certificate/fetch"
	"github.com/rubrica/rubrica/certificate/internal/public"
	"github.com/rubrica/rubrica/certificate/internal/revocation"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
	"github.com/rubrica/rubrica/certificate/ocsp"
)

// How long documents that do not say for themselves stay fresh.
const (
	keepCertificates = 24 * time.Hour // an authority's certificate hardly ever changes
	keepAnswer       = time.Minute    // an answer that says a newer one is always to be had
)

func (e *engine) mayFetch() bool {
	return e.q.Fetcher != nil && e.fetches < maxFetches && e.ctx.Err() == nil
}

// once reports whether something was not asked for yet in this question, and counts it.
func (e *engine) once(what string) bool {
	if e.fetched[what] || !e.mayFetch() {
		return false
	}
	if e.fetched == nil {
		e.fetched = make(map[string]bool)
	}
	e.fetched[what] = true
	e.fetches++
	return true
}

// web returns the http addresses among names.
func web(names []syntax.GeneralName) (list []string) {
	for _, g := range names {
		text := string(g.Value)
		if g.Form == syntax.URI && strings.HasPrefix(lower(text), "http") {
			list = append(list, text)
		}
	}
	return list
}

func access(c *syntax.Certificate, method string) (list []string) {
	for _, a := range c.AuthorityInfo {
		if string(a.Method) == method {
			list = append(list, web([]syntax.GeneralName{a.Location})...)
		}
	}
	return list
}

// fetchIssuers gets the certificates of who issued n from where it says they are (RFC 5280,
// 4.2.2.1). They are help like any other: nothing is trusted for having been fetched.
func (e *engine) fetchIssuers(n *node) (more []*node) {
	for _, address := range access(n.cert, syntax.AccessIssuers) {
		if !e.once(address) {
			continue
		}
		list, err := fetch.Cached(e.ctx, e.q.Fetcher, address, e.decodeCertificates)
		if err != nil {
			continue
		}
		for _, der := range list {
			c, err := public.Certificate(der)
			if err != nil {
				continue
			}
			if added := e.add(c, false); added != nil && added.subject == n.issuer {
				more = append(more, added)
			}
		}
	}
	return more
}

func (e *engine) decodeCertificates(body []byte) ([][]byte, time.Time, error) {
	list, err := syntax.ReadCertificates(body)
	return list, e.q.KnownAt.Add(keepCertificates), err
}

// fetchStatus asks the responders that a certificate names, and then gets the lists.
func (s *search) fetchStatus(f *finding, path []*node, at int) {
	for _, address := range access(path[at].cert, syntax.AccessOCSP) {
		if a := s.fetchAnswer(path[at], path[at+1], address); a != nil {
			s.askAnswers(f, path, at, []*syntax.OCSPResponse{a})
		}
		if f.Status != Unknown {
			return
		}
	}
	fetched := false
	for _, p := range slices.Concat(path[at].cert.CRLPoints, path[at].cert.FreshestCRLs) {
		for _, address := range web(p.FullName) {
			// Some authorities write the address of their responder among those of lists.
			if !strings.Contains(lower(address), "ocsp") {
				fetched = s.fetchList(address) || fetched
			}
		}
	}
	if fetched {
		s.askLists(f, path, at, s.readEvidence().lists)
	}
}

func (s *search) fetchAnswer(n, issuer *node, address string) *syntax.OCSPResponse {
	if !s.once(address + " " + string(n.cert.Serial)) {
		return nil
	}
	request, err := ocsp.NewRequest(ocsp.Inquiry{Certificate: n.public, Issuer: issuer.public})
	if err != nil {
		return nil
	}
	decode := func(body []byte) (*syntax.OCSPResponse, time.Time, error) {
		a, err := syntax.ReadOCSPResponse(body)
		if err != nil || a.Status != 0 {
			return a, time.Time{}, err
		}
		single := revocation.About(a, n.cert, issuer.cert)
		switch {
		case single == nil:
			return a, time.Time{}, nil
		case single.NextUpdate.IsZero():
			return a, single.ThisUpdate.Add(keepAnswer), nil
		}
		return a, single.NextUpdate, nil
	}
	a, err := fetch.CachedPost(s.ctx, s.q.Fetcher, address, ocsp.RequestMediaType, request, decode)
	if err != nil || a.Status != 0 {
		return nil
	}
	return a
}

// fetchList gets a list and puts it among the evidence.
func (s *search) fetchList(address string) bool {
	if !s.once(address) {
		return false
	}
	decode := func(body []byte) (*list, time.Time, error) {
		der, err := syntax.Unarmour(body, "X509 CRL")
		if err != nil {
			return nil, time.Time{}, err
		}
		l, err := readList(der)
		if err != nil {
			return nil, time.Time{}, err
		}
		return l, l.NextUpdate, nil
	}
	l, err := fetch.Cached(s.ctx, s.q.Fetcher, address, decode)
	if err != nil {
		return false
	}
	s.readEvidence().addList(l)
	return true
}

// nodeOf makes a node of a certificate that was read already.
func (e *engine) nodeOf(c *syntax.Certificate) (*node, error) {
	for _, n := range e.nodes {
		if string(n.cert.Raw) == string(c.Raw) {
			return n, nil
		}
	}
	shown, err := public.Certificate(c.Raw)
	if err != nil {
		return nil, err
	}
	return &node{public: shown, cert: c, subject: e.names.number(c.Subject),
		issuer: e.names.number(c.Issuer)}, nil
}
