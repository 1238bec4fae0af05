package sri_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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
		require.True(t, line.Accepted, "%s of %s: %s %+v", line.Judge, line.File, line.Error, line.Signatures)
	}
}

// TestBytesStay: a signature is spliced in as the last child of the root; nothing else changes.
func TestBytesStay(t *testing.T) {
	t.Parallel()
	s := signer(t, certtest.NewPKI(t, certtest.RSA2048), certtest.Template{})
	m := newMaker(9)
	for _, k := range kinds {
		voucher := m.voucher(t, k)
		signed, err := sri.Sign(context.Background(), voucher, s, sri.Options{Time: time.Now()})
		require.NoError(t, err)
		start := bytes.Index(signed, []byte("<ds:Signature "))
		end := bytes.Index(signed, []byte("</ds:Signature>")) + len("</ds:Signature>")
		require.Equal(t, string(voucher), string(signed[:start])+string(signed[end:]))
		require.Equal(t, "</"+k.document.Root()+">\n", string(signed[end:]))
		require.Contains(t, string(signed), "-05:00</xades:SigningTime>")
	}
}

// TestRefusals: what is no voucher is not signed, nor with a certificate that the SRI refuses.
func TestRefusals(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	s := signer(t, pki, certtest.Template{})
	good := string(newMaker(10).voucher(t, kinds[0]))
	now := sri.Options{Time: time.Now()}
	var voucher *sri.VoucherError
	var key *sri.AccessKeyError
	sign := func(doc string, o sri.Options) error {
		_, err := sri.Sign(context.Background(), []byte(doc), s, o)
		return err
	}
	require.NoError(t, sign(good, now))
	require.ErrorAs(t, sign(good, sri.Options{}), &voucher)
	require.ErrorAs(t, sign(strings.Replace(good, "comprobante", "otro", 1), now), &voucher)
	require.ErrorAs(t, sign(`<factura id="comprobante"/>`, now), &voucher)
	require.ErrorAs(t, sign(strings.Replace(good, "<ruc>1790016919001", "<ruc>1790016919002", 1), now), &key)
	require.Equal(t, "ruc", key.Part)
	require.ErrorAs(t, sign(strings.ReplaceAll(good, "factura", "notaCredito"), now), &key)
	require.NoError(t, sign(`<factura id="comprobante"/>`, sri.Options{Time: time.Now(), SkipAccessKey: true}))
	require.Equal(t, signing.CodeDTDForbidden, signing.CodeOf(sign("<!DOCTYPE a>"+good, now)))
	require.Equal(t, signing.CodeNotWellFormed, signing.CodeOf(sign(good[:len(good)-5], now)))
	encipher := pki.Signer(t, certtest.Template{Change: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }})
	_, err := sri.Sign(context.Background(), []byte(good), signing.Signer{Key: encipher.Key, Chain: encipher.Chain()}, now)
	require.ErrorAs(t, err, &voucher)
}

// TestTwoSteps: a voucher is prepared here and signed elsewhere, to the same bytes as in one step.
func TestTwoSteps(t *testing.T) {
	t.Parallel()
	s := signer(t, certtest.NewPKI(t, certtest.RSA2048), certtest.Template{})
	voucher, at := newMaker(11).voucher(t, kinds[0]), time.Now().In(time.FixedZone("", -5*3600))
	template, err := sri.NewTemplate(s.Chain, sri.Options{})
	require.NoError(t, err)
	prepared, err := template.Prepare(context.Background(), voucher, at)
	require.NoError(t, err)
	value, err := s.Key.Sign(rand.Reader, prepared.Digest(), prepared.Hash())
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, prepared.Complete(&out, voucher, value))
	direct, err := sri.Sign(context.Background(), voucher, s, sri.Options{Time: at})
	require.NoError(t, err)
	require.Equal(t, string(direct), out.String())
}

// TestSignConcurrently: one Signer for all; each voucher is as if it had been signed alone.
func TestSignConcurrently(t *testing.T) {
	t.Parallel()
	s := signer(t, certtest.NewPKI(t, certtest.RSA2048), certtest.Template{})
	many, err := sri.NewSigner(s, sri.Options{})
	require.NoError(t, err)
	at := time.Unix(1_780_000_000, 0)
	var vouchers, alone [][]byte
	for i := range 12 {
		m := newMaker(uint64(i))
		m.lines = 1 + i*i*i
		vouchers = append(vouchers, m.voucher(t, kinds[i%len(kinds)]))
		signed, err := sri.Sign(context.Background(), vouchers[i], s, sri.Options{Time: at})
		require.NoError(t, err)
		alone = append(alone, signed)
	}
	var all sync.WaitGroup
	for side := range 4 {
		all.Go(func() {
			for i := range 2 * len(vouchers) {
				k := (i*5 + side) % len(vouchers)
				signed, err := many.Sign(context.Background(), vouchers[k], at)
				if assert.NoError(t, err) {
					assert.True(t, bytes.Equal(alone[k], signed), "voucher %d", k)
				}
			}
		})
	}
	all.Wait()
}
