package evidence_test

import (
	"context"
	"crypto/x509"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/evidence"
)

func TestGather(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	e := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	rootList, subList := pki.Root.CRL(t), pki.Sub.CRL(t)
	answer := pki.Sub.OCSP(t, e, ocsp.Good)
	v := signing.Validation{Anchors: []*x509.Certificate{pki.Root.Certificate}, Time: time.Now(),
		CRLs: [][]byte{rootList}}
	leaves := []*x509.Certificate{e.Certificate}
	gather := func(change func(*signing.Validation), have evidence.Set) (*evidence.Set, error) {
		v := v
		if change != nil {
			change(&v)
		}
		return evidence.Gather(context.Background(), leaves, have, v)
	}
	have := evidence.Set{Certificates: e.Chain()}

	_, err := gather(nil, have)
	var missing *evidence.MissingError
	require.ErrorAs(t, err, &missing, "nothing says that the signer is not revoked")
	assert.Equal(t, "revocation-unknown", missing.Code)

	twice := func(v *signing.Validation) { v.CRLs = append(v.CRLs, subList, subList) }
	set, err := gather(twice, have)
	require.NoError(t, err)
	assert.ElementsMatch(t, [][]byte{rootList, subList}, set.CRLs)
	assert.Empty(t, set.OCSPs)
	assert.Len(t, set.Certificates, 3, "leaf, authority and anchor")

	set, err = gather(func(v *signing.Validation) { v.OCSPs = [][]byte{answer} }, have)
	require.NoError(t, err)
	assert.Equal(t, [][]byte{answer}, set.OCSPs)
	assert.True(t, evidence.IsOCSP(answer))
	assert.False(t, evidence.IsOCSP(subList))

	revoked := func(v *signing.Validation) { v.CRLs = append(v.CRLs, pki.Sub.CRL(t, e)) }
	_, err = gather(revoked, have)
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, "revoked", missing.Code)
	_, err = gather(func(v *signing.Validation) { v.Anchors = nil }, have)
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, "no-chain", missing.Code)
}
