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

type checker struct{ *Context }

// Check computes every reference, and the entries of manifests. Each [Reference.Err] says how it
// went; the return value is an error only where the budget of the whole document is spent.
func (s *Signature) Check(ctx *Context) error {
	c := &checker{ctx}
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

// Resolve follows the transforms of every reference without digesting anything. The return value is
// an error only where the budget of the whole document is spent.
func (s *Signature) Resolve(ctx *Context) error {
	c := &checker{ctx}
	for _, r := range s.References {
		if r.Err == nil {
			r.Source, r.Err = c.run(r)
		}
		if limit, ok := errors.AsType[*LimitError](r.Err); ok {
			return limit
		}
	}
	return nil
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
	if err := r.Source.write(c.Metered(w)); err != nil {
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
		if refused.Code == c14n.CodeNothing {
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
	uri := r.URI
	return data{name: uri, stream: func() (io.ReadCloser, error) { return c.open(uri) }}, nil
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
		if err := c.spend(entryCost); err != nil {
			return err
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
	err := s.canonicalizeSignedInfo(ctx, &out)
	return out.Bytes(), err
}

func (s *Signature) canonicalizeSignedInfo(ctx *Context, w io.Writer) error {
	return readError(ctx.Canonicalize(ctx.Metered(w), s.canonicalization, s.SignedInfo,
		c14n.Options{Prefixes: s.prefixes}))
}
