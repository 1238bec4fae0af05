package xades

import (
	"io"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// writeArchive writes what an ArchiveTimeStamp of the namespace 1.4.1 covers, in the case that is
// not distributed (EN 319 132-1, 5.5.2.2): what all references digest, the parts of the signature,
// the unsigned signature properties before the time stamp, and every ds:Object but the one that
// holds the properties.
func (j *judgement) writeArchive(e *entry, w io.Writer, stamp xmltree.Node) error {
	m, err := stampMethod(stamp)
	if err != nil {
		return err
	}
	for _, r := range e.xml.References {
		if r.Source == nil {
			return r.Err
		}
		if err := r.Source.OctetsAs(w, m); err != nil {
			return err
		}
	}
	parts := []xmltree.Node{e.xml.SignedInfo, e.xml.ValueNode}
	if !e.xml.KeyInfo.IsZero() {
		parts = append(parts, e.xml.KeyInfo)
	}
	for n := range stamp.Parent().Elements() {
		if n == stamp {
			break
		}
		parts = append(parts, n)
	}
	for _, o := range e.xml.Objects {
		if !holdsProperties(o) {
			parts = append(parts, o)
		}
	}
	return j.writeNodes(w, m, parts)
}

// writeSignatureAndReferences writes what a SigAndRefsTimeStamp covers (TS 101 903, 7.5.1), and
// without the value what a RefsOnlyTimeStamp covers (7.5.2).
func (j *judgement) writeSignatureAndReferences(e *entry, w io.Writer, stamp xmltree.Node) error {
	m, err := stampMethod(stamp)
	if err != nil {
		return err
	}
	var parts []xmltree.Node
	order := []string{"CompleteCertificateRefs", "CompleteRevocationRefs",
		"AttributeCertificateRefs", "AttributeRevocationRefs"}
	if stamp.Local() == "SigAndRefsTimeStamp" {
		parts = append(parts, e.xml.ValueNode)
		order = append([]string{"SignatureTimeStamp"}, order...)
	}
	for _, local := range order {
		for n := range stamp.Parent().Children(e.properties.space, local) {
			if n.Position() < stamp.Position() {
				parts = append(parts, n)
			}
		}
	}
	return j.writeNodes(w, m, parts)
}

func (j *judgement) writeNodes(w io.Writer, m c14n.Method, nodes []xmltree.Node) error {
	for _, n := range nodes {
		if err := j.context.Canonicalize(w, m, n, c14n.Options{}); err != nil {
			return err
		}
	}
	return nil
}
