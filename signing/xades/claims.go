package xades

import (
	"bytes"
	"crypto"
	"strings"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
)

// readClaims reads what the signed properties say, and notes what does not fit.
func (e *entry) readClaims(policies func(string) ([]byte, error), documents [][]byte) {
	p := e.properties
	if p == nil {
		return
	}
	if p.untyped {
		e.AddFinding(signing.SeverityWarning, "reference-without-type",
			"the reference to SignedProperties does not state its type")
	}
	if n := p.property("SigningTime"); !n.IsZero() {
		at, zoned, ok := parseDateTime(trim(n.Text()))
		switch {
		case !ok:
			e.AddFinding(signing.SeverityWarning, "signing-time-malformed",
				"SigningTime is not a date and time")
		case !zoned:
			e.AddFinding(signing.SeverityInfo, "signing-time-without-zone",
				"SigningTime states no zone; read as UTC")
		}
		e.ClaimedTime = at
	}
	e.checkFormats()
	e.checkPolicy(policies, documents)
}

// maxDateTime bounds xsd:dateTime; real values have at most 35 characters.
const maxDateTime = 64

// parseDateTime reads xsd:dateTime (XML Schema part 2, 3.2.7). zoned says that it states its
// offset; otherwise the time is taken as UTC.
func parseDateTime(s string) (at time.Time, zoned, ok bool) {
	if len(s) > maxDateTime || strings.Contains(s, ",") { // time.Parse takes a comma for the point
		return time.Time{}, false, false
	}
	if at, err := time.Parse("2006-01-02T15:04:05Z07:00", s); err == nil {
		return at, true, true
	}
	at, err := time.Parse("2006-01-02T15:04:05", s)
	return at, false, err == nil
}

// checkFormats compares the DataObjectFormat properties with the references that they describe.
func (e *entry) checkFormats() {
	known := map[string]bool{}
	for _, r := range e.xml.References {
		if r.ID != "" {
			known["#"+r.ID] = true
		}
		for _, m := range r.Entries {
			if m.ID != "" {
				known["#"+m.ID] = true
			}
		}
	}
	for _, o := range e.xml.Objects {
		if id, ok := o.Attr("Id"); ok {
			known["#"+id] = true
		}
	}
	for f := range e.properties.signedData.Children(e.properties.space, "DataObjectFormat") {
		target, _ := f.Attr("ObjectReference")
		if !known[target] {
			e.AddFinding(signing.SeverityWarning, "format-of-nothing",
				"a DataObjectFormat describes what no reference of the signature has")
		}
	}
}

// amongPolicies finds the document that a digest names. A single one is meant even when the digest
// is another, so that the difference is told.
func amongPolicies(documents [][]byte, h crypto.Hash, want []byte) []byte {
	for _, document := range documents {
		if bytes.Equal(want, sum(h, document)) {
			return document
		}
	}
	if len(documents) == 1 {
		return documents[0]
	}
	return nil
}

// checkPolicy compares the digest of a signature policy with its document, where it is at hand: in
// the signature (SignaturePolicyStore) or from the host.
func (e *entry) checkPolicy(policies func(string) ([]byte, error), documents [][]byte) {
	p := e.properties
	id := p.property("SignaturePolicyIdentifier").Child(p.space, "SignaturePolicyId")
	if id.IsZero() {
		return
	}
	name := trim(id.Child(p.space, "SigPolicyId").Child(p.space, "Identifier").Text())
	hashNode := id.Child(p.space, "SigPolicyHash")
	h, want, digestErr := p.readDigest(hashNode)
	document := e.storedPolicy()
	if policies != nil {
		if own, err := policies(name); err == nil && own != nil {
			document = own
		}
	}
	if document == nil && digestErr == nil {
		document = amongPolicies(documents, h, want)
	}
	switch {
	case hashNode.IsZero():
		e.AddFinding(signing.SeverityWarning, "policy-without-digest",
			"the signature policy is named without a digest")
	case digestErr != nil:
		e.AddFinding(signing.SeverityWarning, "policy-digest-not-judged",
			"the digest of the signature policy cannot be judged")
	case document == nil:
		e.AddFinding(signing.SeverityInfo, "policy-not-checked",
			"the document of the signature policy is not at hand")
	case !bytes.Equal(want, sum(h, document)):
		e.AddFinding(signing.SeverityError, "policy-mismatch",
			"the signature policy is another document than was signed")
		e.say(signing.Indeterminate, signing.PolicyProcessingError)
	}
}

