package xmldsig

import (
	"bytes"
	"crypto"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// flood is a document with content and a signature of many references, none of which writes an
// octet that is digested.
func flood(t *testing.T, content, uri, transforms string, n int) (*Signature, *Context) {
	t.Helper()
	one := `<Reference URI="` + uri + `"><Transforms>` + transforms + `</Transforms>` +
		`<DigestMethod Algorithm="` + dsig + `sha1"/><DigestValue>QQ==</DigestValue></Reference>`
	text := `<r>` + content + `<Signature xmlns="` + Namespace + `"><SignedInfo>` +
		`<CanonicalizationMethod Algorithm="` + canonicalURI + `"/>` +
		`<SignatureMethod Algorithm="` + more01 + `rsa-sha256"/>` + strings.Repeat(one, n) +
		`</SignedInfo><SignatureValue>QQ==</SignatureValue></Signature></r>`
	doc, err := xmltree.Parse([]byte(text), xmltree.Limits{})
	require.NoError(t, err)
	s, err := Read(doc.Root().Child(Namespace, "Signature"))
	require.NoError(t, err)
	return s, NewContext(len(text))
}

// TestFloodsAreBounded: references whose work is not digesting are counted too, so that their number
// times the document is not what a judge has to bear.
func TestFloodsAreBounded(t *testing.T) {
	t.Parallel()
	nodes := strings.Repeat("<b/>", 20_000)
	terms := strings.Repeat("not(ancestor-or-self::x) and ", 15) + "not(ancestor-or-self::r)"
	xpath := `<Transform Algorithm="` + transformXPath + `"><XPath>` + terms + `</XPath></Transform>`
	filters := `<Transform Algorithm="` + transformFilter2 + `">` +
		strings.Repeat(`<XPath xmlns="`+namespaceFilter2+`" Filter="subtract">//x</XPath>`, 15) +
		`<XPath xmlns="` + namespaceFilter2 + `" Filter="subtract">/</XPath></Transform>`
	steps := `<Transform Algorithm="` + transformFilter2 + `"><XPath xmlns="` + namespaceFilter2 +
		`" Filter="intersect">id('i')/x</XPath></Transform>`
	base64 := `<Transform Algorithm="` + transformBase64 + `"/>`
	for name, c := range map[string]struct{ content, uri, transforms string }{
		"terms":         {nodes, "", xpath},
		"filters":       {nodes, "", filters},
		"steps":         {`<a Id="i">` + nodes + `</a>`, "", steps},
		"no base64":     {`<a Id="i">` + strings.Repeat("QUJD", 20_000) + `!</a>`, "#i", base64},
		"nothing in it": {`<a Id="i">` + strings.Repeat(" ", 80_000) + `</a>`, "#i", base64},
	} {
		s, ctx := flood(t, c.content, c.uri, c.transforms, 500)
		err := s.Check(ctx)
		limit, ok := errors.AsType[*LimitError](err)
		require.True(t, ok, "%s: %v", name, err)
		assert.Equal(t, "octets to be digested", limit.Limit, name)
		s, ctx = flood(t, c.content, c.uri, c.transforms, 500)
		_, ok = errors.AsType[*LimitError](s.Resolve(ctx))
		require.True(t, ok, name)
		s, ctx = flood(t, c.content, c.uri, c.transforms, 3)
		require.NoError(t, s.Check(ctx), "%s: a few are judged", name)
	}
}

// TestManifestsAreBounded: a manifest is not taken apart again and again for next to nothing.
func TestManifestsAreBounded(t *testing.T) {
	t.Parallel()
	content := `<d:Manifest xmlns:d="` + Namespace + `" Id="i">` +
		strings.Repeat("<d:Reference></d:Reference>", 5000) + `</d:Manifest>`
	check := func(n int) (*Signature, error) {
		s, ctx := flood(t, content, "#i", `<Transform Algorithm="`+canonicalURI+`"/>`, n)
		h := crypto.SHA1.New()
		require.NoError(t, c14n.Canonicalize(h, c14n.Exclusive10,
			s.Node.Document().Root().FirstElement(), c14n.Options{}))
		for _, r := range s.References {
			r.Want = h.Sum(nil)
		}
		return s, s.Check(ctx)
	}
	s, err := check(2)
	require.NoError(t, err)
	require.Len(t, s.References[1].Entries, 5000)
	_, err = check(300)
	_, ok := errors.AsType[*LimitError](err)
	require.True(t, ok, "%v", err)
}

const canonicalURI = "http://www.w3.org/2001/10/xml-exc-c14n#"

// TestDetachedRaisesTheBudget: content outside the document costs what it is long, however short
// the document is, and is not read without end.
func TestDetachedRaisesTheBudget(t *testing.T) {
	t.Parallel()
	check := func(size, references int) (*Signature, error) {
		s, ctx := flood(t, "", "file.bin", `<Transform Algorithm="`+transformEnveloped+`"/>`, references)
		ctx.Detached = func(string) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(make([]byte, size))), nil
		}
		for _, r := range s.References { // what is digested are the octets
			r.transforms, r.Want = nil, make([]byte, r.Digest.Size())
		}
		return s, s.Check(ctx)
	}
	var broken *Broken
	s, err := check(5_000_000, 2)
	require.NoError(t, err)
	for _, r := range s.References {
		require.ErrorAs(t, r.Err, &broken, "read to its end")
	}
	s, err = check(100_000, 600)
	_, ok := errors.AsType[*LimitError](err)
	require.True(t, ok)
	require.ErrorAs(t, s.References[200].Err, &broken, "one for each signature that may be there")
}

