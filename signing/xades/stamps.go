package xades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
	"github.com/rubrica/rubrica/signing/tsp"
)

// maxTimestamps bounds the time stamps of one signature: years of renewals.
const maxTimestamps = 200

// stamp is a property that holds time-stamp tokens (XAdESTimeStampType, EN 319 132-1, 5.1.4).
type stamp struct {
	node xmltree.Node
	kind signing.TimestampKind
	// write gives the octets that are stamped; nil where they are not computed.
	write  func(w io.Writer) error
	covers reach
}

// reach says which of the time stamps before it one covers, so that it proves that they existed.
type reach uint8

const (
	none       reach = iota
	ofSignings       // those of content and of the signature
	all
)

// encapsulated is one token of a time-stamp property.
type encapsulated struct {
	stamp
	token xmltree.Node
}

// judgeTimestamps judges every time stamp of the signature. A bad one has its own entry and does
// not break the signature (EN 319 102-1, 5.5.4); a good signature time stamp proves its time. The
// last is judged first: a good one that covers those before it proves that they existed by then.
func (j *judgement) judgeTimestamps(ctx context.Context, e *entry) error {
	if e.properties == nil {
		return nil
	}
	v := j.validation
	v.Certificates = append(append([]*x509.Certificate{}, v.Certificates...),
		e.evidence.Certificates...)
	v.CRLs = append(append([][]byte{}, v.CRLs...), e.evidence.CRLs...)
	v.OCSPs = append(append([][]byte{}, v.OCSPs...), e.evidence.OCSPs...)
	tokens := j.tokens(e)
	if len(tokens) > maxTimestamps {
		return &xmldsig.LimitError{Limit: "time stamps of a signature"}
	}
	// What the properties behind prove, and this one too, whose tokens do not cover each other.
	var later, known proofs
	var property xmltree.Node
	e.Timestamps = make([]signing.Timestamp, len(tokens))
	for i := len(tokens) - 1; i >= 0; i-- {
		t := tokens[i]
		if t.node != property {
			property, later = t.node, known
		}
		judged, err := j.judgeToken(ctx, t, later.of(t.kind), v)
		if err != nil {
			return err
		}
		e.Timestamps[i] = judged.Timestamp
		if judged.Good() {
			known.add(t.stamp, judged.Time)
		}
	}
	e.ProvenTime = known.signature
	e.checkOrder()
	return nil
}

// proofs are the earliest times at which good time stamps prove that something existed.
type proofs struct{ signature, stampsOfSignings, allStamps time.Time }

func (p *proofs) add(s stamp, at time.Time) {
	switch {
	case s.kind == signing.TimestampSignature && earlier(at, p.signature):
		p.signature = at
	case s.covers == all && earlier(at, p.allStamps):
		p.allStamps = at
	case s.covers == ofSignings && earlier(at, p.stampsOfSignings):
		p.stampsOfSignings = at
	}
}

// of is when a time stamp of a kind is proven to have existed; zero when nothing proves it.
func (p *proofs) of(kind signing.TimestampKind) time.Time {
	proven := p.allStamps
	if kind != signing.TimestampArchive && earlier(p.stampsOfSignings, proven) {
		proven = p.stampsOfSignings
	}
	if kind == signing.TimestampContent && earlier(p.signature, proven) {
		proven = p.signature
	}
	return proven
}

// checkOrder: content is stamped before the signature is (EN 319 102-1, 5.6.2.4).
func (e *entry) checkOrder() {
	for _, t := range e.Timestamps {
		if t.Kind == signing.TimestampContent && t.Crypto == signing.Intact &&
			t.Trust == signing.Trusted && earlier(e.ProvenTime, t.Time) {
			e.AddFinding(signing.SeverityError, "time-stamp-order",
				"the content time stamp is younger than the signature's")
			e.say(signing.Indeterminate, signing.TimestampOrderFailure)
		}
	}
}

// earlier reports whether a is a time, and before b if that is one.
func earlier(a, b time.Time) bool { return !a.IsZero() && (b.IsZero() || a.Before(b)) }

