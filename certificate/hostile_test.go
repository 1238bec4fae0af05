package certificate_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/ec/icert"
)

// A host that passes a nil key, however typed, is refused like one that passes nonsense.
func TestNilKeysAreRefused(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	r := requests(certtest.P256, nil)[0]
	for _, key := range []any{
		nil, 5, (*rsa.PublicKey)(nil), &rsa.PublicKey{}, &rsa.PublicKey{N: big.NewInt(0), E: 3},
		&rsa.PublicKey{N: big.NewInt(-5), E: 3}, (*ecdsa.PublicKey)(nil), &ecdsa.PublicKey{},
		&ecdsa.PublicKey{Curve: elliptic.P256()},
		ed25519.PublicKey(nil), ed25519.PublicKey{1},
	} {
		r.PublicKey = key
		var refused *certificate.PolicyError
		_, err := w.authority.Plan(t.Context(), r)
		require.ErrorAs(t, err, &refused, "%T", key)
		require.Equal(t, "publicKey", refused.Field)
	}
	_, err := w.authority.Issue(t.Context(), nil)
	require.Error(t, err)
	_, err = w.authority.Issue(t.Context(), &certificate.Planned{})
	require.Error(t, err)
	_, err = w.authority.Find(t.Context(), nil)
	require.ErrorIs(t, err, certificate.ErrNotFound)
	require.ErrorIs(t, w.authority.Suspend(t.Context(), nil, ""), certificate.ErrNotFound)
}

// A PKCS #10 request with an enormous key is refused before its signature is looked at, which would
// take half a minute.
func TestCheckPossessionOfAnEnormousKey(t *testing.T) {
	t.Parallel()
	const bits = 250_000
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), bits))
	require.NoError(t, err)
	n.SetBit(n.SetBit(n, bits-1, 1), 0, 1)
	spki, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: n, E: 1<<31 - 1})
	require.NoError(t, err)
	raw := func(der []byte) asn1.RawValue { return asn1.RawValue{FullBytes: der} }
	info, err := asn1.Marshal(struct {
		Version               int
		Name, Key, Attributes asn1.RawValue
	}{0, raw([]byte{0x30, 0}), raw(spki), raw([]byte{0xa0, 0})})
	require.NoError(t, err)
	signature := bytes.Repeat([]byte{7}, bits/8)
	der, err := asn1.Marshal(struct {
		Info      asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{raw(info), pkix.AlgorithmIdentifier{
		Algorithm:  asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11},
		Parameters: asn1.NullRawValue,
	}, asn1.BitString{Bytes: signature, BitLength: bits}})
	require.NoError(t, err)
	require.Less(t, len(der), 64<<10)
	var refused *certificate.PolicyError
	_, err = certificate.CheckPossession(der)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "weak-key", refused.Rule)
}

// rewriting is a ledger whose records somebody wrote to.
type rewriting struct {
	certificate.Ledger
	edit func(*certificate.Record)
}

func (l rewriting) Find(ctx context.Context, q certificate.Query) ([]certificate.Record, error) {
	found, err := l.Ledger.Find(ctx, q)
	for i := range found {
		l.edit(&found[i])
	}
	return found, err
}