// TestKeyInfoFloods: what KeyInfo repeats is read a bounded number of times.
func TestKeyInfoFloods(t *testing.T) {
	t.Parallel()
	read := func(content string) *KeyInfo {
		doc, err := xmltree.Parse([]byte(`<KeyInfo xmlns="`+Namespace+`">`+content+`</KeyInfo>`),
			xmltree.Limits{})
		require.NoError(t, err)
		return ReadKeyInfo(doc.Root())
	}
	k := read(strings.Repeat(`<RetrievalMethod URI="#i"/>`, 5000) + `<X509Data Id="i">` +
		strings.Repeat("<X509Certificate>!</X509Certificate>", 5000) + `</X509Data>`)
	assert.Len(t, k.Faults, maxCertificates)
	k = read(`<KeyValue><e:ECDSAKeyValue xmlns:e="` + more01 + `"><e:DomainParameters>` +
		`<e:NamedCurve URN="urn:oid:1.2.840.10045.3.1.7"/></e:DomainParameters><e:PublicKey>` +
		`<e:X Value="` + strings.Repeat("1", 5_000_000) + `"/><e:Y Value="1"/>` +
		`</e:PublicKey></e:ECDSAKeyValue></KeyValue>`)
	require.Len(t, k.Faults, 1)
	assert.ErrorContains(t, k.Faults[0], "readable point")
}

// TestRemovedSubtrees: what is left out of a node set is kept in order and disjoint.
func TestRemovedSubtrees(t *testing.T) {
	t.Parallel()
	doc, err := xmltree.Parse([]byte("<r><a><b/><c><b/></c></a><b/><d><a/></d></r>"), xmltree.Limits{})
	require.NoError(t, err)
	s := &nodeSet{apex: doc.Node()}
	c := &checker{NewContext(1000)}
	terms := []term{{without, name{"", "b"}}, {without, name{"", "d"}}, {without, name{"", "a"}}}
	require.NoError(t, c.applyTerms(s, transform{terms: terms}))
	var paths []string
	for _, n := range s.omit {
		paths = append(paths, n.Path())
	}
	assert.Equal(t, []string{"/r/a", "/r/b", "/r/d"}, paths)
	for i := range doc.Len() {
		n := doc.At(uint32(i))
		assert.Equal(t, i > 1, s.removed(n), n.Path())
	}
}