// tokens lists the tokens of all time stamps of the signature, in document order.
func (j *judgement) tokens(e *entry) []encapsulated {
	var list []encapsulated
	for _, s := range j.stamps(e) {
		for n := range s.node.Elements() {
			if n.Space() != s.node.Space() && n.Space() != e.properties.space {
				continue
			}
			switch n.Local() {
			case "EncapsulatedTimeStamp":
				list = append(list, encapsulated{s, n})
			case "XMLTimeStamp":
				e.AddFinding(signing.SeverityWarning, "xml-time-stamp",
					"a time stamp in XML form is not judged")
			}
		}
	}
	return list
}

func (j *judgement) judgeToken(ctx context.Context, t encapsulated, proven time.Time,
	v signing.Validation) (*tsp.Verdict, error) {
	token, err := t.token.Base64()
	if err != nil {
		return &tsp.Verdict{Timestamp: signing.Timestamp{Kind: t.kind, Crypto: signing.Broken,
			Trust: signing.TrustUnknown, Findings: []signing.Finding{{Code: "malformed-time-stamp",
				Message: "the time stamp is not base64", Severity: signing.SeverityError}}}}, nil
	}
	q := tsp.Query{Token: token, Kind: t.kind, Proven: proven}
	if t.write != nil {
		q.Imprint = func(h crypto.Hash) ([]byte, error) {
			f := h.New()
			err := t.write(j.context.Metered(f))
			return f.Sum(nil), err
		}
	}
	return tsp.Verify(ctx, q, v)
}

// stamps lists the time stamps in document order, content time stamps first.
func (j *judgement) stamps(e *entry) []stamp {
	var list []stamp
	p := e.properties
	for n := range p.signedData.Elements() {
		switch n.Local() {
		case "AllDataObjectsTimeStamp", "IndividualDataObjectsTimeStamp":
			list = append(list, stamp{node: n, kind: signing.TimestampContent,
				write: func(w io.Writer) error { return j.writeContent(e, n, w) }})
		}
	}
	for n := range p.unsignedSignature.Elements() {
		if n.Space() != p.space && n.Space() != namespace141 {
			continue
		}
		switch n.Local() {
		case "SignatureTimeStamp":
			list = append(list, stamp{node: n, kind: signing.TimestampSignature,
				write: func(w io.Writer) error {
					return j.writeCanonical(w, n, e.xml.ValueNode)
				}})
		default:
			list = j.appendLater(e, list, n)
		}
	}
	return list
}

// appendLater adds the time stamps of the levels above T. They are judged as time stamps; that the
// evidence between them suffices is not yet judged, which is a finding.
func (j *judgement) appendLater(e *entry, list []stamp, n xmltree.Node) []stamp {
	s := stamp{node: n, kind: signing.TimestampArchive}
	switch local := n.Local(); {
	case local == "ArchiveTimeStamp" && n.Space() == namespace141:
		s.write = func(w io.Writer) error { return j.writeArchive(e, w, n) }
		s.covers = all
	case local == "SigAndRefsTimeStamp", local == "RefsOnlyTimeStamp":
		if local == "SigAndRefsTimeStamp" {
			s.covers = ofSignings
		}
		s.write = func(w io.Writer) error { return j.writeSignatureAndReferences(e, w, n) }
	case local == "ArchiveTimeStamp", local == "SigAndRefsTimeStampV2",
		local == "RefsOnlyTimeStampV2":
	default:
		return list
	}
	e.AddFinding(signing.SeverityInfo, "not-yet-judged",
		"the evidence under "+n.Local()+" is used; that it is complete is judged up to level T")
	return append(list, s)
}

// stampMethod reads the canonicalisation of a time stamp; absent or empty means Canonical XML 1.0
// (EN 319 132-1, 5.1.4.5, with XMLDSig 1.1, 4.4.3.2).
func stampMethod(n xmltree.Node) (c14n.Method, error) {
	m := n.Child(xmldsig.Namespace, "CanonicalizationMethod")
	uri, _ := m.Attr("Algorithm")
	if uri == "" {
		return c14n.Inclusive10, nil
	}
	method, ok := c14n.FromURI(uri)
	if !ok {
		return 0, &xmldsig.Unsupported{Kind: "canonicalization", Feature: uri}
	}
	return method, nil
}

