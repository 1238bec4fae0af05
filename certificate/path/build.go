package path

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/signature"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// search looks for a path from one certificate to an anchor: depth first, the most likely issuer
// first, until a path stands or the work is done (RFC 4158).
type search struct {
	*engine
	settings
	leaf *node

	path  []*node // at hand, leaf first
	best  *attempt
	found bool
	limit int  // on the length of a path in this round; those of earlier rounds were judged
	below int  // the limit of the round before
	cut   bool // a path of this round could go on beyond the limit
	sound bool // authorities that cannot be ones are left out
	// of the edges that failed, what was wrong with the one that looked most like an issuer
	edgeCode    Code
	edgeMessage string
}

// attempt is a complete path with what was found about it.
type attempt struct {
	path     []*node
	code     Code
	message  string
	policies []string
	evidence []Evidence
	problems []Problem
}

// lengths are the longest paths of each round: short ones first, for they are likelier to stand and
// there are fewer.
var lengths = [...]int{4, 8, maxDepth}

func (s *search) run() {
	s.path = append(make([]*node, 0, 8), s.leaf)
	if s.trusted() {
		return
	}
	s.sound = true
	s.rounds()
	if s.best == nil && !s.done() {
		// Nothing without authorities that cannot be ones: with them, to say what is wrong.
		s.sound = false
		s.rounds()
	} else if s.exceeded && !s.found {
		s.best = nil // there may be a path that stands among those not tried
	}
}

func (s *search) rounds() {
	s.below = 0
	for _, s.limit = range lengths {
		s.cut = false
		if s.extend(); s.done() || !s.cut {
			return
		}
		s.below = s.limit
	}
}

// hopeless reports whether no path through an authority can stand, whatever the rest.
func (s *search) hopeless(n *node) bool {
	c := n.cert
	return !n.anchor && (s.q.Time.Before(c.NotBefore) || s.q.Time.After(c.NotAfter) ||
		!c.IsCA || c.Version < 3 || c.Has(syntax.KeyUsage) && !c.KeyUsage.Has(syntax.KeyCertSign))
}

// trusted judges a leaf that is itself an anchor.
func (s *search) trusted() bool {
	for _, n := range s.bySubj[s.leaf.subject] {
		if n.anchor && (s.onlyAnchor == nil || s.onlyAnchor == n) &&
			bytes.Equal(n.cert.Raw, s.leaf.cert.Raw) {
			s.leaf.anchor = true
			s.judge()
			return true
		}
	}
	return false
}

// extend tries every issuer of the last certificate of the path.
func (s *search) extend() {
	current := s.path[len(s.path)-1]
	tried := s.try(current, s.issuers(current))
	if s.done() || !s.mayFetch() {
		return
	}
	if more := s.fetchIssuers(current); len(more) > 0 && !slices.ContainsFunc(tried, isAnchor) {
		s.try(current, more)
	}
}

func isAnchor(n *node) bool { return n.anchor }

func (s *search) done() bool {
	return s.found || s.exceeded || s.ctx.Err() != nil
}

// try goes on from each candidate whose key verifies the signature.
func (s *search) try(current *node, candidates []*node) []*node {
	for _, candidate := range candidates {
		if s.done() {
			break
		}
		if s.steps++; s.steps > maxSteps {
			s.exceeded = true
			break
		}
		if s.sound && s.hopeless(candidate) || s.inCircle(candidate) {
			continue
		}
		if err := s.verifyEdge(current, candidate); err != nil {
			s.noteEdge(current, candidate, err)
			continue
		}
		s.path = append(s.path, candidate)
		switch {
		case candidate.anchor && len(s.path) > s.below:
			s.judge()
		case candidate.anchor:
		case len(s.path) < s.limit:
			s.extend()
		default:
			s.cut = true
		}
		s.path = s.path[:len(s.path)-1]
	}
	return candidates
}

// inCircle reports whether the path comes back to an entity. That an anchor issued itself another
// certificate, which is the one asked about, is no circle: the anchor is none of the path's
// certificates (RFC 5280, 6.1).
func (s *search) inCircle(candidate *node) bool {
	for i, n := range s.path {
		renewed := i == 0 && candidate.anchor && n != candidate
		if n == candidate || n.sameEntity(candidate) && !renewed {
			return true
		}
	}
	return false
}

