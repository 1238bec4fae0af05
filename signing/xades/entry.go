package xades

import (
	"crypto"
	"errors"
	"slices"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// note turns an error about one signature into its finding and verdict.
func (e *entry) note(err error) {
	if err == nil {
		return
	}
	var (
		unsupported *xmldsig.Unsupported
		missing     *xmldsig.Missing
		form        *xmldsig.Malformed
	)
	switch {
	case errors.As(err, &unsupported):
		code := "unsupported-" + unsupported.Kind
		if xmldsig.Refused(unsupported.Feature) {
			code = "forbidden-algorithm"
		}
		e.unjudged = true
		e.AddFinding(signing.SeverityError, code, err.Error())
	case errors.As(err, &missing):
		e.unjudged = true
		e.AddFinding(signing.SeverityWarning, "signed-data-not-found", err.Error())
		e.say(signing.Indeterminate, signing.SignedDataNotFound)
	case errors.As(err, &form):
		e.fail("malformed", err.Error(), signing.FormatFailure)
	default:
		e.fail("broken", err.Error(), signing.SigCryptoFailure)
	}
}

// fail marks the signature broken, with a finding.
func (e *entry) fail(code, message string, sub signing.SubIndication) {
	e.broken = true
	e.AddFinding(signing.SeverityError, code, message)
	if e.Indication != signing.TotalFailed {
		e.Indication, e.SubIndication = signing.TotalFailed, sub
	}
}

// say sets the indication unless a worse one stands.
func (e *entry) say(i signing.Indication, sub signing.SubIndication) {
	if e.Indication == "" {
		e.Indication, e.SubIndication = i, sub
	}
}

// noteReferences brings the verdicts of the references into the entry.
func (e *entry) noteReferences() {
	for _, r := range e.xml.References {
		if broken, ok := errors.AsType[*xmldsig.Broken](r.Err); ok {
			e.fail("reference-broken", "reference "+nameOf(r)+": "+broken.What, signing.HashFailure)
			continue
		}
		e.note(r.Err)
		e.noteManifest(r)
	}
}

// noteManifest judges the entries of a manifest. Content that is there and does not fit breaks the
// signature; content that is not there is only named, for a manifest is made for that (XMLDSig 1.1,
// 5.1).
func (e *entry) noteManifest(r *xmldsig.Reference) {
	for _, m := range r.Entries {
		switch err := m.Err.(type) {
		case nil:
		case *xmldsig.Broken:
			e.fail("manifest-entry-broken", "manifest entry "+nameOf(m)+": "+err.What,
				signing.HashFailure)
		case *xmldsig.Missing:
			e.AddFinding(signing.SeverityWarning, "manifest-entry-not-found", err.Error())
		default:
			e.AddFinding(signing.SeverityWarning, "manifest-entry-not-judged", m.Err.Error())
		}
	}
}

func nameOf(r *xmldsig.Reference) string {
	if r.HasURI {
		return `"` + r.URI[:min(len(r.URI), 80)] + `"`
	}
	return "without URI"
}

// checkStructure refuses a signature over nothing, and one whose properties are not its own.
func (e *entry) checkStructure() {
	if p := e.properties; p != nil {
		for _, fault := range p.faults {
			e.fail(fault.code, fault.message, signing.FormatFailure)
		}
		if p.astray { // the octets are signed all the same, but not as properties of this signature
			e.AddFinding(signing.SeverityError, "target-mismatch",
				"QualifyingProperties does not target the signature that holds it")
			e.Indication, e.SubIndication = signing.TotalFailed, signing.FormatFailure
		}
	}
	if e.counters != nil {
		return
	}
	if len(e.xml.References) > 0 && !e.signsContent() {
		e.fail("signs-nothing", "no reference covers anything but the signature itself",
			signing.FormatFailure)
	}
}

// signsContent reports whether a reference is about something else than the signature's own parts.
// References that could not be resolved are taken to be: they have their own verdict.
func (e *entry) signsContent() bool {
	for _, r := range e.xml.References {
		if r.Err != nil || r.Source.External() {
			return true
		}
		apex := r.Source.Apex
		if !e.xml.Node.Contains(apex) {
			return true
		}
		if o := e.object(apex); !o.IsZero() && !holdsProperties(o) {
			return true
		}
	}
	return false
}

// object is the ds:Object of this signature that contains a node.
func (e *entry) object(n xmltree.Node) xmltree.Node {
	for _, o := range e.xml.Objects {
		if o.Contains(n) {
			return o
		}
	}
	return xmltree.Node{}
}

// linkCounter finds the signature that this one countersigns (EN 319 132-1, 5.2.7): the one in
// whose unsigned properties it stands, or whose value it references as a countersigned signature.
func (j *judgement) linkCounter(e *entry) {
	holder := e.xml.Node.Parent()
	embedded := isXAdES(holder.Space()) && holder.Local() == "CounterSignature"
	var parent *entry
	for _, other := range j.entries {
		if other == e {
			continue
		}
		if embedded && other.properties != nil && other.properties.unsigned.Contains(holder) &&
			holder.Parent() == other.properties.unsignedSignature {
			parent = other
		}
		if !embedded && e.references(other.xml.ValueNode) == typeCountersigned {
			parent = other
		}
	}
	if parent == nil {
		if embedded {
			e.fail("counter-signature-misplaced",
				"the counter-signature stands in no signature's unsigned properties",
				signing.FormatFailure)
		}
		return
	}
	e.counters, e.Parent = parent, parent.ID
	if e.Parent == "" {
		e.Parent = parent.xml.Node.Path()
	}
	if e.references(parent.xml.ValueNode) == "" && !e.unresolved() {
		e.fail("counter-signature-mismatch",
			"the counter-signature does not cover the value of the signature that holds it",
			signing.FormatFailure)
	}
}

// references returns the type of the sound reference to a ds:SignatureValue, " " for one without
// type, "" if there is none.
func (e *entry) references(value xmltree.Node) string {
	for _, r := range e.xml.References {
		if r.Err != nil || value.IsZero() || r.Source.Apex != value || len(r.Source.Omit) > 0 {
			continue
		}
		if r.Type == "" {
			return " "
		}
		return r.Type
	}
	return ""
}

func (e *entry) unresolved() bool {
	for _, r := range e.xml.References {
		if r.Err != nil {
			return true
		}
	}
	return len(e.xml.References) == 0
}

// listSigned writes down what an intact signature covers, octet for octet.
func (e *entry) listSigned() {
	var paths xmltree.Paths
	for _, r := range e.xml.References {
		e.addSigned(r, &paths)
		for _, m := range r.Entries {
			if m.Err == nil {
				e.addSigned(m, &paths)
			}
		}
	}
}

func (e *entry) addSigned(r *xmldsig.Reference, paths *xmltree.Paths) {
	s := signing.Signed{SHA256: r.SHA256, Octets: r.Source.Octets}
	switch {
	case r.Source.External():
		s.ID = r.Source.Name
	default:
		top := r.Source.Apex
		if !top.IsElement() {
			top = top.FirstElement()
		}
		s.Path, s.ID = paths.Of(top), identifier(top)
	}
	e.Signed = append(e.Signed, s)
}

// coverage says how much of the file the signature covers.
func (e *entry) coverage() signing.Coverage {
	if e.Crypto != signing.Intact {
		return signing.CoversNone
	}
	root := e.xml.Node.Document().Root()
	external, objects := false, 0
	for _, r := range e.xml.References {
		if r.Source.External() {
			external = true
			continue
		}
		if !r.Source.Inner && r.Source.Apex.Contains(root) && onlySignatures(r.Source.Omit) {
			return signing.CoversWhole
		}
		if root == e.xml.Node && !e.object(r.Source.Apex).IsZero() {
			objects++
		}
	}
	if root == e.xml.Node && (external || objects >= e.contentObjects()) {
		return signing.CoversWhole
	}
	return signing.CoversPartial
}

func onlySignatures(omitted []xmltree.Node) bool {
	for _, o := range omitted {
		if !o.Is(xmldsig.Namespace, "Signature") {
			return false
		}
	}
	return true
}

// contentObjects counts the ds:Object elements that hold content, not properties.
func (e *entry) contentObjects() int {
	count := 0
	for _, o := range e.xml.Objects {
		if !holdsProperties(o) {
			count++
		}
	}
	return count
}

// usesSHA1 reports whether the signature, a reference or the entry of a manifest rests on SHA-1.
func (e *entry) usesSHA1() bool {
	if e.xml.Scheme.Hash == crypto.SHA1 {
		return true
	}
	isSHA1 := func(r *xmldsig.Reference) bool { return r.Digest == crypto.SHA1 }
	for _, r := range e.xml.References {
		if isSHA1(r) || slices.ContainsFunc(r.Entries, isSHA1) {
			return true
		}
	}
	return false
}
