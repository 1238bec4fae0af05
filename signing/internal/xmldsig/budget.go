package xmldsig

import (
	"io"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// A Context is what judging the signatures of one document shares. It is not for concurrent use.
type Context struct {
	// Detached gives what lies outside the document, by URI ("" for a reference without one).
	// Nil, or an error: such content is [*Missing].
	Detached func(name string) (io.ReadCloser, error)
	// Limits bound documents that are read on the way.
	Limits xmltree.Limits

	budget   int64           // octets that may still be canonicalised, decoded or digested
	credited map[string]bool // content outside the document whose octets were added to it
}

// Work allowed per octet: parallel signatures each cover all of a document, and a flood of
// references must not turn a megabyte into minutes. What the caller gives from outside may be
// covered once by each signature that a document can hold, however short that document is.
const (
	workPerOctet    = 32
	workAtLeast     = 1 << 20
	workPerDetached = 256
)

// entryCost is what the entry of a manifest costs beside its octets: many references may cover one
// manifest, and each keeps what it found out about every entry.
const entryCost = 512

// NewContext returns a context with the budget for a document of that many octets.
func NewContext(size int) *Context {
	return &Context{budget: int64(size)*workPerOctet + workAtLeast, credited: map[string]bool{}}
}

// spend takes work off the budget. Nodes that are looked at count as octets do.
func (c *Context) spend(work int) error {
	if c.budget -= int64(work); c.budget < 0 {
		return &LimitError{Limit: "octets to be digested"}
	}
	return nil
}

// Metered counts what is written against the budget. Beyond it the error is [*LimitError].
func (c *Context) Metered(w io.Writer) io.Writer { return &meter{w, c} }

type meter struct {
	w   io.Writer
	ctx *Context
}

func (m *meter) Write(p []byte) (int, error) {
	if err := m.ctx.spend(len(p)); err != nil {
		return 0, err
	}
	return m.w.Write(p)
}

// Canonicalize writes the canonical form of a node. What that costs beside the octets is counted;
// the octets are counted where w is Metered.
func (c *Context) Canonicalize(w io.Writer, m c14n.Method, n xmltree.Node, o c14n.Options) error {
	if err := c.spend(overhead(n)); err != nil {
		return err
	}
	return c14n.Canonicalize(w, m, n, o)
}

// overhead is what a canonicalisation looks at beside its octets: the prefixes of the document, and
// what the ancestors of its apex declare and hand down.
func overhead(apex xmltree.Node) int {
	x := apex.Document().Index()
	work := len(x.Prefixes)
	for i := apex.Position(); i != 0; i = x.Nodes[i].Parent {
		here, next := &x.Nodes[i], &x.Nodes[i+1]
		work += 1 + int(next.Decl-here.Decl) + int(next.Attr-here.Attr)
	}
	return work
}

// open asks the caller for content outside the document. The first time that a name is read, its
// octets raise the budget.
func (c *Context) open(uri string) (io.ReadCloser, error) {
	in, err := c.Detached(uri)
	if err != nil || in == nil {
		return nil, &Missing{URI: uri}
	}
	if c.credited[uri] {
		return in, nil
	}
	c.credited[uri] = true
	return &creditor{in, c}, nil
}

type creditor struct {
	io.ReadCloser
	ctx *Context
}

func (r *creditor) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.ctx.budget += int64(n) * workPerDetached
	return n, err
}