// storedPolicy is the document of SignaturePolicyStore (EN 319 132-1, 5.2.10), nil when absent.
func (e *entry) storedPolicy() []byte {
	store := e.properties.unsignedSignature.Child(namespace141, "SignaturePolicyStore")
	document, err := store.Child(namespace141, "SignaturePolicyDocument").Base64()
	if err != nil {
		return nil
	}
	return document
}

// The names of levels. The baseline ones are those of EN 319 132-1, section 6.
const (
	levelXMLDSig  = "XMLDSig"
	levelBaseline = "XAdES-BASELINE-"
)

// level names how far the signature reaches, by its form and by the dates of its time stamps; how
// good these are is judged on their own.
func (e *entry) level() string {
	p := e.properties
	if p == nil || p.signed.IsZero() {
		return levelXMLDSig
	}
	has := func(space, local string) bool {
		return !p.unsignedSignature.Child(space, local).IsZero()
	}
	values := has(p.space, "CertificateValues") && has(p.space, "RevocationValues") ||
		has(namespace141, "TimeStampValidationData") || has(namespace141, "AnyValidationData")
	archived := has(namespace141, "ArchiveTimeStamp") || has(p.space, "ArchiveTimeStamp")
	refs := has(p.space, "CompleteRevocationRefs") &&
		(has(p.space, "CompleteCertificateRefs") || has(namespace141, "CompleteCertificateRefsV2"))
	stamped, single := e.stampsInTime()
	if e.isBaseline() && !refs && (single || !stamped) {
		switch {
		case stamped && archived:
			return levelBaseline + "LTA"
		case stamped && values:
			return levelBaseline + "LT"
		case stamped:
			return levelBaseline + "T"
		}
		return levelBaseline + "B"
	}
	x := has(p.space, "SigAndRefsTimeStamp") || has(p.space, "RefsOnlyTimeStamp") ||
		has(namespace141, "SigAndRefsTimeStampV2") || has(namespace141, "RefsOnlyTimeStampV2")
	switch {
	case stamped && archived:
		return "XAdES-A"
	case stamped && refs && values:
		return "XAdES-XL"
	case stamped && refs && x:
		return "XAdES-X"
	case stamped && refs:
		return "XAdES-C"
	case stamped:
		return "XAdES-T"
	case e.namesPolicy():
		return "XAdES-EPES"
	}
	return "XAdES-BES"
}

// stampsInTime reports whether there is a signature time stamp from before the end of the signer's
// certificate, and whether every such property holds a single token (EN 319 132-1, 6.3).
func (e *entry) stampsInTime() (stamped, single bool) {
	single = true
	for n := range e.properties.unsignedSignature.Children(e.properties.space,
		"SignatureTimeStamp") {
		count := 0
		for range n.Children(e.properties.space, "EncapsulatedTimeStamp") {
			count++
		}
		single = single && count == 1
	}
	for _, s := range e.Timestamps {
		if s.Kind == signing.TimestampSignature &&
			(e.Signer == nil || s.Time.IsZero() || s.Time.Before(e.Signer.NotAfter)) {
			stamped = true
		}
	}
	return stamped, single
}

// namesPolicy reports whether the signature has an explicit policy with a digest, or an implied
// one.
func (e *entry) namesPolicy() bool {
	p := e.properties
	policy := p.property("SignaturePolicyIdentifier")
	return !policy.Child(p.space, "SignaturePolicyImplied").IsZero() ||
		!policy.Child(p.space, "SignaturePolicyId").Child(p.space, "SigPolicyHash").IsZero()
}

// isBaseline reports whether the properties that EN 319 132-1, 6.3 requires at level B are there.
func (e *entry) isBaseline() bool {
	p := e.properties
	_, bound := p.signingCertificates()
	if p.space != namespace132 || !bound || p.property("SigningTime").IsZero() ||
		len(e.keys.Certificates) == 0 {
		return false
	}
	if e.Signer != nil && !contains(e.keys.Certificates, e.Signer) {
		return false
	}
	if e.counters != nil {
		return true
	}
	described := map[string]bool{}
	for f := range p.signedData.Children(p.space, "DataObjectFormat") {
		target, _ := f.Attr("ObjectReference")
		described[target] = !f.Child(p.space, "MimeType").IsZero()
	}
	for _, r := range e.xml.References {
		if r == p.reference || described["#"+r.ID] && r.ID != "" || e.isKeyInfo(r) {
			continue
		}
		return false
	}
	return true
}

// isKeyInfo reports whether a reference is to the signature's own KeyInfo.
func (e *entry) isKeyInfo(r *xmldsig.Reference) bool {
	return r.Source != nil && !e.xml.KeyInfo.IsZero() && r.Source.Apex == e.xml.KeyInfo
}
