package cades

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/verdict"
	"github.com/rubrica/rubrica/signing/tsp"
)

const (
	// maxCounter is how deep counter-signatures may stand on counter-signatures.
	maxCounter = 8
	// maxSignatures of one document, counter-signatures included, and maxStamps on all of them:
	// each costs a verification and a path.
	maxSignatures = 512
	maxStamps     = 512
)

// Validate judges every signature, counter-signatures included, each with an entry of its own.
// The content of a detached signature comes from v.Detached(""); when it is given for an attached
// one, both must be what was signed. Content is read once, and again only for what an earlier
// producer chose to digest under a hash that the signature does not announce.
//
// A file that is a bare time-stamp token is judged as one: its report has the format "tsp".
//
// Errors are about the file as a whole: it is no CMS signature (signing.CodeOf says which word
// fits), it cannot be read, v has no time. signing.ErrNotSigned: SignedData without signatures.
func Validate(ctx context.Context, doc io.ReaderAt, size int64,
	v signing.Validation) (*signing.Report, error) {
	if v.Time.IsZero() {
		return nil, verdict.ErrNoTime
	}
	ctx = verdict.Begin(ctx)
	j, err := newValidator(ctx, doc, size, v)
	if err != nil {
		return nil, err
	}
	if j.d.ContentType.Equal(cms.OIDTSTInfo) {
		return j.judgeToken()
	}
	report := &signing.Report{Format: "cades"}
	for i, s := range j.d.Signers {
		if err := j.judge(report, s, signatureID(i), "", j.content); err != nil {
			return nil, err
		}
	}
	return report, nil
}

type validator struct {
	ctx      context.Context
	v        signing.Validation
	src      *source
	d        *cms.SignedData
	detached func() (io.ReadCloser, error)
	content  cms.Content // what the signatures are judged against
	beside   cms.Content // detached content given for an attached signature; else nil
	missing  error       // why detached content is not at hand

	certificates []*x509.Certificate
	crls, ocsps  [][]byte
	digests      map[presentKey]digestSet
	contents     map[crypto.Hash]hash.Hash // of the content, for archive time stamps of version 2
	stamps       int                       // judged so far
}

func newValidator(ctx context.Context, doc io.ReaderAt, size int64,
	v signing.Validation) (*validator, error) {
	j := &validator{ctx: ctx, v: v}
	if v.Detached != nil {
		j.detached = func() (io.ReadCloser, error) { return v.Detached("") }
	}
	var err error
	if j.src, err = newSource(doc, size); err != nil {
		return nil, err
	}
	if j.d, err = j.src.read(cms.ReadOptions{}); err != nil {
		return nil, err
	}
	if len(j.d.Signers) == 0 {
		return nil, signing.ErrNotSigned
	}
	j.certificates = parseAll(j.d.X509())
	j.crls, j.ocsps = j.d.Revocation()
	for _, s := range j.d.Signers {
		legacy := legacyValues(s)
		j.certificates = append(j.certificates, legacy.Certificates...)
		j.crls, j.ocsps = append(j.crls, legacy.CRLs...), append(j.ocsps, legacy.OCSPs...)
	}
	return j, j.readContent()
}

// readContent digests what was not digested in the first pass.
func (j *validator) readContent() error {
	need := j.hashes()
	if !j.d.Attached {
		j.content = cms.Digests(nil)
		if j.detached == nil {
			j.missing = cms.ErrNoContent
			return nil
		}
		content, err := digestDetached(j.detached, need)
		if err != nil {
			j.missing = err
			return nil
		}
		j.content = content
		return nil
	}
	for _, h := range need {
		if _, err := j.d.Digest(h); err != nil { // a hash that was not announced: once more
			again, err := j.src.read(cms.ReadOptions{Hashes: need})
			if err != nil {
				return err
			}
			j.d = again
			break
		}
	}
	j.content = j.d
	if j.detached != nil {
		if beside, err := digestDetached(j.detached, need); err == nil {
			j.beside = beside
		}
	}
	return nil
}

// hashes are those of the content that the signatures and their time stamps name.
func (j *validator) hashes() []crypto.Hash {
	out := append([]crypto.Hash(nil), j.d.Hashes...)
	for _, s := range j.d.Signers {
		if s.Hash != 0 {
			out = append(out, s.Hash)
		}
		for _, t := range tokensOf(s) {
			if !t.attribute.Equal(cms.OIDContentTimestamp) && !t.attribute.Equal(oidArchiveV3) {
				continue
			}
			if token, err := tsp.ParseToken(t.der); err == nil &&
				algorithm.Supported(token.Imprint.Hash) {
				out = append(out, token.Imprint.Hash)
			}
		}
	}
	return out
}

// judge makes the entry of one signature, and of those that countersign it.
func (j *validator) judge(report *signing.Report, s *cms.SignerInfo, id, parent string,
	content cms.Content) error {
	if len(report.Signatures) == maxSignatures {
		return &ber.Error{Offset: s.Offset, What: "too many signatures", Limit: true}
	}
	e := &entry{j: j, s: s, content: content}
	e.out.ID, e.out.Parent, e.out.ClaimedTime = id, parent, s.Time
	if err := e.judge(); err != nil {
		return err
	}
	counters := cms.Find(s.Unsigned, cms.OIDCounterSignature)
	if len(counters) > 0 && strings.Count(id, ".") >= maxCounter {
		counters = nil
		e.out.AddFinding(signing.SeverityWarning, "counter-signature-not-judged",
			fmt.Sprintf("counter-signatures more than %d deep are not judged", maxCounter))
	}
	report.Signatures = append(report.Signatures, e.out)
	n := 0
	for _, a := range counters {
		for _, value := range a.Values {
			n++
			counter := cms.ParseCounter(value, s.Offset)
			err := j.judge(report, counter, fmt.Sprintf("%s.%d", id, n), id,
				cms.Octets(s.Signature))
			if err != nil {
				return err
			}
		}
	}
	return nil
}
