package sri_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/sri"
)

func originals(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	files, err := filepath.Glob(certtest.Vectors(t, "sri", "documents", "*-original.xml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		out[filepath.Base(f)] = data
	}
	return out
}

func signer(t testing.TB, pki *certtest.PKI, tpl certtest.Template) signing.Signer {
	t.Helper()
	e := pki.Signer(t, tpl)
	return signing.Signer{Key: e.Key, Chain: e.Chain()}
}

func TestSignVectors(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	trust := certtest.WritePEM(t, pki.Root.Certificate)
	chain := certtest.WritePEM(t, pki.Sub.Certificate)
	var jobs []certtest.Job
	for name, voucher := range originals(t) {
		for _, sha256 := range []bool{false, true} {
			signed, err := sri.Sign(context.Background(), voucher, signer(t, pki, certtest.Template{}),
				sri.Options{Time: time.Now(), SHA256: sha256, SkipAccessKey: true})
			require.NoError(t, err, name)
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.xml", signed),
				Trust: []string{trust}, Chain: []string{chain}})
		}
	}
	lines := certtest.Judge(t, "sri", "", jobs...)
	require.GreaterOrEqual(t, len(lines), 5*len(jobs))
	for _, line := range lines {
		t.Log(line.Judge, line.Accepted)
		require.True(t, line.Accepted, "%s of %s: %s %+v", line.Judge, line.File, line.Error, line.Signatures)
	}
}