// Somebody writes another plan into the ledger, well-formed and for the right key, while the
// authority is down. It is not signed.
func TestARewrittenPlanIsNotSigned(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	key := certtest.Key(t, certtest.P256, "issuance holder")
	r := requests(certtest.P256, key.Public())[0]
	planned, err := w.authority.Plan(t.Context(), r)
	require.NoError(t, err)
	honest, err := x509.ParseCertificate(sealed(t, planned.TBS()))
	require.NoError(t, err)
	for name, edit := range map[string]func(*x509.Certificate){
		"authority": func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid = true, true
			c.KeyUsage |= x509.KeyUsageCertSign
		},
		"usage":  func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyAgreement },
		"longer": func(c *x509.Certificate) { c.NotAfter = c.NotAfter.AddDate(3, 0, 0) },
		"earlier": func(c *x509.Certificate) {
			c.NotBefore = c.NotBefore.AddDate(0, 0, -5)
		},
		"holder": func(c *x509.Certificate) { c.RawSubject = w.root.RawSubject },
		"responder": func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{
				Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{5, 0}})
		},
		"address": func(c *x509.Certificate) {
			c.ExtraExtensions = without(c.ExtraExtensions, asn1.ObjectIdentifier{2, 5, 29, 17})
		},
	} {
		c := *honest
		c.ExtraExtensions = profileExtensions(honest)
		edit(&c)
		signer := certtest.Key(t, certtest.P256, "somebody")
		parent := &x509.Certificate{RawSubject: honest.RawIssuer, SubjectKeyId: honest.AuthorityKeyId}
		der, err := x509.CreateCertificate(rand.Reader, &c, parent, key.Public(), signer)
		require.NoError(t, err, name)
		other, err := x509.ParseCertificate(der)
		require.NoError(t, err, name)
		require.Equal(t, honest.SerialNumber, other.SerialNumber)
		refuses(t, w, r, func(record *certificate.Record) {
			record.TBS, record.NotAfter = other.RawTBSCertificate, other.NotAfter
		}, name)
	}
	for name, edit := range map[string]func(*certificate.Record){
		"end":     func(r *certificate.Record) { r.NotAfter = r.NotAfter.AddDate(1, 0, 0) },
		"planned": func(r *certificate.Record) { r.PlannedAt = r.PlannedAt.AddDate(1, 0, 0) },
		"serial":  func(r *certificate.Record) { r.Serial = "4a" },
		"issuer":  func(r *certificate.Record) { r.Issuer = "4a" },
		"request": func(r *certificate.Record) { r.Request = "4a" },
		"octets":  func(r *certificate.Record) { r.TBS = r.TBS[:len(r.TBS)-1] },
		"nothing": func(r *certificate.Record) { r.TBS = nil },
	} {
		refuses(t, w, r, edit, name)
	}
	again, err := w.authority.Plan(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, planned.TBS(), again.TBS())
}

// refuses plans again with a ledger that was written to, with a key that must not be used.
func refuses(
	t *testing.T, w *tower, r certificate.Request, edit func(*certificate.Record), name string,
) {
	t.Helper()
	c := w.config
	signer := &countingSigner{Signer: c.Key}
	c.Ledger, c.Key = rewriting{w.ledger, edit}, signer
	a, err := certificate.NewAuthority(c)
	require.NoError(t, err)
	_, err = a.Plan(t.Context(), r)
	require.ErrorIs(t, err, certificate.ErrLedger, name)
	require.Zero(t, signer.count(), name)
}

// sealed makes a certificate of to-be-signed octets, with a signature of nobody.
func sealed(t *testing.T, tbs []byte) []byte {
	t.Helper()
	ecdsaWithSHA256 := pkix.AlgorithmIdentifier{
		Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}
	der, err := asn1.Marshal(struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: tbs}, ecdsaWithSHA256, asn1.BitString{Bytes: []byte{1}, BitLength: 8}})
	require.NoError(t, err)
	return der
}

// profileExtensions are those that x509.CreateCertificate would not make by itself.
func profileExtensions(c *x509.Certificate) []pkix.Extension {
	out := c.Extensions
	for _, last := range []int{14, 15, 19, 35} {
		out = without(out, asn1.ObjectIdentifier{2, 5, 29, last})
	}
	return out
}

func without(all []pkix.Extension, id asn1.ObjectIdentifier) []pkix.Extension {
	var out []pkix.Extension
	for _, e := range all {
		if !e.Id.Equal(id) {
			out = append(out, e)
		}
	}
	return out
}

// New addresses between a plan and its repeat are no reason to refuse: the same octets are signed.
func TestAPlanOutlivesNewAddresses(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	planned, err := w.authority.Plan(t.Context(), r)
	require.NoError(t, err)
	w.config.CRL, w.config.OCSP, w.config.Issuer = []string{"http://new.example/crl"}, nil, nil
	later := time.Now().Add(48 * time.Hour)
	w.config.Clock = func() time.Time { return later }
	a, err := certificate.NewAuthority(w.config)
	require.NoError(t, err)
	cert := issue(t, a, r)
	require.Equal(t, planned.TBS(), cert.RawTBSCertificate)
}

