package xmltree_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

func wide(s string, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

func latin(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

func declares(encoding string) string { return `<?xml version="1.0" encoding="` + encoding + `"?>` }

func TestEncodings(t *testing.T) {
	t.Parallel()
	const body = "<año>ñ</año>"
	for _, c := range []struct {
		doc  string
		want xmltree.Encoding
	}{
		{body, xmltree.UTF8},
		{"\uFEFF" + body, xmltree.UTF8},
		{declares("UTF-8") + body, xmltree.UTF8},
		{"\uFEFF" + declares("utf-8") + body, xmltree.UTF8},
		{latin(declares("ISO-8859-1") + body), xmltree.Latin1},
		{latin(declares("iso-8859-1") + body), xmltree.Latin1},
		{declares("US-ASCII") + "<a>&#xF1;</a>", xmltree.ASCII},
		{wide("\uFEFF"+body, false), xmltree.UTF16LE},
		{wide("\uFEFF"+body, true), xmltree.UTF16BE},
		{wide("\uFEFF"+declares("UTF-16")+body, false), xmltree.UTF16LE},
		{wide("\uFEFF"+declares("utf-16")+body, true), xmltree.UTF16BE},
		{wide(declares("UTF-16LE")+body, false), xmltree.UTF16LE},
		{wide(declares("UTF-16BE")+body, true), xmltree.UTF16BE},
		{wide("\uFEFF"+declares("UTF-16BE")+body, true), xmltree.UTF16BE},
	} {
		d := parse(t, c.doc)
		assert.Equal(t, c.want, d.Encoding(), "%q", c.doc)
		assert.Equal(t, "ñ", d.Root().Text(), "%q", c.doc)
		assert.Equal(t, c.doc, string(d.Source()))
	}
}

func TestWrongEncodings(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		latin("<a>ñ</a>"), declares("UTF-8") + latin("<a>ñ</a>"), "<a>\xC0\x80</a>", "<a>\xED\xA0\x80</a>", "<a>\xF4\x90\x80\x80</a>",
		"<a>\xF8\x88\x80\x80\x80</a>", "<a>\xE2\x82</a>", "<a>\x80</a>",
		"\uFEFF" + latin(declares("ISO-8859-1")) + "<a/>",
		declares("US-ASCII") + "<a>ñ</a>", declares("UTF-16") + "<a/>", declares("UTF-16LE") + "<a/>", declares("windows-1252") + "<a/>",
		declares("EBCDIC-CP-BE") + "<a/>", declares("UTF-32") + "<a/>", declares("UTF-7") + "<a/>", wide("\uFEFF"+declares("UTF-8")+"<a/>", true),
		wide("\uFEFF"+declares("ISO-8859-1")+"<a/>", true), wide(declares("UTF-16")+"<a/>", true), wide("<a/>", false), wide("<a/>", true),
		wide("\uFEFF"+declares("UTF-16BE")+"<a/>", false), wide("\uFEFF<a/>", true) + "x", "\xFF\xFE<\x00a\x00>\x00\x00\xD8<\x00/\x00a\x00>\x00",
		"\xFF\xFE<\x00a\x00>\x00\x00\xDC<\x00/\x00a\x00>\x00", "\xFF\xFE<\x00a\x00>\x00\x00\xD8",
		"\x00\x00\xFE\xFF\x00\x00\x00<", "\xFF\xFE\x00\x00<\x00\x00\x00",
		"\x00\x00\x00<", "<\x00\x00\x00", "\x4C\x6F\xA7\x94\x93",
	} {
		e := refusal(t, doc, xmltree.Limits{})
		assert.Equal(t, xmltree.CodeEncoding, e.Code, "%q: %v", doc, e)
	}
}

// splice inserts text as the last child of an element and reads the result.
func splice(t *testing.T, doc, id, fragment string) (string, *xmltree.Document) {
	t.Helper()
	d := parse(t, doc)
	n, err := d.ByID(id)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, d.Splice(&out, xmltree.Insertion{Parent: n, Fragment: []byte(fragment)}))
	return out.String(), parse(t, out.String())
}

func TestSplice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ doc, want string }{
		{`<a Id="i"><b/>x</a >`, `<a Id="i"><b/>x<s>ü</s></a >`},
		{`<a Id="i"/>`, `<a Id="i"><s>ü</s></a>`},
		{`<p:a xmlns:p="urn:p" Id="i"  />`, `<p:a xmlns:p="urn:p" Id="i"  ><s>ü</s></p:a>`},
		{"\uFEFF<ñ>\U0001F600<a Id='i'>ñ\r\n</a></ñ>\n", "\uFEFF<ñ>\U0001F600<a Id='i'>ñ\r\n<s>ü</s></a></ñ>\n"},
	} {
		got, d := splice(t, c.doc, "i", "<s>ü</s>")
		assert.Equal(t, c.want, got)
		n, err := d.ByID("i")
		require.NoError(t, err)
		assert.Equal(t, "ü", n.Child("", "s").Text())
		// The same in every other encoding.
		plain, want := strings.TrimPrefix(c.doc, "\uFEFF"), strings.TrimPrefix(c.want, "\uFEFF")
		for _, big := range []bool{true, false} {
			got, _ := splice(t, wide("\uFEFF"+plain, big), "i", "<s>ü</s>")
			assert.Equal(t, wide("\uFEFF"+want, big), got)
		}
		if !strings.Contains(plain, "\U0001F600") {
			got, _ := splice(t, latin(declares("ISO-8859-1")+plain), "i", "<s>ü</s>")
			assert.Equal(t, latin(declares("ISO-8859-1")+want), got)
		}
	}
}

