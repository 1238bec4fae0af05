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
	w.tsa, err = tsp.NewServer(tsp.ServerConfig{Signer: signerOf(e), Policy: asn1.ObjectIdentifier{1,
		3, 6, 1, 4, 1, 99999, 1},
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
	var b bench
	for level := signing.LevelB; level <= signing.LevelLTA; level++ {
		p := pades.Profile{Level: level, Timestamper: w.tsa, Validation: w.evidence()}
		out, err := sign(t, doc, signerOf(w.signer), p)
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(out, doc))
		w.requireLevel(t, &b, out, level)
		if level == signing.LevelB {
			continue
		}
		basic, err := sign(t, doc, signerOf(w.signer), pades.Profile{})
		require.NoError(t, err)
		var extended bytes.Buffer
		require.NoError(t, pades.Extend(context.Background(), &extended, bytes.NewReader(basic),
			int64(len(basic)), level,
			pades.Extension{Timestamper: w.tsa, Validation: w.evidence()}))
		require.True(t, bytes.HasPrefix(extended.Bytes(), basic))
		w.requireLevel(t, &b, extended.Bytes(), level)
	}
	b.ask(t, "pyhanko,qpdf,dss,pdfsig")
}

// TestRenewal extends a document at LTA once more: a further document time stamp covers the first,
// with the evidence about it (EN 319 142-1, 5.5).
func TestRenewal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, certtest.RSA2048)
	doc, err := sign(t, wholeForm(), signerOf(w.signer), pades.Profile{Level: signing.LevelLTA,
		Timestamper: w.tsa, Validation: w.evidence()})
	require.NoError(t, err)
	var renewed bytes.Buffer
	require.NoError(t, pades.Extend(context.Background(), &renewed, bytes.NewReader(doc), int64(len(doc)),
		signing.LevelLTA, pades.Extension{Timestamper: w.tsa, Validation: w.evidence()}))
	require.True(t, bytes.HasPrefix(renewed.Bytes(), doc))
	stamps := 0
	for _, s := range validate(t, renewed.Bytes(), w.validation()).Signatures {
		require.Equal(t, signing.TotalPassed, s.Indication, "%v", s.Modifications)
		if s.Level == "document-timestamp" {
			stamps++
		}
	}
	require.Equal(t, 2, stamps)
	var b bench
	w.requireLevel(t, &b, renewed.Bytes(), signing.LevelLTA)
	b.ask(t, "pyhanko,qpdf,dss,pdfsig")
}

// A bench collects documents that strangers are asked about at once.
type bench struct {
	jobs   []certtest.Job
	levels map[string]string // by file, what DSS shall say
	stamps map[string]bool   // by file: has a document time stamp, which pdfsig cannot judge
	// origins are the unsigned documents, one a job where they matter.
	origins []string
}

func (b *bench) add(t testing.TB, w *world, doc []byte, level signing.Level, password string) {
	t.Helper()
	job := certtest.Job{File: certtest.WriteFile(t, "*.pdf", doc), Password: password,
		Trust: []string{certtest.WritePEM(t, w.pki.Root.Certificate)}}
	if level < signing.LevelLT {
		for _, list := range w.crls {
			job.CRL = append(job.CRL, certtest.WriteFile(t, "*.crl", list))
		}
	}
	if b.levels == nil {
		b.levels, b.stamps = map[string]string{}, map[string]bool{}
	}
	b.levels[job.File] = "PAdES-BASELINE-" + level.String()
	b.stamps[job.File] = bytes.Contains(doc, []byte("ETSI.RFC3161"))
	b.jobs = append(b.jobs, job)
}

// ask requires that all judges accept all documents.
func (b *bench) ask(t *testing.T, judges string) {
	t.Helper()
	for _, l := range certtest.Judge(t, "pdf", judges, b.jobs...) {
		if l.Judge == "pdfsig" && b.stamps[l.File] {
			require.NotEmpty(t, l.Signatures)
			require.True(t, *l.Signatures[0].Trusted)
			continue
		}
		require.True(t, l.Accepted, "%s: %s %s %+v", l.Judge, l.File, l.Error, l.Signatures)
		if l.Judge == "dss" {
			require.Equal(t, b.levels[l.File], l.Signatures[0].Level)
		}
	}
}

// requireLevel asks us, and puts strangers on the list.
func (w *world) requireLevel(t *testing.T, b *bench, doc []byte, level signing.Level) {
	t.Helper()
	v := w.validation()
	v.RequireRevocation = level >= signing.LevelLT
	r := validate(t, doc, v)
	require.Equal(t, signing.StatusValid, r.Status())
	require.Equal(t, "PAdES-BASELINE-"+level.String(), r.Signatures[0].Level)
	b.add(t, w, doc, level, "")
}

// TestExtendOne extends one of two signatures, whose signers have evidence of their own.
func TestExtendOne(t *testing.T) {
	t.Parallel()
	w, stranger := newWorld(t, certtest.P256), newWorld(t, certtest.P384)
	doc, err := sign(t, formPDF(), signerOf(stranger.signer), pades.Profile{Field: "theirs"})
	require.NoError(t, err)
	doc, err = sign(t, doc, signerOf(w.signer), pades.Profile{Field: "ours"})
	require.NoError(t, err)
	for signature, code := range map[string]string{"ours": "", "theirs": "no-chain", "": "no-chain"} {
		var out bytes.Buffer
		err := pades.Extend(context.Background(), &out, bytes.NewReader(doc), int64(len(doc)), signing.LevelLT,
			pades.Extension{Signature: signature, Timestamper: w.tsa, Validation: w.evidence()})
		if code == "" {
			require.NoError(t, err)
			require.Equal(t, "PAdES-BASELINE-LT", validate(t, out.Bytes(), w.evidence()).Signatures[1].Level)
			continue
		}
		var missing *pades.MissingEvidenceError
		require.ErrorAs(t, err, &missing)
		require.Equal(t, code, missing.Code)
		require.Zero(t, out.Len())
	}
	err = pades.Extend(context.Background(), &bytes.Buffer{}, bytes.NewReader(doc), int64(len(doc)), signing.LevelT,
		pades.Extension{Signature: "nobody's", Timestamper: w.tsa})
	requireRefusal(t, err, "no-signature")
	// Our own signature at LTA asks for nothing about the stranger.
	_, err = sign(t, doc, signerOf(w.signer), pades.Profile{Level: signing.LevelLTA, Timestamper: w.tsa, Validation: w.evidence()})
	require.NoError(t, err)
}