// writeCanonical writes nodes in the canonical form that a time stamp names.
func (j *judgement) writeCanonical(w io.Writer, stamp xmltree.Node, nodes ...xmltree.Node) error {
	m, err := stampMethod(stamp)
	if err != nil {
		return err
	}
	return j.writeNodes(w, m, nodes)
}

var errInclude = errors.New("an Include of the time stamp names no reference of the signature")

// writeContent writes what a content time stamp covers (EN 319 132-1, 5.2.8): what the references
// digest, but for that to SignedProperties, in order; or those that Include elements name.
func (j *judgement) writeContent(e *entry, stamp xmltree.Node, w io.Writer) error {
	chosen := e.xml.References
	if stamp.Local() == "IndividualDataObjectsTimeStamp" {
		chosen = nil
		for include := range stamp.Children(stamp.Space(), "Include") {
			uri, _ := include.Attr("URI")
			r := e.referenceByID(uri)
			if r == nil {
				return errInclude
			}
			chosen = append(chosen, r)
		}
		if len(chosen) == 0 {
			return errInclude
		}
	}
	m, err := stampMethod(stamp)
	if err != nil {
		return err
	}
	for _, r := range chosen {
		if r == e.properties.reference {
			continue
		}
		if r.Source == nil {
			return r.Err
		}
		if err := r.Source.OctetsAs(w, m); err != nil {
			return err
		}
	}
	return nil
}

func (e *entry) referenceByID(uri string) *xmldsig.Reference {
	for _, r := range e.xml.References {
		if r.ID != "" && uri == "#"+r.ID {
			return r
		}
	}
	return nil
}

// maxEvidence bounds the certificates and revocation data that one signature carries.
const maxEvidence = 1000

// collectEvidence gathers what the signature carries to help judge its path.
func (e *entry) collectEvidence() {
	e.evidence.Certificates = append(e.evidence.Certificates, e.keys.Certificates...)
	e.evidence.CRLs = append(e.evidence.CRLs, e.keys.CRLs...)
	e.evidence.SHA1 = e.usesSHA1()
	p := e.properties
	if p == nil {
		return
	}
	for n := range p.unsignedSignature.Elements() {
		e.collectFrom(n)
		if n.Local() == "TimeStampValidationData" || n.Local() == "AnyValidationData" {
			for inner := range n.Elements() {
				e.collectFrom(inner)
			}
		}
	}
}

func (e *entry) collectFrom(n xmltree.Node) {
	space := e.properties.space
	switch n.Local() {
	case "CertificateValues", "AttrAuthoritiesCertValues":
		for c := range n.Children(space, "EncapsulatedX509Certificate") {
			der, err := c.Base64()
			if err != nil || len(e.evidence.Certificates) >= maxEvidence {
				continue
			}
			if parsed, err := certificate.Parse(der); err == nil &&
				!contains(e.evidence.Certificates, parsed) {
				e.evidence.Certificates = append(e.evidence.Certificates, parsed)
			}
		}
	case "RevocationValues", "AttributeRevocationValues":
		e.evidence.CRLs = appendValues(e.evidence.CRLs, n.Child(space, "CRLValues"),
			"EncapsulatedCRLValue")
		e.evidence.OCSPs = appendValues(e.evidence.OCSPs, n.Child(space, "OCSPValues"),
			"EncapsulatedOCSPValue")
	}
}

func appendValues(list [][]byte, parent xmltree.Node, local string) [][]byte {
	for c := range parent.Elements() {
		if c.Local() != local || len(list) >= maxEvidence {
			continue
		}
		if der, err := c.Base64(); err == nil {
			list = append(list, der)
		}
	}
	return list
}

func contains(list []*x509.Certificate, c *x509.Certificate) bool {
	for _, have := range list {
		if bytes.Equal(have.Raw, c.Raw) {
			return true
		}
	}
	return false
}
