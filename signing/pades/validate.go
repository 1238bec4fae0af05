package pades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/pdf"
	"github.com/rubrica/rubrica/signing/internal/verdict"
)

// Validate judges every signature of a document. The error says why the document cannot be judged
// at all ([signing.CodeOf] gives its word; [signing.ErrNotSigned] when it has no signature); what
// is wrong with a signature is in its entry of the report.
//
// Octets of [signing.Signed] read from r: it must stay readable for as long as they are wanted.
func Validate(ctx context.Context, r io.ReaderAt, size int64,
	v signing.Validation) (*signing.Report, error) {
	if v.Time.IsZero() {
		return nil, verdict.ErrNoTime
	}
	ctx = verdict.Begin(ctx)
	j, err := openJudgement(ctx, r, size, v)
	if err != nil {
		return nil, err
	}
	if err := j.compare(); err != nil {
		return nil, err
	}
	return j.report(ctx)
}

// openJudgement reads and digests all signatures.
func openJudgement(ctx context.Context, r io.ReaderAt, size int64,
	v signing.Validation) (*judgement, error) {
	f, err := pdf.Open(r, size, pdf.Options{Password: v.DocumentPassword})
	if damage, ok := errors.AsType[*pdf.SyntaxError](err); ok {
		return openDamaged(ctx, r, size, v, damage)
	}
	if err != nil {
		return nil, err
	}
	j := &judgement{file: f, validation: v}
	if err := j.collect(ctx); err != nil {
		return nil, err
	}
	if len(j.entries) == 0 {
		return nil, signing.ErrNotSigned
	}
	return j, j.digest(ctx)
}

// openDamaged reads the signatures of a file whose cross-references cannot be followed: each gets
// its entry, and none is valid. Without any the damage itself is the answer.
func openDamaged(ctx context.Context, r io.ReaderAt, size int64, v signing.Validation,
	damage error) (*judgement, error) {
	j := &judgement{file: pdf.OpenDamaged(r, size), validation: v}
	lost, err := findLost(ctx, j.file, nil, nil)
	if err != nil {
		return nil, err
	}
	for _, s := range lost {
		e := j.open(s)
		e.refusal = "the document cannot be read: " + damage.Error()
		j.entries = append(j.entries, e)
	}
	if len(j.entries) == 0 {
		return nil, damage
	}
	return j, j.digest(ctx)
}

// A judgement is the work on one document.
type judgement struct {
	file       *pdf.File
	validation signing.Validation
	entries    []*entry
	again      []*entry       // later copies of the dictionaries of entries
	revisions  *revisionJudge // nil when nothing follows the first signature
	store      *store
	lockWork   int // see ruling
	lockNames  int // see permission
}

// An entry is the work on one signature.
type entry struct {
	found   *found
	span    span
	der     []byte // what Contents holds, without padding
	signed  *cms.SignedData
	bare    *bareSignature // in place of a CMS
	job     *digestJob
	broken  error    // what makes it broken before any digest
	refusal string   // why it proves nothing, whatever its mathematics say
	doubts  []string // why it is not beyond doubt although it holds

	permits    *modification // see permission
	stamp      *tspVerdict   // of a document time stamp
	stamped    bool          // an intact time stamp is over it
	revocation bool          // it carries evidence about revocation itself
	signer     *x509.Certificate
}

// collect reads all signatures, also those that no field shows.
func (j *judgement) collect(ctx context.Context) error {
	list, err := findSignatures(j.file)
	if err != nil {
		return err
	}
	for _, s := range list {
		j.entries = append(j.entries, j.open(s))
	}
	j.merge()
	lost, err := findLost(ctx, j.file, j.entries, j.again)
	for _, s := range lost {
		j.entries = append(j.entries, j.open(s))
	}
	return err
}

