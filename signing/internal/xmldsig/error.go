package xmldsig

import (
	"fmt"
	"strings"
)

// Unsupported says that a signature uses a form or an algorithm that is not judged: it is neither
// intact nor broken. Answer the holder of the document by naming the feature.
type Unsupported struct {
	Kind    string // digest-algorithm, signature-algorithm, canonicalization, transform, key, …
	Feature string // the identifier or form
}

func (e *Unsupported) Error() string {
	return fmt.Sprintf("unsupported %s %q", e.Kind, shorten(e.Feature))
}

// Malformed says that a signature does not have the form of XMLDSig 1.1: it is broken.
type Malformed struct {
	Where  string // the element
	Reason string
}

func (e *Malformed) Error() string { return fmt.Sprintf("malformed %s: %s", e.Where, e.Reason) }

func malformed(where, reason string) error { return &Malformed{Where: where, Reason: reason} }

// Broken says that the mathematics or a digest does not fit.
type Broken struct{ What string }

func (e *Broken) Error() string { return "broken: " + e.What }

// Missing says that what a reference names is not there: outside the document and not given by the
// caller. Without it the reference can be judged neither intact nor broken.
type Missing struct{ URI string }

func (e *Missing) Error() string {
	return fmt.Sprintf("the content of reference %q is not available", shorten(e.URI))
}

// maxShown bounds what an error repeats of a document.
const maxShown = 120

func shorten(s string) string {
	if len(s) > maxShown {
		return strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return s
}

// LimitError says that judging would cost more than a document of its size may. Where the document
// is honest, the host raises the limit that it names.
type LimitError struct{ Limit string }

func (e *LimitError) Error() string { return "limit exceeded: " + e.Limit }
