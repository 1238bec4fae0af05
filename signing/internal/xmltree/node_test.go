package xmltree_test

import (
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

const invoice = `<?xml version="1.0" encoding="UTF-8"?>
<!-- before --><factura id="comprobante" version="2.1.0" xmlns:ds="urn:ds">
  <detalles><detalle>uno</detalle><otro/><detalle>dos<!-- x --> &amp; <![CDATA[<tres>]]>&#13;
</detalle></detalles>
  <ds:Signature Id="S"  a:x='1' b="&lt;&#10;&#x20;&quot;
	" xmlns:a="urn:a" xmlns="urn:d"><Value a:y=""/></ds:Signature>
</factura>`

func TestNodes(t *testing.T) {
	t.Parallel()
	d := parse(t, invoice)
	root := d.Root()
	assert.True(t, root.Is("", "factura"))
	assert.Equal(t, "factura", root.Local())
	assert.Equal(t, "", root.Prefix())
	assert.Equal(t, d.Node(), root.Parent())
	assert.True(t, d.Node().Parent().IsZero())
	signature := root.Child("urn:ds", "Signature")
	require.False(t, signature.IsZero())
	assert.True(t, root.Child("urn:other", "Signature").IsZero())
	assert.Equal(t, "ds", signature.Prefix())
	assert.Equal(t, "urn:ds", signature.Space())
	value := signature.FirstElement()
	assert.True(t, value.Is("urn:d", "Value"), "the default namespace")
	assert.True(t, value.NextElement().IsZero())
	assert.True(t, value.FirstElement().IsZero())
	assert.True(t, root.Contains(value))
	assert.True(t, root.Contains(root))
	assert.False(t, value.Contains(root))
	assert.False(t, parse(t, invoice).Root().Contains(value), "another document")

	var details []string
	for n := range d.Node().Descendants("", "detalle") {
		details = append(details, n.Path()+" "+n.Text())
	}
	assert.Equal(t, []string{
		"/factura/detalles/detalle[1] uno", "/factura/detalles/detalle[2] dos & <tres>\r\n",
	}, details)
	assert.Equal(t, "/factura/Signature/Value", value.Path())
	assert.Equal(t, "/", d.Node().Path())
	count := 0
	for range root.Child("", "detalles").Children("", "detalle") {
		count++
	}
	assert.Equal(t, 2, count)
	for range root.Elements() {
		count++
	}
	assert.Equal(t, 4, count)
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	signature := parse(t, invoice).Root().Child("urn:ds", "Signature")
	v, ok := signature.Attr("b")
	assert.True(t, ok)
	assert.Equal(t, "<\n \"  ", v, "references are resolved, white space is normalised")
	v, ok = signature.AttrNS("urn:a", "x")
	assert.True(t, ok)
	assert.Equal(t, "1", v)
	_, ok = signature.Attr("x")
	assert.False(t, ok)
	_, ok = signature.Attr("xmlns")
	assert.False(t, ok, "a declaration is no attribute")
	var names []string
	for a := range signature.Attrs() {
		names = append(names, "{"+a.Space()+"}"+a.Local()+"="+a.Value())
	}
	assert.Equal(t, []string{"{}Id=S", "{}b=<\n \"  ", "{urn:a}x=1"}, names, "canonical order")
}

func TestNamespacesInScope(t *testing.T) {
	t.Parallel()
	d := parse(t, `<r xmlns="urn:d" xmlns:p="urn:1"><a xmlns="" xmlns:p="urn:2" xmlns:q="urn:q"><b/></a></r>`)
	b := d.Root().FirstElement().FirstElement()
	assert.Equal(t, map[string]string{"p": "urn:2", "q": "urn:q"}, maps.Collect(b.Namespaces()))
	assert.Equal(t, map[string]string{"p": "urn:1", "": "urn:d"}, maps.Collect(d.Root().Namespaces()))
	for prefix, want := range map[string]string{"p": "urn:2", "q": "urn:q", "": "", "xml": xmltree.NameSpaceXML} {
		uri, ok := b.Namespace(prefix)
		assert.True(t, ok)
		assert.Equal(t, want, uri)
	}
	_, ok := d.Root().Namespace("q")
	assert.False(t, ok)
	assert.Equal(t, "", b.Space())
}

func TestZeroNode(t *testing.T) {
	t.Parallel()
	var n xmltree.Node
	assert.True(t, n.IsZero())
	assert.False(t, n.IsElement() || n.Is("", "") || n.Contains(n))
	assert.Empty(t, n.Local()+n.Space()+n.Prefix()+n.Text()+n.Path())
	assert.True(t, n.Parent().IsZero() && n.FirstElement().IsZero() && n.NextElement().IsZero())
	assert.True(t, n.Child("", "a").Child("", "b").IsZero())
	_, ok := n.Attr("a")
	assert.False(t, ok)
	_, ok = n.Namespace("")
	assert.False(t, ok)
	for range n.Descendants("", "a") {
		t.Error("nothing is within no node")
	}
	for range n.Namespaces() {
		t.Error("nothing is in scope at no node")
	}
	_, err := n.Base64()
	assert.Error(t, err)
}

func TestRanges(t *testing.T) {
	t.Parallel()
	doc := `<a ><b x="1"></b  ><c/><d>e</d><!--f--><?g?></a>`
	d := parse(t, doc)
	var whole, inner []string
	for i := 1; i < d.Len(); i++ {
		n := d.At(uint32(i))
		from, to := n.Range()
		whole = append(whole, doc[from:to])
		from, to = n.Inner()
		inner = append(inner, doc[from:to])
	}
	assert.Equal(t, []string{doc, `<b x="1"></b  >`, `<c/>`, `<d>e</d>`, `<!--f-->`, `<?g?>`}, whole)
	assert.Equal(t, []string{doc[4 : len(doc)-4], "", "", "e", "", ""}, inner)
}

// TestTextHasNoGaps: a comment within a value must not cut it short.
func TestTextHasNoGaps(t *testing.T) {
	t.Parallel()
	d := parse(t, `<a>user@example.com<!-- -->.example.org<b>not</b><?p?>!<![CDATA[?]]></a>`)
	assert.Equal(t, "user@example.com.example.org!?", d.Root().Text())
}

func TestBase64(t *testing.T) {
	t.Parallel()
	long := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("octets", 100)))
	for text, want := range map[string]string{
		"": "", "QQ==": "A", " QQ\n==\t": "A", "QUI=": "AB", "Q<!-- -->UJD": "ABC",
		"<![CDATA[QUJD]]>": "ABC",
		"Q&#85;JD":         "ABC", long[:76] + "\r\n" + long[76:]: strings.Repeat("octets", 100),
	} {
		got, err := parse(t, "<a>"+text+"</a>").Root().Base64()
		require.NoError(t, err, text)
		assert.Equal(t, want, string(got))
	}
	for _, text := range []string{
		"QQ", "QQ=", "QQ===", "Q", "====", "QQ==QQ==", "QR==", "QUJ=", "Q-__", "QUJD!",
		"QU\u00A0JD", "QUJD<b/>", "QU=D", "=QUJD", "ñ",
	} {
		_, err := parse(t, "<a>"+text+"</a>").Root().Base64()
		e, ok := errors.AsType[*xmltree.Error](err)
		require.True(t, ok, text)
		assert.Equal(t, xmltree.CodeValue, e.Code)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	d := parse(t, `<a><b/><c><b/></c><p:b xmlns:p="urn:p"><d/><e/><d/></p:b><b/></a>`)
	var paths xmltree.Paths
	var got []string
	for i := range d.Len() {
		n := d.At(uint32(i))
		require.Equal(t, n.Path(), paths.Of(n))
		got = append(got, n.Path())
	}
	assert.Equal(t, []string{
		"/", "/a", "/a/b[1]", "/a/c", "/a/c/b", "/a/b[2]", "/a/b[2]/d[1]", "/a/b[2]/e",
		"/a/b[2]/d[2]", "/a/b[3]",
	}, got)
	deep := parse(t, strings.Repeat("<abcdefg>", 1000)+strings.Repeat("</abcdefg>", 1000))
	path := deep.At(1000).Path()
	assert.Equal(t, "…"+strings.Repeat("/abcdefg", 512), path, "bounded, the end is kept")
}