// open reads the dictionary, its ranges and its CMS.
func (j *judgement) open(s *found) *entry {
	e := &entry{found: s}
	if s.err != nil {
		e.broken = s.err
		return e
	}
	if e.span, e.broken = readSpan(j.file, s); e.broken != nil {
		return e
	}
	e.doubts = e.span.doubts
	var doubt string
	if e.der, doubt = e.span.trimContents(); doubt != "" {
		e.doubts = append(e.doubts, doubt)
	}
	e.judgeKind()
	if e.kind() == kindX509 {
		e.bare, e.broken = e.openBare()
		e.job = &digestJob{ranges: e.span.ranges, hashes: []crypto.Hash{crypto.SHA1}}
		return e
	}
	if e.signed, e.broken = cms.Parse(e.der); e.broken != nil {
		return e
	}
	e.job = &digestJob{ranges: e.span.ranges, hashes: append(e.hashes(), e.imprintHashes()...)}
	return e
}

// hashes lists the digests that the signature needs.
func (e *entry) hashes() []crypto.Hash {
	switch e.kind() {
	case kindSHA1:
		return []crypto.Hash{crypto.SHA1}
	case kindTimestamp:
		return nil
	}
	var out []crypto.Hash
	for _, s := range e.signed.Signers {
		if s.Hash != 0 {
			out = append(out, s.Hash)
		}
	}
	return out
}

func (j *judgement) digest(ctx context.Context) error {
	var jobs []*digestJob
	for _, e := range j.entries {
		if e.job != nil {
			jobs = append(jobs, e.job)
		}
	}
	return digestAll(ctx, j.file.Reader(), j.file.Size(), jobs)
}

func (j *judgement) report(ctx context.Context) (*signing.Report, error) {
	j.store = readStore(j.file.Current())
	if err := j.judgeStamps(ctx); err != nil {
		return nil, err
	}
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
	s := &signing.Signature{ID: e.found.id, Level: e.kind().level(), Revision: e.revision(),
		Coverage: e.span.coverage, Crypto: signing.Broken, Binding: signing.BindingMissing}
	if s.Coverage == "" {
		s.Coverage = signing.CoversNone
	}
	s.ClaimedTime, _ = parseDate(e.found.view.Value(e.found.dict, "M"))
	s.Reason = decodeText(e.found.view.Value(e.found.dict, "Reason"))
	s.Location = decodeText(e.found.view.Value(e.found.dict, "Location"))
	evidence := verdict.Evidence{}
	if e.stamp != nil {
		j.stampEntry(s, e)
	} else if err := j.signatureEntry(ctx, s, e, &evidence); err != nil {
		return nil, err
	}
	if s.Coverage == signing.CoversRevision && j.revisions != nil {
		s.Modifications = j.modifications(e)
	}
	j.judgeFile(s, e)
	e.judgeSpan(s)
	s.Signed = j.signedOctets(e)
	if e.stamp != nil {
		e.nameUnused(s)
		return s, nil
	}
	err := verdict.Conclude(ctx, s, evidence, j.validation)
	e.nameUnused(s)
	return s, err
}

// judgeFile names what is wrong with the file as a whole: readers may differ on what it shows.
func (j *judgement) judgeFile(s *signing.Signature, e *entry) {
	for _, o := range j.file.Oddities() {
		s.AddFinding(signing.SeverityWarning, "damaged",
			fmt.Sprintf("the file is not as it should be at offset %d: %s", o.Offset, o.Problem))
	}
	if e.span.revision == 0 {
		return
	}
	if twice := j.file.Conflicts(e.span.revision); len(twice) > 0 {
		e.doubts = append(e.doubts, fmt.Sprintf(
			"what was signed has two places for the object %d: readers differ on which counts", twice[0]))
	}
}

// revision is the number of the revision that the signature covers, or else that wrote it.
func (e *entry) revision() int {
	if e.span.revision > 0 && e.sound() {
		return e.span.revision
	}
	return e.found.revision
}

// forbidden reports whether a change is not allowed.
func forbidden(changes []signing.Modification) bool {
	return slices.ContainsFunc(changes, func(m signing.Modification) bool { return !m.Allowed })
}

