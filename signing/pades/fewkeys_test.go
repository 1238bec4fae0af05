package pades_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing/pades"
)

// TestKeysThatFewKnow signs files of every kind with Ed25519, which of the judges DSS (with its
// lenient policy) and pyHanko know in PDF, and with RSASSA-PSS.
func TestKeysThatFewKnow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind   certtest.KeyKind
		pss    bool
		judges string
	}{
		"Ed25519":    {certtest.Ed25519, false, "dss,pyhanko"},
		"RSASSA-PSS": {certtest.RSA2048, true, "dss,pyhanko,openssl"},
	} {
		w := newWorld(t, c.kind)
		var jobs []certtest.Job
		for i, path := range signable(t) {
			password := passwords[filepath.Base(path)]
			if !certtest.Full() && i%4 != 0 || strings.Contains(path, "torture") {
				continue
			}
			doc, err := os.ReadFile(path)
			require.NoError(t, err)
			out, err := sign(t, doc, signerOf(w.signer), pades.Profile{PSS: c.pss, DocumentPassword: []byte(password)})
			if err != nil {
				require.True(t, rightlyRefused(path, err), "%s: %v", path, err)
				continue
			}
			w.requireOurs(t, out, password, path)
			if strings.Contains(path, "offset_start") {
				continue // DSS and pyHanko do not open it, signed or not
			}
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.pdf", out), Policy: "lenient",
				Password: password, Trust: []string{certtest.WritePEM(t, w.pki.Root.Certificate)},
				Chain: []string{certtest.WritePEM(t, w.pki.Sub.Certificate)}})
		}
		for _, l := range certtest.Judge(t, "pdf", c.judges, jobs...) {
			ours := false
			for _, s := range l.Signatures {
				ours = ours || yes(s.Valid) && yes(s.Intact) && yes(s.Trusted)
			}
			require.True(t, ours, "%s, %s of %s: %s %v", name, l.Judge, l.File, l.Error, notes(l))
		}
	}
}
