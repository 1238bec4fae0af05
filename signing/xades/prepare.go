package xades

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash"
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
func Prepare(ctx context.Context, doc []byte, chain []*x509.Certificate,
	p Profile) (*Prepared, error) {
	t, err := NewTemplate(chain, p)
	if err != nil {
		return nil, err
	}
	return t.Prepare(ctx, doc, p.SigningTime)
}

// Prepare is like the function [Prepare], with the signing time given for each document.
func (t *Template) Prepare(ctx context.Context, doc []byte, at time.Time) (*Prepared, error) {
	return t.prepare(ctx, doc, at, xmltree.Parse)
}

// A reading is how documents are read: xmltree.Parse, or xmltree.Borrow for those that are
// released when they are signed.
type reading func(doc []byte, l xmltree.Limits) (*xmltree.Document, error)

func (t *Template) prepare(ctx context.Context, doc []byte, at time.Time,
	parse reading) (*Prepared, error) {
	w := &writer{Template: t, profile: &t.profile, at: at, hash: t.profile.Hash.New(), parse: parse}
	prepared, err := w.prepare(ctx, doc)
	if err != nil {
		return nil, documentError(err)
	}
	prepared.source = doc
	return prepared, nil
}

// ids are the identifiers of one new signature. They share their ending.
type ids struct {
	signature, signedInfo, value, keyInfo, reference, properties, object, contentStamp string

	keyInfoURI, referenceURI, propertiesURI, objectURI string // with "#" in front
}

// newIDs cuts all identifiers from one string.
func newIDs(ending string) ids {
	var space [512]byte
	all := text(space[:0])
	for _, name := range idNames {
		all.raw(name)
		all.raw(ending)
	}
	rest := string(all)
	next := func(n int) (uri, id string) {
		end := len(idNames[n]) + len(ending)
		uri, rest = rest[:end], rest[end:]
		return uri, uri[1:]
	}
	var i ids
	_, i.signature = next(0)
	_, i.signedInfo = next(1)
	_, i.value = next(2)
	i.keyInfoURI, i.keyInfo = next(3)
	i.referenceURI, i.reference = next(4)
	i.propertiesURI, i.properties = next(5)
	i.objectURI, i.object = next(6)
	_, i.contentStamp = next(7)
	return i
}

// idNames are what identifiers begin with, each as a reference to it.
var idNames = [...]string{"#Signature-", "#SignedInfo-", "#SignatureValue-", "#Certificate-",
	"#Reference-", "#SignedProperties-", "#Object-", "#ContentTimeStamp-"}

