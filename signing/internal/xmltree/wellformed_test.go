package xmltree_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

func parse(t testing.TB, doc string) *xmltree.Document {
	t.Helper()
	d, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
	require.NoError(t, err, "%q", doc)
	return d
}

func refusal(t testing.TB, doc string, l xmltree.Limits) *xmltree.Error {
	t.Helper()
	_, err := xmltree.Parse([]byte(doc), l)
	e, ok := errors.AsType[*xmltree.Error](err)
	require.True(t, ok, "%q: %v", doc, err)
	return e
}

func TestWellFormed(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		`<a/>`, `<a></a>`, `<a ></a >`, "<a\n/>", `<a b="1" c='2'/>`, `<a b = "1"/>`, "\n<a/>\n",
		"\uFEFF<a/>",
		`<?xml version="1.0"?><a/>`, `<?xml version="1.7" ?><a/>`,
		"<?xml\tversion = '1.0'\nencoding='utf-8'?><a/>",
		`<?xml version="1.0" standalone='yes'?><a/>`,
		`<?xml version="1.0" encoding="UTF-8" standalone="no"?><a/>`,
		`<?xml-stylesheet x?><a/>`, `<?xmlx?><a/>`, `<a><?p?><?p ?><?p x?><?p ?x??></a>`,
		`<a/><?p?><!-- x -->`,
		`<a><!----><!-- - --><!-- < & ]]> --></a>`,
		`<a><![CDATA[]]><![CDATA[<&]]]]><![CDATA[>]]></a>`,
		`<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x41;&#x00041;&#9;&#10;&#13;&#x10FFFF;</a>`,
		`<a b="&lt;&gt;&amp;&apos;&quot;&#13;"/>`, `<a>></a>`, `<a>]]</a>`, `<a>]></a>`,
		`<a>&#93;]></a>`, `<a b="]]>"/>`,
		`<a b="'" c='"' d=">"/>`, "<a>\t\r\n\u007F\u0080\u0085\uFFFD\U00010000</a>", `<_a.b-c1/>`,
		`<año ñ="é"/>`,
		"<a\u00B7\u0300\u203F/>", "<\u2070/>", "<\U00010000\U000EFFFF/>", `<日本/>`,
		`<a xmlns="urn:x"/>`, `<a xmlns=""/>`, `<a xmlns="urn:x"><b xmlns=""/></a>`,
		`<p:a xmlns:p="urn:x"/>`,
		`<a p:x="" xmlns:p="urn:x"/>`, `<a xml:lang="es" xml:x="y"/>`, `<xml:a/>`, `<xmlfoo/>`,
		`<XML/>`,
		`<a xmlns:xml="http://www.w3.org/XML/1998/namespace"/>`, `<a xmlns:p="urn:1" p:x="" x=""/>`,
		`<a xmlns="urn:1" xmlns:p="urn:1" p:x="" x=""/>`,
		`<a xmlns:p="urn:1"><b xmlns:p="urn:2"/></a>`,
		`<a xmlns="rel"/>`, `<a xmlns:p="urn:1" xmlns:q="urn:1"><p:b/><q:b/></a>`,
		`<a xmlns:_="urn:1"/>`,
		`<a xmlns:xmlfoo="urn:1"/>`, `<a Id="1" id="1" ID="1" xml:id="1"/>`,
		`<a xmlns:p="urn:p" Id="1"><b p:Id="1"/></a>`,
	} {
		_, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
		assert.NoError(t, err, "%q", doc)
	}
}

