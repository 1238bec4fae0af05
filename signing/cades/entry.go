package cades

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/verdict"
	"github.com/rubrica/rubrica/signing/tsp"
)

// entry is the verdict on one signature in the making.
type entry struct {
	j       *validator
	s       *cms.SignerInfo
	content cms.Content
	out     signing.Signature
	stamps  []judgedStamp
}

type judgedStamp struct {
	stamp
	verdict *tsp.Verdict
}

func (e *entry) judge() error {
	candidates := append(append([]*x509.Certificate(nil), e.j.certificates...),
		e.j.v.Certificates...)
	e.out.Signer = e.s.Signer(candidates, e.content)
	e.out.Binding = signing.BindingMissing
	e.out.Coverage = signing.CoversNone
	e.judgeCrypto()
	if e.out.Signer != nil && e.s.Err == nil {
		e.judgeBinding()
	}
	if err := e.judgeStamps(); err != nil {
		return err
	}
	e.judgeDoubts()
	e.out.Level = e.level()
	evidence := verdict.Evidence{Certificates: e.j.certificates, CRLs: e.j.crls, OCSPs: e.j.ocsps,
		SHA1: e.s.Weakness(nil) == "SHA-1"}
	for _, t := range e.stamps { // authorities keep their lists in their tokens, too
		if t.verdict.Token != nil {
			crls, ocsps := t.verdict.Token.Revocation()
			evidence.CRLs = append(slices.Clip(evidence.CRLs), crls...)
			evidence.OCSPs = append(slices.Clip(evidence.OCSPs), ocsps...)
		}
	}
	return verdict.Conclude(e.j.ctx, &e.out, evidence, e.j.v)
}

// judgeCrypto is about mathematics and structure alone.
func (e *entry) judgeCrypto() {
	if e.s.Err == nil && e.out.Signer == nil {
		e.out.Crypto = signing.Broken
		if e.s.Unsupported() != nil {
			e.out.Crypto = signing.Unsupported
		}
		e.out.Indication, e.out.SubIndication = signing.Indeterminate, signing.NoSigningCertificate
		e.out.AddFinding(signing.SeverityError, "no-signing-certificate",
			"the signer's certificate is not at hand, so that the value cannot be verified")
		return
	}
	err := e.s.Err
	if err == nil {
		err = e.s.Verify(e.out.Signer, e.content)
	}
	if err == nil && e.out.Parent == "" && e.j.beside != nil {
		err = e.s.Verify(e.out.Signer, e.j.beside)
	}
	var indication signing.Indication
	var sub signing.SubIndication
	e.out.Crypto, indication, sub = cms.Classify(err)
	if err == nil {
		e.out.Coverage = signing.CoversWhole
		if e.j.d.Trailing {
			e.out.Coverage = signing.CoversPartial
		}
		e.addSigned()
		return
	}
	e.out.Indication, e.out.SubIndication = indication, sub
	e.out.AddFinding(signing.SeverityError, findingOf(err), err.Error())
	if e.j.missing != nil && errors.Is(err, cms.ErrNoContent) {
		e.out.AddFinding(signing.SeverityError, "content-missing",
			"the detached content is not at hand: "+e.j.missing.Error())
	}
}

func findingOf(err error) string {
	_, unsupported := errors.AsType[*algorithm.Unsupported](err)
	switch {
	case unsupported:
		return "unsupported-algorithm"
	case errors.Is(err, cms.ErrNoContent):
		return "no-content"
	case errors.Is(err, cms.ErrDigest):
		return "message-digest"
	case errors.Is(err, algorithm.ErrBroken):
		return "signature-value"
	}
	return "malformed-signature"
}

// addSigned lists the content, which a caller may have written again.
func (e *entry) addSigned() {
	if e.out.Parent != "" {
		return
	}
	digest, err := e.content.Digest(crypto.SHA256)
	if err != nil {
		return
	}
	signed := signing.Signed{SHA256: [32]byte(digest)}
	src, d, detached := e.j.src, e.j.d, e.j.detached
	signed.Octets = func(w io.Writer) error {
		if d.Attached {
			_, err := src.read(cms.ReadOptions{Content: w})
			return err
		}
		r, err := detached()
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = io.Copy(w, r)
		return err
	}
	e.out.Signed = []signing.Signed{signed}
}

func (e *entry) judgeBinding() {
	e.out.Binding = e.s.Binding(e.out.Signer)
	switch e.out.Binding {
	case signing.BindingMismatch:
		e.out.AddFinding(signing.SeverityError, "signing-certificate",
			"the signature names another signing certificate than the one that verifies it")
	case signing.BindingMissing:
		e.out.AddFinding(signing.SeverityInfo, "signing-certificate-missing",
			"the signature does not name its certificate: plain CMS, not CAdES")
	}
}

