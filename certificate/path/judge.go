package path

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/signature"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// walk is the state of RFC 5280, 6.1.2 on the way from the anchor to the leaf.
type walk struct {
	*search
	n           int // certificates of the path, the anchor not counted
	attempt     *attempt
	graph       *policyGraph
	constraints []*constraintSet
	explicit    int
	mapping     int
	anyPolicy   int
	pathLength  int
	at          int // index into attempt.path of the certificate at hand
}

// judge judges the path at hand and keeps it if it is the best so far.
func (s *search) judge() {
	if s.paths++; s.paths > maxPaths {
		s.exceeded = true
		return
	}
	a := &attempt{path: slices.Clone(s.path), evidence: make([]Evidence, len(s.path))}
	w := &walk{search: s, attempt: a, n: len(s.path) - 1}
	w.begin()
	for w.at = w.n - 1; w.at >= 0; w.at-- {
		w.certificate()
	}
	if w.n == 0 {
		w.lone()
	}
	w.end()
	if a.code == "" || a.code == Expired || a.code == NotYetValid {
		s.judgeRevocation(a)
	}
	if a.code != "" {
		a.policies = nil
	}
	if s.best == nil || a.code == "" || closeness[a.code] > closeness[s.best.code] {
		s.best = a
	}
	s.found = a.code == ""
}

// fail notes what is wrong with the certificate at hand. Of several, the worst decides.
func (a *attempt) fail(n *node, code Code, message string) {
	if !slices.ContainsFunc(a.problems, func(p Problem) bool { return p.Certificate == n.public }) {
		a.problems = append(a.problems, Problem{Certificate: n.public, Code: code, Message: message})
	}
	if a.code == "" || closeness[code] < closeness[a.code] {
		a.code, a.message = code, message
	}
}

func (w *walk) fail(code Code, message string) { w.attempt.fail(w.node(), code, message) }

func (w *walk) node() *node { return w.attempt.path[w.at] }

// last reports whether the certificate at hand is the leaf.
func (w *walk) last() bool { return w.at == 0 }

// begin is 6.1.2, with what the anchor's certificate says (RFC 5937, 3.2).
func (w *walk) begin() {
	w.graph = newPolicyGraph()
	w.explicit, w.mapping, w.anyPolicy = w.n+1, w.n+1, w.n+1
	if w.settings.explicit {
		w.explicit = 0
	}
	if w.inhibitMap {
		w.mapping = 0
	}
	if w.inhibitAny {
		w.anyPolicy = 0
	}
	w.pathLength = w.n
	w.at = w.n
	if !w.q.IgnoreAnchorConstraints {
		w.anchor()
	}
}

func (w *walk) anchor() {
	anchor := w.node()
	if w.n > 0 {
		w.authority()
		w.tighten()
		w.addConstraints(anchor)
		if anchor.cert.PathLen >= 0 {
			w.pathLength = min(w.pathLength, anchor.cert.PathLen)
		}
		if oid := anchor.cert.UnknownCritical(); oid != nil {
			w.fail(CriticalExtension, "the anchor has a critical extension that is not known: "+
				dottedOID(string(oid)))
		}
	}
	if w.q.Strict {
		w.conformAnchor()
	}
}

// lone judges an anchor that is itself the certificate asked about.
func (w *walk) lone() {
	w.at = 0
	w.dates()
	w.leafUsage()
	w.checkCritical()
	w.checkSerial()
}

// certificate is 6.1.3, and then 6.1.4 or 6.1.5.
func (w *walk) certificate() {
	w.basic()
	w.names()
	w.policies()
	if w.q.Strict {
		w.conform()
	}
	w.checkCritical()
	if w.last() {
		w.leafUsage()
		return
	}
	w.prepare()
}

// basic is 6.1.3 (a), but for revocation, which comes once everything else stands. That the
// signature verifies and the names chain was found out while building.
func (w *walk) basic() {
	c, issuer := w.node().cert, w.attempt.path[w.at+1]
	if !bytes.Equal(c.Algorithm.Raw, c.OuterAlgorithm.Raw) { // 4.1.1.2
		w.fail(BadSignature, "the certificate names two different signature algorithms")
	}
	if algorithm, err := signature.ReadAlgorithmIdentifier(c.Algorithm); err == nil {
		key, _ := issuer.publicKey()
		if weak := w.policy.Refuses(algorithm, key, w.q.Time); weak != "" {
			w.fail(WeakAlgorithm, "signed with what is no longer believed: "+weak)
		}
	}
	w.checkSerial()
	w.dates()
}

func (w *walk) checkSerial() {
	if s := w.node().cert.Serial; s[0] >= 0x80 {
		w.fail(Profile, "the serial number is negative") // 4.1.2.2
	}
}