func TestNotWellFormed(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		"", " ", "a", "<", "<a", "<a>", "<a/", "</a>", "<a/><b/>", "<a/>x", "x<a/>", "<a/>&#32;",
		"&#32;<a/>", "<a></b>",
		"<a></a", "<a></ a>", "< a/>", "<a/ >", "<a / >", "<a b/>", "<a b=/>", "<a b=1/>",
		`<a b="1/>`, `<a b="<"/>`,
		`<a b="1"c="2"/>`, `<a b="1" b="2"/>`, `<a b="&"/>`, `<a b="&x;"/>`, "<a>&</a>",
		"<a>&amp</a>", "<a>&;</a>", "<a>&#;</a>",
		"<a>&#x;</a>", "<a>&#xG;</a>", "<a>&#1a;</a>", "<a>&#0;</a>", "<a>&#8;</a>",
		"<a>&#xD800;</a>", "<a>&#xFFFE;</a>",
		"<a>&#x110000;</a>", "<a>&#99999999999999999999;</a>", "<a>&#-1;</a>", "<a>&#X41;</a>",
		"<a>&AMP;</a>", "<a>& amp;</a>",
		"<a>]]></a>", "<a>x]]>y</a>", "<a><![CDATA[</a>", "<a><![cdata[]]></a>", "<![CDATA[]]><a/>",
		"<a/><![CDATA[]]>",
		"<a><!-- -- --></a>", "<a><!-- --->", "<a><!-- ---></a>", "<a><!--></a>", "<a><!--->",
		"<a><!- -></a>", "<a><!ELEMENT a ANY></a>",
		"<a><?></a>", "<a><? p?></a>", "<a><?p></a>", "<a><?p+?></a>", "<a><?xml?></a>",
		"<a><?XML x?></a>", "<?xMl x?><a/>",
		`<?xml?><a/>`, `<?xml ?><a/>`, `<?xml version="1.0"><a/>`, `<?xml version="2.0"?><a/>`,
		`<?xml version="1."?><a/>`,
		`<?xml version="1.0a"?><a/>`, `<?xml encoding="UTF-8"?><a/>`,
		`<?xml version="1.0" standalone="maybe"?><a/>`,
		`<?xml version="1.0" standalone="yes" encoding="UTF-8"?><a/>`,
		`<?xml version="1.0"encoding="UTF-8"?><a/>`,
		`<?xml version="1.0" version="1.0"?><a/>`, `<?xml version="1.0" encoding=""?><a/>`,
		`<?xml version="1.0" encoding="-x"?><a/>`,
		`<?xml version="1.0' ?><a/>`, `<?xml version=1.0?><a/>`, ` <?xml version="1.0"?><a/>`,
		`<a/><?xml version="1.0"?>`,
		`<?xml version="1.0"?><?xml version="1.0"?><a/>`, "<a>\x00</a>", "<a>\x08</a>",
		"<a>\x1F</a>", "<a>\uFFFE</a>", "<a>\uFFFF</a>",
		"<a b=\"\x01\"/>", "<a b=\"\uFFFF\"/>", "<a><!--\x01--></a>", "<a><!--\uFFFE--></a>",
		"<a><?p \x01?></a>", "<a><![CDATA[\x01]]></a>",
		"<1a/>", "<-a/>", "<.a/>", "<a!/>", "<\u00B7a/>", "<\u00D7/>", "<\u037E/>", "<a\u037E/>",
		"<\u0300/>", "<\U000F0000/>", "<a\x00/>",
		"<:a/>", "<a:/>", "<a:b:c xmlns:a='urn:a'/>", "<a::b/>", "<a:1 xmlns:a='urn:a'/>", "<:/>",
		"<a :b='1'/>", "<a b:='1'/>",
		"<p:a/>", "<a p:b='1'/>", "<a><b xmlns:p='urn:p'/><p:c/></a>",
		"<a xmlns:p='urn:1' xmlns:q='urn:1' p:x='' q:x=''/>",
		"<a xmlns:p=''/>", "<a xmlns:p='urn:1' xmlns:p='urn:2'/>",
		"<a xmlns='urn:1' xmlns='urn:1'/>", "<a xmlns:=''/>",
		"<a xmlns:xmlns='urn:x'/>", "<a xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>",
		"<a xmlns:xml='urn:x'/>", "<a xmlns:xml='" + xmltree.NameSpaceXML + "' b='' xmlns:xml='" +
			xmltree.NameSpaceXML + "'/>",
		"<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
		"<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
		"<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
		"<a xmlns='http://www.w3.org/2000/xmlns/'/>", "<xmlns:a/>",
		"<a><?p:q r?></a>", "<a><b></a></b>", "<a b='1' c='2' b='3'/>",
		"<p:a xmlns:p='urn:1'></q:a>", "<a b='1'/ c='2'>",
	} {
		e := refusal(t, doc, xmltree.Limits{})
		assert.Equal(t, xmltree.CodeNotWellFormed, e.Code, "%q: %v", doc, e)
		assert.NotEmpty(t, e.Reason)
		assert.LessOrEqual(t, e.Offset, len(doc))
	}
}

