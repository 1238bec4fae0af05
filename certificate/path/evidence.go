package path

import (
	"slices"

	"github.com/rubrica/rubrica/certificate/crl"
	"github.com/rubrica/rubrica/certificate/internal/revocation"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// evidence holds the lists and answers at hand, read when first asked for.
type evidence struct {
	lists   []*list // newest first
	answers []*syntax.OCSPResponse
	unread  int // pieces that could not be read
}

func (e *engine) readEvidence() *evidence {
	if e.evidence != nil {
		return e.evidence
	}
	e.evidence = &evidence{}
	for _, document := range e.q.CRLs {
		l, err := e.q.Memory.read(document)
		if err != nil {
			e.evidence.unread++
			continue
		}
		e.evidence.addList(l)
	}
	for _, document := range e.q.OCSPs {
		a, err := syntax.ReadOCSPResponse(document)
		if err != nil || a.Status != 0 {
			e.evidence.unread++
			continue
		}
		e.evidence.answers = append(e.evidence.answers, a)
	}
	return e.evidence
}

func (v *evidence) addList(l *list) {
	at, _ := slices.BinarySearchFunc(v.lists, l, func(a, b *list) int {
		return b.ThisUpdate.Compare(a.ThisUpdate)
	})
	v.lists = slices.Insert(v.lists, at, l)
}

// finding is what is known of a certificate while its evidence is looked through.
type finding struct {
	Evidence
	offered bool // evidence of the right issuer was there
	hold    bool // Revoked, but for the time being
}

// take keeps the stronger of two statements: a revocation that is final, then the newer one.
func (f *finding) take(e Evidence) {
	hold := e.Status == Revoked && e.Reason == crl.CertificateHold
	switch {
	case f.Status == Unknown:
	case f.Status == Revoked && !f.hold:
		return
	case e.Status == Revoked && !hold:
	case !e.IssuedAt.After(f.IssuedAt):
		return
	}
	f.Evidence, f.hold = e, hold
}

func (f *finding) unusable(why string) {
	f.offered = true
	if f.Why == "" {
		f.Why = why
	}
}

// judgeRevocation looks at the status of every certificate of a path that stands otherwise (RFC
// 5280, 6.1.3 (a) (3)).
func (s *search) judgeRevocation(a *attempt) {
	if s.settings.revocation == Ignored {
		return
	}
	for i := len(a.path) - 2; i >= 0; i-- {
		f := s.status(a.path, i)
		a.evidence[i] = f.Evidence
		switch {
		case f.Status == Revoked:
			a.fail(a.path[i], RevokedCode, revokedMessage(f.Evidence))
		case f.Status == Unknown && (s.settings.revocation == Required ||
			s.settings.revocation == RequiredWhereGiven && f.offered):
			a.fail(a.path[i], RevocationUnknown, unknownMessage(f.Why))
		}
	}
}

func revokedMessage(e Evidence) string {
	if e.Reason == crl.CertificateHold {
		return "on hold since " + stamp(e.At)
	}
	return "revoked on " + stamp(e.At) + ", reason " + e.Reason.String()
}

func unknownMessage(why string) string {
	if why == "" {
		return "nothing says whether a certificate was revoked"
	}
	return "nothing usable says whether a certificate was revoked: " + why
}

// status finds out about one certificate of a path.
func (s *search) status(path []*node, at int) *finding {
	f := &finding{}
	n := path[at]
	if s.busy[n] {
		f.Why = "its own signer would have to vouch for it"
		return f
	}
	if s.busy == nil {
		s.engine.busy = make(map[*node]bool)
	}
	s.busy[n] = true
	defer delete(s.busy, n)

	v := s.readEvidence()
	s.askAnswers(f, path, at, v.answers)
	s.askLists(f, path, at, v.lists)
	if f.Status == Unknown && s.mayFetch() {
		s.fetchStatus(f, path, at)
	}
	if v.unread > 0 {
		f.unusable("some of it cannot be read")
	}
	if f.Status != Unknown {
		f.Why = ""
	}
	return f
}

// askAnswers looks through OCSP answers.
func (s *search) askAnswers(f *finding, path []*node, at int, answers []*syntax.OCSPResponse) {
	n, issuer := path[at], path[at+1]
	for _, a := range answers {
		single := revocation.About(a, n.cert, issuer.cert)
		if single == nil {
			continue
		}
		e, p := s.askAnswer(a, single, n, path[at+1:])
		switch {
		case p != nil:
			f.unusable(p.Message)
		case e.Status == Unknown:
			f.unusable("the responder does not know the certificate")
		default:
			f.take(e)
		}
	}
}

func (s *search) askAnswer(a *syntax.OCSPResponse, single *syntax.SingleResponse,
	n *node, above []*node) (Evidence, *revocation.Problem) {
	issuer := above[0]
	if p := revocation.CheckAnswerForm(a, single, s.when); p != nil {
		return Evidence{}, p
	}
	key, err := issuer.publicKey()
	if err != nil {
		return Evidence{}, &revocation.Problem{Code: revocation.Unsupported, Message: err.Error()}
	}
	if !s.spend() {
		return Evidence{}, &revocation.Problem{Code: revocation.Unsupported, Message: errLimit.Error()}
	}
	signer := revocation.Signer{Certificate: issuer.cert, Key: key}
	delegate, p := revocation.FindSigner(a, signer, s.responders(a), s.policy, s.when)
	if p != nil {
		return Evidence{}, p
	}
	e := Evidence{Source: a.Raw, IssuedAt: single.ThisUpdate, Signer: issuer.public,
		At: single.RevokedAt, Reason: crl.Reason(min(single.Reason, 255))}
	if delegate != nil {
		if p := s.delegateStatus(delegate, above, &e); p != nil {
			return Evidence{}, p
		}
	}
	switch {
	case single.Status == syntax.StatusUnknown:
	case single.Status == syntax.StatusRevoked && !single.RevokedAt.After(s.q.Time):
		e.Status = Revoked
	case revocation.Remembers(n.cert, single.ThisUpdate, single.ArchiveCutoff):
		e.Status = Good
	default:
		return Evidence{}, &revocation.Problem{Code: revocation.Stale, Message: forgotten}
	}
	return e, nil
}

const forgotten = "issued after the certificate expired, and may have forgotten it"

// responders returns certificates given as help that carry the responder's name.
func (s *search) responders(a *syntax.OCSPResponse) (list []*syntax.Certificate) {
	for _, n := range s.nodes {
		if !n.anchor && n.cert.Has(syntax.ExtendedKeyUsage) {
			list = append(list, n.cert)
		}
	}
	return list
}

// delegateStatus asks the lists about a delegated responder that does not carry
// id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1). Of nothing that speaks of it nothing follows.
func (s *search) delegateStatus(c *syntax.Certificate, above []*node,
	e *Evidence) *revocation.Problem {
	n, err := s.nodeOf(c)
	if err != nil {
		return &revocation.Problem{Code: revocation.Malformed, Message: err.Error()}
	}
	e.Signer = n.public
	if c.Has(syntax.OCSPNoCheck) || s.busy[n] {
		return nil
	}
	f := &finding{}
	s.busy[n] = true
	s.askLists(f, append([]*node{n}, above...), 0, s.readEvidence().lists)
	delete(s.busy, n)
	if f.Status == Revoked {
		return &revocation.Problem{Code: revocation.NotAuthorised,
			Message: "the responder was revoked"}
	}
	return nil
}

// askLists looks through lists (RFC 5280, 6.3.3): for each distribution point of the certificate
// those that speak of it, until all reasons are covered.
func (s *search) askLists(f *finding, path []*node, at int, lists []*list) {
	n := path[at]
	good := Evidence{Status: Good}
	covered := uint16(0)
	for _, l := range lists {
		if l.BaseNumber != nil {
			continue
		}
		reasons := revocation.Scope(l.CertificateList, n.cert)
		if reasons == 0 {
			continue
		}
		e, why := s.askList(l, lists, path, at)
		switch {
		case why != "":
			f.unusable(why)
		case e.Status == Revoked:
			f.take(e)
		case covered|reasons != covered:
			if good.Source == nil {
				good = e
			}
			covered |= reasons
		}
	}
	switch {
	case covered == revocation.AllReasons:
		f.take(good)
	case covered != 0:
		f.unusable("the lists speak of some reasons only")
	}
}

// askList judges one complete list, completed by the newest delta list at hand, and looks the
// certificate up.
func (s *search) askList(l *list, all []*list, path []*node, at int) (e Evidence, why string) {
	signer, why := s.checkList(l, path, at)
	if why != "" {
		return e, why
	}
	delta := s.delta(l, all, path, at)
	when := s.when
	form := l.CertificateList
	if p := revocation.CheckForm(form, when, s.q.Strict); p != nil {
		if p.Code != revocation.Stale || delta == nil {
			return s.lateRevocation(l, signer, path[at], p)
		}
	}
	e = Evidence{Status: Good, Source: l.Raw, IssuedAt: l.ThisUpdate, Signer: signer.public}
	var deltaList *syntax.CertificateList
	if delta != nil {
		deltaList = delta.CertificateList
		e.Delta, e.IssuedAt = delta.Raw, delta.ThisUpdate
	}
	entry, revoked := revocation.Find(form, deltaList, path[at].cert)
	if revoked {
		e.At, e.Reason = entry.RevokedAt, crl.Reason(min(entry.Reason, 255))
		if !entry.RevokedAt.After(s.q.Time) {
			e.Status = Revoked
		}
	} else if !revocation.Remembers(path[at].cert, e.IssuedAt, l.ExpiredFrom) {
		return Evidence{}, forgotten
	}
	return e, ""
}

// lateRevocation believes a list that is not fresh when it revokes for good: that is never taken
// back.
func (s *search) lateRevocation(l *list, signer, n *node,
	p *revocation.Problem) (Evidence, string) {
	if p.Code != revocation.Stale && p.Code != revocation.NoNextUpdate {
		return Evidence{}, p.Message
	}
	entry, revoked := revocation.Find(l.CertificateList, nil, n.cert)
	if !revoked || entry.Reason == int(crl.CertificateHold) || entry.RevokedAt.After(s.q.Time) {
		return Evidence{}, p.Message
	}
	return Evidence{Status: Revoked, Source: l.Raw, IssuedAt: l.ThisUpdate, Signer: signer.public,
		At: entry.RevokedAt, Reason: crl.Reason(min(entry.Reason, 255))}, ""
}

// delta finds the newest usable delta list for a complete one.
func (s *search) delta(l *list, all []*list, path []*node, at int) *list {
	for _, d := range all {
		if !revocation.DeltaOf(d.CertificateList, l.CertificateList) {
			continue
		}
		if _, why := s.checkList(d, path, at); why != "" {
			continue
		}
		if revocation.CheckForm(d.CertificateList, s.when, s.q.Strict) == nil {
			return d
		}
	}
	return nil
}

// checkList finds who signed a list: the issuer of the certificate, or another certificate with
// the name of the list's issuer whose own path leads to the same anchor (6.3.3 (f) and (g)).
func (s *search) checkList(l *list, path []*node, at int) (signer *node, why string) {
	issuer, anchor := path[at+1], path[len(path)-1]
	name := s.names.number(l.Issuer)
	why = "nobody at hand signed the list"
	if issuer.subject == name {
		if p := s.verifyList(l, issuer); p == nil {
			return issuer, ""
		} else {
			why = p.Message
		}
	}
	for _, n := range s.bySubj[name] {
		if n == issuer || n.sameEntity(issuer) || n.anchor && n != anchor {
			continue
		}
		if p := s.verifyList(l, n); p != nil {
			continue
		}
		if why = s.listSigner(n, anchor); why == "" {
			return n, ""
		}
	}
	return nil, why
}

func (s *search) verifyList(l *list, signer *node) *revocation.Problem {
	if !revocation.MaySignLists(signer.cert) {
		return &revocation.Problem{Code: revocation.NotAuthorised,
			Message: "the key usages of the list's signer do not allow to sign lists"}
	}
	if s.q.Strict && keysDiffer(l.AuthorityKey.KeyID, signer.cert.SubjectKeyID) {
		return &revocation.Problem{Code: revocation.Profile,
			Message: "the list names another key than its signer's"}
	}
	key, err := signer.publicKey()
	if err != nil {
		return &revocation.Problem{Code: revocation.Unsupported, Message: err.Error()}
	}
	spki := signer.cert.Key.Raw
	if l.wasVerified(spki) {
		return revocation.CheckListAlgorithm(l.CertificateList, key, s.policy, s.q.Time)
	}
	if !s.spend() {
		return &revocation.Problem{Code: revocation.Unsupported, Message: errLimit.Error()}
	}
	p := revocation.CheckList(l.CertificateList, key, s.policy, s.q.Time)
	if p == nil {
		l.setVerified(spki)
	}
	return p
}

func keysDiffer(a, b []byte) bool { return a != nil && b != nil && string(a) != string(b) }

// listSigner validates the path of who signed a list, to the same anchor.
func (s *search) listSigner(n, anchor *node) (why string) {
	if n == anchor || s.vouching[n] {
		// A signer may be certified under its own list: while its status is looked up, the list
		// is believed, so that it can say that the signer was revoked, or not.
		return ""
	}
	if s.listsNesting >= maxNesting {
		return "signers of lists are certified by too many others"
	}
	outermost := len(s.vouching) == 0 // further in, the answer may rest on what is vouched for
	if why, ok := s.signers[edge{n, anchor}]; ok && outermost {
		return why
	}
	defer func() {
		if outermost {
			s.signers[edge{n, anchor}] = why
		}
	}()
	inner := &search{engine: s.engine, leaf: n, settings: settings{
		revocation: s.settings.revocation, signsLists: true, onlyAnchor: anchor,
		listsNesting: s.listsNesting + 1}}
	if s.vouching == nil {
		s.engine.vouching, s.engine.signers = make(map[*node]bool), make(map[edge]string)
	}
	s.vouching[n] = true
	defer delete(s.vouching, n)
	inner.run()
	if r := inner.result(); r.Status != Valid {
		return "the signer of the list: " + r.Message
	}
	return ""
}
