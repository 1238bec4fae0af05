package cms_test

import (
	"bytes"
	"crypto"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

var kinds = []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384, certtest.P521,
	certtest.Ed25519}

func signerOf(t testing.TB, kind certtest.KeyKind) (*certtest.PKI, *certtest.Entity) {
	pki := certtest.NewPKI(t, certtest.P256)
	return pki, pki.Signer(t, certtest.Template{Kind: kind})
}

var content = []byte("Señores: adjunto el contrato.\r\n")

func prepare(t testing.TB, e *certtest.Entity, change func(*cms.Parameters)) *cms.Prepared {
	t.Helper()
	p := cms.Parameters{Chain: e.Chain(), SigningTime: time.Now(), Protection: true}
	if change != nil {
		change(&p)
	}
	h := p.Hash
	if h == 0 {
		h = crypto.SHA256
		if _, ok := e.Key.Public().(interface{ Equal(crypto.PublicKey) bool }); ok &&
			strings.Contains(e.Certificate.PublicKeyAlgorithm.String(), "Ed25519") {
			h = crypto.SHA512
		}
	}
	prepared, err := cms.Prepare(p, algorithm.Digest(h, content))
	require.NoError(t, err)
	return prepared
}

func TestTwoSteps(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			_, e := signerOf(t, kind)
			state, err := prepare(t, e, nil).MarshalBinary()
			require.NoError(t, err)
			var later cms.Prepared
			require.NoError(t, later.UnmarshalBinary(state))
			value, err := later.Scheme().Sign(e.Key, later.ToBeSigned())
			require.NoError(t, err)

			_, err = later.Complete(append([]byte{value[0] ^ 1}, value[1:]...))
			require.ErrorIs(t, err, cms.ErrCertificate)
			d, err := later.Complete(value)
			require.NoError(t, err)
			der, err := d.Marshal()
			require.NoError(t, err)
			size, err := later.Size()
			require.NoError(t, err)
			assert.LessOrEqual(t, len(der), size)
			assert.Less(t, size, len(der)+16)

			back, err := cms.Parse(der)
			require.NoError(t, err)
			require.Len(t, back.Signers, 1)
			s := back.Signers[0]
			require.NoError(t, s.Verify(e.Certificate, cms.Octets(content)))
			assert.Equal(t, signing.BindingOK, s.Binding(e.Certificate))
			assert.True(t, back.DER)
			assert.False(t, s.NotDER)
			require.ErrorIs(t, s.Verify(e.Certificate, cms.Octets("other")), cms.ErrDigest)
			assert.Same(t, e.Certificate, s.Signer(append(e.Chain(), e.Issuer.Certificate), back))
		})
	}
}

func TestAttachedByCopy(t *testing.T) {
	t.Parallel()
	_, e := signerOf(t, certtest.P256)
	d, err := prepare(t, e, nil).Sign(e.Key)
	require.NoError(t, err)
	whole, err := d.MarshalAttached(content)
	require.NoError(t, err)
	var got bytes.Buffer
	back, err := cms.Read(bytes.NewReader(whole), cms.ReadOptions{Content: &got})
	require.NoError(t, err)
	assert.Equal(t, content, got.Bytes())
	require.NoError(t, back.Signers[0].Verify(e.Certificate, back))
	back.AddCertificates(e.Issuer.Issuer.Certificate.Raw)
	var again bytes.Buffer
	require.NoError(t, back.WriteCopy(&again,
		bytes.NewReader(whole[back.ContentStart:back.ContentEnd])))
	third, err := cms.Parse(again.Bytes())
	require.NoError(t, err)
	require.NoError(t, third.Signers[0].Verify(e.Certificate, third))
	assert.Len(t, third.Certificates, 3)
	assert.True(t, third.DER)
}

func TestOpenSSLAcceptsDetached(t *testing.T) {
	t.Parallel()
	file := certtest.WriteFile(t, "content-*.bin", content)
	var jobs []certtest.Job
	for _, kind := range kinds[:4] {
		pki, e := signerOf(t, kind)
		root := certtest.WritePEM(t, pki.Root.Certificate)
		for _, change := range []func(*cms.Parameters){
			nil,
			func(p *cms.Parameters) { p.Hash = crypto.SHA512 },
			func(p *cms.Parameters) { p.KeyID = true },
			func(p *cms.Parameters) {
				if kind == certtest.RSA2048 {
					p.Scheme = algorithm.PSS(crypto.SHA384)
					p.Hash = crypto.SHA384
				}
			},
		} {
			d, err := prepare(t, e, change).Sign(e.Key)
			require.NoError(t, err)
			der, err := d.Marshal()
			require.NoError(t, err)
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "s-*.p7s", der),
				Trust: []string{root}, Detached: file})
		}
	}
	for _, line := range certtest.Judge(t, "cms", "openssl,der", jobs...) {
		assert.True(t, line.Accepted, "%s %s: %s", line.Judge, line.File, line.Error)
	}
}
