package xades

import (
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// Canonicalization says what of a document is made canonical, and how.
type Canonicalization struct {
	// Method is the algorithm's identifier, such as
	// "http://www.w3.org/TR/2001/REC-xml-c14n-20010315". Required.
	Method string
	// Apex is the local name of the element to start from, the first so named in document order.
	// Empty: the whole document.
	Apex string
	// Omit is the local name of an element whose subtree is left out, the first so named. Empty:
	// nothing is left out.
	Omit string
	// Prefixes is the PrefixList of the exclusive methods, "#default" included.
	Prefixes []string
}

// Canonicalize writes canonical octets of a document, for those who look at what was signed.
// Duplicate identifiers do not matter to it. Errors: the document's (see [Validate]); an unknown
// method; no element of a name that was asked for.
func Canonicalize(w io.Writer, doc []byte, c Canonicalization) error {
	method, ok := c14n.FromURI(c.Method)
	if !ok {
		return fmt.Errorf("xades: unknown canonicalisation %q", c.Method)
	}
	tree, err := xmltree.Parse(doc, xmltree.Limits{AllowDuplicateIDs: true})
	if err != nil {
		return documentError(err)
	}
	apex, options := tree.Node(), c14n.Options{Prefixes: c.Prefixes}
	if c.Apex != "" {
		if apex, err = firstNamed(tree, c.Apex); err != nil {
			return err
		}
	}
	if c.Omit != "" {
		omitted, err := firstNamed(tree, c.Omit)
		if err != nil {
			return err
		}
		options.Omit = []xmltree.Node{omitted}
	}
	return c14n.Canonicalize(w, method, apex, options)
}

func firstNamed(tree *xmltree.Document, local string) (xmltree.Node, error) {
	for i := uint32(1); i <= uint32(tree.Len()); i++ {
		if n := tree.At(i); n.IsElement() && n.Local() == local {
			return n, nil
		}
	}
	return xmltree.Node{}, fmt.Errorf("xades: no element is named %q", local)
}
