package pades_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// TestStampVectors signs the files of strangers with and without a stamp: whoever accepts the one
// accepts the other. A sixth of them by default, all with RUBRICA_FULL=1.
func TestStampVectors(t *testing.T) {
	t.Parallel()
	e := stampSigner(t)
	trust := []string{certtest.WritePEM(t, e.Issuer.Issuer.Certificate)}
	look := pades.Beside{Left: pades.ImageLook{Image: pngOf(t, drawing())}, Right: pades.TextLook{}}
	var jobs []certtest.Job
	crowded := 0 // pages that fields cover from edge to edge
	for i, path := range signable(t) {
		if i%6 != 1 && !certtest.Full() {
			continue
		}
		doc, err := os.ReadFile(path)
		require.NoError(t, err)
		password := passwords[filepath.Base(path)]
		p := pades.Profile{Time: stampTime(), DocumentPassword: []byte(password)}
		plain, err := sign(t, doc, signerOf(e), p)
		if err != nil {
			continue // the tests of signing say whether that is right
		}
		p.Stamp = &pades.Stamp{Look: look}
		stamped, err := sign(t, doc, signerOf(e), p)
		if signing.CodeOf(err) == "overlap" {
			crowded++
			continue
		}
		if !assert.NoError(t, err, "%s: %s", filepath.Base(path), signing.CodeOf(err)) {
			continue
		}
		for n, out := range [][]byte{plain, stamped} {
			name := fmt.Sprintf("%s-%d-*.pdf", strings.TrimSuffix(filepath.Base(path), ".pdf"), n)
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, name, out), Trust: trust, Password: password})
		}
	}
	require.LessOrEqual(t, crowded, 4)
	const judges = 4
	lines := certtest.Judge(t, "pdf", "pdfsig,pyhanko,qpdf,dss", jobs...)
	require.Len(t, lines, judges*len(jobs))
	for i := 0; i < len(lines); i += 2 * judges {
		for n := range judges {
			plain, stamped := lines[i+n], lines[i+judges+n]
			require.Equal(t, plain.Judge, stamped.Judge)
			assert.Equal(t, plain.Accepted, stamped.Accepted, "%s: %s: %s %+v",
				stamped.File, stamped.Judge, stamped.Error, stamped.Signatures)
			assert.LessOrEqual(t, faults(t, stamped.Structure), faults(t, plain.Structure), stamped.File)
		}
	}
}

// faults orders what qpdf says of a structure: a page that stood directly in the tree is better when
// it was changed.
func faults(t *testing.T, structure string) int {
	at := slices.Index([]string{"", "ok", "warnings", "errors"}, structure)
	require.NotEqual(t, -1, at, structure)
	return at
}
