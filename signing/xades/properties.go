package xades

import (
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// properties are the QualifyingProperties of one signature (EN 319 132-1, 4.3.1), of any version.
type properties struct {
	space             string // the namespace of its version
	node              xmltree.Node
	signed            xmltree.Node // SignedProperties, only if the signature covers it
	signedSignature   xmltree.Node
	signedData        xmltree.Node
	unsigned          xmltree.Node
	unsignedSignature xmltree.Node
	reference         *xmldsig.Reference // the one that covers SignedProperties
	untyped           bool               // that reference lacks its Type
	astray            bool               // Target names another signature than the one around
	faults            []fault
}

// fault is a reason to refuse the structure of a signature.
type fault struct{ code, message string }

func (p *properties) refuse(code, message string) {
	p.faults = append(p.faults, fault{code, message})
}

func isXAdES(space string) bool {
	switch space {
	case namespace132, namespace122, namespace111, "http://uri.etsi.org/01903/v1.1.1":
		return true
	}
	return false
}

// holdsProperties reports whether a ds:Object holds QualifyingProperties.
func holdsProperties(object xmltree.Node) bool {
	for c := range object.Elements() {
		if isXAdES(c.Space()) && c.Local() == "QualifyingProperties" {
			return true
		}
	}
	return false
}

// isSignedPropertiesType knows the Type of every version of XAdES.
func isSignedPropertiesType(uri string) bool {
	switch uri {
	case typeSignedProperties, "http://uri.etsi.org/01903/v1.1.1#SignedProperties",
		"http://uri.etsi.org/01903/v1.2.2#SignedProperties",
		"http://uri.etsi.org/01903/v1.3.2#SignedProperties":
		return true
	}
	return false
}

// readProperties finds the properties that qualify this very signature: in a ds:Object of its own,
// targeting its Id, alone, with SignedProperties that a reference covers as a whole. Nil: a plain
// XML signature without any trace of XAdES.
func (e *entry) readProperties() *properties {
	var p *properties
	typed := e.typedReferences()
	for _, o := range e.xml.Objects {
		for c := range o.Elements() {
			if !isXAdES(c.Space()) {
				continue
			}
			switch c.Local() {
			case "QualifyingProperties":
				if p != nil {
					p.refuse("several-properties",
						"the signature has more than one QualifyingProperties")
					continue
				}
				p = &properties{space: c.Space(), node: c}
			case "QualifyingPropertiesReference":
				e.note(&xmldsig.Unsupported{Kind: "property",
					Feature: "QualifyingPropertiesReference"})
			}
		}
	}
	if p == nil {
		if len(typed) == 0 {
			return nil
		}
		p = &properties{}
		p.refuse("foreign-properties",
			"the signed properties that are referenced are not the signature's own")
		return p
	}
	target, _ := p.node.Attr("Target")
	p.astray = e.xml.ID == "" || target != "#"+e.xml.ID
	e.readSigned(p, typed)
	p.unsigned = p.only(p.node, "UnsignedProperties")
	p.unsignedSignature = p.only(p.unsigned, "UnsignedSignatureProperties")
	return p
}

func (e *entry) typedReferences() []*xmldsig.Reference {
	var typed []*xmldsig.Reference
	for _, r := range e.xml.References {
		if isSignedPropertiesType(r.Type) {
			typed = append(typed, r)
		}
	}
	return typed
}

// only returns the single child of a name; a second one is a fault.
func (p *properties) only(parent xmltree.Node, local string) xmltree.Node {
	var found xmltree.Node
	for c := range parent.Children(p.space, local) {
		if !found.IsZero() {
			p.refuse("several-"+local, "there is more than one "+local)
			return found
		}
		found = c
	}
	return found
}

// readSigned decides whether SignedProperties is what a reference covers.
func (e *entry) readSigned(p *properties, typed []*xmldsig.Reference) {
	signed := p.only(p.node, "SignedProperties")
	if len(typed) > 1 {
		p.refuse("several-references", "more than one reference is of the type SignedProperties")
		return
	}
	if len(typed) == 0 {
		if signed.IsZero() {
			return // only unsigned properties
		}
		for _, r := range e.xml.References {
			if r.Source != nil && r.Source.Apex == signed {
				typed, p.untyped = append(typed, r), true
			}
		}
		if len(typed) == 0 {
			p.refuse("properties-not-signed", "no reference covers SignedProperties")
			return
		}
	}
	r := typed[0]
	if r.Source == nil {
		return // the reference has its own verdict
	}
	if signed.IsZero() || r.Source.Apex != signed || len(r.Source.Omit) > 0 || r.Source.Inner {
		p.refuse("foreign-properties",
			"the signed properties that are referenced are not the signature's own")
		return
	}
	p.reference, p.signed = r, signed
	p.signedSignature = p.only(signed, "SignedSignatureProperties")
	p.signedData = p.only(signed, "SignedDataObjectProperties")
}

// property returns a property of the signature by name, the zero node when it is absent.
func (p *properties) property(local string) xmltree.Node {
	if p == nil {
		return xmltree.Node{}
	}
	return p.signedSignature.Child(p.space, local)
}
