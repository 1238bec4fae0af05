package xades

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"io"
	"time"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// Types of references (EN 319 132-1, 4.4.2 and 5.2.7.2).
const (
	typeSignedProperties = "http://uri.etsi.org/01903#SignedProperties"
	typeCountersigned    = "http://uri.etsi.org/01903#CountersignedSignature"
)

// Prepare makes everything of a signature but its value, for a key that lives elsewhere: sign what
// [Prepared.ToBeSigned] returns, then call [Prepared.Complete]. The context is used only to obtain
// a content time stamp. The document is not changed and not kept.
//
// Errors: those of [NewTemplate], [*PlaceError], [*BreakError], and an error with a
// [signing.Code] for a document that cannot be read.
func Prepare(ctx context.Context, doc []byte, chain []*x509.Certificate, p Profile) (*Prepared, error) {
	t, err := NewTemplate(chain, p)
	if err != nil {
		return nil, err
	}
	return t.Prepare(ctx, doc, p.SigningTime)
}

// Prepare is like the function [Prepare], with the signing time given for each document.
func (t *Template) Prepare(ctx context.Context, doc []byte, at time.Time) (*Prepared, error) {
	w := &writer{Template: t, profile: &t.profile, at: at}
	prepared, err := w.prepare(ctx, doc)
	if err != nil {
		return nil, documentError(err)
	}
	prepared.source = doc
	return prepared, nil
}

// ids are the identifiers of one new signature.
type ids struct {
	signature, signedInfo, value, keyInfo, reference, properties, object, contentStamp string
}

// newIDs derives identifiers from what makes a signature one of its kind.
func newIDs(suffix string) ids {
	all := "Signature-" + suffix + "SignedInfo-" + suffix + "SignatureValue-" + suffix + "Certificate-" + suffix +
		"Reference-" + suffix + "SignedProperties-" + suffix + "Object-" + suffix + "ContentTimeStamp-" + suffix
	var i ids
	for _, part := range []struct {
		to     *string
		length int
	}{
		{&i.signature, len("Signature-")}, {&i.signedInfo, len("SignedInfo-")},
		{&i.value, len("SignatureValue-")}, {&i.keyInfo, len("Certificate-")},
		{&i.reference, len("Reference-")}, {&i.properties, len("SignedProperties-")},
		{&i.object, len("Object-")}, {&i.contentStamp, len("ContentTimeStamp-")},
	} {
		end := part.length + len(suffix)
		*part.to, all = all[:end], all[end:]
	}
	return i
}

// writer makes one signature.
type writer struct {
	*Template
	profile *Profile
	at      time.Time
	counter bool // a counter-signature

	ids          ids
	format       Format
	scope        scope
	data         dataReference
	contentToken []byte
}

// dataReference is the reference to what is signed.
type dataReference struct {
	uri, kind  string
	transforms string
	digest     []byte
	write      func(io.Writer) error // the octets, for a content time stamp
	object     []byte                // a ds:Object to be put into the signature
}

// prepare finds the place, digests the data and writes the parts in the order of their digests.
func (w *writer) prepare(ctx context.Context, source []byte) (*Prepared, error) {
	p := &Prepared{leaf: w.chain[0].Raw, scheme: w.scheme, limits: w.profile.Limits}
	err := w.checkTime()
	if err != nil {
		return nil, err
	}
	switch w.profile.Packaging {
	case Enveloped:
		err = w.enveloped(p, source)
	case InternallyDetached:
		err = w.internallyDetached(p, source)
	case Detached:
		err = w.detached(source)
	case Enveloping:
		err = w.enveloping(source)
	}
	if err != nil {
		return nil, err
	}
	return p, w.finish(ctx, p)
}

func (w *writer) checkTime() error {
	if w.at.IsZero() {
		return &ProfileError{"SigningTime", "is required: the library reads no clock"}
	}
	if y := w.at.Year(); y < 1 || y > 9999 {
		return &ProfileError{"SigningTime", "has no year of four digits"}
	}
	return nil
}

// finish writes the signature around the value to come.
func (w *writer) finish(ctx context.Context, p *Prepared) error {
	w.setFormat()
	var err error
	if w.scope, err = newScope(w.method, p.parent, len(p.before) > 0); err != nil {
		return err
	}
	if w.ids.signature == "" {
		w.ids = w.freeIDs(p.tree)
	}
	if err = w.stampContent(ctx); err != nil {
		return err
	}
	properties := make(text, 0, 2048)
	if err = w.writeSignedProperties(&properties); err != nil {
		return err
	}
	info := make(text, 0, 1024)
	info.with("ds:KeyInfo", "Id", w.ids.keyInfo)
	info = append(info, w.keyInfo...)
	info.close("ds:KeyInfo")

	head := make(text, 0, 2048)
	head.raw(`<ds:Signature xmlns:ds="` + xmldsig.Namespace + `" Id="` + w.ids.signature + `">`)
	from := len(head)
	w.writeSignedInfo(&head, properties, info)
	w.sign(p, head[from:])
	head.with("ds:SignatureValue", "Id", w.ids.value)
	p.head = head

	tail := make(text, 0, len(info)+len(properties)+512+len(w.data.object))
	tail.close("ds:SignatureValue")
	tail = append(tail, info...)
	tail = append(tail, w.data.object...)
	tail.open("ds:Object")
	tail.raw(`<xades:QualifyingProperties xmlns:xades="` + namespace132 + `" Target="#` + w.ids.signature + `">`)
	tail = append(tail, properties...)
	w.writePolicyStore(&tail)
	tail.close("xades:QualifyingProperties")
	tail.close("ds:Object")
	tail.close("ds:Signature")
	p.tail, p.signature = tail, w.ids.signature
	return nil
}

