package pades

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/internal/verdict"
)

// Validate judges every signature of a document. The error says why the document cannot be judged
// at all ([signing.CodeOf] gives its word; [signing.ErrNotSigned] when it has no signature); what
// is wrong with a signature is in its entry of the report.
//
// Octets of [signing.Signed] read from r: it must stay readable for as long as they are wanted.
func Validate(ctx context.Context, r io.ReaderAt, size int64, v signing.Validation) (*signing.Report, error) {
	if v.Time.IsZero() {
		return nil, verdict.ErrNoTime
	}
	f, err := pdf.Open(r, size, pdf.Options{Password: v.DocumentPassword})
	if err != nil {
		return nil, err
	}
	list, err := findSignatures(f)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, signing.ErrNotSigned
	}
	j := &judgement{file: f, validation: v}
	for _, s := range list {
		j.entries = append(j.entries, j.open(s))
	}
	if err := j.digest(ctx, r, size); err != nil {
		return nil, err
	}
	if err := j.compare(); err != nil {
		return nil, err
	}
	return j.report(ctx)
}

// A judgement is the work on one document.
type judgement struct {
	file       *pdf.File
	validation signing.Validation
	entries    []*entry
	revisions  *revisionJudge // nil when nothing follows the first signature
}

// An entry is the work on one signature.
type entry struct {
	found    *found
	span     span
	signed   *cms.SignedData
	job      *digestJob
	content  cms.Content // what the CMS is over
	refusal  string      // why the signature proves nothing, whatever its mathematics say
	doubt    string      // why it is not beyond doubt although it holds
	findings []signing.Finding
	broken   error // what makes it broken or unsupported before any digest
}

// open reads the dictionary, its ranges and its CMS.
func (j *judgement) open(s *found) *entry {
	e := &entry{found: s}
	if s.err != nil {
		e.broken = s.err
		return e
	}
	var err error
	if e.span, err = readSpan(j.file, s); err != nil {
		e.broken = err
		return e
	}
	der, odd := e.span.trimContents()
	e.doubt = odd
	if e.signed, err = cms.Parse(der); err != nil {
		e.broken = err
		return e
	}
	e.job = &digestJob{ranges: e.span.ranges, hashes: e.hashes()}
	e.judgeKind()
	return e
}

// hashes lists the digests that the signature needs.
func (e *entry) hashes() []crypto.Hash {
	if e.kind() == kindSHA1 {
		return []crypto.Hash{crypto.SHA1}
	}
	var out []crypto.Hash
	for _, s := range e.signed.Signers {
		if s.Hash != 0 {
			out = append(out, s.Hash)
		}
	}
	return out
}

func (j *judgement) digest(ctx context.Context, r io.ReaderAt, size int64) error {
	var jobs []*digestJob
	for _, e := range j.entries {
		if e.job != nil {
			jobs = append(jobs, e.job)
		}
	}
	return digestAll(ctx, r, size, jobs)
}

func (j *judgement) report(ctx context.Context) (*signing.Report, error) {
	out := &signing.Report{Format: "pades"}
	for _, e := range j.entries {
		s, err := j.conclude(ctx, e)
		if err != nil {
			return nil, err
		}
		out.Signatures = append(out.Signatures, *s)
	}
	return out, nil
}

// conclude writes the entry of the report.
func (j *judgement) conclude(ctx context.Context, e *entry) (*signing.Signature, error) {
	s := &signing.Signature{ID: e.found.id, Level: e.kind().level(), Revision: e.found.revision,
		Coverage: e.span.coverage, Crypto: signing.Broken, Binding: signing.BindingMissing}
	if s.Coverage == "" {
		s.Coverage = signing.CoversNone
	}
	s.ClaimedTime, _ = parseDate(e.found.view.Value(e.found.dict, "M"))
	evidence := verdict.Evidence{}
	e.judgeCrypto(s, j.validation, &evidence)
	e.judgeSpan(s)
	if s.Coverage == signing.CoversRevision {
		s.Modifications = j.modifications(e)
	}
	return s, verdict.Conclude(ctx, s, evidence, j.validation)
}

