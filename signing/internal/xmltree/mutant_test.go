package xmltree_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// seeds are documents that mutants are made of.
var seeds = []string{
	`<?xml version="1.0" encoding="UTF-8" standalone="no"?>` + "\n" + `<!-- c --><a x="1" y='2'><b/>t&amp;&#xe1;</a><?p d?>`,
	`<a xmlns="urn:d" xmlns:p="urn:p" p:x="1" x="2"><p:b xmlns:q="urn:q" q:y="3"><q:c/></p:b></a>`,
	`<a><![CDATA[x<]]&]]>y]] ></a>`,
	`<p:a xmlns:p="urn:p" p:id="i" xml:lang="es"><p:b></p:b ></p:a >`,
	"<a>\r\n<b c=\"x\ty\nz\r\"/>\r</a>",
	`<año ñ="é"><日本 xmlns:ü="urn:u" ü:x=""/>𠀀</año>`,
	`<?xml version='1.0'?><a><?pi data?><!----><b> </b></a>`,
	`<a xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:space="default" xml:id="x"><b Id="y"/></a>`,
}

// tokens are what mutants are spoilt with.
var tokens = []string{
	"<", ">", "/", "</", "/>", "=", "\"", "'", "&", ";", "&amp;", "&lt;", "&#0;", "&#x1F600;",
	"&#xD800;", "&#65;",
	"&#x;", "&#;", "&#x110000;", "&foo;", "&amp", "&apos;", "&quot;", "<!--", "-->", "--", "-",
	"<![CDATA[", "]]>", "]]",
	"<?", "?>", "<?xml ", "<?xml?>", "<?XmL x?>", "<?a:b c?>", "xmlns", "xmlns:",
	` xmlns:p="urn:p"`, ` xmlns:p=""`, ` xmlns=""`,
	` xmlns="http://www.w3.org/XML/1998/namespace"`, ` xmlns:xmlns="urn:x"`, ` xmlns:xml="urn:x"`,
	` xmlns:q="http://www.w3.org/2000/xmlns/"`, ` xmlns:q="http://www.w3.org/XML/1998/namespace"`,
	"xml:", "p:", "q:", ":", "::", "a", "b", "x", "\x00", "\x01", "\x0B", "\x1F", "\x7F", "\u0085",
	"\u2028", "\uFFFE", "\uFFFF",
	"\uFFFD", "\uFEFF", "\xC3", "\xA9", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC0\x80", " ", "\t",
	"\r", "\n", "\u00B7", "\u0300",
	"\u203F", "\u037E", "\u00D7", "\u2070", "0", "-", ".", "_", ` x="1"`, ` x='`, "<a>", "</a>",
	"<b/>", "<a/>",
	` version="1.0"`, ` version="1.1"`, ` version="2.0"`, ` encoding="UTF-8"`, ` standalone="yes"`,
	"<!", "<!ELEMENT a ANY>", "[", "]",
}

// mutant spoils a seed, or leaves it.
func mutant(r *rand.Rand) []byte {
	doc := []byte(seeds[r.IntN(len(seeds))])
	for range r.IntN(4) {
		i := r.IntN(len(doc) + 1)
		j := min(len(doc), i+r.IntN(6))
		switch r.IntN(5) {
		case 0:
			doc = slices.Delete(doc, i, j)
		case 1, 2:
			doc = slices.Insert(doc, i, []byte(tokens[r.IntN(len(tokens))])...)
		case 3:
			doc = slices.Insert(doc, r.IntN(len(doc)+1), bytes.Clone(doc[i:j])...)
		default:
			if i < len(doc) {
				doc[i] = byte(r.IntN(256))
			}
		}
	}
	if r.IntN(10) > 0 {
		return doc
	}
	var wide []byte
	for _, u := range utf16.Encode([]rune("\uFEFF" + strings.ReplaceAll(string(doc), "UTF-8", "UTF-16"))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	return wide
}

// lint says of each document whether xmllint reports an error; warnings are none.
func lint(t *testing.T, docs [][]byte) []string {
	t.Helper()
	program, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("NOT TESTED: xmllint is not installed")
	}
	dir := t.TempDir()
	args := []string{"--noout", "--nonet"}
	for i, doc := range docs {
		name := filepath.Join(dir, strconv.Itoa(i))
		require.NoError(t, os.WriteFile(name, doc, 0o600))
		args = append(args, name)
	}
	out, _ := exec.Command(program, args...).CombinedOutput() // its status is that of the last file
	says := make([]string, len(docs))
	message := regexp.MustCompile(`^` + regexp.QuoteMeta(dir) + `/(\d+):\d+: ((?:parser|namespace|encoding|I/O) error : .*)`)
	for line := range strings.Lines(string(out)) {
		m := message.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		i, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		if says[i] == "" {
			says[i] = m[2]
		}
	}
	return says
}

// TestMutants compares what is refused with xmllint: 10,000 mutants, 200,000 in the full proof.
func TestMutants(t *testing.T) {
	t.Parallel()
	count, batch := 10_000, 1000
	if certtest.Full() {
		count = 200_000
	}
	for from := 0; from < count; from += batch {
		docs := make([][]byte, batch)
		for i := range docs {
			docs[i] = mutant(rand.New(rand.NewPCG(uint64(from+i), 7)))
		}
		for i, says := range lint(t, docs) {
			compare(t, from+i, docs[i], says)
		}
	}
}

func compare(t *testing.T, i int, doc []byte, says string) {
	_, err := xmltree.Parse(doc, xmltree.Limits{AllowDuplicateIDs: true})
	e, _ := errors.AsType[*xmltree.Error](err)
	if err != nil && e.Code == xmltree.CodeDTD || (err == nil) == (says == "") {
		return
	}
	switch {
	case err == nil && strings.HasSuffix(says, "is not a valid URI"):
		return // Namespaces in XML 1.0, 9: processors need not check that
	case err != nil && e.Code == xmltree.CodeEncoding && strings.Contains(e.Reason, "declared"):
		return // xmllint asks iconv, which ignores hyphens and underscores in names
	case err != nil && strings.HasPrefix(e.Reason, "white space is missing in the XML declaration"):
		return // XML 1.0, production 32 begins with S; xmllint lets it pass
	case err != nil && hasNUL(doc) && says == "":
		return // XML 1.0, 2.2: U+0000 is no Char, also behind the document element
	case err != nil && regexp.MustCompile(`^<\?xml\s+version=['"]1\.['"]`).Match(doc):
		return // XML 1.0, production 26: there is a digit after "1."
	}
	t.Errorf("mutant %d: %q\nxmllint: %s\nhere: %v", i, doc, says, err)
}

// hasNUL says that U+0000 occurs in a document in UTF-8 or, with a byte order mark, UTF-16.
func hasNUL(doc []byte) bool {
	if !bytes.HasPrefix(doc, []byte("\xFF\xFE")) {
		return bytes.IndexByte(doc, 0) >= 0
	}
	for i := 2; i+1 < len(doc); i += 2 {
		if doc[i] == 0 && doc[i+1] == 0 {
			return true
		}
	}
	return false
}
