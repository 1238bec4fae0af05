package pades

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"iter"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/verdict"
	"github.com/rubrica/rubrica/signing/tsp"
)

type tspVerdict = tsp.Verdict

// A token is one time stamp inside of a signature.
type token struct {
	kind signing.TimestampKind
	der  []byte
}

// tokens lists the time stamps in the attributes of a signature (EN 319 122-1, 5.2.8 and 5.3).
func tokens(info *cms.SignerInfo) []token {
	var out []token
	for _, a := range cms.Find(info.Signed, cms.OIDContentTimestamp) {
		for _, v := range a.Values {
			out = append(out, token{signing.TimestampContent, v})
		}
	}
	for _, a := range cms.Find(info.Unsigned, cms.OIDSignatureTimestamp) {
		for _, v := range a.Values {
			out = append(out, token{signing.TimestampSignature, v})
		}
	}
	return out
}

// imprintHashes lists the digests of the signed octets that time stamps need.
func (e *entry) imprintHashes() []crypto.Hash {
	var out []crypto.Hash
	add := func(der []byte) {
		if t, err := tsp.ParseToken(der); err == nil && t.Imprint.Hash != 0 {
			out = append(out, t.Imprint.Hash)
		}
	}
	if e.kind() == kindTimestamp {
		add(e.der)
		return out
	}
	for _, s := range e.signed.Signers {
		for _, t := range tokens(s) {
			if t.kind == signing.TimestampContent {
				add(t.der)
			}
		}
	}
	return out
}

// rangeImprint digests the octets of the ranges, from what was digested already.
func (e *entry) rangeImprint(h crypto.Hash) ([]byte, error) {
	if e.job.err != nil {
		return nil, e.job.err
	}
	digest, ok := e.job.out[h]
	if !ok {
		return nil, fmt.Errorf("no %s of the signed octets", algorithm.HashName(h))
	}
	return digest, nil
}

// judgeStamps judges the document time stamps, the last first: each proves those before it.
func (j *judgement) judgeStamps(ctx context.Context) error {
	for i := len(j.entries) - 1; i >= 0; i-- {
		e := j.entries[i]
		if e.kind() != kindTimestamp || e.broken != nil {
			continue
		}
		q := tsp.Query{Token: e.der, Kind: signing.TimestampDocument, Imprint: e.rangeImprint,
			Proven: j.provenBy(e)}
		var err error
		if e.stamp, err = tsp.Verify(ctx, q, j.store.help(j.validation)); err != nil {
			return err
		}
	}
	return nil
}

// provenBy returns the earliest time at which a good document time stamp shows that a signature
// existed; zero when none does.
func (j *judgement) provenBy(e *entry) time.Time {
	var out time.Time
	for stamp := range j.stampsOver(e) {
		if t := stamp.Time; stamp.Good() && (out.IsZero() || t.Before(out)) {
			out = t
		}
	}
	return out
}

// stampsOver calls yield for each document time stamp that covers another signature.
func (j *judgement) stampsOver(e *entry) iter.Seq[*tspVerdict] {
	return func(yield func(*tspVerdict) bool) {
		for _, other := range j.entries {
			if other.stamp != nil && other.covers(e) && !yield(other.stamp) {
				return
			}
		}
	}
}

// covers reports whether a document time stamp covers the whole revision of another signature.
func (e *entry) covers(o *entry) bool {
	return e != o && e.sound() && o.sound() && e.span.revision > o.span.revision
}

// sound reports whether the ranges cover a whole revision.
func (e *entry) sound() bool {
	return e.broken == nil && len(e.span.problems) == 0 && e.refusal == ""
}

// stampEntry writes the entry of a document time stamp.
func (j *judgement) stampEntry(s *signing.Signature, e *entry) {
	t := e.stamp
	s.Crypto, s.Trust, s.Signer, s.Chain = t.Crypto, t.Trust, t.Signer, t.Chain
	s.Indication, s.SubIndication = t.Indication, t.SubIndication
	s.Binding = signing.BindingOK
	for _, f := range t.Findings {
		if f.Code == "signing-certificate" {
			s.Binding = signing.BindingMismatch
		}
	}
	s.ClaimedTime = t.Time
	if t.Good() {
		s.ProvenTime = t.Time
	}
	s.Findings = append(s.Findings, t.Findings...)
	s.Timestamps = []signing.Timestamp{t.Timestamp}
	e.judgeSpelling(s)
	own := e.signed.X509()
	if t.Signer != nil && t.Token != nil && len(own) > 0 && !holds(own, t.Signer) {
		e.doubts = append(e.doubts,
			"the time stamp carries certificates, and its authority's is not among them")
	}
}

// addTimestamps judges the time stamps of a signature and adds the document time stamps over it.
func (j *judgement) addTimestamps(ctx context.Context, s *signing.Signature, e *entry) error {
	proven := j.provenBy(e)
	earliest := proven
	for _, t := range tokens(e.signed.Signers[0]) {
		q := tsp.Query{Token: t.der, Kind: t.kind, Imprint: e.rangeImprint, Proven: proven}
		if t.kind == signing.TimestampSignature {
			q.Imprint = tsp.Digest(e.signed.Signers[0].Signature)
		}
		verdict, err := tsp.Verify(ctx, q, j.store.help(e.help(j.validation)))
		if err != nil {
			return err
		}
		s.Timestamps = append(s.Timestamps, verdict.Timestamp)
		e.stamped = e.stamped || t.kind == signing.TimestampSignature && verdict.Crypto == signing.Intact
		if t.kind == signing.TimestampSignature && verdict.Good() &&
			(earliest.IsZero() || verdict.Time.Before(earliest)) {
			earliest = verdict.Time
		}
	}
	for stamp := range j.stampsOver(e) {
		s.Timestamps = append(s.Timestamps, stamp.Timestamp)
	}
	s.ProvenTime = earliest
	return nil
}

// level names the baseline level that a signature has reached (EN 319 142-1, 6): what is there and
// intact, whoever is trusted.
func (j *judgement) level(e *entry, signer *x509.Certificate, evidence *verdict.Evidence) string {
	if e.kind() != kindPAdES {
		return e.kind().level()
	}
	level := signing.LevelB
	archived := false
	for _, other := range j.entries {
		if other.stamp == nil || other.stamp.Crypto != signing.Intact || !other.covers(e) {
			continue
		}
		e.stamped = true
		archived = archived || other.span.revision >= j.store.revision &&
			j.store.revision > e.span.revision
	}
	if e.stamped {
		level = signing.LevelT
	}
	if e.stamped && provable(signer, evidence.Certificates, evidence.CRLs, evidence.OCSPs) {
		level = signing.LevelLT
		if archived {
			level = signing.LevelLTA
		}
	}
	return "PAdES-BASELINE-" + level.String()
}
