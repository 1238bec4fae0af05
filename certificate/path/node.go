package path

import (
	"bytes"
	"crypto/x509"

	"github.com/rubrica/rubrica/certificate/internal/signature"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// node is a certificate in the graph of those at hand.
type node struct {
	public  *x509.Certificate
	cert    *syntax.Certificate
	anchor  bool
	subject int // the name's number in names
	issuer  int

	keyRead bool
	key     signature.Key
	keyErr  error

	constraints *constraintSet // compiled on first use
}

func (n *node) selfIssued() bool { return n.subject == n.issuer }

func (n *node) publicKey() (signature.Key, error) {
	if !n.keyRead {
		n.key, n.keyErr = signature.ReadKey(n.cert.Key)
		n.keyRead = true
	}
	return n.key, n.keyErr
}

// sameEntity reports whether two certificates name the same subject with the same key: a path that
// holds both goes in a circle (RFC 4158, 2.4.2).
func (n *node) sameEntity(other *node) bool {
	return n.subject == other.subject && bytes.Equal(n.cert.Key.Raw, other.cert.Key.Raw)
}

// names numbers distinguished names so that equal ones (RFC 5280, 7.1) have the same number.
type names struct {
	byOctets map[string]int
	byForm   map[string]int
}

func (t *names) number(n syntax.Name) int {
	if id, ok := t.byOctets[string(n)]; ok {
		return id
	}
	form := n.Canonical()
	id, ok := t.byForm[string(form)]
	if !ok {
		id = len(t.byForm) + 1
		t.byForm[string(form)] = id
	}
	t.byOctets[string(n)] = id
	return id
}

func newNames() *names {
	return &names{byOctets: make(map[string]int, 8), byForm: make(map[string]int, 8)}
}
