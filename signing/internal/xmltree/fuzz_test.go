package xmltree_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// FuzzParse holds that every octet string is refused with a typed error or indexed soundly.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	for _, s := range []string{
		wide("\uFEFF<a>ñ</a>", true), latin(declares("ISO-8859-1") + "<ñ/>"), invoice, "<!DOCTYPE a><a/>",
		`<a Id="1" xml:id="2"><b id="3"/></a>`,
	} {
		f.Add([]byte(s))
	}
	files, err := filepath.Glob(certtest.Vectors(f, "fuzz-dict", "*xml*"))
	require.NoError(f, err)
	for _, name := range files {
		dictionary, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(dictionary)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := xmltree.Parse(doc, xmltree.Limits{AllowDuplicateIDs: true})
		if err != nil {
			e, ok := errors.AsType[*xmltree.Error](err)
			require.True(t, ok)
			require.True(t, e.Offset >= 0 && e.Offset <= len(doc) && e.Line > 0 && e.Column > 0, "%v", e)
			require.NotEmpty(t, e.Code)
			return
		}
		checkIndex(t, d)
	})
}

// checkIndex walks all of an index and holds that it is sound.
func checkIndex(t testing.TB, d *xmltree.Document) {
	t.Helper()
	text := d.Bytes()
	require.True(t, utf8.Valid(text))
	for i := 1; i < d.Len(); i++ {
		n := d.At(uint32(i))
		from, to := n.Range()
		require.True(t, from < to && to <= len(text))
		require.True(t, text[from] == '<' && text[to-1] == '>')
		require.True(t, n.Parent().Contains(n))
		if n.Parent() != d.Node() {
			low, high := n.Parent().Inner()
			require.True(t, low <= from && to <= high)
		}
		n.Path()
		n.Text()
		_, _ = n.Base64()
		if !n.IsElement() {
			continue
		}
		uri, ok := n.Namespace(n.Prefix())
		require.True(t, ok)
		require.Equal(t, n.Space(), uri)
		for a := range n.Attrs() {
			require.True(t, utf8.ValidString(a.Value()))
			value, ok := n.AttrNS(a.Space(), a.Local())
			require.True(t, ok)
			require.Equal(t, a.Value(), value, "attributes are distinct")
		}
		checkSplice(t, d, n)
	}
}

// checkSplice holds that an insertion is one, whatever the encoding.
func checkSplice(t testing.TB, d *xmltree.Document, n xmltree.Node) {
	t.Helper()
	if d.Len() > 50 {
		return
	}
	var out bytes.Buffer
	require.NoError(t, d.Splice(&out, xmltree.Insertion{Parent: n, Fragment: []byte("<s/>")}))
	spliced, err := xmltree.Parse(out.Bytes(), xmltree.Limits{AllowDuplicateIDs: true})
	require.NoError(t, err)
	require.Equal(t, d.Len()+1, spliced.Len())
}
