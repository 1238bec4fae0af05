package certificate_test

import (
	"crypto/x509"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/ec/icert"
)

func TestRevocationFollowsItsRules(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	clock := now().Truncate(time.Second)
	w.config.Clock = func() time.Time { return clock }
	a, err := certificate.NewAuthority(w.config)
	require.NoError(t, err)
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	ctx := t.Context()
	serial := issue(t, a, r).SerialNumber
	status := func() certificate.Status {
		record, err := a.Find(ctx, serial)
		require.NoError(t, err)
		return record.Status()
	}
	require.ErrorIs(t, a.Reinstate(ctx, serial, ""), certificate.ErrNotSuspended)
	require.ErrorIs(
		t, a.Revoke(ctx, big.NewInt(7), certificate.Revocation{}), certificate.ErrNotFound)
	require.ErrorIs(t, a.Revoke(ctx, nil, certificate.Revocation{}), certificate.ErrNotFound)
	var refused *certificate.PolicyError
	for _, reason := range []certificate.Reason{certificate.CertificateHold, certificate.RemoveFromCRL, 7, 99, -1} {
		require.ErrorAs(t, a.Revoke(ctx, serial, certificate.Revocation{Reason: reason}), &refused)
	}
	require.ErrorAs(
		t, a.Revoke(ctx, serial, certificate.Revocation{Invalid: clock.Add(time.Hour)}), &refused)

	heldAt := clock
	require.NoError(t, a.Suspend(ctx, serial, "case 1"))
	clock = clock.Add(time.Hour)
	require.NoError(t, a.Suspend(ctx, serial, "case 1"), "a repeat is harmless")
	require.Equal(t, heldAt, status().Since)
	clock = clock.Add(time.Hour)
	require.NoError(t, a.Revoke(ctx, serial, certificate.Revocation{
		Reason: certificate.KeyCompromise, Invalid: heldAt.Add(-time.Hour), Reference: "case 2",
	}))
	got := status()
	require.Equal(t, certificate.Status{
		State: certificate.Revoked, Since: heldAt, At: clock, Reason: certificate.KeyCompromise,
		Invalid: heldAt.Add(-time.Hour), Reference: "case 2",
	}, got, "revoked since it was held")
	require.NoError(
		t, a.Revoke(ctx, serial, certificate.Revocation{Reason: certificate.KeyCompromise}))
	require.Equal(t, got, status(), "a repeat changes nothing")
	require.ErrorIs(t,
		a.Revoke(ctx, serial, certificate.Revocation{Reason: certificate.Superseded}),
		certificate.ErrRevoked)
	require.ErrorIs(t, a.Suspend(ctx, serial, ""), certificate.ErrRevoked)
	require.ErrorIs(t, a.Reinstate(ctx, serial, ""), certificate.ErrRevoked)

	der, err := a.RevocationList(ctx, 0)
	require.NoError(t, err)
	crl, err := x509.ParseRevocationList(der)
	require.NoError(t, err)
	require.NoError(t, crl.CheckSignatureFrom(w.config.Certificate))
	require.Equal(t, w.config.Certificate.SubjectKeyId, crl.AuthorityKeyId)
	require.Equal(t, int64(1), crl.Number.Int64())
	require.Equal(t, clock, crl.ThisUpdate)
	require.Equal(t, clock.Add(24*time.Hour), crl.NextUpdate)
	require.Len(t, crl.RevokedCertificateEntries, 1)
	entry := crl.RevokedCertificateEntries[0]
	require.Equal(t, serial, entry.SerialNumber)
	require.Equal(t, heldAt, entry.RevocationTime)
	require.Equal(t, int(certificate.KeyCompromise), entry.ReasonCode)
	require.Len(t, entry.Extensions, 2, "reason and invalidity date")
}

func TestARevokedPlanIsNeverIssued(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	planned, err := w.authority.Plan(t.Context(), r)
	require.NoError(t, err)
	require.NoError(t, w.authority.Revoke(t.Context(), planned.Serial(),
		certificate.Revocation{Reason: certificate.CessationOfOperation}))
	_, err = w.authority.Issue(t.Context(), planned)
	require.ErrorIs(t, err, certificate.ErrRevoked)
}

// A list of more than one page, with everything on it.
func TestRevocationListIsComplete(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	want := map[string]bool{}
	for i := range 2500 {
		r := certificate.Record{
			Issuer: w.authority.ID(), Request: fmt.Sprint("r", i), NotAfter: now(),
		}
		serial := new(big.Int).Lsh(big.NewInt(1), 70)
		r.Serial = serial.Add(serial, big.NewInt(int64(i*3))).Text(16)
		_, err := w.ledger.Plan(t.Context(), r)
		require.NoError(t, err)
		if i%5 != 0 {
			_, err := w.ledger.Change(t.Context(), r.Issuer, r.Serial, 0,
				certificate.Status{State: certificate.Revoked, Since: now(), At: now()})
			require.NoError(t, err)
			want[r.Serial] = true
		}
	}
	der, err := w.authority.RevocationList(t.Context(), time.Hour)
	require.NoError(t, err)
	crl, err := x509.ParseRevocationList(der)
	require.NoError(t, err)
	require.Len(t, crl.RevokedCertificateEntries, len(want))
	for _, e := range crl.RevokedCertificateEntries {
		require.True(t, want[e.SerialNumber.Text(16)])
	}
}
