package main

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

// signSRI signs a voucher with a PKCS#12 file by the SRI's profile, and returns the answer.
func (b *bench) signSRI(p12, voucher string, more ...string) (out string, answer doneJSON) {
	b.t.Helper()
	out = filepath.Join(b.t.TempDir(), "signed.xml")
	exit, text := b.do(append([]string{"sign", "--json", "--p12", p12, "--password", testPassword,
		"--profile", "sri", "--out", out, voucher}, more...)...)
	require.Equal(b.t, exitDone, exit, text)
	require.NoError(b.t, json.Unmarshal([]byte(text), &answer), text)
	return out, answer
}

func (a doneJSON) codes() []string {
	var codes []string
	for _, f := range a.Findings {
		codes = append(codes, f.Code)
	}
	return codes
}

// TestSRIWithTwoKeys: Ecuadorian authorities hand out files with a key for signing and one for
// decryption, in either order. The voucher is signed with the first kind.
func TestSRIWithTwoKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	pki := certtest.NewPKI(t, certtest.RSA2048)
	entity := func(cn string, usage x509.KeyUsage) *certtest.Entity {
		return pki.Signer(t, certtest.Template{Subject: pkix.Name{CommonName: cn, Country: []string{"EC"}},
			Change: func(c *x509.Certificate) { c.KeyUsage = usage }})
	}
	signs := entity("Peña de la firma", x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment)
	decrypts := entity("Peña del descifrado", x509.KeyUsageKeyEncipherment|x509.KeyUsageDataEncipherment)
	b.root, b.sub = certtest.WritePEM(t, pki.Root.Certificate), certtest.WritePEM(t, pki.Sub.Certificate)
	signing := token.Key{Alias: "Signing Key", Signer: signs.Key, Chain: signs.Chain()}
	decryption := token.Key{Alias: "Decryption Key", Signer: decrypts.Key, Chain: decrypts.Chain()}
	for name, keys := range map[string][]token.Key{
		"signing first": {signing, decryption}, "decryption first": {decryption, signing},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := pkcs12.Encode(keys, token.NewSecret([]byte(testPassword)), pkcs12.Options{Iterations: 10000})
			require.NoError(t, err)
			file := b.write(name+".p12", raw)
			exit, text := b.do("p12", "open", "--json", "--password", testPassword, file)
			require.Equal(t, exitDone, exit, text)
			var held p12JSON
			require.NoError(t, json.Unmarshal([]byte(text), &held))
			require.Len(t, held.Keys, 2)

			out, answer := b.signSRI(file, b.voucher)
			assert.NotContains(t, answer.codes(), "sri-39-certificate-key-usage")
			exit, verdict := b.verify(out)
			require.Equal(t, exitDone, exit, "%+v", verdict)
			require.Len(t, verdict.Signatures, 1)
			assert.Contains(t, verdict.Signatures[0].Signer.Subject, "Peña de la firma")
		})
	}
	raw, err := pkcs12.Encode([]token.Key{decryption}, token.NewSecret([]byte(testPassword)), pkcs12.Options{Iterations: 10000})
	require.NoError(t, err)
	out := filepath.Join(b.dir, "never.xml")
	exit, text := b.do("sign", "--json", "--p12", b.write("decryption.p12", raw), "--password", testPassword,
		"--profile", "sri", "--out", out, b.voucher)
	assert.Equal(t, exitRefused, exit, text)
	assert.NoFileExists(t, out)
}

// TestSRIFindings: what the SRI would refuse is told, but does not stop the signature.
func TestSRIFindings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, answer := b.signSRI(b.p12, b.voucher, "--time", "2030-01-15T12:00:00Z")
	assert.Contains(t, answer.codes(), "sri-39-certificate-expired")
	assert.Contains(t, answer.codes(), "sri-35-structure-missing", "%v", answer.Findings)
	for _, f := range answer.Findings {
		assert.EqualValues(t, "warning", f.Severity)
		assert.NotEmpty(t, f.Message)
	}
	_, answer = b.signSRI(b.p12, b.voucher)
	assert.NotContains(t, answer.codes(), "sri-39-certificate-expired")

	exit, text := b.do("sign", "--p12", b.p12, "--password", testPassword, "--profile", "sri", "--out",
		filepath.Join(b.dir, "told.xml"), b.voucher)
	require.Equal(t, exitDone, exit)
	assert.Contains(t, text, "warning sri-35-")
}

// TestDetachedReference: the reference to a file is a URI (RFC 3986), whatever the file is called.
func TestDetachedReference(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, want := range map[string]string{
		"año 1.bin": "a%C3%B1o%201.bin", "uno#dos.bin": "uno%23dos.bin", "100%.bin": "100%25.bin",
		"a?b.bin": "a%3Fb.bin", "nota:1.bin": "nota%3A1.bin", "llano.bin": "llano.bin", "a&b<c>.bin": "a&amp;b%3Cc%3E.bin",
	} {
		t.Run(name, func(t *testing.T) {
			file, other := b.write(name, []byte(name)), b.write("other "+name, []byte("other"))
			out := filepath.Join(t.TempDir(), "signature.xml")
			exit, text := b.do("sign", "--p12", b.p12, "--password", testPassword, "--profile", "xades-detached",
				"--out", out, file)
			require.Equal(t, exitDone, exit, text)
			raw, err := os.ReadFile(out)
			require.NoError(t, err)
			assert.Equal(t, 1, strings.Count(string(raw), ` URI="`+want+`"`), "%s", raw)
			exit, answer := b.verify(out, "--detached", other, "--detached", file)
			assert.Equal(t, exitDone, exit, "%+v", answer)
			exit, _ = b.verify(out, "--detached", other, "--detached", b.binary)
			assert.NotEqual(t, exitDone, exit, "no file answers to the name")
		})
	}
}
