package c14n_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf16"
)

// A tree is a generated document and how it is to be canonicalised.
type tree struct {
	doc            []byte
	apex, omit     string
	method         string
	comments       bool
	prefixes       []string
	namesInContent int
}

// A gardener grows trees: everything that canonicalisation treats in its own way, in every
// spelling. Elements have unique local names, so that a judge who is told a local name finds the
// same one.
type gardener struct {
	*rand.Rand
	b     strings.Builder
	count int
	scope []map[string]string // prefix to name, innermost last
	wide  bool                // characters beyond ISO-8859-1 may be used
}

var (
	prefixPool = []string{"", "a", "b", "c", "aa", "z"}
	uriPool    = []string{
		"urn:1", "urn:2", "urn:10", "http://h/a", "http://h/b", "urn:x;y",
	}
	// Without "." and "..": libxml2 joins "." or ".." with ".." to ".." and "../..", where Canonical
	// XML 1.1, 2.4 and appendix A, wants "../" and "../../".
	basePool = []string{"http://h/a/b/", "c/d", "../y/", "z", "/r/s", "http://h", "x/", "../", "./"}
	langPool = []string{"es", "en-US", ""}
)

func (g *gardener) pick(pool []string) string { return pool[g.IntN(len(pool))] }

func (g *gardener) chance(percent int) bool { return g.IntN(100) < percent }

func (g *gardener) bound(prefix string) string {
	for i := len(g.scope) - 1; i >= 0; i-- {
		if uri, ok := g.scope[i][prefix]; ok {
			return uri
		}
	}
	return ""
}

// usable is a prefix that is bound, or the empty one.
func (g *gardener) usable() string {
	if p := g.pick(prefixPool); p == "" || g.bound(p) != "" {
		return p
	}
	return ""
}

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

// space is white space within a tag, mostly the canonical single space.
func (g *gardener) space() string {
	if g.chance(85) {
		return " "
	}
	return g.pick([]string{"  ", "\n", "\t", "\r\n", " \n "})
}

func (g *gardener) attribute(name, value string) {
	g.b.WriteString(g.space() + name)
	eq := "="
	if g.chance(5) {
		eq = g.pick([]string{" =", "= ", "\n=\t"})
	}
	g.b.WriteString(eq)
	if g.chance(15) {
		g.b.WriteString("'" + strings.ReplaceAll(value, "'", "&apos;") + "'")
		return
	}
	g.b.WriteString(`"` + strings.ReplaceAll(value, `"`, "&quot;") + `"`)
}

// characters is text, or an attribute value, that must be escaped or normalised here and there.
func (g *gardener) characters(pieces int, more ...string) string {
	pool := append([]string{
		"1.00", "valor", " ", "&amp;", "&lt;", "&gt;", "&#38;", "&#60;", "&#xD;", "&#13;", "&#10;",
		"&#xA;",
		"&#9;", "&#x9;", "&quot;", "&apos;", "&#x41;", "&#xe1;", "\n  ", "\r\n", "\r", "\t", ">",
		"'", `"`,
		"ñandú", "a sentence of ordinary length without anything special in it", "]] ", "]",
		"\u0085", "\u007f",
	}, more...)
	if g.wide {
		pool = append(pool, "\u2028", "日本", "\U0001F600", "&#x1F600;", "\uFFFD", "\uFEFF")
	}
	var b strings.Builder
	for range pieces {
		b.WriteString(g.pick(pool))
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), "]]", "]"), "]>", ">")
}

// declarations binds prefixes on a tag.
func (g *gardener) declarations() {
	own := map[string]string{}
	g.scope = append(g.scope, own)
	var written []string
	for range g.IntN(4) {
		p := g.pick(prefixPool)
		if _, twice := own[p]; twice || g.chance(30) {
			continue
		}
		uri := g.pick(uriPool)
		if p == "" && g.chance(35) {
			uri = ""
		}
		own[p] = uri
		if p == "" {
			written = append(written, "xmlns", uri)
		} else {
			written = append(written, "xmlns:"+p, uri)
		}
	}
	if g.chance(3) {
		written = append(written, "xmlns:xml", "http://www.w3.org/XML/1998/namespace")
	}
	for i := 0; i < len(written); i += 2 {
		g.attribute(written[i], written[i+1])
	}
}

