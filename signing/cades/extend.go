package cades

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/evidence"
	"github.com/rubrica/rubrica/signing/tsp"
)

// Extension says how signatures are carried further in time.
type Extension struct {
	// Timestamper is asked for time stamps. Required for T, when there is none yet, and LTA.
	Timestamper signing.Timestamper
	// Validation says where evidence comes from, for LT and LTA: anchors, certificates, lists,
	// responses, a fetcher; and the time at which it must stand. What the signature carries helps.
	Validation signing.Validation
	// Hash of imprints and of the archive's index. Zero: SHA-256.
	Hash crypto.Hash
	// Signature is the identifier of the only signature to extend, as in a report. Empty: all but
	// counter-signatures.
	Signature string
	// Content of a detached signature. Needed for LTA; otherwise it is checked when given.
	Content func() (io.ReadCloser, error)
}

func (e *Extension) hash() crypto.Hash {
	if e.Hash == 0 {
		return crypto.SHA256
	}
	return e.Hash
}

// Extend adds to signatures, our own or others', what the level asks: a signature time stamp for
// T, certificates and revocation data for LT, an archive time stamp of version 3 for LTA (each
// call at LTA adds one, with evidence about those before it). What the signatures had stays as it
// was, octet for octet. A signature that does not verify is not extended: [ErrBrokenSignature].
func Extend(ctx context.Context, dst io.Writer, doc io.ReaderAt, size int64, to signing.Level,
	e Extension) error {
	if to == signing.LevelB || to > signing.LevelLTA {
		return &ProfileError{"level", "to extend to is T, LT or LTA"}
	}
	if to >= signing.LevelLT && e.Validation.Time.IsZero() {
		return &ProfileError{"Validation.Time", "is required for level " + to.String()}
	}
	if !algorithm.Supported(e.hash()) {
		return &ProfileError{"Hash", "is not supported"}
	}
	src, d, content, err := open(doc, size, e.hash(), e.Content)
	if err != nil {
		return err
	}
	a := &augmenter{ctx: ctx, e: e, d: d, content: content, known: e.Validation.Certificates}
	extended := 0
	for i, s := range d.Signers {
		if id := signatureID(i); e.Signature != "" && e.Signature != id {
			continue
		}
		if err := a.raiseForeign(s, to); err != nil {
			return fmt.Errorf("cades: %s: %w", signatureID(i), err)
		}
		extended++
	}
	if extended == 0 {
		return ErrNoSuchSignature
	}
	return src.rewrite(dst, d)
}

// signatureID is how reports and calls name a signature.
func signatureID(i int) string { return fmt.Sprintf("signature-%d", i+1) }

// augmenter raises signatures of one SignedData.
type augmenter struct {
	ctx     context.Context
	e       Extension
	d       *cms.SignedData
	content cms.Content // for archive time stamps; may know nothing
	known   []*x509.Certificate
}

// raiseForeign checks a signature that was read before it raises it.
func (a *augmenter) raiseForeign(s *cms.SignerInfo, to signing.Level) error {
	c := s.Signer(append(a.certificates(), a.known...), a.content)
	if c == nil {
		return &MissingEvidenceError{Subject: "the signer", Code: "no-signing-certificate",
			Why: "its certificate is not at hand"}
	}
	err := s.Verify(c, a.content)
	if errors.Is(err, cms.ErrNoContent) && to < signing.LevelLTA {
		err = s.VerifyValue(c)
	}
	if err != nil {
		_, unsupported := errors.AsType[*algorithm.Unsupported](err)
		if unsupported || errors.Is(err, cms.ErrNoContent) {
			return err
		}
		return fmt.Errorf("%w: %w", ErrBrokenSignature, err)
	}
	return a.raise(s, to)
}

// raise adds what s lacks for a level.
func (a *augmenter) raise(s *cms.SignerInfo, to signing.Level) error {
	if to >= signing.LevelT && len(cms.Find(s.Unsigned, cms.OIDSignatureTimestamp)) == 0 {
		token, err := a.timestamp(a.e.hash(), algorithm.Digest(a.e.hash(), s.Signature))
		if err != nil {
			return err
		}
		s.AddUnsigned(cms.NewAttribute(cms.OIDSignatureTimestamp, token))
	}
	if to >= signing.LevelLT {
		if err := a.addEvidence(s); err != nil {
			return err
		}
	}
	if to >= signing.LevelLTA {
		return a.archive(s)
	}
	return nil
}

func (a *augmenter) timestamp(h crypto.Hash, digest []byte) ([]byte, error) {
	if a.e.Timestamper == nil {
		return nil, &ProfileError{"Timestamper", "is needed"}
	}
	token, err := a.e.Timestamper.Timestamp(a.ctx, h, digest)
	if err != nil {
		return nil, fmt.Errorf("time stamp: %w", err)
	}
	return token, nil
}

// certificates are those of the SignedData that can be read.
func (a *augmenter) certificates() []*x509.Certificate { return parseAll(a.d.X509()) }

func parseAll(ders [][]byte) []*x509.Certificate { return cms.ParseCertificates(ders) }

// addEvidence adds the paths and the revocation status of the signer and of every authority that
// stamped the signature.
func (a *augmenter) addEvidence(s *cms.SignerInfo) error {
	have := a.evidence(s)
	signer := s.Signer(append(have.Certificates, a.known...), a.content)
	if signer == nil {
		return &MissingEvidenceError{Subject: "the signer", Code: "no-signing-certificate",
			Why: "its certificate is not at hand"}
	}
	leaves := []*x509.Certificate{signer}
	for _, t := range tokensOf(s) {
		token, err := tsp.ParseToken(t.der)
		if err != nil {
			continue // it has its own entry in every report, and proves nothing
		}
		have.Certificates = append(have.Certificates, token.Certificates()...)
		crls, ocsps := token.Revocation()
		have.CRLs, have.OCSPs = append(have.CRLs, crls...), append(have.OCSPs, ocsps...)
		if c := token.Signer(have.Certificates); c != nil {
			leaves = append(leaves, c)
		}
	}
	have.Certificates = append(have.Certificates, a.known...)
	set, err := evidence.Gather(a.ctx, leaves, have, a.e.Validation)
	if err != nil {
		return err
	}
	return a.embed(s, set)
}

// embed puts evidence into the SignedData (EN 319 122-1, 5.4.2 and 5.4.3: root of the archive).
func (a *augmenter) embed(s *cms.SignerInfo, set *evidence.Set) error {
	if a.hasArchiveV2() {
		return nil // version 2 covers certificates and crls as they stand
	}
	for _, c := range set.Certificates {
		a.d.AddCertificates(c.Raw)
	}
	a.d.AddCRLs(set.CRLs...)
	a.d.AddOCSPs(set.OCSPs...)
	return nil
}

func (a *augmenter) hasArchiveV2() bool {
	for _, s := range a.d.Signers {
		if len(cms.Find(s.Unsigned, oidArchiveV2)) > 0 {
			return true
		}
	}
	return false
}

// evidence is what the signature carries already.
func (a *augmenter) evidence(s *cms.SignerInfo) evidence.Set {
	crls, ocsps := a.d.Revocation()
	have := evidence.Set{Certificates: a.certificates(), CRLs: crls, OCSPs: ocsps}
	legacy := legacyValues(s)
	have.Certificates = append(have.Certificates, legacy.Certificates...)
	have.CRLs = append(have.CRLs, legacy.CRLs...)
	have.OCSPs = append(have.OCSPs, legacy.OCSPs...)
	return have
}
