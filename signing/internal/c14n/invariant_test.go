package c14n_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// write canonicalises a node of a document that is known to be canonicalisable.
func write(t testing.TB, m c14n.Method, n xmltree.Node) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, c14n.Canonicalize(&out, m, n, c14n.Options{}))
	return out.Bytes()
}

func reread(t testing.TB, canonical []byte) *xmltree.Document {
	t.Helper()
	d, err := xmltree.Parse(canonical, xmltree.Limits{AllowDuplicateIDs: true, Value: 1 << 30, Depth: 1 << 20})
	require.NoError(t, err, "canonical octets are well-formed: %q", canonical)
	return d
}

// checkInvariants holds what must be true of every document and method.
func checkInvariants(t testing.TB, d *xmltree.Document) {
	t.Helper()
	if d.Index().RelativeNamespace >= 0 {
		return
	}
	last := d.At(uint32(d.Len() - 1))
	for !last.IsElement() {
		last = last.Parent()
		if last == d.Node() {
			last = d.Root()
		}
	}
	for m := c14n.Inclusive10; m <= c14n.Exclusive10WithComments; m++ {
		for _, apex := range []xmltree.Node{d.Node(), d.Root(), last} {
			once := write(t, m, apex)
			node := reread(t, once).Node()
			require.Equal(t, string(once), string(write(t, m, node)), "twice is once")
			if m.Exclusive() && apex != last { // further down, xml:lang and the like are inherited
				inclusive := write(t, c14n.Inclusive10WithComments, apex)
				require.Equal(t, string(once), string(write(t, m, rootOrDocument(reread(t, inclusive), apex))),
					"an inclusive form loses nothing that an exclusive form shows")
			}
		}
	}
	require.Equal(t, write(t, c14n.Inclusive10, d.Node()), write(t, c14n.Inclusive11, d.Node()),
		"1.0 and 1.1 differ in subtrees only")
	laboured := reread(t, labour(d))
	for m := c14n.Inclusive10; m <= c14n.Exclusive10WithComments; m++ {
		require.Equal(t, string(write(t, m, d.Node())), string(write(t, m, laboured.Node())),
			"octets that are handed on are those that would be made")
	}
}

// rootOrDocument is the counterpart of apex in a canonical form of it.
func rootOrDocument(d *xmltree.Document, apex xmltree.Node) xmltree.Node {
	if apex.IsElement() {
		return d.Root()
	}
	return d.Node()
}

// labour rewrites a document so that no tag is canonical as it stands: white space before every
// ">".
func labour(d *xmltree.Document) []byte {
	doc, at := d.Bytes(), 0
	var out bytes.Buffer
	x := d.Index()
	for i := 1; i < d.Len(); i++ {
		r := &x.Nodes[i]
		if r.Kind != xmltree.KindElement {
			continue
		}
		end := int(r.Open) - 1
		if r.Flags&xmltree.Empty != 0 {
			end--
		}
		out.Write(doc[at:end])
		out.WriteString("\t")
		at = end
	}
	out.Write(doc[at:])
	text := out.String()
	isDeclared := len(text) > 5 && text[:5] == "<?xml" && strings.Contains(" \t\r\n", text[5:6])
	if d.Encoding() != xmltree.UTF8 && isDeclared { // the text is UTF-8 by now
		_, text, _ = strings.Cut(text, "?>")
	}
	return []byte(text)
}

func TestInvariants(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		d, err := xmltree.Parse(grow(seed).doc, xmltree.Limits{AllowDuplicateIDs: true})
		require.NoError(t, err)
		checkInvariants(t, d)
	}
}

func FuzzCanonicalize(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(grow(seed).doc)
	}
	f.Add([]byte(`<a xmlns="urn:a&amp;&quot;b" xmlns:p="urn:ñ" p:x=">"><p:b xmlns=""/></a>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := xmltree.Parse(doc, xmltree.Limits{AllowDuplicateIDs: true})
		if err != nil {
			return
		}
		checkInvariants(t, d)
	})
}

// FuzzSubtree leaves out one subtree of another, as an enveloped signature.
func FuzzSubtree(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(grow(seed).doc, uint16(seed), uint16(seed*7), "a #default", uint8(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte, apex, omit uint16, prefixes string, method uint8) {
		d, err := xmltree.Parse(doc, xmltree.Limits{AllowDuplicateIDs: true})
		if err != nil {
			return
		}
		a, o := d.At(uint32(int(apex)%d.Len())), d.At(uint32(int(omit)%d.Len()))
		var out bytes.Buffer
		m := c14n.Method(method % 8)
		err = c14n.Canonicalize(&out, m, a, c14n.Options{
			Omit: []xmltree.Node{o, o}, Prefixes: strings.Fields(prefixes),
		})
		if err == nil && a.IsElement() {
			reread(t, out.Bytes())
		}
	})
}