// issuers returns the certificates that may have issued n, the most likely first.
func (s *search) issuers(n *node) []*node {
	all := s.bySubj[n.issuer]
	list := make([]*node, 0, len(all))
	for _, c := range all {
		if (!c.anchor || s.onlyAnchor == nil || s.onlyAnchor == c) && s.leadsOn(c) {
			list = append(list, c)
		}
	}
	if len(list) > 1 {
		likelihood := func(c *node) int { return s.likelihood(n, c) }
		slices.SortStableFunc(list, func(a, b *node) int {
			return cmp.Compare(likelihood(b), likelihood(a))
		})
	}
	return list
}

// fewNodes is how many certificates are tried without looking first which of them lead anywhere.
const fewNodes = 16

// leadsOn reports whether a path by names alone leads from a certificate to an anchor. Of few
// certificates that is not worth finding out, and where more may be fetched it cannot be.
func (e *engine) leadsOn(n *node) bool {
	if n.anchor || len(e.nodes) <= fewNodes || e.q.Fetcher != nil {
		return true
	}
	if e.reach == nil {
		e.reach = e.reachable()
	}
	return e.reach[n.issuer]
}

// reachable returns the names of issuers from which a path by names leads to an anchor.
func (e *engine) reachable() map[int]bool {
	issued := make(map[int][]int) // subjects by issuer
	reach := make(map[int]bool)
	var work []int
	for _, n := range e.nodes {
		issued[n.issuer] = append(issued[n.issuer], n.subject)
		if n.anchor && !reach[n.subject] {
			reach[n.subject] = true
			work = append(work, n.subject)
		}
	}
	for len(work) > 0 {
		name := work[len(work)-1]
		work = work[:len(work)-1]
		for _, subject := range issued[name] {
			if !reach[subject] {
				reach[subject] = true
				work = append(work, subject)
			}
		}
	}
	return reach
}

// likelihood orders candidates: the key that the certificate names, then anchors, then those in
// their dates. Of equals, the one that is valid longest from the time asked.
func (s *search) likelihood(n, issuer *node) int {
	score := 0
	switch match := keyMatch(n, issuer); match {
	case keyAgrees:
		score += 8
	case keyDiffers:
		score -= 8
	}
	if issuer.anchor {
		score += 4
	}
	if s.q.Time.Before(issuer.cert.NotBefore) || s.q.Time.After(issuer.cert.NotAfter) {
		score -= 2
	}
	if issuer.cert.IsCA {
		score++
	}
	return score
}

type agreement uint8

const (
	keyUnknown agreement = iota
	keyAgrees
	keyDiffers
)

// keyMatch compares the authority key identifier with its issuer (RFC 5280, 4.2.1.1).
func keyMatch(n, issuer *node) agreement {
	wanted := n.cert.AuthorityKey
	if wanted.KeyID == nil || issuer.cert.SubjectKeyID == nil {
		if wanted.Serial != nil && bytes.Equal(wanted.Serial, issuer.cert.Serial) {
			return keyAgrees
		}
		return keyUnknown
	}
	if bytes.Equal(wanted.KeyID, issuer.cert.SubjectKeyID) {
		return keyAgrees
	}
	return keyDiffers
}

// noteEdge keeps why a signature was not verified, for when no path is found at all.
func (s *search) noteEdge(child, issuer *node, err error) {
	if keyMatch(child, issuer) == keyDiffers || len(s.path) > 1 && s.edgeCode != "" {
		return
	}
	var unsupported *signature.UnsupportedError
	var syntaxError *der.SyntaxError
	switch {
	case errors.Is(err, errLimit):
		return
	case errors.As(err, &unsupported):
		s.edgeCode, s.edgeMessage = UnsupportedAlgo, err.Error()
	case errors.As(err, &syntaxError):
		s.edgeCode, s.edgeMessage = Malformed, err.Error()
	default:
		s.edgeCode = BadSignature
		s.edgeMessage = "the issuer's key does not verify the signature of a certificate"
	}
}

// result puts the answer together.
func (s *search) result() *Result {
	if a := s.best; a != nil {
		r := &Result{Status: a.code.status(), Code: a.code, Message: a.message,
			Revocation: a.evidence, Problems: a.problems}
		for _, n := range a.path {
			r.Chain = append(r.Chain, n.public)
		}
		for _, p := range a.policies {
			r.Policies = append(r.Policies, dottedOID(p))
		}
		return r
	}
	code, message := s.edgeCode, s.edgeMessage
	switch {
	case s.exceeded:
		code, message = LimitExceeded, "too many certificates to try"
	case code == "":
		code, message = NoChain, "no path leads to an anchor"
	}
	return &Result{Status: code.status(), Code: code, Message: message}
}
