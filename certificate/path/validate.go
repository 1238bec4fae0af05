package path

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/rubrica/rubrica/certificate/internal/revocation"
	"github.com/rubrica/rubrica/certificate/internal/signature"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// QuestionError says that a Query cannot be answered as it was put: the caller is to blame.
type QuestionError struct{ Problem string }

// Error implements error.
func (e *QuestionError) Error() string { return "path: " + e.Problem }

// Validate judges whether a path leads from leaf to one of q.Anchors and stands at q.Time (RFC
// 5280, section 6). The error is about the question (a *QuestionError) or the context; every
// judgement of certificates is in the Result, also of a leaf that cannot be read.
//
// Validate may be called concurrently. The work that certificates can cause is bounded.
func Validate(ctx context.Context, leaf *x509.Certificate, q Query) (*Result, error) {
	e, err := newEngine(ctx, q)
	if err != nil {
		return nil, err
	}
	if leaf == nil {
		return nil, &QuestionError{"no certificate to judge"}
	}
	target, err := e.newNode(leaf)
	if err != nil {
		return &Result{Status: Invalid, Code: Malformed, Message: err.Error()}, nil
	}
	s := &search{engine: e, settings: e.settings, leaf: target}
	s.run()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return s.result(), nil
}

// settings are what is asked of a path; the signer of a list is asked less than the leaf.
type settings struct {
	accepted     []string // policies, contents octets of their OIDs
	explicit     bool
	inhibitAny   bool
	inhibitMap   bool
	keyUsage     syntax.Usages
	extUsages    []string // contents octets
	revocation   Revocation
	signsLists   bool // the leaf must be allowed to sign lists
	onlyAnchor   *node
	listsNesting int
}

// engine holds what one question knows: the certificates at hand, what was verified, and the work
// done.
type engine struct {
	ctx      context.Context
	q        *Query
	settings settings
	policy   signature.Policy
	when     revocation.Interval

	names    *names
	nodes    []*node
	bySubj   map[int][]*node
	reach    map[int]bool // names from which a path leads to an anchor; nil: not asked yet
	edges    map[edge]error
	evidence *evidence
	busy     map[*node]bool  // whose status is being looked up
	vouching map[*node]bool  // whose lists are believed while their own status is looked up
	signers  map[edge]string // of lists, with the anchor: why they are none, "" when they are
	fetched  map[string]bool

	steps, signatures, paths, fetches int
	exceeded                          bool
}

// edge is a certificate and the one whose key may have signed it.
type edge struct{ child, issuer *node }

func newEngine(ctx context.Context, q Query) (*engine, error) {
	switch {
	case q.Time.IsZero():
		return nil, &QuestionError{"no time to judge at"}
	case len(q.Intermediates)+len(q.Anchors) > maxHelp:
		return nil, &QuestionError{"too many certificates given"}
	}
	if q.KnownAt.Before(q.Time) {
		q.KnownAt = q.Time
	}
	e := &engine{ctx: ctx, q: &q, names: newNames(), bySubj: make(map[int][]*node, 4),
		policy: q.Algorithms.policy(), when: revocation.Interval{At: q.Time, Now: q.KnownAt}}
	if err := e.readSettings(&q); err != nil {
		return nil, err
	}
	for _, c := range q.Anchors {
		e.add(c, true)
	}
	for _, c := range q.Intermediates {
		e.add(c, false)
	}
	return e, nil
}

func (e *engine) readSettings(q *Query) error {
	s := settings{explicit: q.RequireExplicitPolicy, inhibitAny: q.InhibitAnyPolicy,
		inhibitMap: q.InhibitPolicyMapping, keyUsage: syntax.Usages(q.KeyUsage),
		revocation: q.Revocation}
	for _, p := range q.Policies {
		oid, err := encodeOID(p)
		if err != nil {
			return err
		}
		s.accepted = append(s.accepted, oid)
	}
	for _, u := range q.ExtKeyUsages {
		oid, err := encodeOID(u)
		if err != nil {
			return err
		}
		s.extUsages = append(s.extUsages, oid)
	}
	e.settings = s
	return nil
}

func encodeOID(dotted string) (string, error) {
	oid, err := x509.ParseOID(dotted)
	if err != nil {
		return "", &QuestionError{"not an object identifier: " + dotted}
	}
	contents, err := oid.MarshalBinary()
	if err != nil {
		return "", &QuestionError{"not an object identifier: " + dotted}
	}
	return string(contents), nil
}

// dottedOID is the inverse of encodeOID; what has arcs beyond 64 bits is shown as it is.
func dottedOID(contents string) string {
	var oid x509.OID
	if err := oid.UnmarshalBinary([]byte(contents)); err != nil {
		return fmt.Sprintf("%x", contents)
	}
	return oid.String()
}

// newNode reads a certificate into a node that is not yet part of the graph.
func (e *engine) newNode(c *x509.Certificate) (*node, error) {
	s, err := syntax.ReadCertificate(c.Raw)
	if err != nil {
		return nil, err
	}
	return &node{public: c, cert: s, subject: e.names.number(s.Subject),
		issuer: e.names.number(s.Issuer)}, nil
}

// add puts a certificate into the graph. One that cannot be read helps nobody.
func (e *engine) add(c *x509.Certificate, anchor bool) *node {
	if c == nil {
		return nil
	}
	n, err := e.newNode(c)
	if err != nil {
		return nil
	}
	n.anchor = anchor
	e.nodes = append(e.nodes, n)
	e.bySubj[n.subject] = append(e.bySubj[n.subject], n)
	return n
}

// errLimit says that a limit on work was reached.
var errLimit = errors.New("path: too much work")

// spend counts a signature that is about to be verified. False: one of the limits is reached, that
// of the question or that of the Memory, which may span many.
func (e *engine) spend() bool {
	e.signatures++
	if e.signatures > maxSignatures || !e.q.Memory.spend() {
		e.exceeded = true
		return false
	}
	return true
}

// verifyEdge verifies the signature on a certificate with the key of another, once.
func (e *engine) verifyEdge(child, issuer *node) error {
	key := edge{child, issuer}
	if err, ok := e.edges[key]; ok {
		return err
	}
	if !e.spend() {
		return errLimit
	}
	err := verifySignature(child.cert, issuer)
	if e.edges == nil {
		e.edges = make(map[edge]error, 4)
	}
	e.edges[key] = err
	return err
}

func verifySignature(c *syntax.Certificate, issuer *node) error {
	key, err := issuer.publicKey()
	if err != nil {
		return err
	}
	algorithm, err := signature.ReadAlgorithmIdentifier(c.Algorithm)
	if err != nil {
		return err
	}
	return signature.Verify(key, algorithm, c.RawTBS, c.Signature)
}
