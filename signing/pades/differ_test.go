package pades_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
)

// explained says why pyHanko refuses what we allow.
var explained = map[string]string{
	"metadata":                     "its example of metadata is no XMP, which ISO 32000-2, 14.3.2 does not let it judge",
	"value replaced in place":      "it does not follow an indirect V (12.7.4.3)",
	"picture of a separate widget": "it does not know a first AP of a widget below its field (12.5.5)",
	"evidence":                     "the evidence is no certificate, which is not a change of the document",
	"note added":                   "it refuses all annotations, also after P 3 (table 257)",
	"note changed":                 "the same",
	"note removed":                 "the same",
	"note on a page without":       "the same",
	"annotations reordered":        "the same",
}

// TestForgedRevisionsElsewhere asks pyHanko about the same forgeries. What it refuses, we refuse, or
// the difference is explained; where it is more lenient, it is only counted.
func TestForgedRevisionsElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.P256)
	trust := certtest.WritePEM(t, w.pki.Root.Certificate)
	type about struct {
		form, forgery string
		ours          signing.Status
	}
	files := map[string]about{}
	var jobs []certtest.Job
	for form, doc := range signedForms(t, w, wholeForm()) {
		for _, f := range forgeries {
			if f.name == "permissions removed" || f.name == "dangling content defined" ||
				!certtest.Full() && rand.IntN(4) > 0 {
				continue
			}
			g := newForge(t, doc)
			f.make(g)
			forged := g.finish(doc)
			status, _ := verdictOf(forged, w.validation())
			path := certtest.WriteFile(t, "*.pdf", forged)
			files[path] = about{form, f.name, status}
			jobs = append(jobs, certtest.Job{File: path, Trust: []string{trust}})
		}
	}
	lenient := 0
	for _, l := range certtest.Judge(t, "pdf", "pyhanko", jobs...) {
		a := files[l.File]
		switch {
		case l.Accepted == (a.ours == signing.StatusValid):
		case l.Accepted:
			lenient++
		case strings.HasPrefix(a.form, "locked"):
			// It refuses every change once a locked field has a picture.
		default:
			require.Contains(t, explained, a.forgery, "%s: %v", a.form, notes(l))
		}
	}
	t.Logf("pyHanko accepts %d of %d that we refuse", lenient, len(jobs))
}
