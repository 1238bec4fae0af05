package c14n_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// bombs are well-formed documents of one megabyte that aim at time or memory.
func bombs() map[string]string {
	const size = 1 << 20
	fill := func(head, piece, tail string) string {
		return head + strings.Repeat(piece, (size-len(head)-len(tail))/len(piece)) + tail
	}
	nested := func(format string) string {
		var b strings.Builder
		depth := 0
		for ; depth < 1990 && b.Len() < size-20000; depth++ {
			fmt.Fprintf(&b, format, depth)
		}
		return b.String() + "<apex/>" + strings.Repeat("</a>", depth)
	}
	var scopes, used strings.Builder
	for i := range 30 {
		scopes.WriteString("<a")
		for j := range 500 {
			fmt.Fprintf(&scopes, ` xmlns:p%d_%d="urn:%d"`, i, 499-j, j)
		}
		scopes.WriteString(">")
	}
	for i := range 450 {
		fmt.Fprintf(&used, ` p%d_%d:x=""`, i%30, i)
	}
	// Every ancestor has other attributes that the apex inherits (Canonical XML 1.0, 2.4).
	var heirs strings.Builder
	for i := range 60 {
		heirs.WriteString("<a")
		for j := range 1000 {
			fmt.Fprintf(&heirs, ` xml:a%d=""`, i*1000+j)
		}
		heirs.WriteString(">")
	}
	long := strings.Repeat("x", 900)
	return map[string]string{
		"empty":        fill("<a>", "<b/>", "</a>"),
		"bases":        nested(`<a xml:base="` + strings.Repeat("./", 200) + `b%d/">`),
		"longBases":    nested(`<a xml:base="b%d/` + strings.Repeat("c/", 240) + `">`),
		"languages":    nested(`<a xml:lang="%d" xml:space="preserve">`),
		"heirs":        heirs.String() + "<apex/>" + strings.Repeat("</a>", 60),
		"flip":         nested(`<a xmlns="urn:%d">`),
		"scopes":       fill(scopes.String(), "<p0_7:b/><p29_499:b/>", strings.Repeat("</a>", 30)),
		"scopesUsed":   fill(scopes.String(), "<b"+used.String()+"/>", strings.Repeat("</a>", 30)),
		"amplified":    fill(`<a xmlns:p="urn:`+long+`">`, "<p:b/>", "</a>"),
		"sections":     fill("<a>", "<![CDATA[&]]>", "</a>"),
		"lineEnds":     fill("<a>", "\r", "</a>"),
		"references":   fill("<a>", "&#65;", "</a>"),
		"escapes":      fill("<a>", ">", "</a>"),
		"attributes":   fill("<a>", "<b c='>' b='\"\t'/>", "</a>"),
		"instructions": fill("<a>", "<?p  \r?>", "</a>"),
		"comments":     fill("<a>", "<!--\r-->", "</a>"),
	}
}

// TestBombs: memory stays bounded, whatever a document holds. The time is logged for a reader: a
// machine that is busy must not fail a test.
func TestBombs(t *testing.T) {
	prefixes := []string{"#default"}
	for i := range 3000 {
		prefixes = append(prefixes, fmt.Sprintf("p%d_%d", i%30, i%500))
	}
	for name, doc := range bombs() {
		d, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
		require.NoError(t, err, name)
		for m := c14n.Inclusive10; m <= c14n.Exclusive10WithComments; m++ {
			for _, apex := range []xmltree.Node{d.Node(), named(d, "apex")} {
				if apex.IsZero() {
					continue
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				start := time.Now()
				err := c14n.Canonicalize(sha256.New(), m, apex, c14n.Options{Prefixes: prefixes})
				took := time.Since(start)
				runtime.ReadMemStats(&after)
				allocated := after.TotalAlloc - before.TotalAlloc
				t.Logf("%-12s %d %v %8.1f ms %6.1f MB %v", name, m, apex.IsElement(),
					took.Seconds()*1e3, float64(allocated)/(1<<20), err)
				require.Less(t, allocated, uint64(64<<20), name)
				if e, ok := errors.AsType[*c14n.Error](err); ok {
					require.Equal(t, c14n.CodeLimit, e.Code, name)
				}
			}
		}
	}
}
