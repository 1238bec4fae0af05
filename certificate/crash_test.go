package certificate_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"io"
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

func writePEM(t testing.TB, kind string, der []byte) string {
	t.Helper()
	return certtest.WriteFile(t, "*.pem", pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// countingSigner counts what it signs.
type countingSigner struct {
	crypto.Signer
	n atomic.Int64
}

func (c *countingSigner) count() int { return int(c.n.Load()) }

func (c *countingSigner) Sign(
	random io.Reader, digest []byte, opts crypto.SignerOpts,
) ([]byte, error) {
	c.n.Add(1)
	return c.Signer.Sign(random, digest, opts)
}

// shortKey is an RSA key of 1024 bits that nobody can use.
func shortKey() crypto.PublicKey {
	n := new(big.Int).Lsh(big.NewInt(1), 1023)
	return &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}
}

var errCrash = errors.New("crash")

// crashing is a ledger whose process dies at one of its calls: before or after the effect.
type crashing struct {
	certificate.Ledger
	left  atomic.Int64 // calls until the crash
	after bool
}

func (c *crashing) crash(do func() error) error {
	if c.left.Add(-1) != 0 {
		if c.left.Load() < 0 {
			return errCrash // dead
		}
		return do()
	}
	if c.after {
		_ = do()
	}
	return errCrash
}

func (c *crashing) Plan(
	ctx context.Context, r certificate.Record,
) (got certificate.Record, err error) {
	err = c.crash(func() (err error) { got, err = c.Ledger.Plan(ctx, r); return err })
	return got, err
}

func (c *crashing) Certify(
	ctx context.Context, issuer, request string, der []byte, at time.Time,
) (got certificate.Record, err error) {
	err = c.crash(
		func() (err error) { got, err = c.Ledger.Certify(ctx, issuer, request, der, at); return err },
	)
	return got, err
}

func (c *crashing) Find(
	ctx context.Context, q certificate.Query,
) (got []certificate.Record, err error) {
	err = c.crash(func() (err error) { got, err = c.Ledger.Find(ctx, q); return err })
	return got, err
}

// remembering keeps every signature that left the key.
type remembering struct {
	crypto.Signer
	mu   sync.Mutex
	sigs map[string]bool
	tbs  map[string]bool
}

func (r *remembering) Sign(
	random io.Reader, digest []byte, opts crypto.SignerOpts,
) ([]byte, error) {
	if _, ok := r.Signer.(*ecdsa.PrivateKey); ok {
		random = nil // this double hides the type from the authority
	}
	sig, err := r.Signer.Sign(random, digest, opts)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sigs[string(sig)], r.tbs[string(digest)] = true, true
	return sig, err
}

// The process dies at every call to the ledger, before and after its effect, and comes back: one
// serial number, one set of octets, one signature.
func TestIssuanceSurvivesACrashAnywhere(t *testing.T) {
	t.Parallel()
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384, certtest.Ed25519} {
		w := build(t, kind, icert.Ext)
		pub := certtest.Key(t, certtest.P256, "issuance holder").Public()
		for _, after := range []bool{false, true} {
			for at := int64(1); at <= 5; at++ {
				c := w.config
				signer := &remembering{
					Signer: w.config.Key,
					sigs:   map[string]bool{},
					tbs:    map[string]bool{},
				}
				ledger := &certificate.MemoryLedger{}
				dying := &crashing{Ledger: ledger, after: after}
				dying.left.Store(at)
				c.Key, c.Ledger = signer, dying
				a, err := certificate.NewAuthority(c)
				require.NoError(t, err)
				r := requests(certtest.P256, pub)[0]
				planned, err := a.Plan(t.Context(), r)
				if err == nil {
					_, err = a.Issue(t.Context(), planned)
				}
				require.Equal(t, at <= 4, errors.Is(err, errCrash), "call %d", at)

				c.Ledger = ledger
				a, err = certificate.NewAuthority(c)
				require.NoError(t, err)
				cert := issue(t, a, r)
				again := issue(t, a, r)
				require.Equal(t, cert.Raw, again.Raw)
				require.Len(t, signer.tbs, 1, "one text was ever signed")
				require.Len(t, signer.sigs, 1, "%s: a repeat gives the same signature", kind)
				found, err := ledger.Find(t.Context(), certificate.Query{Issuer: a.ID()})
				require.NoError(t, err)
				require.Len(t, found, 1)
				require.Empty(t, found[0].Duplicates)
			}
		}
	}
}