func (w *walk) dates() {
	c := w.node().cert
	switch {
	case w.q.Time.Before(c.NotBefore):
		w.fail(NotYetValid, "not valid before "+stamp(c.NotBefore))
	case w.q.Time.After(c.NotAfter):
		w.fail(Expired, "not valid after "+stamp(c.NotAfter))
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// names is 6.1.3 (b) and (c).
func (w *walk) names() {
	n := w.node()
	if n.selfIssued() && !w.last() {
		return
	}
	for _, s := range w.constraints {
		bad := s.judge(n.cert.Subject, n.cert.AltNames, n.cert.Has(syntax.SubjectAltName))
		if bad != "" {
			w.fail(NameConstraints, "a name is outside what an authority above may certify: "+bad)
			return
		}
	}
}

// policies is 6.1.3 (d) to (f).
func (w *walk) policies() {
	n := w.node()
	if !n.cert.Has(syntax.CertificatePolicies) {
		w.graph = nil
	} else if w.graph != nil {
		w.graph.descend(n.cert.Policies, w.anyPolicy > 0 || !w.last() && n.selfIssued())
	}
	if w.explicit == 0 && w.graph.null() {
		w.fail(PolicyNotAllowed, "no certificate policy is valid for the path")
	}
}

// prepare is 6.1.4.
func (w *walk) prepare() {
	n := w.node()
	for _, m := range n.cert.Mappings {
		if string(m.Issuer) == syntax.AnyPolicy || string(m.Subject) == syntax.AnyPolicy { // (a)
			w.fail(PolicyNotAllowed, "anyPolicy is mapped")
		}
	}
	if len(n.cert.Mappings) > 0 && w.graph != nil { // (b)
		w.graph.mapPolicies(n.cert.Mappings, w.mapping > 0)
	}
	w.addConstraints(n)  // (g)
	if !n.selfIssued() { // (h)
		w.explicit, w.mapping, w.anyPolicy = less(w.explicit), less(w.mapping), less(w.anyPolicy)
	}
	w.tighten()   // (i), (j)
	w.authority() // (k), (n)
	if !n.selfIssued() {
		if w.pathLength <= 0 { // (l)
			w.fail(PathLength, "more authorities follow than one above allows")
		} else {
			w.pathLength--
		}
	}
	if n.cert.PathLen >= 0 { // (m)
		w.pathLength = min(w.pathLength, n.cert.PathLen)
	}
}

func less(counter int) int { return max(counter-1, 0) }

// tighten is 6.1.4 (i) and (j).
func (w *walk) tighten() {
	c := w.node().cert
	if c.SkipExplicit >= 0 {
		w.explicit = min(w.explicit, c.SkipExplicit)
	}
	if c.SkipMapping >= 0 {
		w.mapping = min(w.mapping, c.SkipMapping)
	}
	if c.SkipAny >= 0 {
		w.anyPolicy = min(w.anyPolicy, c.SkipAny)
	}
}

func (w *walk) addConstraints(n *node) {
	if n.cert.Constraints == nil {
		return
	}
	if n.constraints == nil {
		n.constraints = compile(n.cert.Constraints, n.cert.Critical(syntax.NameConstraintsID))
	}
	w.constraints = append(w.constraints, n.constraints)
}

// authority is 6.1.4 (k) and (n): an authority that may sign certificates. An anchor of version 1
// is one because the caller says so; other certificates of that version are none.
func (w *walk) authority() {
	n := w.node()
	c := n.cert
	switch {
	case c.Version < 3 && !n.anchor:
		w.fail(NotAuthority, "a certificate before version 3 issued another")
	case c.Version == 3 && !c.IsCA:
		w.fail(NotAuthority, "a certificate that is not an authority's issued another")
	case c.Has(syntax.KeyUsage) && !c.KeyUsage.Has(syntax.KeyCertSign):
		w.fail(KeyUsage, "an authority's key usages do not allow to sign certificates")
	}
}

// checkCritical is 6.1.4 (o) and 6.1.5 (f).
func (w *walk) checkCritical() {
	if oid := w.node().cert.UnknownCritical(); oid != nil {
		w.fail(CriticalExtension, "a critical extension is not known: "+dottedOID(string(oid)))
	}
}

const oidAnyUsage = "\x55\x1d\x25\x00" // anyExtendedKeyUsage

// leafUsage judges the leaf's key, which is certified although nothing here is verified with it,
// and the usages that the caller asks of it. A key of a kind that is not supported is somebody
// else's business.
func (w *walk) leafUsage() {
	c := w.node().cert
	var syntaxError *der.SyntaxError
	if _, err := w.node().publicKey(); errors.As(err, &syntaxError) {
		w.fail(Malformed, "the public key: "+syntaxError.Problem)
	}
	if w.keyUsage != 0 && c.Has(syntax.KeyUsage) && !c.KeyUsage.Has(w.keyUsage) {
		w.fail(KeyUsage, "the key usages do not allow what the key was used for")
	}
	if w.signsLists && c.Has(syntax.KeyUsage) && !c.KeyUsage.Has(syntax.CRLSign) {
		w.fail(KeyUsage, "the key usages do not allow to sign lists")
	}
	if len(w.extUsages) == 0 || !c.Has(syntax.ExtendedKeyUsage) {
		return
	}
	for _, u := range c.ExtKeyUsage {
		if string(u) == oidAnyUsage || slices.Contains(w.extUsages, string(u)) {
			return
		}
	}
	w.fail(ExtendedKeyUsage, "the extended key usages do not allow what the key was used for")
}

// end is 6.1.5.
func (w *walk) end() {
	w.at = 0
	w.explicit = less(w.explicit) // (a)
	if w.n > 0 && w.node().cert.SkipExplicit == 0 {
		w.explicit = 0 // (b)
	}
	if w.graph != nil && w.n > 0 { // (g)
		w.attempt.policies = constrain(w.graph.authority(), w.accepted)
	}
	if w.explicit == 0 && w.n > 0 && len(w.attempt.policies) == 0 {
		w.fail(PolicyNotAllowed, "no acceptable certificate policy is valid for the path")
	}
}
