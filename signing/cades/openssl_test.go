package cades_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
)

// openssl signs the letter with OpenSSL and returns the file it wrote.
func openssl(t *testing.T, s signing.Signer, args ...string) []byte {
	t.Helper()
	program, err := exec.LookPath("openssl")
	require.NoError(t, err, "OpenSSL is needed as another producer")
	dir := t.TempDir()
	out := filepath.Join(dir, "out.p7m")
	all := append([]string{"cms", "-sign", "-binary", "-outform", "DER", "-out", out,
		"-in", certtest.WriteFile(t, "in-*", letter), "-signer", certtest.WritePEM(t, s.Chain[0]),
		"-inkey", writeKey(t, s), "-certfile", certtest.WritePEM(t, s.Chain[1:]...)}, args...)
	message, err := exec.Command(program, all...).CombinedOutput()
	require.NoError(t, err, "%s", message)
	raw, err := os.ReadFile(out)
	require.NoError(t, err)
	return raw
}

func writeKey(t *testing.T, s signing.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.Key)
	require.NoError(t, err)
	return certtest.WriteFile(t, "key-*.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY",
		Bytes: der}))
}

// TestOpenSSLMakes: what OpenSSL writes, in every way it knows, is judged and can be extended.
func TestOpenSSLMakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rsa := w.signer(t, certtest.RSA2048, "OpenSSL RSA")
	ec := w.signer(t, certtest.P384, "OpenSSL EC")
	for name, c := range map[string]struct {
		s       signing.Signer
		args    []string
		level   string
		binding signing.Binding
		help    bool // the certificates are given from outside
		weak    bool
		bare    bool // no signed attributes
	}{
		"attached":            {s: rsa, args: []string{"-nodetach"}},
		"detached":            {s: rsa},
		"stream":              {s: rsa, args: []string{"-nodetach", "-stream"}},
		"indefinite":          {s: ec, args: []string{"-nodetach", "-indef"}},
		"key identifier":      {s: ec, args: []string{"-nodetach", "-keyid"}},
		"no certificates":     {s: rsa, args: []string{"-nodetach", "-nocerts"}, help: true},
		"no attributes":       {s: rsa, args: []string{"-nodetach", "-noattr"}, bare: true},
		"no attributes, away": {s: ec, args: []string{"-noattr"}, bare: true},
		"CAdES": {s: rsa, args: []string{"-nodetach", "-cades"},
			level: "CAdES-BASELINE-B", binding: signing.BindingOK},
		"CAdES, SHA-512": {s: ec, args: []string{"-cades", "-md", "sha512"},
			level: "CAdES-BASELINE-B", binding: signing.BindingOK},
		"SHA-1":    {s: rsa, args: []string{"-nodetach", "-md", "sha1"}, weak: true},
		"SHA3-256": {s: rsa, args: []string{"-nodetach", "-md", "sha3-256"}},
		"PSS": {s: rsa, args: []string{"-nodetach", "-keyopt",
			"rsa_padding_mode:pss"}},
		"PSS, salt 0": {s: rsa, args: []string{"-keyopt", "rsa_padding_mode:pss", "-keyopt",
			"rsa_pss_saltlen:0"}},
		"PSS, long salt": {s: rsa, args: []string{"-keyopt", "rsa_padding_mode:pss", "-keyopt",
			"rsa_pss_saltlen:-2"}},
		"PSS, other MGF": {s: rsa, args: []string{"-keyopt", "rsa_padding_mode:pss", "-keyopt",
			"rsa_mgf1_md:sha512"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := openssl(t, c.s, c.args...)
			v := w.trust()
			v.Policy.AllowSHA1 = true
			v.Detached = given(letter)
			if c.help {
				r := validate(t, raw, v)
				assert.Equal(t, signing.NoSigningCertificate, r.Signatures[0].SubIndication)
				v.Certificates = c.s.Chain
			}
			r := validate(t, raw, v)
			require.Equal(t, signing.StatusValid, r.Status(), "%+v", r)
			s := r.Signatures[0]
			if c.level == "" {
				c.level, c.binding = "CMS", signing.BindingMissing
			}
			assert.Equal(t, c.level, s.Level)
			assert.Equal(t, c.binding, s.Binding)
			v.Policy.AllowSHA1 = false
			if c.weak {
				assert.NotEqual(t, signing.StatusValid, validate(t, raw, v).Status())
			}
			v.Policy.AllowSHA1 = true
			v.Detached = given(letter[1:])
			assert.Equal(t, signing.StatusInvalid, validate(t, raw, v).Status())

			// Carried to the archive, it is still OpenSSL's signature.
			var out bytes.Buffer
			e := cades.Extension{Timestamper: w.tsa, Validation: w.evidence(t, c.s, false),
				Content: contentOf(letter)}
			e.Validation.Certificates = c.s.Chain
			require.NoError(t, cades.Extend(context.Background(), &out, bytes.NewReader(raw),
				int64(len(raw)), signing.LevelLTA, e))
			v.Detached = given(letter)
			longer := validate(t, out.Bytes(), v)
			require.Equal(t, signing.StatusValid, longer.Status(), "%+v", longer)
			require.Len(t, longer.Signatures[0].Timestamps, 2)
		})
	}
}

// TestArmour: base64 with and without the lines of PEM, read and extended; the result is BER.
func TestArmour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Armour")
	big := bytes.Repeat([]byte("líneas y más líneas\n"), 100_000)
	for _, content := range [][]byte{letter, big} {
		der := sign(t, content, s, w.profile(t, s, signing.LevelB))
		block := pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: der})
		for name, file := range map[string][]byte{
			"PEM": block, "CRLF": bytes.ReplaceAll(block, []byte("\n"), []byte("\r\n")),
			"a line in front": append([]byte("\n"), block...),
			"one line":        []byte(base64.StdEncoding.EncodeToString(der)),
			"a mark in front": append([]byte("\xef\xbb\xbf"),
				[]byte(base64.StdEncoding.EncodeToString(der))...),
		} {
			r := validate(t, file, w.trust())
			require.Equal(t, signing.StatusValid, r.Status(), name)
			var copied, out bytes.Buffer
			require.NoError(t,
				cades.CopyContent(&copied, bytes.NewReader(file), int64(len(file))), name)
			require.True(t, bytes.Equal(content, copied.Bytes()), name)
			require.NoError(t, cades.Extend(context.Background(), &out,
				bytes.NewReader(file), int64(len(file)), signing.LevelT,
				cades.Extension{Timestamper: w.tsa}), name)
			require.Equal(t, signing.StatusValid,
				validate(t, out.Bytes(), w.trust()).Status(), name)
		}
	}
}
