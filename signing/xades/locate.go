package xades

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// byPath finds the element at a path of local names, as "/Invoice/UBLExtensions/UBLExtension[2]".
// A step without a number stands for an only child of that name. Error: [*PlaceError].
func byPath(doc *xmltree.Document, path string) (xmltree.Node, error) {
	n := doc.Node()
	for _, step := range strings.Split(strings.Trim(path, "/"), "/") {
		local, rank, err := pathStep(step)
		if err != nil {
			return n, &PlaceError{path, "the step " + strconv.Quote(step) +
				" is not a name with an optional [n]"}
		}
		if _, after, prefixed := strings.Cut(local, ":"); prefixed {
			local = after
		}
		found, count := xmltree.Node{}, 0
		for c := range n.Elements() {
			if c.Local() != local {
				continue
			}
			if count++; count == rank || rank == 0 && count == 1 {
				found = c
			}
		}
		switch {
		case found.IsZero():
			return n, &PlaceError{path, "the document has no element " + step + " there"}
		case rank == 0 && count > 1:
			return n, &PlaceError{path, "the document has several elements " + step +
				" there: say which, with [n]"}
		}
		n = found
	}
	return n, nil
}

func pathStep(step string) (local string, rank int, err error) {
	local, index, numbered := strings.Cut(step, "[")
	if numbered {
		digits, closed := strings.CutSuffix(index, "]")
		if rank, err = strconv.Atoi(digits); err == nil && (!closed || rank < 1) {
			err = strconv.ErrSyntax
		}
	}
	if local == "" {
		err = strconv.ErrSyntax
	}
	return local, rank, err
}

// identifier returns the value of an element's own identifier, as xmltree knows them.
func identifier(n xmltree.Node) string {
	for _, name := range []string{"Id", "ID", "id"} {
		if id, ok := n.Attr(name); ok {
			return id
		}
	}
	id, _ := n.AttrNS(xmltree.NameSpaceXML, "id")
	return id
}

// wrapRoot puts an element around the root of a document, for an internally detached signature of
// the root. What stands before and behind the root stays where it is.
func wrapRoot(doc *xmltree.Document) ([]byte, error) {
	if doc.Encoding() != xmltree.UTF8 {
		return nil, &PlaceError{"/", "only a document in UTF-8 can be wrapped"}
	}
	start, end := doc.Root().Range()
	source := doc.Source()
	var out bytes.Buffer
	out.Grow(len(source) + 2*len(wrapper) + 5)
	out.Write(source[:start])
	out.WriteString("<" + wrapper + ">")
	out.Write(source[start:end])
	out.WriteString("</" + wrapper + ">")
	out.Write(source[end:])
	return out.Bytes(), nil
}

const wrapper = "internally-detached"

// signatures lists the ds:Signature elements of a document, in document order.
func signatures(doc *xmltree.Document) ([]xmltree.Node, error) {
	var found []xmltree.Node
	if !declaresSignatures(doc) {
		return nil, nil
	}
	for n := range doc.Node().Descendants(xmldsig.Namespace, "Signature") {
		if len(found) == maxSignatures {
			return nil, &xmldsig.LimitError{Limit: "signatures of a document"}
		}
		found = append(found, n)
	}
	return found, nil
}

// declaresSignatures reports whether the namespace of signatures occurs in a document at all.
func declaresSignatures(doc *xmltree.Document) bool {
	for _, uri := range doc.Index().URIs {
		if string(uri) == xmldsig.Namespace {
			return true
		}
	}
	return false
}

// maxSignatures bounds the signatures of one document; each costs at least one public-key
// operation.
const maxSignatures = 200

// wouldBreak reports the signature that a new element in parent would break: one of whose
// references covers that place. Signatures that cannot be resolved are taken for broken already.
func wouldBreak(doc *xmltree.Document, parent xmltree.Node, space, local string) error {
	list, err := signatures(doc)
	if err != nil || len(list) == 0 {
		return err
	}
	ctx := xmldsig.NewContext(len(doc.Bytes()))
	for _, n := range list {
		s, err := xmldsig.Read(n)
		if err != nil {
			continue
		}
		if err := s.Resolve(ctx); err != nil {
			return err
		}
		for _, r := range s.References {
			if r.Source.Touches(parent, space, local) {
				name := s.ID
				if name == "" {
					name = n.Path()
				}
				return &BreakError{Signature: name}
			}
		}
		if s.SignedInfo.Contains(parent) || s.ValueNode.Contains(parent) ||
			s.KeyInfo.Contains(parent) {
			return &BreakError{Signature: s.ID}
		}
	}
	return nil
}
