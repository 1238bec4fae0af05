package xades

import (
	"bytes"
	"context"
	"crypto"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// Extension says how signatures are carried further in time.
type Extension struct {
	// Timestamper is asked for the time stamps. Required.
	Timestamper signing.Timestamper
	// Hash is that of the imprint. Zero: SHA-256.
	Hash crypto.Hash
	// Canonicalization of what is stamped.
	Canonicalization CanonicalForm
	// Signature is the Id of the only signature to extend, which then gets a further time stamp if
	// it has one. Empty: all that have no signature time stamp yet, counter-signatures excepted.
	Signature string
	// Detached gives what the signatures cover outside the document, as in signing.Validation. Nil:
	// such references are not looked at.
	Detached func(name string) (io.ReadCloser, error)
	// Limits bound the document.
	Limits Limits
}

// A BrokenError says that a signature that was to be extended or countersigned does not stand. A
// time stamp would prove nothing.
type BrokenError struct {
	Signature string
	Reason    string
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("xades: the signature %q is broken: %s", e.Signature, e.Reason)
}

// Extend adds a signature time stamp (EN 319 132-1, 5.3) to signatures, also to those of others,
// and writes the document to dst. All bytes that were there stay. Only level T is built.
//
// Errors: [ErrLevel], [ErrTimestamper], [ErrNoSignature], [signing.ErrNotSigned], [*BrokenError],
// [*BreakError], [*PlaceError], [*DocumentError], and those of the time stamper.
func Extend(ctx context.Context, dst io.Writer, doc []byte, to signing.Level, e Extension) error {
	if to != signing.LevelT {
		return ErrLevel
	}
	if e.Timestamper == nil {
		return ErrTimestamper
	}
	if e.Hash == 0 {
		e.Hash = crypto.SHA256
	}
	method, err := e.Canonicalization.method()
	if err != nil {
		return err
	}
	judge, err := readSigned(doc, e.Limits, e.Detached)
	if err != nil {
		return documentError(err)
	}
	chosen, err := judge.choose(e.Signature)
	if err != nil {
		return documentError(err)
	}
	insertions := make([]xmltree.Insertion, 0, len(chosen))
	for _, one := range chosen {
		insertion, err := one.stamp(ctx, e, method)
		if err != nil {
			return documentError(err)
		}
		insertions = append(insertions, insertion)
	}
	return judge.entries[0].xml.Node.Document().Splice(dst, insertions...)
}

// readSigned reads a document and judges the cryptography of its signatures, without trust.
func readSigned(doc []byte, limits Limits,
	detached func(string) (io.ReadCloser, error)) (*judgement, error) {
	tree, err := xmltree.Parse(doc, limits)
	if err != nil {
		return nil, err
	}
	nodes, err := signatures(tree)
	if err != nil {
		return nil, err
	}
	if len(nodes) == 0 {
		return nil, signing.ErrNotSigned
	}
	j := &judgement{context: xmldsig.NewContext(len(tree.Bytes()))}
	j.context.Limits, j.context.Detached = limits, detached
	for _, n := range nodes {
		e := &entry{}
		j.entries = append(j.entries, e)
		if err := j.read(e, n); err != nil {
			return nil, err
		}
	}
	for _, e := range j.entries {
		j.linkCounter(e)
		e.noteReferences()
		e.checkStructure()
		if err := j.chooseSigner(e); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// choose picks the signatures to extend.
func (j *judgement) choose(id string) ([]*entry, error) {
	var chosen []*entry
	for _, e := range j.entries {
		switch {
		case id != "" && e.ID != id:
			continue
		case id == "" && (e.counters != nil || e.stamped() || e.properties == nil):
			continue
		}
		if err := e.extendable(); err != nil {
			return nil, err
		}
		chosen = append(chosen, e)
	}
	if len(chosen) == 0 && id != "" {
		return nil, ErrNoSignature
	}
	return chosen, nil
}

func (e *entry) stamped() bool {
	p := e.properties
	return p != nil && !p.unsignedSignature.Child(p.space, "SignatureTimeStamp").IsZero()
}

// extendable refuses signatures that cannot take further unsigned properties.
func (e *entry) extendable() error {
	if e.broken {
		reason := "no reason was noted"
		for _, f := range e.Findings {
			if f.Severity == signing.SeverityError {
				reason = f.Message
				break
			}
		}
		return &BrokenError{Signature: e.ID, Reason: reason}
	}
	p := e.properties
	switch {
	case p == nil:
		return &PlaceError{e.ID, "the signature has no qualifying properties to extend"}
	case p.space != namespace132:
		return &PlaceError{e.ID, "the signature is of a XAdES before 1.3.2, which is not extended"}
	case !p.unsigned.IsZero() && p.unsignedSignature.IsZero():
		return &PlaceError{e.ID, "its unsigned properties are about data only"}
	}
	return wouldBreak(e.xml.Node.Document(), e.unsignedPlace(), namespace132, "")
}

// unsignedPlace is the element that receives further unsigned signature properties.
func (e *entry) unsignedPlace() xmltree.Node {
	if !e.properties.unsignedSignature.IsZero() {
		return e.properties.unsignedSignature
	}
	return e.properties.node
}

// around returns what must stand around a new unsigned signature property, and declares xades: on
// the outermost new element.
func (e *entry) around(element string) (before, after text) {
	if !e.properties.unsignedSignature.IsZero() {
		before.raw("<" + element + ` xmlns:xades="` + namespace132 + `"`)
		after.close(element)
		return before, after
	}
	before.raw(`<xades:UnsignedProperties xmlns:xades="` + namespace132 +
		`"><xades:UnsignedSignatureProperties><` + element)
	after.close(element)
	after.close("xades:UnsignedSignatureProperties")
	after.close("xades:UnsignedProperties")
	return before, after
}

// stamp obtains one time stamp and writes its property.
func (e *entry) stamp(ctx context.Context, x Extension, m c14n.Method) (xmltree.Insertion, error) {
	h := x.Hash.New()
	if err := c14n.Canonicalize(h, m, e.xml.ValueNode, c14n.Options{}); err != nil {
		return xmltree.Insertion{}, err
	}
	digest := h.Sum(nil)
	token, err := x.Timestamper.Timestamp(ctx, x.Hash, digest)
	if err != nil {
		return xmltree.Insertion{}, err
	}
	before, after := e.around("xades:SignatureTimeStamp")
	before.raw(` Id="` + e.freeStampID(digest) + `">`)
	before.with("ds:CanonicalizationMethod", "xmlns:ds", xmldsig.Namespace)
	before = before[:len(before)-1]
	before.raw(` Algorithm="` + m.URI() + `">`)
	before.close("ds:CanonicalizationMethod")
	before.base64("xades:EncapsulatedTimeStamp", token)
	return xmltree.Insertion{Parent: e.unsignedPlace(), Fragment: append(before, after...)}, nil
}

func (e *entry) freeStampID(digest []byte) string {
	base := "SignatureTimeStamp-" + hex.EncodeToString(digest[:12])
	id := base
	for n := 2; ; n++ {
		if _, err := e.xml.Node.Document().ByID(id); err != nil {
			return id
		}
		id = fmt.Sprintf("%s-%d", base, n)
	}
}

// CounterSign signs the value of a signature that the document holds (EN 319 132-1, 5.2.7.2) and
// writes the document to dst. target is the Id of that signature. Of the profile, Packaging,
// Subject, Path, URI, Parallel, Format and ContentTimestamper do not apply.
//
// Errors: those of [Sign], [ErrNoSignature], [*BrokenError].
func CounterSign(ctx context.Context, dst io.Writer, doc []byte, target string, s signing.Signer,
	p Profile) error {
	t, err := NewTemplate(s.Chain, p)
	if err != nil {
		return err
	}
	if _, err := s.Leaf(); err != nil {
		return err
	}
	prepared, err := t.PrepareCounter(doc, target)
	if err != nil {
		return err
	}
	return t.signPrepared(ctx, dst, prepared, s)
}

// PrepareCounter is [CounterSign] in two steps, as [Prepare] is to [Sign].
func (t *Template) PrepareCounter(doc []byte, target string) (*Prepared, error) {
	judge, err := readSigned(doc, t.profile.Limits, nil)
	if err != nil {
		return nil, documentError(err)
	}
	for _, e := range judge.entries {
		if target == "" || e.ID != target {
			continue
		}
		if err := e.extendable(); err != nil {
			return nil, documentError(err)
		}
		p, err := t.counter(e)
		if err != nil {
			return nil, documentError(err)
		}
		p.source = doc
		return p, nil
	}
	return nil, ErrNoSignature
}

func (t *Template) counter(e *entry) (*Prepared, error) {
	w := &writer{Template: t, profile: &t.profile, at: t.profile.SigningTime, counter: true,
		hash: t.profile.Hash.New()}
	if err := w.checkTime(); err != nil {
		return nil, err
	}
	value, ok := e.xml.ValueNode.Attr("Id")
	if !ok || bytes.ContainsAny([]byte(value), "<>&\"") {
		return nil, &PlaceError{e.ID, "its SignatureValue has no Id to be referenced by"}
	}
	p := &Prepared{leaf: t.chain[0].Raw, scheme: t.scheme, limits: t.profile.Limits,
		tree: e.xml.Node.Document(), parent: e.unsignedPlace()}
	p.before, p.after = e.around("xades:CounterSignature")
	p.before = append(p.before, '>')
	w.data.uri, w.data.kind = "#"+value, typeCountersigned
	w.data.transforms = w.canonicalTransform()
	var err error
	w.data.digest, err = w.hashOf(func(out io.Writer) error {
		return c14n.Canonicalize(out, w.method.WithoutComments(), e.xml.ValueNode, c14n.Options{})
	})
	if err != nil {
		return nil, err
	}
	return p, w.finish(context.Background(), p)
}