// sign keeps what the key has to sign: SignedInfo in canonical form, and its digest.
func (w *writer) sign(p *Prepared, signedInfo []byte) {
	out := bytes.NewBuffer(make([]byte, 0, len(signedInfo)+len(w.scope.ds)+len(w.scope.attributes)))
	w.scope.write(out, signedInfo)
	p.message = out.Bytes()
}

func (w *writer) setFormat() {
	w.format = w.profile.Format
	if w.format.MimeType != "" {
		return
	}
	w.format.MimeType = "text/xml"
	if w.profile.Packaging == Detached || w.profile.Packaging == Enveloping && !w.profile.AsXML {
		w.format.MimeType = "application/octet-stream"
	}
}

// freeIDs derives identifiers from the data, the certificate and the time; where the document has
// them already, the next ones.
func (w *writer) freeIDs(doc *xmltree.Document) ids {
	seed := sha256.New()
	seed.Write(w.data.digest)
	seed.Write(w.chain[0].Raw)
	at, _ := w.at.MarshalBinary()
	seed.Write(at)
	for {
		i := newIDs(hex.EncodeToString(seed.Sum(nil)[:12]))
		if doc == nil || !taken(doc, i) {
			return i
		}
		seed.Write([]byte{1})
	}
}

func taken(doc *xmltree.Document, i ids) bool {
	for _, id := range []string{i.signature, i.signedInfo, i.value, i.keyInfo, i.reference,
		i.properties, i.object, i.contentStamp} {
		if _, err := doc.ByID(id); err == nil {
			return true
		}
	}
	return false
}

// writeSignedInfo writes ds:SignedInfo (XMLDSig 1.1, 4.4), with the digests of the parts.
func (w *writer) writeSignedInfo(t *text, properties, info []byte) {
	t.with("ds:SignedInfo", "Id", w.ids.signedInfo)
	t.algorithm("ds:CanonicalizationMethod", w.method.URI())
	t.algorithm("ds:SignatureMethod", w.signatureURI)
	w.writeReference(t, w.ids.reference, w.data.kind, w.data.uri, w.data.transforms, w.data.digest)
	own := w.canonicalTransform()
	w.writeReference(t, "", typeSignedProperties, "#"+w.ids.properties, own, w.partDigest(properties))
	if w.profile.SignKeyInfo {
		w.writeReference(t, "", "", "#"+w.ids.keyInfo, own, w.partDigest(info))
	}
	t.close("ds:SignedInfo")
}

func (w *writer) partDigest(part []byte) []byte {
	h := w.profile.Hash.New()
	w.scope.write(h, part)
	return h.Sum(nil)
}

// canonicalTransform names the canonicalisation of an element. Canonical XML 1.0 is what a reference
// without one implies (XMLDSig 1.1, 4.4.3.2).
func (w *writer) canonicalTransform() string {
	if w.method == c14n.Inclusive10 {
		return ""
	}
	return w.method.URI()
}

// writeReference writes ds:Reference; transforms are identifiers separated by spaces.
func (w *writer) writeReference(t *text, id, kind, uri, transforms string, digest []byte) {
	t.raw("<ds:Reference")
	for _, a := range [...]struct{ name, value string }{{"Id", id}, {"Type", kind}} {
		if a.value != "" {
			t.raw(" " + a.name + `="` + a.value + `"`)
		}
	}
	t.raw(` URI="`)
	t.value(uri)
	t.raw(`">`)
	writeTransforms(t, transforms)
	t.algorithm("ds:DigestMethod", w.digestURI)
	t.base64("ds:DigestValue", digest)
	t.close("ds:Reference")
}

func (w *writer) writePolicyStore(t *text) {
	p := w.profile.Policy
	if p == nil || len(p.Document) == 0 {
		return
	}
	t.open("xades:UnsignedProperties")
	t.open("xades:UnsignedSignatureProperties")
	t.with("xades141:SignaturePolicyStore", "xmlns:xades141", namespace141)
	t.raw("<xades141:SPDocSpecification>")
	writeIdentifier(t, p.ID)
	t.raw("</xades141:SPDocSpecification>")
	t.base64("xades141:SignaturePolicyDocument", p.Document)
	t.close("xades141:SignaturePolicyStore")
	t.close("xades:UnsignedSignatureProperties")
	t.close("xades:UnsignedProperties")
}

// stampContent obtains the AllDataObjectsTimeStamp (EN 319 132-1, 5.2.8.1), whose imprint is over
// what the references other than SignedProperties digest, in their order.
func (w *writer) stampContent(ctx context.Context) error {
	if w.profile.ContentTimestamper == nil || w.counter {
		return nil
	}
	if w.profile.SignKeyInfo {
		return &ProfileError{"ContentTimestamper", "cannot go with SignKeyInfo"}
	}
	h := w.profile.Hash.New()
	if err := w.data.write(h); err != nil {
		return err
	}
	token, err := w.profile.ContentTimestamper.Timestamp(ctx, w.profile.Hash, h.Sum(nil))
	if err != nil {
		return err
	}
	w.contentToken = token
	return nil
}

// hashOf is the digest of data by the profile's hash.
func (w *writer) hashOf(write func(io.Writer) error) ([]byte, error) {
	h := w.profile.Hash.New()
	err := write(h)
	return h.Sum(nil), err
}