// A ledger that answers with another record changes nothing.
func TestAnotherRecordIsNotChanged(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	cert := issue(t, w.authority, r)
	c := w.config
	c.Ledger = rewriting{w.ledger, func(r *certificate.Record) { r.Serial = "4a" }}
	a, err := certificate.NewAuthority(c)
	require.NoError(t, err)
	err = a.Suspend(t.Context(), cert.SerialNumber, "")
	require.ErrorIs(t, err, certificate.ErrLedger)
	record, err := w.authority.Find(t.Context(), cert.SerialNumber)
	require.NoError(t, err)
	require.Empty(t, record.History)
}

// pausing holds the first look at what is listed back until it is let go on.
type pausing struct {
	certificate.Ledger
	first  atomic.Bool
	read   chan struct{} // closed when it has been read
	resume chan struct{}
}

func (p *pausing) Find(ctx context.Context, q certificate.Query) ([]certificate.Record, error) {
	found, err := p.Ledger.Find(ctx, q)
	if q.Listed && p.first.CompareAndSwap(false, true) {
		close(p.read)
		<-p.resume
	}
	return found, err
}

// Two processes make lists at once and somebody revokes in between: the list with the higher number
// has all that the other has.
func TestTheLaterNumberIsTheLaterList(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	cert := issue(t, w.authority, r)
	slow := &pausing{Ledger: w.ledger, read: make(chan struct{}), resume: make(chan struct{})}
	c := w.config
	c.Ledger = slow
	other, err := certificate.NewAuthority(c)
	require.NoError(t, err)
	var late []byte
	var failed error
	var wg sync.WaitGroup
	wg.Go(func() { late, failed = other.RevocationList(context.Background(), time.Hour) })
	<-slow.read
	require.NoError(t, w.authority.Revoke(t.Context(), cert.SerialNumber,
		certificate.Revocation{Reason: certificate.KeyCompromise}))
	early, err := w.authority.RevocationList(t.Context(), time.Hour)
	require.NoError(t, err)
	close(slow.resume)
	wg.Wait()
	require.NoError(t, failed)
	first, err := x509.ParseRevocationList(early)
	require.NoError(t, err)
	second, err := x509.ParseRevocationList(late)
	require.NoError(t, err)
	require.Positive(t, second.Number.Cmp(first.Number))
	require.Len(t, first.RevokedCertificateEntries, 1)
	require.Len(t, second.RevokedCertificateEntries, 1)
}

// Many make lists at once: each has a number of its own, and those that are made have, in the order
// of their numbers, ever more on them.
func TestListsInOrder(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	var mu sync.Mutex
	lists := map[string]int{}
	var greatest [64]int
	var wg sync.WaitGroup
	for i := range 3 {
		a, err := certificate.NewAuthority(w.config)
		require.NoError(t, err)
		wg.Go(func() {
			for range 6 {
				der, err := a.RevocationList(context.Background(), time.Hour)
				if err != nil {
					continue // the others were too many
				}
				list, err := x509.ParseRevocationList(der)
				if err != nil {
					return
				}
				mu.Lock()
				lists[list.Number.String()]++
				greatest[list.Number.Int64()] = len(list.RevokedCertificateEntries)
				mu.Unlock()
			}
		})
		r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[i]
		cert := issue(t, w.authority, r)
		require.NoError(t, w.authority.Revoke(t.Context(), cert.SerialNumber,
			certificate.Revocation{Reason: certificate.Superseded}))
	}
	wg.Wait()
	require.NotEmpty(t, lists)
	before := 0
	for number, entries := range greatest {
		n := lists[big.NewInt(int64(number)).String()]
		require.LessOrEqual(t, n, 1)
		if n == 1 {
			require.GreaterOrEqual(t, entries, before)
			before = entries
		}
	}
}

// A cancelled context makes no list, and does not keep the next one waiting.
func TestListOfACancelledContext(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.authority.RevocationList(gone, time.Hour)
	require.ErrorIs(t, err, context.Canceled)
	_, err = w.authority.RevocationList(t.Context(), time.Hour)
	require.NoError(t, err)
}
