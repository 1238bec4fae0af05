package pades_test

import (
	"bytes"
	"context"
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
	for _, dir := range []string{"pdf/pdf20examples", "pdf/pdfbox", "pdf-sign/pyhanko",
		"pdf-sign/pyhanko/safedocs", "pdf-torture/qpdf"} {
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

// rightlyRefused reports whether an error is right for a vector: only what is made to be broken,
// and what is encrypted for public keys.
func rightlyRefused(path string, err error) bool {
	return strings.Contains(path, "pdf-torture") || signing.CodeOf(err) == signing.CodeEncrypted &&
		passwords[filepath.Base(path)] == ""
}

// TestSignVectors signs every vector, with another key and at another level from file to file, and
// asks strangers about each.
func TestSignVectors(t *testing.T) {
	t.Parallel()
	kinds := []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.RSA3072, certtest.P384,
		certtest.RSA4096, certtest.P521}
	worlds := map[certtest.KeyKind]*world{}
	var b bench
	refused := map[string]int{}
	for i, path := range signable(t) {
		doc, err := os.ReadFile(path)
		require.NoError(t, err)
		kind := kinds[i%len(kinds)]
		w := worlds[kind]
		if w == nil {
			w = newWorld(t, kind)
			worlds[kind] = w
		}
		for level := signing.LevelB; level <= signing.LevelLTA; level++ {
			if !certtest.Full() && int(level) != i%4 {
				continue
			}
			password := passwords[filepath.Base(path)]
			out, err := sign(t, doc, signerOf(w.signer), pades.Profile{Level: level, Timestamper: w.tsa,
				Validation: w.evidence(),
				Reason:     "Acepto el año", Location: "Quito", DocumentPassword: []byte(password)})
			if err != nil {
				require.True(t, rightlyRefused(path, err), "%s: %v", path, err)
				refused[string(signing.CodeOf(err))]++
				continue
			}
			require.True(t, bytes.HasPrefix(out, doc), path)
			w.requireOurs(t, out, password, path)
			b.add(t, w, out, level, password)
			b.origins = append(b.origins, path)
		}
	}
	t.Logf("refused, by code: %v", refused)
	b.askAboutOurs(t)
}

// requireOurs asks our own validator about the signature that was added last.
func (w *world) requireOurs(t *testing.T, doc []byte, password, path string) {
	t.Helper()
	v := w.evidence()
	v.DocumentPassword = []byte(password)
	for _, s := range validate(t, doc, v).Signatures {
		if s.Signer != nil && s.Signer.Equal(w.signer.Certificate) {
			require.Equal(t, signing.TotalPassed, s.Indication, "%s: %v %v", path, s.Findings,
				s.Modifications)
			return
		}
	}
	t.Fatalf("%s: our signature is not found", path)
}

// askAboutOurs requires that strangers accept what we added to documents of every kind.
func (b *bench) askAboutOurs(t *testing.T) {
	t.Helper()
	origin := map[string]string{}
	var before []certtest.Job
	for i, job := range b.jobs {
		origin[job.File] = b.origins[i]
		before = append(before, certtest.Job{File: b.origins[i], Password: job.Password})
	}
	structure := map[string]string{}
	for _, l := range certtest.Judge(t, "pdf", "qpdf", before...) {
		structure[l.File] = l.Structure
	}
	accepted := map[string]int{}
	for _, l := range certtest.Judge(t, "pdf", "pdfsig,pyhanko,openssl,dss,qpdf", b.jobs...) {
		ours := l.Accepted
		for _, s := range l.Signatures {
			if strings.Contains(s.Signer, "Test Signer") || l.Judge == "openssl" {
				ours = ours || yes(s.Intact) && yes(s.Valid) && yes(s.Trusted)
			}
		}
		if l.Judge == "qpdf" {
			ours = ours || l.Structure == structure[origin[l.File]]
			require.True(t, ours, "qpdf: %s was %s: %s", origin[l.File], structure[origin[l.File]], l.Error)
		}
		if ours {
			accepted[l.File]++
		} else {
			t.Logf("%s: %s: %s %v", l.Judge, filepath.Base(origin[l.File]), l.Error, notes(l))
		}
	}
	for _, job := range b.jobs {
		// A document that a judge cannot open even unsigned needs two others (and qpdf).
		require.GreaterOrEqual(t, accepted[job.File], 3, origin[job.File])
		if !strings.Contains(origin[job.File], "pdf-torture") && !strings.Contains(origin[job.File],
			"offset_start") {
			require.GreaterOrEqual(t, accepted[job.File], 4, origin[job.File])
		}
	}
}

func yes(b *bool) bool { return b != nil && *b }

// notes gathers what a judge says about each signature.
func notes(l certtest.Line) (out []string) {
	for _, s := range l.Signatures {
		out = append(out, s.Field, s.Indication, s.Sub, s.Modification)
		out = append(out, s.Notes...)
	}
	return out
}
