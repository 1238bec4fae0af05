package pades_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/tsp"
)

// world is a PKI with a signer and a time stamp authority, and what its lists say.
type world struct {
	pki    *certtest.PKI
	signer *certtest.Entity
	tsa    *tsp.Server
	crls   [][]byte
}

func newWorld(t testing.TB, kind certtest.KeyKind) *world {
	t.Helper()
	w := &world{pki: certtest.NewPKI(t, kind)}
	w.signer = w.pki.Signer(t, certtest.Template{Kind: kind})
	tpl := certtest.Template{Kind: certtest.P256}
	tpl.Subject.CommonName = "Test TSA"
	e := w.pki.TSA(t, tpl)
	var err error
	w.tsa, err = tsp.NewServer(tsp.ServerConfig{Signer: signerOf(e), Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1},
		Clock: time.Now})
	require.NoError(t, err)
	w.crls = [][]byte{w.pki.Root.CRL(t), w.pki.Sub.CRL(t)}
	return w
}

func (w *world) validation() signing.Validation {
	return signing.Validation{Time: time.Now(), Anchors: []*x509.Certificate{w.pki.Root.Certificate}}
}

// evidence is the validation with the lists.
func (w *world) evidence() signing.Validation {
	v := w.validation()
	v.CRLs = w.crls
	return v
}

func validate(t testing.TB, doc []byte, v signing.Validation) *signing.Report {
	t.Helper()
	r, err := pades.Validate(context.Background(), bytes.NewReader(doc), int64(len(doc)), v)
	require.NoError(t, err)
	return r
}

func TestLevels(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(certtest.Vectors(t, "pdf", "pdfbox", "sign_me.pdf"))
	require.NoError(t, err)
	w := newWorld(t, certtest.RSA2048)
	for level := signing.LevelB; level <= signing.LevelLTA; level++ {
		t.Run(level.String(), func(t *testing.T) {
			p := pades.Profile{Level: level, Timestamper: w.tsa, Validation: w.evidence()}
			out, err := sign(t, doc, signerOf(w.signer), p)
			require.NoError(t, err)
			require.True(t, bytes.HasPrefix(out, doc))
			w.requireLevel(t, out, level)
		})
		if level == signing.LevelB {
			continue
		}
		t.Run("extended to "+level.String(), func(t *testing.T) {
			basic, err := sign(t, doc, signerOf(w.signer), pades.Profile{})
			require.NoError(t, err)
			var out bytes.Buffer
			require.NoError(t, pades.Extend(context.Background(), &out, bytes.NewReader(basic), int64(len(basic)), level,
				pades.Extension{Timestamper: w.tsa, Validation: w.evidence()}))
			require.True(t, bytes.HasPrefix(out.Bytes(), basic))
			w.requireLevel(t, out.Bytes(), level)
		})
	}
}

// requireLevel asks us and strangers.
func (w *world) requireLevel(t *testing.T, doc []byte, level signing.Level) {
	t.Helper()
	v := w.validation()
	v.RequireRevocation = level >= signing.LevelLT
	r := validate(t, doc, v)
	show(t, r)
	require.Equal(t, signing.StatusValid, r.Status())
	require.Equal(t, "PAdES-BASELINE-"+level.String(), r.Signatures[0].Level)
	job := certtest.Job{File: certtest.WriteFile(t, "*.pdf", doc), Trust: []string{certtest.WritePEM(t, w.pki.Root.Certificate)}}
	if level < signing.LevelLT {
		for _, list := range w.crls {
			job.CRL = append(job.CRL, certtest.WriteFile(t, "*.crl", list))
		}
	}
	for _, l := range certtest.Judge(t, "pdf", "pyhanko,qpdf,dss", job) {
		require.True(t, l.Accepted, "%s: %s %+v", l.Judge, l.Error, l.Signatures)
		for _, s := range l.Signatures {
			if l.Judge == "dss" {
				require.Equal(t, "PAdES-BASELINE-"+level.String(), s.Level)
			}
		}
	}
	for _, l := range certtest.Judge(t, "pdf", "pdfsig", job) {
		require.NotEmpty(t, l.Signatures)
		require.True(t, *l.Signatures[0].Trusted)
	}
}
