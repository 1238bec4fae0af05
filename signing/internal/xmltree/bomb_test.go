package xmltree_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// bombs are documents of one megabyte that aim at time or memory.
func bombs() map[string]string {
	const size = 1 << 20
	fill := func(head, piece, tail string) string {
		return head + strings.Repeat(piece, (size-len(head)-len(tail))/len(piece)) + tail
	}
	number := func(head, format, tail string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < size-len(tail)-40; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String() + tail
	}
	// Many namespace names that differ at their very end, on attributes in the wrong order.
	var uris, tag strings.Builder
	for i := range 400 {
		fmt.Fprintf(&uris, ` xmlns:p%d="urn:%s%d"`, i, strings.Repeat("x", 990), i)
		fmt.Fprintf(&tag, ` p%d:a=""`, 399-i)
	}
	// Tags with as many attributes or declarations as are allowed.
	full := func(format string) string {
		var b strings.Builder
		b.WriteString("<a")
		for i := range 1000 {
			fmt.Fprintf(&b, format, (i*7919)%1000)
		}
		return b.String() + ">"
	}
	var scopes strings.Builder
	for i := range 30 {
		scopes.WriteString(full(fmt.Sprintf(` xmlns:p%d_%%d="u:%d"`, i, i)))
	}
	return map[string]string{
		"lt":             strings.Repeat("<", size),
		"elements":       fill("<a>", "<a/>", "</a>"),
		"depth":          fill("", "<a>", ""),
		"attributes":     number("<a", ` a%d=""`, "/>"),
		"fullTags":       fill("<r>", full(` a%d=""`)+"</a>", "</r>"),
		"fullTagsInNS":   fill("<r xmlns:p='urn:p'>", full(` p:a%d=""`)+"</a>", "</r>"),
		"fullScopes":     fill("<r>", full(` xmlns:p%d="urn:x"`)+"</a>", "</r>"),
		"declarations":   number("<a", ` xmlns:p%d="urn:x"`, "/>"),
		"names":          number("<a", ` xmlns:p="urn:%d"`, "/>"),
		"redeclared":     fill("<a>", `<b xmlns="urn:1"><b xmlns="urn:2"/></b>`, "</a>"),
		"prefixesUsed":   fill(scopes.String(), "<p0_7:a/><p29_500:b/>", strings.Repeat("</a>", 30)),
		"nestedPrefixes": number("<a>", `<b xmlns:p%d="urn:x"/>`, "</a>"),
		"nestedNames":    number("<a>", `<b xmlns="urn:x%d"/>`, "</a>"),
		"longNames":      fill("<r"+uris.String()+">", "<a"+tag.String()+"/>", "</r>"),
		"longName":       "<" + strings.Repeat("a", size) + "/>",
		"longValue":      `<a b="` + strings.Repeat("x", size) + `"/>`,
		"identifiers":    number("<a>", `<b Id="%d"/>`, "</a>"),
		"references":     fill("<a>", "&#1;", "</a>"),
		"validRefs":      fill("<a>", "&#65;", "</a>"),
		"longReference":  fill("<a>&#", "0", "65;</a>"),
		"comments":       fill("<a>", "<!---->", "</a>"),
		"comment":        fill("<a><!--", "- ", "--></a>"),
		"openComments":   fill("<a>", "<!--", ""),
		"instructions":   fill("<a>", "<?p?>", "</a>"),
		"sections":       fill("<a>", "<![CDATA[]]>", "</a>"),
		"openSections":   fill("<a>", "<![CDATA[", ""),
		"brackets":       fill("<a>", "]", "</a>"),
		"quotes":         fill("<a>", `"`, "</a>"),
		"spaces":         fill("<a", " ", "/>"),
		"lines":          fill("<a>", "\r", "</a>"),
		"closing":        fill("<a>", "</b>", ""),
		"wide":           fill("<a>", "ñ", "</a>"),
		"wideNames":      fill("<a>", "<ñ/>", "</a>"),
		"entities":       number(`<!DOCTYPE a [<!ENTITY a "aa">`, `<!ENTITY a%d "&a;&a;">`, "]><a/>"),
	}
}

// TestBombs: whatever the document, the memory is bounded. The time is reported; a machine that is
// busy must not fail a test.
func TestBombs(t *testing.T) {
	for name, doc := range bombs() {
		text := []byte(doc)
		require.LessOrEqual(t, len(text), 1<<20+64, name)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		_, err := xmltree.Parse(text, xmltree.Limits{})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		t.Logf("%-15s %8.1f ms %6.1f MB %v", name, took.Seconds()*1e3, float64(allocated)/(1<<20), err)
		require.Less(t, allocated, uint64(64<<20), name)
	}
}
