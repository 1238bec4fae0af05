package c14n

import (
	"io"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// Options refine a canonicalisation. The zero value leaves out nothing and lists no prefix.
type Options struct {
	Omit     []xmltree.Node // subtrees that are not written, as the enveloped signature
	Prefixes []string       // InclusiveNamespaces PrefixList, "#default" included; exclusive only

	// MaxOutput bounds the octets written; zero is DefaultExpansion times the document, and a
	// megabyte.
	MaxOutput int
}

// DefaultExpansion bounds how much longer than its document a canonical form may become. An
// exclusive form repeats a namespace name for every element that uses it: five times longer is seen
// in practice, a hundred and fifty times can be made.
const DefaultExpansion = 16

// Canonicalize writes the canonical form of a node with all it contains: a whole document
// (xmltree.Document.Node) or an element.
//
// Errors are of type *Error, but for those of the writer. When there is an error, what was written
// before it means nothing. Nothing left to write is an error too: a signature over no octets at
// all protects nothing.
func Canonicalize(w io.Writer, m Method, apex xmltree.Node, o Options) error {
	if !m.known() {
		return &Error{Code: CodeUnknownMethod, Reason: "the method is unknown", Offset: -1}
	}
	if apex.IsZero() || apex.Kind() != xmltree.KindDocument && !apex.IsElement() {
		return &Error{Code: CodeNothing, Reason: "there is no element to canonicalise", Offset: -1}
	}
	if at := apex.Document().Index().RelativeNamespace; at >= 0 {
		return &Error{
			Code: CodeRelativeNamespace, Offset: apex.Document().SourceOffset(at),
			Reason: "the document has a relative namespace name", // Canonical XML 1.0, 1.3
		}
	}
	e := newEmitter(w, m, apex.Document())
	defer e.release()
	if !e.omit(apex, o.Omit) {
		return &Error{Code: CodeNothing, Reason: "nothing is left to canonicalise", Offset: -1}
	}
	if e.room = o.MaxOutput; e.room <= 0 {
		e.room = DefaultExpansion*len(e.text) + 1<<20
	}
	e.list(o.Prefixes)
	if apex.IsElement() {
		e.subtree(apex.Position())
	} else {
		e.document()
	}
	return e.finish()
}