func TestSpliceSeveral(t *testing.T) {
	t.Parallel()
	d := parse(t, `<a><b Id="b"/><c Id="c">x</c></a>`)
	b, _ := d.ByID("b")
	c, _ := d.ByID("c")
	var out bytes.Buffer
	require.NoError(t, d.Splice(&out,
		xmltree.Insertion{Parent: d.Root(), Fragment: []byte("4")},
		xmltree.Insertion{Parent: c, Fragment: []byte("2")},
		xmltree.Insertion{Parent: b, Fragment: []byte("1")},
		xmltree.Insertion{Parent: c, Fragment: []byte("3")}))
	assert.Equal(t, `<a><b Id="b">1</b><c Id="c">x23</c>4</a>`, out.String())
	out.Reset()
	require.NoError(t, d.Splice(&out))
	assert.Equal(t, string(d.Source()), out.String())
}

// TestPlaces: wherever a long document is at fault, in whatever encoding, line, column and octet are
// those that counting from the beginning gives.
func TestPlaces(t *testing.T) {
	t.Parallel()
	body := "<r>" + strings.Repeat("<a>ñ</a>\r\n\t<b/>\r<c>ñandú</c>\n"+strings.Repeat("x", 99), 300) + "</r>"
	rich := strings.ReplaceAll(body, "ñandú", "ñ\U0001F600")
	for name, doc := range map[string]string{
		"utf-8": rich, "mark": "\uFEFF" + rich, "latin": latin(declares("ISO-8859-1") + body),
		"utf-16le": wide("\uFEFF"+rich, false), "utf-16be": wide("\uFEFF"+rich, true),
	} {
		d := parse(t, doc)
		text := []rune(string(d.Bytes()))
		line, column, at := 1, 1, 0
		octets := 0
		if name == "utf-16le" || name == "utf-16be" {
			octets = 2
		}
		i := 1
		for k, r := range text {
			if start, _ := d.At(uint32(i)).Range(); start == at && i < d.Len() {
				e := d.At(uint32(i)).Fail(xmltree.CodeValue, "")
				require.Equal(t, [3]int{line, column, octets}, [3]int{e.Line, e.Column, e.Offset}, name)
				i++
			}
			at += utf8.RuneLen(r)
			switch {
			case name == "latin":
				octets++
			case name == "utf-8" || name == "mark":
				octets += utf8.RuneLen(r)
			default:
				octets += 2 * utf16.RuneLen(r)
			}
			column++
			if r == '\n' || r == '\r' && text[k+1] != '\n' {
				line, column = line+1, 1
			}
		}
		require.Equal(t, d.Len(), i, name)
	}
}

// TestSpliceAtOneEnd: the content of an element and of an empty-element tag at its very end end in
// the same place, and may be named in any order.
func TestSpliceAtOneEnd(t *testing.T) {
	t.Parallel()
	d := parse(t, `<a><b/></a>`)
	outer := xmltree.Insertion{Parent: d.Root(), Fragment: []byte("2")}
	inner := xmltree.Insertion{Parent: d.Root().FirstElement(), Fragment: []byte("1")}
	for _, order := range [][]xmltree.Insertion{
		{outer, inner}, {inner, outer}, {outer, inner, outer}, {inner, outer, inner},
	} {
		var out bytes.Buffer
		require.NoError(t, d.Splice(&out, order...))
		want := "<a><b>1</b>2</a>"
		if len(order) == 3 {
			want = strings.Replace(want, string(order[0].Fragment),
				strings.Repeat(string(order[0].Fragment), 2), 1)
		}
		assert.Equal(t, want, out.String())
	}
}

func TestSpliceWhatTheEncodingLacks(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{declares("US-ASCII") + "<a/>", declares("ISO-8859-1") + "<a/>", "<a/>"} {
		d := parse(t, doc)
		var out bytes.Buffer
		fragment := "日本"
		if d.Encoding() == xmltree.UTF8 {
			fragment = "\xFF"
		}
		err := d.Splice(&out, xmltree.Insertion{Parent: d.Root(), Fragment: []byte(fragment)})
		e, ok := errors.AsType[*xmltree.Error](err)
		require.True(t, ok)
		assert.Equal(t, xmltree.CodeEncoding, e.Code)
		assert.Zero(t, out.Len(), "nothing is written")
	}
}
