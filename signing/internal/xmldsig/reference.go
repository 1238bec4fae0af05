package xmldsig

import (
	"crypto"
	"io"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// A Reference is a ds:Reference, of SignedInfo or of a Manifest (XMLDSig 1.1, 4.4.3). After
// [Signature.Check], Err says whether it stands.
type Reference struct {
	Node   xmltree.Node
	ID     string
	Type   string
	URI    string
	HasURI bool // false: the application knows what is meant (4.4.3.1)
	Digest crypto.Hash
	Want   []byte // DigestValue

	// Err is nil when the digest fits. Otherwise [*Malformed], [*Unsupported], [*Missing],
	// [*Broken], or what reading the content returned.
	Err error
	// Source is what was digested; nil when the transforms could not be followed.
	Source *Source
	// SHA256 is the digest of the octets, when Err is nil.
	SHA256 [32]byte
	// Entries are the references of the Manifest that this reference covers (5.1).
	Entries []*Reference

	transforms []transform
}

func readReference(n xmltree.Node) *Reference {
	r := &Reference{Node: n}
	r.ID, _ = n.Attr("Id")
	r.Type, _ = n.Attr("Type")
	r.URI, r.HasURI = n.Attr("URI")
	r.Err = r.read()
	return r
}

func (r *Reference) read() error {
	c := children{next: r.Node.FirstElement(), space: Namespace}
	transforms, method, value := c.take("Transforms"), c.take("DigestMethod"), c.take("DigestValue")
	if method.IsZero() || value.IsZero() || !c.next.IsZero() {
		return malformed("Reference", "is not Transforms, DigestMethod and DigestValue")
	}
	want, err := value.Base64()
	if err != nil {
		return malformed("DigestValue", "is not base64")
	}
	r.Want = want
	transformErr := r.readTransforms(transforms)
	r.Digest, err = readDigestMethod(method)
	return first(err, transformErr)
}

// Source is something that is digested: the canonical form of a node set, or octets.
type Source struct {
	// Apex is the element or document whose canonical form is digested. Zero for octets.
	Apex xmltree.Node
	// Omit are subtrees of Apex that are left out.
	Omit []xmltree.Node
	// Name is the URI or name of content outside the document.
	Name string
	// Inner says that the content of Apex was decoded from base64, not canonicalised.
	Inner bool

	write   func(w io.Writer) error
	without []name
	writeAs func(w io.Writer, m c14n.Method) error // set where no canonicalisation is named
}

// Octets writes the octets that are digested.
func (s *Source) Octets(w io.Writer) error { return s.write(w) }

// OctetsAs is like Octets, but where the reference names no canonicalisation of its node set it
// uses m, as time stamps over references do (ETSI EN 319 132-1, 5.2.8).
func (s *Source) OctetsAs(w io.Writer, m c14n.Method) error {
	if s.writeAs != nil {
		return s.writeAs(w, m)
	}
	return s.write(w)
}

// External reports whether the content lies outside the document.
func (s *Source) External() bool { return s != nil && s.Apex.IsZero() }

// Touches reports whether a new element with that expanded name inside a node would change what is
// digested.
func (s *Source) Touches(n xmltree.Node, space, local string) bool {
	if s == nil || s.Apex.IsZero() || !s.Apex.Contains(n) {
		return false
	}
	for _, m := range s.without {
		if m == (name{space, local}) {
			return false
		}
	}
	for _, o := range s.Omit {
		if o.Contains(n) {
			return false
		}
	}
	return true
}