// attributes writes attributes with distinct expanded names.
func (g *gardener) attributes() {
	used := map[string]bool{}
	for range g.IntN(5) {
		p, local := g.usable(), g.pick([]string{"x", "y", "aa", "Id", "z", "a-b", "é"})
		name := "{" + g.boundTo(p) + "}" + local
		if used[name] || local == "Id" && p != "" {
			continue
		}
		used[name] = true
		value := g.characters(g.IntN(4))
		g.attribute(qualified(p, local), strings.ReplaceAll(value, "<", "&lt;"))
	}
	for _, a := range []struct {
		name string
		pool []string
	}{{"xml:lang", langPool}, {"xml:space", []string{"preserve", "default"}}, {"xml:base", basePool},
		{"xml:id", []string{fmt.Sprint("i", g.count)}}, {"xml:other", []string{"o"}}} {
		if g.chance(8) {
			g.attribute(a.name, g.pick(a.pool))
		}
	}
}

// boundTo is the namespace of an attribute: none without a prefix.
func (g *gardener) boundTo(prefix string) string {
	if prefix == "" {
		return ""
	}
	return g.bound(prefix)
}

func (g *gardener) misc() {
	switch g.IntN(3) {
	case 0:
		g.b.WriteString("<!--" + strings.ReplaceAll(g.characters(g.IntN(3), "<b>"), "-", "") + "-->")
	case 1:
		g.b.WriteString("<?p" + g.pick([]string{"", " ", " d", "  d e", "\nd", "\t d\r\ne ", " d\re"}) + "?>")
	default:
		g.b.WriteString(g.pick([]string{"\n", " ", "\r\n"}))
	}
}

func (g *gardener) element(depth int) {
	local := fmt.Sprint("e", g.count)
	g.count++
	// The declarations must be known before a prefix is chosen, but stand behind the name.
	tag := g.b.String()
	g.b.Reset()
	g.declarations()
	g.attributes()
	rest := g.b.String()
	name := qualified(g.usable(), local)
	g.b.Reset()
	g.b.WriteString(tag + "<" + name + rest)
	if g.chance(6) {
		g.b.WriteString(g.space())
	}
	if g.chance(15) {
		g.b.WriteString("/>")
		g.scope = g.scope[:len(g.scope)-1]
		return
	}
	g.b.WriteString(">")
	for range g.IntN(6) {
		switch k := g.IntN(10); {
		case k < 4 && depth < 7 && g.count < 40:
			g.element(depth + 1)
		case k < 8:
			g.b.WriteString(" " + g.characters(1+g.IntN(3)))
		case k == 8:
			g.b.WriteString("<![CDATA[" + g.characters(g.IntN(4), "<c>", "&") + "]]>")
		default:
			g.misc()
		}
	}
	g.b.WriteString("</" + name)
	if g.chance(5) {
		g.b.WriteString(g.pick([]string{" ", "\n"}))
	}
	g.b.WriteString(">")
	g.scope = g.scope[:len(g.scope)-1]
}

// grow makes one tree of a seed.
func grow(seed uint64) tree {
	g := &gardener{Rand: rand.New(rand.NewPCG(seed, 1)), wide: true}
	encoding := g.pick([]string{"", "", "UTF-8", "UTF-16", "ISO-8859-1"})
	g.wide = encoding != "ISO-8859-1"
	if encoding != "" {
		g.b.WriteString(`<?xml version="1.0" encoding="` + encoding + `"?>`)
	}
	for range g.IntN(3) {
		g.misc()
	}
	g.element(0)
	for range g.IntN(3) {
		g.misc()
	}
	t := tree{doc: encode(g.b.String(), encoding, g.chance(50))}
	t.method = g.pick([]string{"c14n10", "c14n11", "exc"})
	t.comments = g.chance(50)
	t.namesInContent = g.count
	if g.chance(75) {
		t.apex = fmt.Sprint("e", g.IntN(g.count))
	}
	if g.chance(40) && g.count > 1 {
		t.omit = fmt.Sprint("e", 1+g.IntN(g.count-1))
	}
	if t.method == "exc" && g.chance(60) {
		for range 1 + g.IntN(3) {
			t.prefixes = append(t.prefixes, g.pick([]string{"#default", "a", "b", "c", "z", "none"}))
		}
	}
	return t
}

func encode(s, encoding string, big bool) []byte {
	switch encoding {
	case "ISO-8859-1":
		var out []byte
		for _, r := range s {
			out = append(out, byte(r))
		}
		return out
	case "UTF-16":
		var out []byte
		for _, u := range utf16.Encode([]rune("\uFEFF" + s)) {
			if big {
				out = append(out, byte(u>>8), byte(u))
			} else {
				out = append(out, byte(u), byte(u>>8))
			}
		}
		return out
	}
	if encoding == "UTF-8" && big {
		return []byte("\uFEFF" + s)
	}
	return []byte(s)
}