// An ECDSA key in a device gives another signature each time: the first recorded one wins.
func TestAKeyThatCannotRepeatItselfHasOneCertificate(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	c := w.config
	ledger := &certificate.MemoryLedger{}
	c.Key = device{w.config.Key}
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	const racers = 8
	var got [racers][]byte
	// All of them look at the ledger before the first has recorded its signature.
	barrier := &barrierLedger{Ledger: ledger, waiting: racers, open: make(chan struct{})}
	c.Ledger = barrier
	a, err := certificate.NewAuthority(c)
	require.NoError(t, err)
	planned, err := a.Plan(t.Context(), r)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			cert, err := a.Issue(context.Background(), planned)
			if err == nil {
				got[i] = cert.Raw
			}
		})
	}
	wg.Wait()
	for _, der := range got {
		require.Equal(t, got[0], der, "all were told of one certificate")
	}
	record, err := a.Find(t.Context(), planned.Serial())
	require.NoError(t, err)
	require.Equal(t, got[0], record.Certificate)
	require.Len(t, record.Duplicates, racers-1, "the others are recorded")
}

// device is an ECDSA key that hides its type and takes its own randomness.
type device struct{ crypto.Signer }

func (d device) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return d.Signer.Sign(rand.Reader, digest, opts)
}

// barrierLedger holds Certify back until all have come to it.
type barrierLedger struct {
	certificate.Ledger
	mu      sync.Mutex
	waiting int
	open    chan struct{}
}

func (b *barrierLedger) Certify(
	ctx context.Context, issuer, request string, der []byte, at time.Time,
) (certificate.Record, error) {
	b.mu.Lock()
	if b.waiting--; b.waiting == 0 {
		close(b.open)
	}
	b.mu.Unlock()
	<-b.open
	return b.Ledger.Certify(ctx, issuer, request, der, at)
}

// Many processes plan and issue the same request at once.
func TestConcurrentRequestsClaimOnce(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	r := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0]
	const racers = 12
	var certs [racers][]byte
	var wg sync.WaitGroup
	for i := range racers {
		wg.Go(func() {
			a, err := certificate.NewAuthority(w.config)
			if err != nil {
				return
			}
			planned, err := a.Plan(context.Background(), r)
			if err != nil {
				return
			}
			if cert, err := a.Issue(context.Background(), planned); err == nil {
				certs[i] = cert.Raw
			}
		})
	}
	wg.Wait()
	require.NotNil(t, certs[0])
	for _, der := range certs {
		require.Equal(t, certs[0], der)
	}
	found, err := w.ledger.Find(t.Context(), certificate.Query{Issuer: w.authority.ID()})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Empty(t, found[0].Duplicates)
}

// A key that signs something else is found out before anybody sees the certificate.
func TestAFaultySignatureIsNotHandedOut(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.RSA2048, icert.Ext)
	w.config.Key = faulty{w.config.Key}
	a, err := certificate.NewAuthority(w.config)
	require.NoError(t, err)
	planned, err := a.Plan(t.Context(),
		requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())[0])
	require.NoError(t, err)
	_, err = a.Issue(t.Context(), planned)
	require.ErrorIs(t, err, certificate.ErrSigner)
	record, err := a.Find(t.Context(), planned.Serial())
	require.NoError(t, err)
	require.Nil(t, record.Certificate)
}

type faulty struct{ crypto.Signer }

func (f faulty) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	sig, err := f.Signer.Sign(random, digest, opts)
	if len(sig) > 9 {
		sig[9] ^= 1
	}
	return sig, err
}

// A serial number that comes twice is drawn again; a source that only knows one gives up.
func TestSerialNumbersAreDrawnAgain(t *testing.T) {
	t.Parallel()
	w := build(t, certtest.P256, icert.Ext)
	same := make([]byte, 16)
	w.config.Random = io.MultiReader(repeatReader(same, 3), rand.Reader)
	a, err := certificate.NewAuthority(w.config)
	require.NoError(t, err)
	rs := requests(certtest.P256, certtest.Key(t, certtest.P256, "issuance holder").Public())
	first, second := issue(t, a, rs[0]), issue(t, a, rs[1])
	require.NotEqual(t, first.SerialNumber, second.SerialNumber)
	w.config.Random = repeatReader(same, 1000)
	a, err = certificate.NewAuthority(w.config)
	require.NoError(t, err)
	_, err = a.Plan(t.Context(), rs[2])
	require.ErrorIs(t, err, certificate.ErrSerialTaken)
}

func repeatReader(block []byte, times int) io.Reader {
	readers := make([]io.Reader, times)
	for i := range readers {
		readers[i] = bytes.NewReader(block)
	}
	return io.MultiReader(readers...)
}