// signatureEntry fills cryptography, binding, signer and time stamps.
func (j *judgement) signatureEntry(ctx context.Context, s *signing.Signature, e *entry,
	evidence *verdict.Evidence) error {
	if e.broken != nil {
		malformed(s, e.broken.Error())
		return nil
	}
	if e.kind() == kindX509 {
		j.judgeBare(s, e, evidence)
		return nil
	}
	if len(e.signed.Signers) != 1 {
		malformed(s, fmt.Sprintf("the CMS has %d signers, not one (EN 319 142-1, 4.1)",
			len(e.signed.Signers)))
		return nil
	}
	info := e.signed.Signers[0]
	evidence.Certificates = append(parseAll(e.signed.X509()), j.store.certificates...)
	e.addEvidence(evidence, j.store)
	j.judgeCrypto(s, e, info, evidence)
	if err := j.addTimestamps(ctx, s, e); err != nil {
		return err
	}
	s.Level = j.level(e, s.Signer, evidence)
	j.judgeSeeds(s, e, info)
	return nil
}

// judgeSeeds names the seed values of the field that the signature does not keep.
func (j *judgement) judgeSeeds(s *signing.Signature, e *entry, info *cms.SignerInfo) {
	v, d := e.found.view, e.found.dict
	f := seedFacts{
		filter:     v.NameOf(d, "Filter"),
		subFilter:  v.NameOf(d, "SubFilter"),
		hash:       info.Hash,
		reason:     decodeText(v.Value(d, "Reason")),
		certify:    j.permission(e).docMDP,
		stamped:    e.stamped,
		revocation: e.revocation,
	}
	if s.Signer != nil {
		f.chain = append([]*x509.Certificate{s.Signer}, parseAll(e.signed.X509())...)
	}
	for _, p := range seedProblems(v, e.found.seed, f) {
		s.AddFinding(signing.SeverityWarning, "seed-value", "the field prescribed otherwise: "+p)
	}
}

// addEvidence gathers what the signature and the document say about revocation.
func (e *entry) addEvidence(evidence *verdict.Evidence, d *store) {
	crls, ocsps := e.signed.Revocation()
	more, others := archival(e.signed.Signers[0])
	crls, ocsps = append(crls, more...), append(ocsps, others...)
	e.revocation = len(crls)+len(ocsps) > 0
	evidence.CRLs, evidence.OCSPs = append(crls, d.crls...), append(ocsps, d.ocsps...)
}

// help returns a validation that knows what the signature carries.
func (e *entry) help(v signing.Validation) signing.Validation {
	v.Certificates = append(append([]*x509.Certificate{}, v.Certificates...),
		parseAll(e.signed.X509())...)
	crls, ocsps := e.signed.Revocation()
	v.CRLs = append(append([][]byte{}, v.CRLs...), crls...)
	v.OCSPs = append(append([][]byte{}, v.OCSPs...), ocsps...)
	return v
}

func malformed(s *signing.Signature, why string) {
	s.AddFinding(signing.SeverityError, "malformed", why)
	s.Crypto, s.Indication, s.SubIndication = signing.Broken, signing.TotalFailed, signing.FormatFailure
}

func (j *judgement) judgeCrypto(s *signing.Signature, e *entry, info *cms.SignerInfo,
	evidence *verdict.Evidence) {
	content, err := e.contentOf()
	if err != nil {
		fail(s, err)
		return
	}
	known := append(append([]*x509.Certificate{}, evidence.Certificates...),
		j.validation.Certificates...)
	s.Signer = info.Signer(known, content)
	if s.Signer == nil {
		s.Crypto = signing.Unsupported
		s.AddFinding(signing.SeverityError, "no-signing-certificate",
			"the certificate of the signer is neither in the document nor given")
		s.Indication, s.SubIndication = signing.Indeterminate, signing.NoSigningCertificate
		return
	}
	s.Binding = info.Binding(s.Signer)
	evidence.SHA1 = info.Hash == crypto.SHA1 || info.Scheme.Hash == crypto.SHA1 || e.kind() == kindSHA1
	if err := info.Verify(s.Signer, content); err != nil {
		fail(s, err)
		return
	}
	s.Crypto = signing.Intact
	e.doubts = append(e.doubts, info.Doubts...)
	e.judgeAttributes(s, info)
}

