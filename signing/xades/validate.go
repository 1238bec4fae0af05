package xades

import (
	"context"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/verdict"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// Validate judges every XML signature of a document: one entry each, in document order, also for
// those that cannot be read. Nothing is fetched but by v.Fetcher; content outside the document
// comes from v.Detached. The document must not be changed while the report is in use: its Octets
// functions read from it.
//
// Errors: [signing.ErrNotSigned]; [*DocumentError] for a document that cannot be read (a DOCTYPE, a
// limit, duplicate identifiers, …); an error about the question, as a missing time or a cancelled
// context. What is wrong with a signature is in its entry.
func Validate(ctx context.Context, doc []byte, v signing.Validation) (*signing.Report, error) {
	return Validator{}.Validate(ctx, doc, v)
}

// A Validator refines [Validate]. The zero value is what that function uses.
type Validator struct {
	// Limits bound the document. Zero fields are the defaults.
	Limits Limits
	// Policies gives the document of a signature policy by its identifier (a URI or urn:oid:…), to
	// be compared with the digest that the signature names. Nil, or an error: the policy is not
	// compared, which is a finding.
	Policies func(id string) ([]byte, error)
}

// Validate is like the function [Validate].
func (o Validator) Validate(ctx context.Context, doc []byte,
	v signing.Validation) (*signing.Report, error) {
	if v.Time.IsZero() {
		return nil, verdict.ErrNoTime
	}
	ctx = verdict.Begin(ctx)
	tree, err := xmltree.Parse(doc, o.Limits)
	if err != nil {
		return nil, documentError(err)
	}
	nodes, err := signatures(tree)
	if err != nil {
		return nil, documentError(err)
	}
	if len(nodes) == 0 {
		return nil, signing.ErrNotSigned
	}
	judge := &judgement{options: o, validation: v, context: xmldsig.NewContext(len(tree.Bytes()))}
	judge.context.Detached, judge.context.Limits = v.Detached, o.Limits
	if err := judge.all(ctx, nodes); err != nil {
		return nil, documentError(err)
	}
	report := &signing.Report{Format: "xades"}
	for _, e := range judge.entries {
		report.Signatures = append(report.Signatures, e.Signature)
	}
	return report, nil
}

// judgement is the judging of one document.
type judgement struct {
	options    Validator
	validation signing.Validation
	context    *xmldsig.Context
	entries    []*entry
	tries      int // public-key operations spent
}

// entry is one signature on its way into the report.
type entry struct {
	signing.Signature
	xml        *xmldsig.Signature
	keys       *xmldsig.KeyInfo
	properties *properties // nil for a plain XML signature
	counters   *entry      // the signature that this one countersigns
	evidence   verdict.Evidence
	broken     bool
	unjudged   bool // something is unsupported or missing
}

func (j *judgement) all(ctx context.Context, nodes []xmltree.Node) error {
	for _, n := range nodes {
		e := &entry{}
		j.entries = append(j.entries, e)
		if err := j.read(e, n); err != nil {
			return err
		}
	}
	for _, e := range j.entries {
		j.linkCounter(e)
		if err := j.judge(ctx, e); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// read takes one signature apart and computes its references.
func (j *judgement) read(e *entry, n xmltree.Node) error {
	var err error
	e.xml, err = xmldsig.Read(n)
	e.ID, e.Level = e.xml.ID, levelXMLDSig
	e.note(err)
	e.keys = xmldsig.ReadKeyInfo(e.xml.KeyInfo)
	if err := e.xml.Check(j.context); err != nil {
		return err
	}
	e.properties = e.readProperties()
	return nil
}

// judge brings one signature to its verdict.
func (j *judgement) judge(ctx context.Context, e *entry) error {
	e.noteReferences()
	e.checkStructure()
	if err := j.chooseSigner(e); err != nil {
		return err
	}
	switch {
	case e.broken:
		e.Crypto = signing.Broken
	case e.unjudged:
		e.Crypto = signing.Unsupported
	default:
		e.Crypto = signing.Intact
	}
	e.collectEvidence()
	if e.Crypto == signing.Intact {
		e.listSigned()
	}
	e.Coverage = e.coverage()
	e.readClaims(j.options.Policies, j.validation.PolicyDocuments)
	if err := j.judgeTimestamps(ctx, e); err != nil {
		return err
	}
	e.Level = e.level()
	return verdict.Conclude(ctx, &e.Signature, e.evidence, j.validation)
}
