package c14n

import (
	"io"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// Options refine a canonicalisation. The zero value leaves out nothing and lists no prefix.
type Options struct {
	Omit     []xmltree.Node // subtrees that are not written, as the enveloped signature
	Prefixes []string       // InclusiveNamespaces PrefixList, "#default" included; exclusive only
}

// Canonicalize writes the canonical form of a node with all it contains: a whole document
// (xmltree.Document.Node) or an element.
func Canonicalize(w io.Writer, m Method, apex xmltree.Node, o Options) error {
	return canonicalize(w, m, apex, o)
}
