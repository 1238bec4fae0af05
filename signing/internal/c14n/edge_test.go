package c14n_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// methods are the names that tests use for the methods.
var methods = map[string]c14n.Method{
	"c14n10": c14n.Inclusive10, "c14n11": c14n.Inclusive11, "exc": c14n.Exclusive10,
}

// withComments is the method that also writes comments.
func withComments(m c14n.Method, comments bool) c14n.Method {
	if comments {
		return m + 1
	}
	return m
}

// named is the first element with a local name; the document if the name is empty.
func named(d *xmltree.Document, local string) xmltree.Node {
	if local == "" {
		return d.Node()
	}
	for i := 1; i < d.Len(); i++ {
		if n := d.At(uint32(i)); n.IsElement() && n.Local() == local {
			return n
		}
	}
	return xmltree.Node{}
}

// canonical is the canonical form of an element or, with an empty name, of a document.
func canonical(doc []byte, m c14n.Method, apex, omit string, prefixes []string) ([]byte, error) {
	d, err := xmltree.Parse(doc, xmltree.Limits{AllowDuplicateIDs: true})
	if err != nil {
		return nil, err
	}
	o := c14n.Options{Prefixes: prefixes}
	if omit != "" {
		if n := named(d, omit); !n.IsZero() {
			o.Omit = append(o.Omit, n)
		}
	}
	var out bytes.Buffer
	err = c14n.Canonicalize(&out, m, named(d, apex), o)
	return out.Bytes(), err
}

func TestEdgeCases(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(certtest.Shared(t), "vectors", "c14n-edge")
	f, err := os.Open(filepath.Join(dir, "cases.tsv"))
	require.NoError(t, err)
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	rows, err := r.ReadAll()
	require.NoError(t, err)
	dtd, accepted := 0, 0
	for _, row := range rows[1:] {
		file, apex, prefixes, method, comments, expected := row[0], row[1], row[2], row[3], row[4], row[5]
		name := strings.Join(row[:5], " ")
		doc, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		m, ok := methods[method]
		require.True(t, ok, method)
		got, err := canonical(doc, withComments(m, comments == "1"), apex, "", strings.Fields(prefixes))
		if bytes.Contains(doc, []byte("<!DOCTYPE")) {
			var e *xmltree.Error
			require.ErrorAs(t, err, &e, name)
			require.Equal(t, xmltree.CodeDTD, e.Code, name)
			dtd++
			continue
		}
		if expected == "refuse" {
			// Namespace names that are absolute by RFC 3986 or are IRIs may be accepted.
			if err == nil {
				accepted++
			}
			continue
		}
		require.NoError(t, err, name)
		want, err := os.ReadFile(filepath.Join(dir, expected))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), name)
	}
	require.Len(t, rows, 349)
	t.Logf("%d answers, %d refused for their document type declaration, %d accepted where "+
		"a judge refuses the namespace name", len(rows)-1, dtd, accepted)
	require.Equal(t, 24, dtd)
	require.LessOrEqual(t, accepted, 12)
}
