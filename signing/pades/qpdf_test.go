package pades_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// rewritten lets qpdf write the form in another way.
func rewritten(t testing.TB, args ...string) []byte {
	t.Helper()
	in := certtest.WriteFile(t, "*.pdf", formPDF())
	out := filepath.Join(t.TempDir(), "out.pdf")
	message, err := exec.Command("qpdf", append(args, in, out)...).CombinedOutput()
	exit, isExit := err.(*exec.ExitError)
	if err != nil && (!isExit || exit.ExitCode() != 3) { // 3: warnings
		t.Fatalf("qpdf: %v %s", err, message)
	}
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	return data
}

// TestKindsOfFiles signs one form as qpdf writes it in every way, twice, fills nothing in, and asks
// strangers.
func TestKindsOfFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("qpdf is not asked under -short")
	}
	t.Parallel()
	w := newWorld(t, certtest.RSA2048)
	kinds := map[string][]string{
		"plain":                      {"--object-streams=disable"},
		"object streams":             {"--object-streams=generate"},
		"linearized":                 {"--linearize", "--object-streams=disable"},
		"linearized, object streams": {"--linearize", "--object-streams=generate"},
		"version 2.0":                {"--force-version=2.0"},
		"RC4-40":                     {"--allow-weak-crypto", "--encrypt", "user", "owner", "40", "--"},
		"RC4-128": {"--allow-weak-crypto", "--encrypt", "user", "owner", "128",
			"--use-aes=n", "--"},
		"AES-128": {"--encrypt", "user", "owner", "128", "--use-aes=y", "--"},
		"AES-128, metadata plain": {"--encrypt", "user", "owner", "128", "--use-aes=y",
			"--cleartext-metadata", "--"},
		"AES-256": {"--encrypt", "user", "owner", "256", "--"},
		"AES-256, object streams": {"--object-streams=generate", "--linearize", "--encrypt", "user",
			"owner", "256", "--"},
		"AES-256, ñ": {"--encrypt", "contraseña", "dueño", "256", "--"},
	}
	var b bench
	names := map[string]string{}
	for kind, args := range kinds {
		doc := rewritten(t, args...)
		for _, password := range []string{"user", "owner"} {
			if !certtest.Full() && (password == "user") == (rand.IntN(2) > 0) {
				continue
			}
			switch {
			case strings.Contains(kind, "ñ"):
				password = map[string]string{"user": "contraseña", "owner": "dueño"}[password]
			case !strings.Contains(kind, "AES") && !strings.Contains(kind, "RC4"):
				password = ""
			}
			p := pades.Profile{Level: signing.LevelLTA, Timestamper: w.tsa, Validation: w.evidence(),
				Field:  "first",
				Reason: "Año", DocumentPassword: []byte(password)}
			one, err := sign(t, doc, signerOf(w.signer), p)
			require.NoError(t, err, kind)
			p.Field, p.Level = "second", signing.LevelB
			two, err := sign(t, one, signerOf(w.signer), p)
			require.NoError(t, err, kind)
			require.True(t, bytes.HasPrefix(two, doc))
			v := w.validation()
			v.DocumentPassword = []byte(password)
			r := validate(t, two, v)
			require.Equal(t, signing.StatusValid, r.Status(), "%s: %+v", kind, r)
			require.Len(t, r.Signatures, 3)
			require.Equal(t, 2, r.Signatures[0].Revision, kind)
			require.Equal(t, "first", r.Signatures[0].ID)
			b.add(t, w, two, signing.LevelLTA, password)
			names[b.jobs[len(b.jobs)-1].File] = kind
		}
	}
	for _, l := range certtest.Judge(t, "pdf", "pyhanko,qpdf,dss", b.jobs...) {
		if l.Judge == "pyhanko" && strings.Contains(names[l.File], "metadata plain") {
			continue // pyHanko decrypts what is not encrypted
		}
		assert.True(t, l.Accepted, "%s: %s: %s %v", l.Judge, names[l.File], l.Error, notes(l))
	}
}

// TestPasswords says what a missing or wrong password means.
func TestPasswords(t *testing.T) {
	if testing.Short() {
		t.Skip("qpdf is not asked under -short")
	}
	t.Parallel()
	w := newWorld(t, certtest.P256)
	for _, bits := range []string{"128", "256"} {
		args := []string{"--encrypt", "user", "owner", bits, "--"}
		if bits == "128" {
			args = append([]string{"--allow-weak-crypto"}, args...)
		}
		doc := rewritten(t, args...)
		for password, code := range map[string]signing.Code{"": signing.CodeEncrypted,
			"wrong": signing.CodeWrongPassword} {
			_, err := sign(t, doc, signerOf(w.signer), pades.Profile{DocumentPassword: []byte(password)})
			require.Equal(t, code, signing.CodeOf(err))
			require.NotContains(t, err.Error(), "wrong")
		}
	}
}

// TestDamagedAndEncrypted signs files whose cross-references are lost and whose objects stand in
// encrypted streams: they are found once the key is known.
func TestDamagedAndEncrypted(t *testing.T) {
	if testing.Short() {
		t.Skip("qpdf is not asked under -short")
	}
	t.Parallel()
	w := newWorld(t, certtest.P256)
	var b bench
	for _, kind := range [][]string{{"128", "--use-aes=y"}, {"128", "--use-aes=n"}, {"256"}} {
		args := append([]string{"--object-streams=generate", "--allow-weak-crypto", "--encrypt", "user", "owner"}, kind...)
		doc := rewritten(t, append(args, "--")...)
		doc = append(doc[:bytes.LastIndex(doc, []byte("startxref"))], "startxref\n7\n%%EOF\n"...)
		p := pades.Profile{Field: "first", Reason: "Año", DocumentPassword: []byte("user")}
		out, err := sign(t, doc, signerOf(w.signer), p)
		require.NoError(t, err, kind)
		require.True(t, bytes.HasPrefix(out, doc))
		v := w.validation()
		v.DocumentPassword = p.DocumentPassword
		r := validate(t, out, v)
		require.Equal(t, signing.StatusValid, r.Status(), "%v: %+v", kind, r)
		require.Equal(t, "first", r.Signatures[0].ID)
		b.add(t, w, out, signing.LevelB, "user")

		p.DocumentPassword = []byte("wrong")
		_, err = sign(t, doc, signerOf(w.signer), p)
		require.Equal(t, signing.CodeWrongPassword, signing.CodeOf(err))
	}
	b.ask(t, "pyhanko,qpdf,dss,pdfsig")
}
