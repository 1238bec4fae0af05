package xades

import (
	"io"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// Transforms of the references that are written.
const (
	transformEnveloped = xmldsig.Namespace + "enveloped-signature"
	transformBase64    = xmldsig.Namespace + "base64"
	transformXPath     = "http://www.w3.org/TR/1999/REC-xpath-19991116"
	notSignatures      = "not(ancestor-or-self::ds:Signature)"
)

// writeTransforms writes ds:Transforms for identifiers separated by spaces.
func writeTransforms(t *text, list string) {
	if list == "" {
		return
	}
	t.open("ds:Transforms")
	for list != "" {
		var uri string
		uri, list, _ = strings.Cut(list, " ")
		if uri != transformXPath {
			t.algorithm("ds:Transform", uri)
			continue
		}
		t.with("ds:Transform", "Algorithm", uri)
		t.element("ds:XPath", notSignatures)
		t.close("ds:Transform")
	}
	t.close("ds:Transforms")
}

// join puts identifiers of transforms behind each other.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// enveloped places the signature inside the document, or inside the element, that it signs.
func (w *writer) enveloped(p *Prepared, source []byte) error {
	doc, err := w.parse(source, w.profile.Limits)
	if err != nil {
		return err
	}
	if w.examine != nil {
		if err := w.examine(doc); err != nil {
			return err
		}
	}
	p.tree, p.parent = doc, doc.Root()
	if w.profile.Path != "" {
		if p.parent, err = byPath(doc, w.profile.Path); err != nil {
			return err
		}
	}
	subject := doc.Node()
	if w.profile.Subject != "" {
		if subject, err = doc.ByID(w.profile.Subject); err != nil {
			return &PlaceError{w.profile.Subject,
				"no single element of the document has this identifier"}
		}
		w.data.uri = "#" + w.profile.Subject
	}
	if err := wouldBreak(doc, p.parent, xmldsig.Namespace, "Signature"); err != nil {
		return err
	}
	return w.digestNodes(p, subject)
}

// digestNodes digests a document or element as it is before the signature comes.
func (w *writer) digestNodes(p *Prepared, subject xmltree.Node) error {
	o := c14n.Options{}
	switch {
	case w.profile.Parallel:
		w.data.transforms = transformXPath
		for n := range subject.Descendants(xmldsig.Namespace, "Signature") {
			if len(o.Omit) == 0 || !o.Omit[len(o.Omit)-1].Contains(n) {
				o.Omit = append(o.Omit, n)
			}
		}
	case subject.Contains(p.parent):
		w.data.transforms = transformEnveloped
	}
	w.data.transforms = join(w.data.transforms, w.canonicalTransform())
	m := w.method.WithoutComments() // a reference "" or "#id" excludes them (XMLDSig 1.1, 4.4.3.3)
	w.data.write = func(out io.Writer) error { return c14n.Canonicalize(out, m, subject, o) }
	var err error
	w.data.digest, err = w.hashOf(w.data.write)
	return err
}

// internallyDetached places the signature beside the element that it signs.
func (w *writer) internallyDetached(p *Prepared, source []byte) error {
	doc, err := xmltree.Parse(source, w.profile.Limits)
	if err != nil {
		return err
	}
	subject := doc.Root()
	id := w.profile.Subject
	if id == "" {
		id = identifier(subject)
	}
	if subject, err = doc.ByID(id); err != nil {
		return &PlaceError{id,
			"an internally detached signature needs an element with an identifier"}
	}
	w.data.uri = "#" + id
	if subject == doc.Root() {
		if w.profile.Path != "" {
			return &PlaceError{w.profile.Path, "lies inside the element to be signed"}
		}
		wrapped, err := wrapRoot(doc)
		if err != nil {
			return err
		}
		if doc, err = xmltree.Parse(wrapped, w.profile.Limits); err != nil {
			return err
		}
		if subject, err = doc.ByID(id); err != nil {
			return err
		}
		p.wrapped = true
	}
	p.tree, p.parent = doc, doc.Root()
	if w.profile.Path != "" {
		if p.parent, err = byPath(doc, w.profile.Path); err != nil {
			return err
		}
		if subject.Contains(p.parent) {
			return &PlaceError{w.profile.Path, "lies inside the element to be signed"}
		}
	} else if p.parent == subject || subject.Contains(p.parent) {
		return &PlaceError{id, "contains the place of the signature"}
	}
	if err := wouldBreak(doc, p.parent, xmldsig.Namespace, "Signature"); err != nil {
		return err
	}
	return w.digestNodes(p, subject)
}

// detached signs octets that lie elsewhere.
func (w *writer) detached(source []byte) error {
	w.data.uri = w.profile.URI
	w.data.write = func(out io.Writer) error {
		_, err := out.Write(source)
		return err
	}
	var err error
	w.data.digest, err = w.hashOf(w.data.write)
	return err
}

// enveloping puts the document into a ds:Object.
func (w *writer) enveloping(source []byte) error {
	w.data.kind = xmldsig.TypeObject
	w.data.digest = sum(w.profile.Hash, source)
	w.ids = w.freeIDs(nil)
	w.data.uri = w.ids.objectURI
	object := make(text, 0, len(source)*4/3+128)
	object.with("ds:Object", "Id", w.ids.object)
	if !w.profile.AsXML {
		w.data.transforms = transformBase64
		w.data.write = func(out io.Writer) error {
			_, err := out.Write(source)
			return err
		}
		object = object[:len(object)-len("<ds:Object Id=\"\">")-len(w.ids.object)]
		object.raw(`<ds:Object Encoding="` + transformBase64 + `" Id="` + w.ids.object + `">`)
		object = appendBase64(object, source)
		object.close("ds:Object")
		w.data.object = object
		return nil
	}
	return w.envelopXML(source, object)
}

// envelopXML embeds the root element as XML and digests the ds:Object around it.
func (w *writer) envelopXML(source []byte, object text) error {
	doc, err := xmltree.Parse(source, w.profile.Limits)
	if err != nil {
		return err
	}
	start, end := doc.Root().Range()
	object = append(object, doc.Bytes()[start:end]...)
	object.close("ds:Object")
	frame := make(text, 0, len(object)+128)
	frame.with("ds:Signature", "xmlns:ds", xmldsig.Namespace)
	frame = append(frame, object...)
	frame.close("ds:Signature")
	tree, err := xmltree.Parse(frame, w.profile.Limits)
	if err != nil {
		return err
	}
	w.data.object = object
	w.data.transforms = w.canonicalTransform()
	m := w.method.WithoutComments()
	w.data.write = func(out io.Writer) error {
		return c14n.Canonicalize(out, m, tree.Root().FirstElement(), c14n.Options{})
	}
	w.data.digest, err = w.hashOf(w.data.write)
	return err
}
