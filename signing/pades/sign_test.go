package pades_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// signable returns the PDFs of the conformance data that are there to be signed.
func signable(t testing.TB) []string {
	var files []string
	for _, dir := range []string{"pdf/pdf20examples", "pdf/pdfbox", "pdf-sign/pyhanko", "pdf-sign/pyhanko/safedocs", "pdf-torture/qpdf"} {
		found, err := filepath.Glob(certtest.Vectors(t, dir, "*.pdf"))
		require.NoError(t, err)
		files = append(files, found...)
	}
	return files
}

// passwords open the encrypted vectors.
var passwords = map[string]string{"sign_me_protected.pdf": " ", "minimal-rc4.pdf": "usersecret",
	"minimal-with-field-rc4.pdf": "usersecret"}

func signerOf(e *certtest.Entity) signing.Signer {
	return signing.Signer{Key: e.Key, Chain: e.Chain()}
}

func sign(t testing.TB, doc []byte, s signing.Signer, p pades.Profile) ([]byte, error) {
	t.Helper()
	if p.Time.IsZero() {
		p.Time = time.Now()
	}
	var out bytes.Buffer
	err := pades.Sign(context.Background(), &out, bytes.NewReader(doc), int64(len(doc)), s, p)
	return out.Bytes(), err
}

func TestSignVectors(t *testing.T) {
	pki := certtest.NewPKI(t, certtest.RSA2048)
	s := signerOf(pki.Signer(t, certtest.Template{}))
	trust := certtest.WritePEM(t, pki.Root.Certificate)
	var jobs []certtest.Job
	for _, path := range signable(t) {
		doc, err := os.ReadFile(path)
		require.NoError(t, err)
		password := passwords[filepath.Base(path)]
		out, err := sign(t, doc, s, pades.Profile{Reason: "Acepto el año", Location: "Quito", DocumentPassword: []byte(password)})
		if err != nil {
			t.Logf("%s: %v (%s)", filepath.Base(path), err, signing.CodeOf(err))
			var refusal *pades.RefusalError
			if errors.As(err, &refusal) {
				continue
			}
			continue
		}
		require.True(t, bytes.HasPrefix(out, doc))
		file := certtest.WriteFile(t, strings.TrimSuffix(filepath.Base(path), ".pdf")+"-*.pdf", out)
		jobs = append(jobs, certtest.Job{File: file, Trust: []string{trust}, Password: password})
	}
	for _, l := range certtest.Judge(t, "pdf", "pdfsig,pyhanko,openssl,qpdf,dss", jobs...) {
		if !l.Accepted {
			t.Logf("%s: %s: %s %+v", l.Judge, filepath.Base(l.File), l.Error, l.Signatures)
		}
	}
}
