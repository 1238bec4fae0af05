package path

import (
	"github.com/rubrica/rubrica/certificate/internal/public"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

func (e *engine) mayFetch() bool { return e.q.Fetcher != nil && e.fetches < maxFetches }

func (e *engine) fetchIssuers(n *node) []*node { return nil }

func (s *search) fetchStatus(f *finding, path []*node, at int) {}

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
