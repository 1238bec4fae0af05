package c14n_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/internal/c14n"
)

// TestGeneratedTrees compares with libxml2: 5,000 trees, or 100,000 in the full proof.
func TestGeneratedTrees(t *testing.T) {
	t.Parallel()
	certtest.Shared(t)
	count, batch := 5000, 2500
	if certtest.Full() {
		count, batch = 100_000, 10_000
	}
	dir := t.TempDir()
	for from := 0; from < count; from += batch {
		compareTrees(t, dir, from, batch)
	}
}

func compareTrees(t *testing.T, dir string, from, count int) {
	names := map[string]string{"c14n10": "1.0", "c14n11": "1.1", "exc": "exc"}
	trees := make([]tree, count)
	jobs := make([]certtest.Job, count)
	for i := range trees {
		g := grow(uint64(from + i))
		file := filepath.Join(dir, fmt.Sprint(i, ".xml"))
		require.NoError(t, os.WriteFile(file, g.doc, 0o600))
		trees[i] = g
		jobs[i] = certtest.Job{
			File: file, Method: names[g.method], Comments: g.comments, Apex: g.apex, Omit: g.omit,
			Prefixes: strings.Join(g.prefixes, " "),
		}
	}
	for i, line := range certtest.Judge(t, "c14n", "", jobs...) {
		g := trees[i]
		m := withComments(methods[g.method], g.comments)
		got, err := canonical(g.doc, m, g.apex, g.omit, g.prefixes)
		if e, ok := errors.AsType[*c14n.Error](err); ok && e.Code == c14n.CodeNothing {
			err, got = nil, nil
		}
		about := fmt.Sprintf("tree %d: %s comments=%v apex=%q omit=%q prefixes=%q\n%s",
			from+i, g.method, g.comments, g.apex, g.omit, g.prefixes, g.doc)
		require.NoError(t, err, about)
		require.Empty(t, line.Error, about)
		require.Equal(t, string(line.Output), string(got), about)
	}
}
