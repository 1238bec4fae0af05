package tsp_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/tsp"
)

func readPEM(t testing.TB, path string) *x509.Certificate {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	if block, _ := pem.Decode(raw); block != nil {
		raw = block.Bytes
	}
	c, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	return c
}

// TestForeignTokens judges tokens that EU DSS made, against the verdicts of their manifest.
func TestForeignTokens(t *testing.T) {
	t.Parallel()
	dir := certtest.Vectors(t, "made-by-dss") + "/"
	letter, err := os.ReadFile(dir + "content/letter.txt")
	require.NoError(t, err)
	for _, c := range []struct {
		file, root string
		crypto     signing.Crypto
		indication signing.Indication
		sub        signing.SubIndication
		trust      signing.Trust
	}{
		{"tsr/stamp-sha512.tst", "pki/root.pem", signing.Intact, signing.TotalPassed, "",
			signing.Trusted},
		{"tsr/changed-stamp-imprint.tst", "pki/root.pem", signing.Broken, signing.TotalFailed,
			signing.HashFailure, signing.TrustUnknown},
		{"tsr/bad-stamp-other-root.tst", "pki/stranger-root.pem", signing.Intact,
			signing.Indeterminate, signing.NoCertificateChain, signing.TrustUnknown},
	} {
		t.Run(c.file, func(t *testing.T) {
			token, err := os.ReadFile(dir + c.file)
			require.NoError(t, err)
			v, err := tsp.Verify(context.Background(), tsp.Query{Token: token,
				Imprint: tsp.Digest(letter)},
				signing.Validation{Anchors: []*x509.Certificate{readPEM(t, dir+c.root)},
					Time: time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)})
			require.NoError(t, err)
			assert.Equal(t, c.crypto, v.Crypto, v.Findings)
			assert.Equal(t, c.indication, v.Indication, v.Findings)
			assert.Equal(t, c.sub, v.SubIndication)
			assert.Equal(t, c.trust, v.Trust)
		})
	}
}