// writer makes one signature.
type writer struct {
	*Template
	profile *Profile
	at      time.Time
	counter bool // a counter-signature
	parse   reading

	ids          ids
	format       Format
	scope        scope
	data         dataReference
	contentToken []byte

	hash   hash.Hash // of the profile, used for one digest after the other
	digest [64]byte  // the last one

	scratch []byte // start tags in canonical form

	propertiesAt, keyInfoAt int // where their digests stand in the fragment
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

// finish writes the signature as one fragment, with room for what is known last: the digests of
// its own parts, and its value.
func (w *writer) finish(ctx context.Context, p *Prepared) error {
	w.setFormat()
	var err error
	if w.scope, err = w.scopeAt(p.parent, len(p.before) > 0); err != nil {
		return err
	}
	if w.ids.signature == "" {
		w.ids = w.freeIDs(p.tree)
	}
	if err = w.stampContent(ctx); err != nil {
		return err
	}
	f := make(text, 0,
		fragmentSize+len(w.keyInfo)+len(w.certificate)+2*len(w.contentToken)+len(w.data.object))
	f.raw(`<ds:Signature xmlns:ds="` + xmldsig.Namespace + `" Id="`)
	f.raw(w.ids.signature)
	f.raw(`">`)
	info := len(f)
	w.writeSignedInfo(&f)
	infoEnd := len(f)
	f.with("ds:SignatureValue", "Id", w.ids.value)
	p.valueAt = len(f)
	f.room(base64.StdEncoding.EncodedLen(w.valueSize))
	f.close("ds:SignatureValue")
	keys := len(f)
	f.with("ds:KeyInfo", "Id", w.ids.keyInfo)
	f = append(f, w.keyInfo...)
	f.close("ds:KeyInfo")
	keysEnd := len(f)
	f = append(f, w.data.object...)
	f.open("ds:Object")
	f.raw(`<xades:QualifyingProperties xmlns:xades="` + namespace132 + `" Target="#`)
	f.raw(w.ids.signature)
	f.raw(`">`)
	properties := len(f)
	if err = w.writeSignedProperties(&f); err != nil {
		return err
	}
	propertiesEnd := len(f)
	w.writePolicyStore(&f)
	f.close("xades:QualifyingProperties")
	f.close("ds:Object")
	f.close("ds:Signature")

	base64.StdEncoding.Encode(f[w.propertiesAt:], w.partDigest(f[properties:propertiesEnd]))
	if w.profile.SignKeyInfo {
		base64.StdEncoding.Encode(f[w.keyInfoAt:], w.partDigest(f[keys:keysEnd]))
	}
	p.fragment, p.valueSize, p.signature = f, w.valueSize, w.ids.signature
	size := infoEnd - info + len(w.scope.ds) + len(w.scope.attributes)
	p.message = w.scope.append(make([]byte, 0, size), f[info:infoEnd])
	return nil
}

// fragmentSize is about what a signature takes without certificates.
const fragmentSize = 3 << 10

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

// freeIDs derives identifiers from the data, the certificate and the time; where the document holds
// their ending already, the next ones.
func (w *writer) freeIDs(doc *xmltree.Document) ids {
	seed := sha256.New()
	seed.Write(w.data.digest)
	seed.Write(w.chain[0].Raw)
	var at [12]byte
	binary.BigEndian.PutUint64(at[:], uint64(w.at.Unix()))
	binary.BigEndian.PutUint32(at[8:], uint32(w.at.Nanosecond()))
	seed.Write(at[:])
	var digest [sha256.Size]byte
	var ending [24]byte
	for {
		hex.Encode(ending[:], seed.Sum(digest[:0])[:12])
		if doc == nil || !declaresSignatures(doc) || !bytes.Contains(doc.Bytes(), ending[:]) {
			return newIDs(string(ending[:]))
		}
		seed.Write([]byte{1})
	}
}

// writeSignedInfo writes ds:SignedInfo (XMLDSig 1.1, 4.4), with room for the digests of the parts.
func (w *writer) writeSignedInfo(t *text) {
	t.with("ds:SignedInfo", "Id", w.ids.signedInfo)
	t.algorithm("ds:CanonicalizationMethod", w.method.URI())
	t.algorithm("ds:SignatureMethod", w.signatureURI)
	at := w.writeReference(t, w.ids.reference, w.data.kind, w.data.uri, w.data.transforms)
	base64.StdEncoding.Encode((*t)[at:], w.data.digest)
	own := w.canonicalTransform()
	w.propertiesAt = w.writeReference(t, "", typeSignedProperties, w.ids.propertiesURI, own)
	if w.profile.SignKeyInfo {
		w.keyInfoAt = w.writeReference(t, "", "", w.ids.keyInfoURI, own)
	}
	t.close("ds:SignedInfo")
}

// partDigest digests an element of the signature; the result is good until the next one.
func (w *writer) partDigest(part []byte) []byte {
	w.hash.Reset()
	w.scratch = w.scope.write(w.hash, part, w.scratch[:0])
	return w.hash.Sum(w.digest[:0])
}

// canonicalTransform names the canonicalisation of an element. Canonical XML 1.0 is what a
// reference without one implies (XMLDSig 1.1, 4.4.3.2).
func (w *writer) canonicalTransform() string {
	if w.method == c14n.Inclusive10 {
		return ""
	}
	return w.method.URI()
}

// writeReference writes ds:Reference with room for its digest, and returns where that is;
// transforms are identifiers separated by spaces.
func (w *writer) writeReference(t *text, id, kind, uri, transforms string) (digestAt int) {
	t.raw("<ds:Reference")
	if id != "" {
		t.raw(` Id="`)
		t.raw(id)
		t.raw(`"`)
	}
	if kind != "" {
		t.raw(` Type="`)
		t.raw(kind)
		t.raw(`"`)
	}
	t.raw(` URI="`)
	t.value(uri)
	t.raw(`">`)
	writeTransforms(t, transforms)
	t.algorithm("ds:DigestMethod", w.digestURI)
	t.open("ds:DigestValue")
	digestAt = len(*t)
	t.room(base64.StdEncoding.EncodedLen(w.profile.Hash.Size()))
	t.close("ds:DigestValue")
	t.close("ds:Reference")
	return digestAt
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
	w.hash.Reset()
	err := write(w.hash)
	return w.hash.Sum(nil), err
}