// judgeCrypto fills Crypto, Binding and Signer.
func (e *entry) judgeCrypto(s *signing.Signature, v signing.Validation, evidence *verdict.Evidence) {
	if e.broken != nil {
		s.AddFinding(signing.SeverityError, "malformed", e.broken.Error())
		s.Indication, s.SubIndication = signing.TotalFailed, signing.FormatFailure
		return
	}
	if len(e.signed.Signers) != 1 {
		s.AddFinding(signing.SeverityError, "malformed",
			fmt.Sprintf("the CMS has %d signers, not one (EN 319 142-1, 4.1)", len(e.signed.Signers)))
		s.Indication, s.SubIndication = signing.TotalFailed, signing.FormatFailure
		return
	}
	info := e.signed.Signers[0]
	evidence.Certificates = parseAll(e.signed.X509())
	evidence.CRLs, evidence.OCSPs = e.signed.Revocation()
	content, err := e.contentOf()
	if err != nil {
		e.fail(s, err)
		return
	}
	s.Signer = info.Signer(append(append([]*x509.Certificate{}, evidence.Certificates...), v.Certificates...), content)
	if s.Signer == nil {
		s.Crypto = signing.Unsupported
		s.AddFinding(signing.SeverityError, "no-signing-certificate",
			"the certificate of the signer is neither in the signature nor given")
		s.Indication, s.SubIndication = signing.Indeterminate, signing.NoSigningCertificate
		return
	}
	s.Binding = info.Binding(s.Signer)
	evidence.SHA1 = info.Hash == crypto.SHA1 || info.Scheme.Hash == crypto.SHA1
	if err := info.Verify(s.Signer, content); err != nil {
		e.fail(s, err)
		return
	}
	s.Crypto = signing.Intact
	e.judgeAttributes(s, info)
}

// fail writes why the cryptography does not hold.
func (e *entry) fail(s *signing.Signature, err error) {
	unsupported, ok := errors.AsType[*algorithm.Unsupported](err)
	switch {
	case ok:
		s.Crypto = signing.Unsupported
		s.AddFinding(signing.SeverityError, "unsupported-algorithm", unsupported.Feature)
		return
	case errors.Is(err, errDigestWork):
		s.Crypto = signing.Unsupported
		s.AddFinding(signing.SeverityError, "limit-exceeded", err.Error())
		return
	case errors.Is(err, cms.ErrDigest):
		s.SubIndication = signing.HashFailure
		s.AddFinding(signing.SeverityError, "digest-mismatch", "the octets that were signed are others")
	case errors.Is(err, algorithm.ErrBroken):
		s.SubIndication = signing.SigCryptoFailure
		s.AddFinding(signing.SeverityError, "value-mismatch", "the signature value does not verify")
	default:
		s.SubIndication = signing.FormatFailure
		s.AddFinding(signing.SeverityError, "malformed", err.Error())
	}
	s.Crypto, s.Indication = signing.Broken, signing.TotalFailed
}

// judgeSpan lets ranges that do not cover a revision, and other faults of form, decide.
func (e *entry) judgeSpan(s *signing.Signature) {
	for _, p := range e.span.problems {
		s.AddFinding(signing.SeverityError, "byte-range", p)
	}
	s.Findings = append(s.Findings, e.findings...)
	if s.Indication != "" {
		return
	}
	switch {
	case len(e.span.problems) > 0:
		s.Indication, s.SubIndication = signing.TotalFailed, signing.FormatFailure
	case e.refusal != "":
		s.AddFinding(signing.SeverityError, "form", e.refusal)
		s.Indication, s.SubIndication = signing.TotalFailed, signing.FormatFailure
	case e.doubt != "" && s.Crypto == signing.Intact:
		s.AddFinding(signing.SeverityError, "contents", e.doubt)
		s.Indication, s.SubIndication = signing.Indeterminate, signing.SigConstraintsFailure
	}
}

// judgeAttributes names what a PAdES signature should have and does not.
func (e *entry) judgeAttributes(s *signing.Signature, info *cms.SignerInfo) {
	if info.NotDER {
		e.doubt = "the signed attributes are not in DER (RFC 5652, 5.4)"
	}
	if info.Signed == nil {
		s.AddFinding(signing.SeverityWarning, "no-signed-attributes", "the signature has no signed attributes")
	}
	if e.kind() == kindPAdES && s.Binding == signing.BindingMissing {
		s.AddFinding(signing.SeverityWarning, "no-signing-certificate-attribute",
			"the signature does not name its certificate (EN 319 142-1, 6.3)")
	}
	if s.Signer.KeyUsage != 0 && s.Signer.KeyUsage&x509.KeyUsageContentCommitment == 0 {
		s.AddFinding(signing.SeverityInfo, "no-commitment",
			"the certificate is not meant for commitments (nonRepudiation is not set)")
	}
}

func parseAll(list [][]byte) []*x509.Certificate {
	var out []*x509.Certificate
	for _, der := range list {
		if c, err := certificate.Parse(der); err == nil {
			out = append(out, c)
		}
	}
	return out
}