func TestIdentifiers(t *testing.T) {
	t.Parallel()
	d := parse(t, `<a Id="1"><b ID="2"/><c id="3" Id="3"/><d xml:id="4"/><e iD="5" p:Id="6" IDs="7" xmlns:p="urn:p"/><f id="a&amp;b"/></a>`)
	for id, local := range map[string]string{"1": "a", "2": "b", "3": "c", "4": "d", "a&b": "f"} {
		n, err := d.ByID(id)
		require.NoError(t, err, id)
		assert.Equal(t, local, n.Local())
	}
	for _, id := range []string{"", "5", "6", "7", "a&amp;b", " 1"} {
		_, err := d.ByID(id)
		e, ok := errors.AsType[*xmltree.Error](err)
		require.True(t, ok)
		assert.Equal(t, xmltree.CodeNotFound, e.Code)
	}
}

func TestDuplicateIdentifiers(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat(`<f/>`, 3)
	for i := range 40 {
		filler += `<f Id="f` + strings.Repeat("x", i) + `"/>`
	}
	for _, more := range []string{"", filler} { // few are compared, many are mapped
		for _, doc := range []string{
			`<a Id="1"><b Id="1"/>`, `<a><b Id="1"/><c id="1"/>`, `<a xml:id="1"><c ID="1"/>`,
			`<a Id="A"><b Id="&#65;"/>`,
			`<a><b Id="x y"/><b Id="x` + "\n" + `y"/>`, `<a Id="1" id="1"><b id="1" Id="2"/>`,
		} {
			doc += more + "</a>"
			e := refusal(t, doc, xmltree.Limits{})
			assert.Equal(t, xmltree.CodeDuplicateID, e.Code, doc)
			d, err := xmltree.Parse([]byte(doc), xmltree.Limits{AllowDuplicateIDs: true})
			require.NoError(t, err)
			for _, id := range []string{"1", "A", "x y"} {
				_, err = d.ByID(id)
				require.Error(t, err, "an ambiguous identifier leads nowhere")
			}
		}
		d := parse(t, `<a Id="1" id="1" ID="1" xml:id="1"><b Id="2"/>`+more+"</a>")
		n, err := d.ByID("1")
		require.NoError(t, err, "one element, however often it says so")
		assert.Equal(t, d.Root(), n)
		n, err = d.ByID("2")
		require.NoError(t, err)
		assert.Equal(t, "b", n.Local())
	}
}