// judgeDoubts keeps an intact signature from being valid when it departs from its standards.
func (e *entry) judgeDoubts() {
	for _, d := range e.s.Doubts {
		e.out.AddFinding(signing.SeverityError, "not-conformant", d)
	}
	if len(e.s.Doubts) > 0 && e.out.Crypto == signing.Intact && e.out.Indication == "" {
		e.out.Indication, e.out.SubIndication = signing.Indeterminate, signing.SigConstraintsFailure
	}
}

// judgeStamps judges the time stamps from the newest to the oldest: each that stands proves that
// those it covers existed at its time (EN 319 102-1, 5.6.3).
func (e *entry) judgeStamps() error {
	stamps := tokensOf(e.s)
	if e.j.stamps += len(stamps); len(stamps) > maxTokens || e.j.stamps > maxStamps {
		return &ber.Error{Offset: e.s.Offset, What: "too many time stamps", Limit: true}
	}
	order := make([]int, len(stamps))
	times := make([]time.Time, len(stamps))
	for i, t := range stamps {
		order[i] = i
		if token, err := tsp.ParseToken(t.der); err == nil {
			times[i] = token.Time
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return times[b].Compare(times[a]) })
	judged := make([]judgedStamp, len(stamps))
	var newer []judgedStamp // archive time stamps that stand
	for _, i := range order {
		t := stamps[i]
		v, err := tsp.Verify(e.j.ctx, tsp.Query{Token: t.der, Kind: t.kind,
			Proven:  e.provenBy(newer, t),
			Imprint: e.j.imprintOf(e.s, t, e.content)}, e.j.help())
		if err != nil {
			return err
		}
		judged[i] = judgedStamp{t, v}
		if v.Good() && t.kind == signing.TimestampArchive {
			newer = append(newer, judged[i])
		}
	}
	e.stamps = judged
	for _, t := range judged {
		e.out.Timestamps = append(e.out.Timestamps, t.verdict.Timestamp)
		if t.verdict.Good() && t.coversValue() && e.out.Crypto == signing.Intact &&
			(e.out.ProvenTime.IsZero() || t.verdict.Time.Before(e.out.ProvenTime)) {
			e.out.ProvenTime = t.verdict.Time
		}
	}
	e.checkOrder()
	return nil
}

// checkOrder: content is stamped before the signature is (EN 319 102-1, 5.6.2.4).
func (e *entry) checkOrder() {
	if e.out.ProvenTime.IsZero() {
		return
	}
	for _, t := range e.stamps {
		if t.kind == signing.TimestampContent && t.verdict.Good() &&
			t.verdict.Time.After(e.out.ProvenTime) {
			e.out.AddFinding(signing.SeverityError, "time-stamp-order",
				"the content time stamp is younger than the signature's")
			if e.out.Indication == "" {
				e.out.Indication, e.out.SubIndication = signing.Indeterminate,
					signing.TimestampOrderFailure
			}
		}
	}
}

// coversValue says whether the signature value is among what is stamped: not of content, which was
// there before, nor of references to certificates and lists alone (RFC 5126, 6.3.6).
func (t stamp) coversValue() bool {
	return t.kind != signing.TimestampContent && !t.attribute.Equal(oidCertCRLTimestamp)
}

// covers says whether another time stamp of the signature is among what is stamped.
func (t stamp) covers(s *cms.SignerInfo, other stamp) bool {
	switch {
	case other.index < 0: // signed: covered by all that cover the signature
		return t.coversValue()
	case t.attribute.Equal(oidArchiveV3):
		x, err := indexOf(t.der)
		return err == nil && x.covers(&s.Unsigned[other.index])
	case t.attribute.Equal(oidEscTimestamp): // RFC 5126, 6.3.5
		return other.attribute.Equal(cms.OIDSignatureTimestamp)
	}
	// All that is older, but for what stands in the same attribute.
	return t.attribute.Equal(oidArchiveV2) && t.index != other.index
}

// provenBy is the earliest time at which a newer time stamp proves that t existed.
func (e *entry) provenBy(newer []judgedStamp, t stamp) time.Time {
	var earliest time.Time
	for _, n := range newer {
		if !n.covers(e.s, t) || bytes.Equal(n.der, t.der) {
			continue
		}
		if earliest.IsZero() || n.verdict.Time.Before(earliest) {
			earliest = n.verdict.Time
		}
	}
	return earliest
}

// help is the question with what the signature carries added.
func (j *validator) help() signing.Validation {
	v := j.v
	v.Certificates = append(append([]*x509.Certificate(nil), v.Certificates...), j.certificates...)
	v.CRLs = append(append([][]byte(nil), v.CRLs...), j.crls...)
	v.OCSPs = append(append([][]byte(nil), v.OCSPs...), j.ocsps...)
	return v
}
