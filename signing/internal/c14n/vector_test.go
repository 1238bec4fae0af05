package c14n_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// TestW3CInteroperability reads the XPath expressions of the interoperability test of Canonical XML
// 1.1 that choose subtrees, less subtrees; those that choose other node sets are counted.
func TestW3CInteroperability(t *testing.T) {
	t.Parallel()
	dir := certtest.Vectors(t, "c14n", "w3c", "c14n11")
	expressions, err := filepath.Glob(filepath.Join(dir, "*.xpath"))
	require.NoError(t, err)
	require.NotEmpty(t, expressions)
	subtree := regexp.MustCompile(`^\(//\. \| //@\* \| //namespace::\*\)\s*\[(.*)\]$`)
	name := regexp.MustCompile(`ancestor-or-self::ietf:(\w+)`)
	judged, others := 0, 0
	for _, file := range expressions {
		expression, err := os.ReadFile(file)
		require.NoError(t, err)
		m := subtree.FindStringSubmatch(strings.TrimSpace(string(expression)))
		in := file[:strings.LastIndexByte(file, '-')] + "-input.xml"
		doc, err := os.ReadFile(in)
		require.NoError(t, err)
		if m == nil || strings.Contains(m[1], "self::node") || bytes.Contains(doc, []byte("<!DOCTYPE")) ||
			!strings.Contains(m[1], "ietf:") {
			others++
			continue
		}
		chosen, left, _ := strings.Cut(m[1], "and not")
		d, err := xmltree.Parse(doc, xmltree.Limits{})
		require.NoError(t, err, in)
		var o c14n.Options
		for _, omit := range name.FindAllStringSubmatch(left, -1) {
			o.Omit = append(o.Omit, named(d, omit[1]))
		}
		var got bytes.Buffer
		for _, apex := range name.FindAllStringSubmatch(chosen, -1) {
			require.NoError(t, c14n.Canonicalize(&got, c14n.Inclusive11, named(d, apex[1]), o))
		}
		want, err := os.ReadFile(strings.TrimSuffix(file, ".xpath") + ".output")
		require.NoError(t, err)
		assert.Equal(t, string(want), got.String(), file)
		judged++
	}
	t.Logf("%d judged, %d need a document type or choose no subtrees", judged, others)
	require.GreaterOrEqual(t, judged, 16)
}

func TestSantuario(t *testing.T) {
	t.Parallel()
	dir := certtest.Vectors(t, "c14n", "santuario", "c14n")
	for _, c := range []struct {
		in, apex string
		m        c14n.Method
		want     string
	}{
		{"inExcl/example2_2_1.xml", "elem2", c14n.Inclusive10, "inExcl/example2_2_1_c14nized.xml"},
		{"inExcl/example2_2_2.xml", "elem2", c14n.Inclusive10, "inExcl/example2_2_2_c14nized.xml"},
		{"inExcl/example2_2_1.xml", "elem2", c14n.Exclusive10, "inExcl/example2_2_c14nized_exclusive.xml"},
		{"inExcl/example2_2_2.xml", "elem2", c14n.Exclusive10, "inExcl/example2_2_c14nized_exclusive.xml"},
		{"inExcl/example2_2_3.xml", "p", c14n.Exclusive10, "inExcl/example2_2_3_c14nized_exclusive.xml"},
		{"inExcl/example2_4.xml", "elem2", c14n.Exclusive10, "inExcl/example2_4_c14nized.xml"},
		{"in/32_input.xml", "", c14n.Inclusive10, "in/32_c14n.xml"},
		{"in/36_input.xml", "", c14n.Inclusive10, "in/36_c14n.xml"},
		{"in/default_ns_redefinition_input.xml", "Object", c14n.Exclusive10, "in/default_ns_redefinition_c14n.xml"},
	} {
		doc, err := os.ReadFile(filepath.Join(dir, c.in))
		require.NoError(t, err)
		want, err := os.ReadFile(filepath.Join(dir, c.want))
		require.NoError(t, err)
		got, err := canonical(doc, c.m, c.apex, "", nil)
		require.NoError(t, err, c.in)
		assert.Equal(t, string(want), string(got), c.in)
	}
	doc, err := os.ReadFile(filepath.Join(dir, "in", "relative-ns-behaviour.xml"))
	require.NoError(t, err)
	for m := c14n.Inclusive10; m <= c14n.Exclusive10WithComments; m++ {
		_, err = canonical(doc, m, "", "", nil)
		e, ok := errors.AsType[*c14n.Error](err)
		require.True(t, ok)
		assert.Equal(t, c14n.CodeRelativeNamespace, e.Code)
	}
}

// TestRecordedOctetsAreFixedPoints: what others recorded as canonical is canonical here.
func TestRecordedOctetsAreFixedPoints(t *testing.T) {
	t.Parallel()
	recorded := regexp.MustCompile(`(\.output|_c14n[^/]*\.xml|/c14n-\d+\.txt)$`)
	root, count, others := certtest.Vectors(t, "c14n"), 0, 0
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !recorded.MatchString(path) {
			return err
		}
		doc, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		d, err := xmltree.Parse(doc, xmltree.Limits{AllowDuplicateIDs: true})
		if err != nil || bytes.HasPrefix(doc, []byte("<?xml ")) {
			return nil // several roots or none; or a whole signature, not what was digested
		}
		redundant := func(r xmltree.DeclRecord) bool { return r.Redundant }
		if slices.ContainsFunc(d.Index().Decls, redundant) {
			others++ // made of a node set without some namespace nodes, which no subtree yields
			return nil
		}
		for _, m := range []c14n.Method{c14n.Inclusive10WithComments, c14n.Inclusive11WithComments} {
			var got bytes.Buffer
			if err := c14n.Canonicalize(&got, m, d.Node(), c14n.Options{}); err != nil {
				return err
			}
			// One contributor's files end with a line end.
			assert.Equal(t, strings.TrimSuffix(string(doc), "\n"), got.String(), path)
		}
		count++
		return nil
	})
	require.NoError(t, err)
	t.Logf("%d files, %d made of node sets that are not subtrees", count, others)
	require.GreaterOrEqual(t, count, 50)
}