// fail writes why the cryptography does not hold.
func fail(s *signing.Signature, err error) {
	if errors.Is(err, errDigestWork) {
		s.Crypto = signing.Unsupported
		s.AddFinding(signing.SeverityError, "limit-exceeded", err.Error())
		return
	}
	s.Crypto, s.Indication, s.SubIndication = cms.Classify(err)
	code := map[signing.SubIndication]string{signing.HashFailure: "digest-mismatch",
		signing.SigCryptoFailure: "value-mismatch", signing.FormatFailure: "malformed"}[s.SubIndication]
	if s.Crypto == signing.Unsupported {
		code = "unsupported-algorithm"
	}
	s.AddFinding(signing.SeverityError, code, err.Error())
}

// judgeSpan lets ranges that do not cover a revision, and other faults of form, decide.
func (e *entry) judgeSpan(s *signing.Signature) {
	for _, p := range e.span.problems {
		s.AddFinding(signing.SeverityError, "byte-range", p)
	}
	if e.refusal != "" {
		s.AddFinding(signing.SeverityError, "form", e.refusal)
	}
	for _, d := range e.doubts {
		s.AddFinding(signing.SeverityError, "not-conformant", d)
	}
	if s.Crypto != signing.Intact {
		return
	}
	switch {
	case len(e.span.problems) > 0 || e.refusal != "":
		s.Indication, s.SubIndication = signing.TotalFailed, signing.FormatFailure
	case forbidden(s.Modifications):
		s.Indication, s.SubIndication = signing.TotalFailed, signing.FormatFailure
	case len(e.doubts) > 0 && (s.Indication == "" || s.Indication == signing.TotalPassed):
		s.Indication, s.SubIndication = signing.Indeterminate, signing.SigConstraintsFailure
	}
}

// judgeAttributes names what a PAdES signature should have and does not.
func (e *entry) judgeAttributes(s *signing.Signature, info *cms.SignerInfo) {
	if info.Signed == nil {
		s.AddFinding(signing.SeverityWarning, "no-signed-attributes",
			"the signature has no signed attributes")
	}
	if e.kind() == kindPAdES && s.Binding == signing.BindingMissing {
		s.AddFinding(signing.SeverityWarning, "no-signing-certificate-attribute",
			"the signature does not name its certificate (EN 319 142-1, 6.3)")
	}
	if own := e.signed.X509(); len(own) > 0 && !holds(own, s.Signer) {
		e.doubts = append(e.doubts,
			"the signature carries certificates, and its signer's is not among them")
	}
	e.judgeSpelling(s)
	if e.kind() == kindPAdES && !info.Time.IsZero() {
		s.AddFinding(signing.SeverityInfo, "signing-time-attribute",
			"the time of signing stands in the CMS too, where PAdES has no place for it (EN 319 142-1, 6.3)")
	}
	if s.Signer.KeyUsage != 0 && s.Signer.KeyUsage&x509.KeyUsageContentCommitment == 0 {
		s.AddFinding(signing.SeverityInfo, "no-commitment",
			"the certificate is not meant for commitments (nonRepudiation is not set)")
	}
}

// judgeSpelling tells of an identifier that names the signer's certificate in other octets than its
// own: nothing protects it, and names are equal in more than one spelling (RFC 5280, 7.1).
func (e *entry) judgeSpelling(s *signing.Signature) {
	if s.Signer == nil || len(e.signed.Signers) != 1 {
		return
	}
	issuer := e.signed.Signers[0].ID.Issuer
	if len(issuer) > 0 && !bytes.Equal(issuer, s.Signer.RawIssuer) {
		s.AddFinding(signing.SeverityWarning, "issuer-spelling",
			"the signature spells the issuer of its certificate in another way than the certificate")
	}
}

// holds reports whether a certificate is in a list, octet for octet.
func holds(list [][]byte, c *x509.Certificate) bool {
	return slices.ContainsFunc(list, func(der []byte) bool { return bytes.Equal(der, c.Raw) })
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
