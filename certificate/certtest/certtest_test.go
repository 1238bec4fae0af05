package certtest_test

import (
	"encoding/pem"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestStrangersAcceptOurAuthorities asks judges about every kind of throw-away authority.
func TestStrangersAcceptOurAuthorities(t *testing.T) {
	kinds := []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384, certtest.P521, certtest.Ed25519}
	var jobs []certtest.Job
	for _, kind := range kinds {
		pki := certtest.NewPKI(t, kind)
		signer := pki.Signer(t, certtest.Template{Kind: kind})
		jobs = append(jobs, certtest.Job{
			File:  certtest.WritePEM(t, signer.Certificate),
			Trust: []string{certtest.WritePEM(t, pki.Root.Certificate)},
			Chain: []string{certtest.WritePEM(t, pki.Sub.Certificate)},
		})
	}
	for _, line := range certtest.Judge(t, "cert", "openssl", jobs...) {
		require.True(t, line.Accepted, "%s on %s: %s", line.Judge, line.File, line.Error)
	}
}

// TestStrangersRefuseARevokedSigner shows that the judges can refuse.
func TestStrangersRefuseARevokedSigner(t *testing.T) {
	pki := certtest.NewPKI(t, certtest.P256)
	signer := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	list := certtest.WriteFile(t, "list-*.crl", pemCRL(pki.Sub.CRL(t, signer)))
	lines := certtest.Judge(t, "cert", "openssl", certtest.Job{
		File:  certtest.WritePEM(t, signer.Certificate),
		Trust: []string{certtest.WritePEM(t, pki.Root.Certificate)},
		Chain: []string{certtest.WritePEM(t, pki.Sub.Certificate)},
		CRL:   []string{list, certtest.WriteFile(t, "root-*.crl", pemCRL(pki.Root.CRL(t)))},
	})
	require.Len(t, lines, 1)
	require.False(t, lines[0].Accepted)
	require.Contains(t, fmt.Sprint(lines[0].Error, lines[0].Raw), "revoked")
}

func TestOCSPAnswersAreReadable(t *testing.T) {
	pki := certtest.NewPKI(t, certtest.P256)
	signer := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	answer, err := ocsp.ParseResponseForCert(pki.Sub.OCSP(t, signer, ocsp.Revoked), signer.Certificate, pki.Sub.Certificate)
	require.NoError(t, err)
	require.Equal(t, ocsp.Revoked, answer.Status)
}

func pemCRL(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
}