func TestDocumentTypeIsRefused(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		"<!DOCTYPE a><a/>",
		"<?xml version='1.0'?>\n<!-- x --><!DOCTYPE a [<!ENTITY e 'E'>]><a>&e;</a>", "<!DOCTYPE",
		"<!DOCTYPEa><a/>",
	} {
		assert.Equal(t, xmltree.CodeDTD, refusal(t, doc, xmltree.Limits{}).Code, "%q", doc)
	}
	for _, doc := range []string{"<a><!DOCTYPE a></a>", "<!doctype a><a/>", "<a/><!DOCTYPE a>"} {
		refusal(t, doc, xmltree.Limits{})
	}
}

func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		doc                  string
		offset, line, column int
	}{
		{"<a>\n  <b x='1' x='2'/>\n</a>", 15, 2, 12},
		{"<a>\r\n\r<ñ>&x;</ñ></a>", 10, 3, 4},
		{"\uFEFF<a>\x01</a>", 6, 1, 5},
		{"<?xml version='1.0' encoding='ISO-8859-1'?>\n<a>\xF1\xF1&x;</a>", 49, 2, 6},
		{"\xFF\xFE<\x00a\x00>\x00\xF1\x00&\x00;\x00", 10, 1, 5},
		{"<a>", 3, 1, 4},
	} {
		e := refusal(t, c.doc, xmltree.Limits{})
		assert.Equal(t, []int{c.offset, c.line, c.column}, []int{e.Offset, e.Line, e.Column}, "%q %v", c.doc, e)
	}
	assert.Equal(t, "xml: not-well-formed at line 1, column 4: the document ends before its elements do",
		refusal(t, "<a>", xmltree.Limits{}).Error())
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		doc   string
		l     xmltree.Limits
		limit string
	}{
		{"<abcdef/>", xmltree.Limits{Size: 8}, "Size"},
		{"<a><a><a/></a></a>", xmltree.Limits{Depth: 2}, "Depth"},
		{"<a><a/><a/></a>", xmltree.Limits{Elements: 2}, "Elements"},
		{"<a><!----><?p?></a>", xmltree.Limits{Elements: 2}, "Elements"},
		{"<a><![CDATA[]]><b/></a>", xmltree.Limits{Elements: 2}, "Elements"},
		{"<a x='' y='' z=''/>", xmltree.Limits{Attributes: 2}, "Attributes"},
		{"<a x='' xmlns='urn:x' xmlns:z='urn:x'/>", xmltree.Limits{Attributes: 2}, "Attributes"},
		{"<abcdef/>", xmltree.Limits{Name: 5}, "Name"},
		{"<a abcdef=''/>", xmltree.Limits{Name: 5}, "Name"},
		{"<a ñññ=''/>", xmltree.Limits{Name: 5}, "Name"},
		{"<a><?abcdef?></a>", xmltree.Limits{Name: 5}, "Name"},
		{"<a xmlns='urn:abcdef'/>", xmltree.Limits{Name: 9}, "Name"},
		{"<a x='abcdef'/>", xmltree.Limits{Value: 5}, "Value"},
		{strings.Repeat("<a>", 2001) + strings.Repeat("</a>", 2001), xmltree.Limits{}, "Depth"},
		{"<" + strings.Repeat("a", 70000) + "/>", xmltree.Limits{Name: 1 << 20}, "Name"},
	} {
		e := refusal(t, c.doc, c.l)
		assert.Equal(t, xmltree.CodeLimit, e.Code, "%.80q: %v", c.doc, e)
		assert.Equal(t, c.limit, e.Limit, "%.80q", c.doc)
	}
	deep := strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000)
	_, err := xmltree.Parse([]byte(deep), xmltree.Limits{Depth: 5000})
	require.NoError(t, err, "a host can raise a limit")
	_, err = xmltree.Parse([]byte("<a x='abcde' y=''/>"), xmltree.Limits{Value: 5, Attributes: 2, Name: 1, Elements: 1, Depth: 1})
	require.NoError(t, err, "limits are inclusive")
}
