package xmldsig

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"hash"
	"io"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// A Context is what judging the signatures of one document shares.
type Context struct {
	// Detached gives what lies outside the document, by URI ("" for a reference without one).
	// Nil, or an error: such content is [*Missing].
	Detached func(name string) (io.ReadCloser, error)
	// Limits bound documents that are read on the way.
	Limits xmltree.Limits
	// Budget is how many octets may still be canonicalised or decoded inside the document, for
	// all of its signatures. It bounds floods of references; [NewContext] sets it.
	Budget int64
}

// Work allowed per octet of a document: parallel signatures each cover all of it, and a flood of
// references must not turn a megabyte into minutes.
const (
	workPerOctet = 32
	workAtLeast  = 1 << 20
)

// NewContext returns a context with the budget for a document of that many octets.
func NewContext(size int) *Context {
	return &Context{Budget: int64(size)*workPerOctet + workAtLeast}
}

type checker struct {
	*Context
	limits xmltree.Limits
}

// Metered counts what is written against the budget.
func (c *Context) Metered(w io.Writer) io.Writer { return &meter{w, &c.Budget} }

type meter struct {
	w    io.Writer
	left *int64
}

func (m *meter) Write(p []byte) (int, error) {
	if *m.left -= int64(len(p)); *m.left < 0 {
		return 0, &LimitError{Limit: "octets to be digested"}
	}
	return m.w.Write(p)
}

// Check computes every reference, and the entries of manifests. Each [Reference.Err] says how it
// went; the return value is an error only where the budget of the whole document is spent.
func (s *Signature) Check(ctx *Context) error {
	c := &checker{Context: ctx, limits: ctx.Limits}
	for _, r := range s.References {
		if err := c.check(r); err != nil {
			return err
		}
		if manifest := r.manifest(); !manifest.IsZero() {
			if err := c.checkManifest(r, manifest); err != nil {
				return err
			}
		}
	}
	return nil
}

// Resolve follows the transforms of every reference without digesting anything.
func (s *Signature) Resolve(ctx *Context) {
	c := &checker{Context: ctx, limits: ctx.Limits}
	for _, r := range s.References {
		if r.Err == nil {
			r.Source, r.Err = c.run(r)
		}
	}
}

// check computes one reference. It returns only errors that stop everything.
func (c *checker) check(r *Reference) error {
	if r.Err != nil {
		return nil
	}
	r.Source, r.Err = c.run(r)
	if r.Err == nil {
		r.Err = c.compare(r)
	}
	if limit, ok := errors.AsType[*LimitError](r.Err); ok {
		return limit
	}
	return nil
}

func (c *checker) compare(r *Reference) error {
	if len(r.Want) != r.Digest.Size() {
		return &Broken{What: "the digest has the wrong length"}
	}
	h := r.Digest.New()
	answer := hash.Hash(nil)
	w := io.Writer(h)
	if r.Digest != crypto.SHA256 {
		answer = sha256.New()
		w = io.MultiWriter(h, answer)
	}
	if !r.Source.External() {
		w = c.Metered(w)
	}
	if err := r.Source.write(w); err != nil {
		return readError(err)
	}
	got := h.Sum(nil)
	if subtle.ConstantTimeCompare(got, r.Want) != 1 {
		return &Broken{What: "the digest of the content differs"}
	}
	if answer != nil {
		got = answer.Sum(nil)
	}
	copy(r.SHA256[:], got)
	return nil
}

// readError turns what canonicalisation refuses into the words of this package.
func readError(err error) error {
	if refused, ok := errors.AsType[*c14n.Error](err); ok {
		if refused.Code == "nothing" {
			return errNothing
		}
		return &Unsupported{Kind: "canonicalization", Feature: refused.Reason}
	}
	return err
}

// dereference resolves the URI of a reference (4.4.3.1 and 4.4.3.3).
func (c *checker) dereference(r *Reference) (data, error) {
	doc := r.Node.Document()
	switch {
	case r.HasURI && r.URI == "":
		return data{set: &nodeSet{apex: doc.Node()}}, nil
	case !strings.HasPrefix(r.URI, "#"):
		return c.outside(r)
	}
	fragment := r.URI[1:]
	comments := false
	if strings.HasPrefix(fragment, "xpointer(") {
		if fragment == "xpointer(/)" {
			return data{set: &nodeSet{apex: doc.Node(), comments: true}}, nil
		}
		var ok bool
		if fragment, ok = pointedID(fragment); !ok {
			return data{}, &Unsupported{Kind: "reference", Feature: r.URI}
		}
		comments = true
	}
	n, err := doc.ByID(fragment)
	if err != nil {
		if refused, ok := errors.AsType[*xmltree.Error](err); ok &&
			refused.Code == xmltree.CodeDuplicateID {
			return data{}, malformed("Reference", "names an identifier that several elements have")
		}
		return data{}, &Broken{What: "no element has the identifier that a reference names"}
	}
	return data{set: &nodeSet{apex: n, comments: comments}}, nil
}

// pointedID reads xpointer(id('x')).
func pointedID(fragment string) (string, bool) {
	inner, ok := strings.CutPrefix(fragment, "xpointer(id(")
	if !ok {
		return "", false
	}
	if inner, ok = strings.CutSuffix(inner, "))"); !ok || len(inner) < 3 {
		return "", false
	}
	quote := inner[0]
	if quote != '\'' && quote != '"' || inner[len(inner)-1] != quote {
		return "", false
	}
	id := inner[1 : len(inner)-1]
	return id, strings.IndexByte(id, quote) < 0
}

// outside asks the caller for what lies outside the document.
func (c *checker) outside(r *Reference) (data, error) {
	if c.Detached == nil {
		return data{}, &Missing{URI: r.URI}
	}
	open, uri := c.Detached, r.URI
	return data{name: uri, stream: func() (io.ReadCloser, error) {
		in, err := open(uri)
		if err != nil || in == nil {
			return nil, &Missing{URI: uri}
		}
		return in, nil
	}}, nil
}

// manifest is the ds:Manifest that a reference covers, if it covers one and stands.
func (r *Reference) manifest() xmltree.Node {
	if r.Err != nil || r.Source.Apex.IsZero() || r.Source.Inner || len(r.Source.Omit) > 0 ||
		!r.Source.Apex.Is(Namespace, "Manifest") {
		return xmltree.Node{}
	}
	return r.Source.Apex
}

// checkManifest computes the entries of a manifest (5.1). Whether they count is for the caller.
func (c *checker) checkManifest(r *Reference, manifest xmltree.Node) error {
	for n := manifest.FirstElement(); !n.IsZero(); n = n.NextElement() {
		if !n.Is(Namespace, "Reference") {
			r.Err = malformed("Manifest", "has an unexpected child "+shorten(n.Local()))
			return nil
		}
		if len(r.Entries) == maxReferences {
			return &LimitError{Limit: "entries of a manifest"}
		}
		entry := readReference(n)
		if err := c.check(entry); err != nil {
			return err
		}
		r.Entries = append(r.Entries, entry)
	}
	return nil
}

// SignedInfoOctets returns the canonical form of SignedInfo, which is what the key signs.
func (s *Signature) SignedInfoOctets(ctx *Context) ([]byte, error) {
	var out bytes.Buffer
	err := s.canonicalizeSignedInfo(ctx.Metered(&out))
	return out.Bytes(), err
}

func (s *Signature) canonicalizeSignedInfo(w io.Writer) error {
	return readError(c14n.Canonicalize(w, s.canonicalization, s.SignedInfo,
		c14n.Options{Prefixes: s.prefixes}))
}
