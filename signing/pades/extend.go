package pades

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/evidence"
	"github.com/rubrica/rubrica/signing/tsp"
)

// MissingEvidenceError says that level LT was asked for and a certificate's path or revocation
// status could not be had: give what is missing in Validation, or allow fetching.
type MissingEvidenceError = evidence.MissingError

// Extension says how the signatures of a document are carried further in time.
type Extension struct {
	// Timestamper is asked for document time stamps. Required for T, where a signature has no time
	// stamp yet, and for LTA.
	Timestamper signing.Timestamper
	// TimestampSize is the room kept for a document time stamp in octets. Zero: 8,192.
	TimestampSize int
	// Hash of the imprints. Zero: SHA-256.
	Hash crypto.Hash
	// Signature is the identifier of the only signature to extend, as in a report: the name of its
	// field. Empty: all.
	Signature string
	// Validation says where evidence for LT and LTA comes from: anchors, certificates, lists,
	// responses, a fetcher; and the time at which it must stand. What the document holds helps.
	// DocumentPassword opens an encrypted document.
	Validation signing.Validation
}

// Extend writes the document to dst with what a level asks for all its signatures, whoever made
// them (EN 319 142-1, 6): a document time stamp for T, where a signature has no time stamp; the
// document security store with evidence about every signer and time stamp authority for LT; one
// more document time stamp for LTA, each time it is called. All octets of r stay where they were.
// Nothing is written to dst before everything is at hand.
//
// Errors: [signing.ErrNotSigned], [*RefusalError] (broken, when a signature does not verify),
// [*MissingEvidenceError], those of the document, the authority, r and dst.
func Extend(ctx context.Context, dst io.Writer, r io.ReaderAt, size int64, to signing.Level,
	e Extension) error {
	if err := extendable(to); err != nil {
		return err
	}
	doc := &grown{r: r, size: size}
	if err := extend(ctx, doc, to, e, 0); err != nil {
		return err
	}
	return doc.writeTo(dst)
}

func extendable(to signing.Level) error {
	if to == signing.LevelB || to > signing.LevelLTA {
		return refuse("bad-level", fmt.Sprintf("there is nothing to extend to level %s", to))
	}
	return nil
}

// extend appends what the level asks for the signatures that end behind from, and for the document
// time stamps over them.
func extend(ctx context.Context, doc *grown, to signing.Level, e Extension, from int64) error {
	if e.Hash == 0 {
		e.Hash = crypto.SHA256
	}
	if e.Validation.Time.IsZero() {
		if to >= signing.LevelLT {
			return refuse("no-time", "the extension has no time at which evidence must stand")
		}
		e.Validation.Time = time.Unix(0, 0) // nothing about trust is asked at T
	}
	j, err := judgeForExtension(ctx, doc, e, from)
	if err != nil {
		return err
	}
	stamp := func() error {
		return stampDocument(ctx, doc, e.Timestamper, e.Hash, e.TimestampSize,
			e.Validation.DocumentPassword)
	}
	if !j.allStamped() {
		if err := stamp(); err != nil {
			return err
		}
		if to >= signing.LevelLT {
			if j, err = judgeForExtension(ctx, doc, e, from); err != nil {
				return err
			}
		}
	}
	if to >= signing.LevelLT {
		if err := j.addProofs(ctx, doc, e.Validation); err != nil {
			return err
		}
	}
	if to == signing.LevelLTA {
		return stamp()
	}
	return nil
}

// judgeForExtension reads all signatures, keeps those that are to be extended, and refuses one of
// them that does not stand.
func judgeForExtension(ctx context.Context, doc *grown, e Extension, from int64) (*judgement, error) {
	j, err := openJudgement(ctx, doc, doc.total(), e.Validation)
	if err != nil {
		return nil, err
	}
	report, err := j.report(ctx)
	if err != nil {
		return nil, err
	}
	var chosen []*entry
	for i, s := range report.Signatures {
		one := j.entries[i]
		if from > 0 && (one.broken != nil || one.span.ranges.end() < from) ||
			e.Signature != "" && e.Signature != s.ID && one.kind() != kindTimestamp {
			continue
		}
		if s.Crypto != signing.Intact || !one.sound() {
			return nil, refuse("broken",
				fmt.Sprintf("the signature in %q does not verify and cannot be extended", s.ID))
		}
		one.signer = s.Signer
		chosen = append(chosen, one)
	}
	if len(chosen) == 0 {
		return nil, refuse("no-signature", fmt.Sprintf("no signature %q is to be extended", e.Signature))
	}
	j.entries = chosen
	return j, nil
}

// allStamped reports whether every signature has an intact time stamp over it.
func (j *judgement) allStamped() bool {
	for _, e := range j.entries {
		if e.kind() != kindTimestamp && !e.stamped {
			return false
		}
	}
	return true
}

// addProofs gathers evidence about every signer and time stamp authority and stores it.
func (j *judgement) addProofs(ctx context.Context, doc *grown, v signing.Validation) error {
	var proofs []proof
	for _, e := range j.entries {
		leaves, have := j.known(e)
		set, err := evidence.Gather(ctx, leaves, have, v)
		if err != nil {
			return fmt.Errorf("pades: %q: %w", e.found.id, err)
		}
		proofs = append(proofs, proof{vriKey(e.span.contents.Value), set})
	}
	_, err := storeEvidence(doc, proofs, v.DocumentPassword)
	return err
}

// known returns whose status is asked for one signature, and the evidence that it and the document
// hold already.
func (j *judgement) known(e *entry) ([]*x509.Certificate, evidence.Set) {
	leaves := []*x509.Certificate{e.signer}
	have := evidence.Set{Certificates: j.store.certificates, CRLs: j.store.crls, OCSPs: j.store.ocsps}
	if e.bare != nil {
		have.Certificates = append(have.Certificates, e.bare.chain...)
		return leaves, have
	}
	have.Certificates = append(have.Certificates, parseAll(e.signed.X509())...)
	crls, ocsps := e.signed.Revocation()
	have.CRLs, have.OCSPs = append(have.CRLs, crls...), append(have.OCSPs, ocsps...)
	if e.kind() != kindTimestamp {
		for _, t := range tokens(e.signed.Signers[0]) {
			leaves = append(leaves, authority(t.der, &have)...)
		}
	}
	return leaves, have
}

// authority returns the certificate of the authority that made a token, if it can be told, and
// adds what the token carries to the evidence at hand.
func authority(der []byte, have *evidence.Set) []*x509.Certificate {
	t, err := tsp.ParseToken(der)
	if err != nil {
		return nil
	}
	have.Certificates = append(have.Certificates, t.Certificates()...)
	crls, ocsps := t.Revocation()
	have.CRLs, have.OCSPs = append(have.CRLs, crls...), append(have.OCSPs, ocsps...)
	if c := t.Signer(have.Certificates); c != nil {
		return []*x509.Certificate{c}
	}
	return nil
}
