package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

const testPassword = "correct-horse-battery-9"

// bench is a folder with a signer, a time-stamping authority and documents of every kind.
type bench struct {
	t                         *testing.T
	pki                       *certtest.PKI
	dir, root, sub, p12, tsa  string
	signer                    *certtest.Entity
	xml, voucher, pdf, binary string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	b := &bench{t: t, dir: t.TempDir(), pki: pki}
	b.signer = pki.Signer(t, certtest.Template{Subject: pkix.Name{CommonName: "Prueba Ñandú", Country: []string{"EC"}}})
	stamper := pki.TSA(t, certtest.Template{Subject: pkix.Name{CommonName: "Sello de tiempo"}})
	b.root = certtest.WritePEM(t, pki.Root.Certificate)
	b.sub = certtest.WritePEM(t, pki.Sub.Certificate)
	b.p12 = b.write("key.p12", b.encode(b.signer))
	b.tsa = b.write("tsa.p12", b.encode(stamper))
	b.xml = b.write("doc.xml", []byte(`<?xml version="1.0"?><doc id="a"><b>ñ</b></doc>`))
	b.voucher = b.write("factura.xml", []byte(voucher))
	b.pdf = b.write("doc.pdf", minimalPDF())
	b.binary = b.write("doc.bin", bytes.Repeat([]byte{0, 1, 2, 255}, 1000))
	return b
}

// voucher has just what signing looks at.
const voucher = `<?xml version="1.0" encoding="UTF-8"?>
<factura id="comprobante" version="1.1.0"><infoTributaria><ambiente>1</ambiente><tipoEmision>1</tipoEmision>` +
	`<razonSocial>Prueba S.A.</razonSocial><ruc>1790016919001</ruc>` +
	`<claveAcceso>1501202601179001691900110010010000001231234567819</claveAcceso><codDoc>01</codDoc>` +
	`<estab>001</estab><ptoEmi>001</ptoEmi><secuencial>000000123</secuencial></infoTributaria></factura>`

func (b *bench) encode(e *certtest.Entity) []byte {
	secret := token.NewSecret([]byte(testPassword))
	raw, err := pkcs12.Encode([]token.Key{{Alias: "key", Signer: e.Key, Chain: e.Chain()}}, secret,
		pkcs12.Options{Iterations: 10000})
	require.NoError(b.t, err)
	return raw
}

func (b *bench) write(name string, data []byte) string {
	path := filepath.Join(b.dir, name)
	require.NoError(b.t, os.WriteFile(path, data, 0o600))
	return path
}

// do runs the command in this process.
func (b *bench) do(args ...string) (exit int, out string) {
	b.t.Helper()
	var stdout, stderr bytes.Buffer
	exit = run(context.Background(), streams{in: strings.NewReader(""), out: &stdout, err: &stderr, now: time.Now}, args)
	assert.NotContains(b.t, stderr.String()+stdout.String(), "goroutine ")
	return exit, stdout.String() + stderr.String()
}

// verify runs verify --json with trust and returns the exit status and the answer.
func (b *bench) verify(file string, more ...string) (int, fileJSON) {
	b.t.Helper()
	exit, out := b.do(append([]string{"verify", "--json", "--trust", b.root, "--intermediate", b.sub, file}, more...)...)
	var answer fileJSON
	require.NoError(b.t, json.Unmarshal([]byte(out), &answer), out)
	return exit, answer
}

// minimalPDF is one empty page with an xref table.
func minimalPDF() []byte {
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var offsets []int
	for _, object := range []string{
		"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n",
		"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n",
		"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>\nendobj\n",
	} {
		offsets = append(offsets, out.Len())
		out.WriteString(object)
	}
	at := out.Len()
	out.WriteString("xref\n0 4\n0000000000 65535 f \n")
	for _, offset := range offsets {
		out.WriteString(strings.Repeat("0", 10-len(itoa(offset))) + itoa(offset) + " 00000 n \n")
	}
	out.WriteString("trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n" + itoa(at) + "\n%%EOF\n")
	return out.Bytes()
}

func itoa(n int) string { raw, _ := json.Marshal(n); return string(raw) }

// signCases are the profiles, each with its document.
func (b *bench) signCases() map[string]string {
	return map[string]string{
		"sri": b.voucher, "xades": b.xml, "xades-enveloping": b.xml, "xades-detached": b.binary,
		"pades": b.pdf, "firmaec": b.pdf, "cades": b.binary, "cades-detached": b.binary,
	}
}

func TestSignAndVerify(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for profile, file := range b.signCases() {
		t.Run(profile, func(t *testing.T) {
			out := filepath.Join(b.dir, profile+".out")
			exit, text := b.do("sign", "--json", "--p12", b.p12, "--password", testPassword,
				"--profile", profile, "--out", out, file)
			require.Equal(t, exitDone, exit, text)
			var more []string
			if strings.HasSuffix(profile, "-detached") {
				more = []string{"--detached", file}
			}
			exit, answer := b.verify(out, more...)
			require.Equal(t, exitDone, exit, "%+v", answer)
			assert.EqualValues(t, "valid", answer.Status)
			require.Len(t, answer.Signatures, 1)
			s := answer.Signatures[0]
			assert.EqualValues(t, "TOTAL-PASSED", s.Indication)
			assert.EqualValues(t, "intact", s.Crypto)
			assert.EqualValues(t, "trusted", s.Trust)

			raw, err := os.ReadFile(out)
			require.NoError(t, err)
			spoilt := b.write(profile+".spoilt", spoil(profile, raw))
			exit, answer = b.verify(spoilt, more...)
			assert.Contains(t, []int{exitRefused, exitUnusable}, exit, "%+v", answer)

			exit, _ = b.do(append([]string{"verify", out}, more...)...)
			assert.Equal(t, exitIndeterminate, exit, "nobody is trusted")
		})
	}
}

// spoil changes one octet that is signed: of the document, or of a detached signature's value.
func spoil(profile string, raw []byte) []byte {
	out := bytes.Clone(raw)
	switch profile {
	case "sri":
		return bytes.Replace(out, []byte("Prueba S.A."), []byte("Prueba S.B."), 1)
	case "xades", "xades-enveloping":
		return bytes.Replace(out, []byte("<b>"), []byte("<b> "), 1)
	case "pades", "firmaec":
		return bytes.Replace(out, []byte("0 0 595 842"), []byte("0 0 595 843"), 1)
	case "xades-detached":
		i := bytes.Index(out, []byte("<ds:DigestValue>")) + len("<ds:DigestValue>")
		out[i] ^= 1
	case "cades":
		i := bytes.Index(out, []byte{0, 1, 2, 255})
		out[i] ^= 1
	default:
		out[len(out)-1] ^= 1
	}
	return out
}

func TestLevels(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for profile, level := range map[string]string{
		"xades": "XAdES-BASELINE-T", "pades": "PAdES-BASELINE-T", "cades": "CAdES-BASELINE-T"} {
		out := filepath.Join(b.dir, profile+"-t")
		file := b.signCases()[profile]
		exit, text := b.do("sign", "--json", "--p12", b.p12, "--password", testPassword, "--profile", profile,
			"--level", "T", "--tsa-p12", b.tsa, "--trust", b.root, "--intermediate", b.sub, "--out", out, file)
		require.Equal(t, exitDone, exit, text)
		exit, answer := b.verify(out)
		require.Equal(t, exitDone, exit, "%+v", answer)
		assert.Equal(t, level, answer.Signatures[0].Level)
		require.Len(t, answer.Signatures[0].Timestamps, 1)
		assert.NotEmpty(t, answer.Signatures[0].Time.Proven)
	}
}

func TestPrepareAndComplete(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	leaf := certtest.WritePEM(t, b.signer.Certificate)
	for profile, file := range b.signCases() {
		t.Run(profile, func(t *testing.T) {
			state := filepath.Join(b.dir, profile+".state")
			exit, text := b.do("prepare", "--cert", leaf, "--cert", b.sub, "--profile", profile, "--state", state, file)
			require.Equal(t, exitDone, exit, text)
			var asked prepareJSON
			require.NoError(t, json.Unmarshal([]byte(text), &asked))
			digest, err := base64.StdEncoding.DecodeString(asked.Digest)
			require.NoError(t, err)
			hash := map[string]crypto.Hash{"SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256, "SHA-512": crypto.SHA512}[asked.Hash]
			require.NotZero(t, hash, text)
			value, err := b.signer.Key.Sign(rand.Reader, digest, hash)
			require.NoError(t, err)

			out := filepath.Join(b.dir, profile+".completed")
			wrong := b.write(profile+".wrong", bytes.Repeat([]byte{7}, len(value)))
			exit, text = b.do("complete", "--json", "--state", state, "--signature", wrong, "--out", out)
			assert.Equal(t, exitRefused, exit, text)
			assert.NoFileExists(t, out)

			good := b.write(profile+".value", value)
			exit, text = b.do("complete", "--json", "--state", state, "--signature", good, "--out", out)
			require.Equal(t, exitDone, exit, text)
			var more []string
			if strings.HasSuffix(profile, "-detached") {
				more = []string{"--detached", file}
			}
			exit, answer := b.verify(out, more...)
			assert.Equal(t, exitDone, exit, "%+v", answer)
		})
	}
}

// TestLongTermLevels: from B by way of extend, the content of a detached signature given.
func TestLongTermLevels(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	evidence := []string{"--tsa-p12", b.tsa, "--tsa-password", testPassword, "--trust", b.root,
		"--intermediate", b.sub, "--crl", b.write("root.crl", b.pki.Root.CRL(t)), "--crl", b.write("sub.crl", b.pki.Sub.CRL(t))}
	for profile, name := range map[string]string{"cades": "CAdES", "cades-detached": "CAdES", "pades": "PAdES"} {
		file := b.signCases()[profile]
		at := filepath.Join(b.dir, profile+".b")
		exit, text := b.do("sign", "--p12", b.p12, "--password", testPassword, "--profile", profile, "--out", at, file)
		require.Equal(t, exitDone, exit, text)
		var more []string
		if profile == "cades-detached" {
			more = []string{"--detached", file}
		}
		for _, level := range []string{"T", "LT", "LTA"} {
			out := at + level
			exit, text = b.do(append(append([]string{"extend", "--level", level, "--out", out}, append(more, evidence...)...), at)...)
			require.Equal(t, exitDone, exit, "%s %s: %s", profile, level, text)
			exit, answer := b.verify(out, append(more, "--require-revocation")...)
			if level != "T" {
				require.Equal(t, exitDone, exit, "%s %s: %+v", profile, level, answer)
			}
			assert.Equal(t, name+"-BASELINE-"+level, answer.Signatures[0].Level, profile)
			at = out
		}
	}
}

// TestCompleteToLevels: the state keeps where time stamps and evidence come from, and no secret.
func TestCompleteToLevels(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	leaf := certtest.WritePEM(t, b.signer.Certificate)
	secret := b.write("secret", []byte(testPassword+"\n"))
	for profile, level := range map[string]string{
		"xades": "XAdES-BASELINE-T", "pades": "PAdES-BASELINE-T", "cades": "CAdES-BASELINE-T"} {
		state, file := filepath.Join(b.dir, profile+".t-state"), b.signCases()[profile]
		exit, text := b.do("prepare", "--cert", leaf, "--cert", b.sub, "--profile", profile, "--state", state,
			"--level", "T", "--tsa-p12", b.tsa, "--tsa-password-file", secret, "--trust", b.root, file)
		require.Equal(t, exitDone, exit, text)
		kept, err := os.ReadFile(state)
		require.NoError(t, err)
		require.NotContains(t, string(kept), testPassword)
		var asked prepareJSON
		require.NoError(t, json.Unmarshal([]byte(text), &asked))
		digest, err := base64.StdEncoding.DecodeString(asked.Digest)
		require.NoError(t, err)
		value, err := b.signer.Key.Sign(rand.Reader, digest, crypto.SHA256)
		require.NoError(t, err)
		out := filepath.Join(b.dir, profile+".t")
		exit, text = b.do("complete", "--state", state, "--signature", b.write(profile+".v", value), "--out", out)
		require.Equal(t, exitDone, exit, text)
		exit, answer := b.verify(out)
		require.Equal(t, exitDone, exit, "%+v", answer)
		assert.Equal(t, level, answer.Signatures[0].Level)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dtd := b.write("dtd.xml", []byte(`<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>`))
	text := b.write("plain.txt", []byte("no format at all"))
	open := b.write("open.xml", []byte("<a><b></a>"))
	out := filepath.Join(b.dir, "never")
	for name, c := range map[string]struct {
		args []string
		exit int
		code string
	}{
		"no command":       {[]string{"frobnicate", "--json"}, exitUnusable, "bad-usage"},
		"no file":          {[]string{"verify", "--json"}, exitUnusable, "bad-usage"},
		"unknown option":   {[]string{"verify", "--json", "--frob", b.xml}, exitUnusable, "bad-usage"},
		"missing file":     {[]string{"verify", "--json", "nowhere"}, exitUnusable, "unreadable"},
		"not signed":       {[]string{"verify", "--json", b.xml}, exitUnusable, "not-signed"},
		"pdf not signed":   {[]string{"verify", "--json", b.pdf}, exitUnusable, "not-signed"},
		"a DOCTYPE":        {[]string{"verify", "--json", dtd}, exitUnusable, "dtd-forbidden"},
		"not well-formed":  {[]string{"verify", "--json", open}, exitUnusable, "not-well-formed"},
		"no format":        {[]string{"verify", "--json", text}, exitUnusable, "unknown-format"},
		"c14n of DOCTYPE":  {[]string{"c14n", "--json", "--method", "1.0", dtd}, exitRefused, "dtd-forbidden"},
		"c14n method":      {[]string{"c14n", "--json", "--method", "2.0", b.xml}, exitUnusable, "bad-usage"},
		"wrong password":   {[]string{"sign", "--json", "--p12", b.p12, "--password", "no", "--out", out, b.xml}, exitRefused, "wrong-password"},
		"unknown profile":  {[]string{"sign", "--json", "--p12", b.p12, "--password", testPassword, "--profile", "dian", "--out", out, b.xml}, exitUnusable, "bad-usage"},
		"no authority":     {[]string{"sign", "--json", "--p12", b.p12, "--password", testPassword, "--level", "T", "--out", out, b.xml}, exitUnusable, "bad-usage"},
		"no voucher":       {[]string{"sign", "--json", "--p12", b.p12, "--password", testPassword, "--profile", "sri", "--out", out, b.xml}, exitRefused, "voucher"},
		"p12 wrong secret": {[]string{"p12", "open", "--json", "--password", "no", b.p12}, exitRefused, "wrong-password"},
		"p12 no file":      {[]string{"p12", "open", "--json", "--password", "no", b.xml}, exitRefused, "unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			exit, text := b.do(c.args...)
			assert.Equal(t, c.exit, exit, text)
			var answer struct{ Code string }
			require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
			assert.Equal(t, c.code, answer.Code)
			assert.NoFileExists(t, out)
		})
	}
}

func TestSeveralFilesGiveSeveralLines(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	exit, text := b.do("verify", "--json", b.xml, "nowhere", b.pdf)
	assert.Equal(t, exitUnusable, exit)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	require.Len(t, lines, 3)
	for i, file := range []string{b.xml, "nowhere", b.pdf} {
		var answer fileJSON
		require.NoError(t, json.Unmarshal([]byte(lines[i]), &answer))
		assert.Equal(t, file, answer.File)
	}
}

func TestOpenP12(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	exit, text := b.do("p12", "open", "--json", "--password-file", b.write("secret", []byte(testPassword+"\n")), b.p12)
	require.Equal(t, exitDone, exit, text)
	var answer p12JSON
	require.NoError(t, json.Unmarshal([]byte(text), &answer))
	require.Len(t, answer.Keys, 1)
	assert.True(t, answer.OK)
	assert.Equal(t, "RSA-2048", answer.Keys[0].Algorithm)
	assert.Equal(t, []string{"digitalSignature", "nonRepudiation"}, answer.Keys[0].Usages)
	assert.Contains(t, answer.Keys[0].Subject, "Prueba Ñandú")
}

func TestCanonicalize(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	doc := b.write("c14n.xml", []byte(`<a xmlns:p="urn:p" z="1" b='2'><!--c--><p:b/><c/></a>`))
	for _, c := range []struct{ args, want string }{
		{"--method 1.0", `<a xmlns:p="urn:p" b="2" z="1"><p:b></p:b><c></c></a>`},
		{"--method 1.0 --with-comments", `<a xmlns:p="urn:p" b="2" z="1"><!--c--><p:b></p:b><c></c></a>`},
		{"--method 1.0 --apex b", `<p:b xmlns:p="urn:p"></p:b>`},
		{"--method exclusive --omit b", `<a b="2" z="1"><c></c></a>`},
		{"--method exclusive --prefixes p --omit b", `<a xmlns:p="urn:p" b="2" z="1"><c></c></a>`},
	} {
		exit, text := b.do(append([]string{"c14n", doc}, strings.Fields(c.args)...)...)
		assert.Equal(t, exitDone, exit, text)
		assert.Equal(t, c.want, text)
	}
}

func TestEvidenceIsReadAsPEMAndDER(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	der := b.write("root.der", pemBytes(t, b.root))
	exit, text := b.do("sign", "--p12", b.p12, "--password", testPassword, "--out", filepath.Join(b.dir, "s.xml"), b.xml)
	require.Equal(t, exitDone, exit, text)
	exit, text = b.do("verify", "--trust", der, filepath.Join(b.dir, "s.xml"))
	assert.Equal(t, exitDone, exit, text)
}

func pemBytes(t *testing.T, name string) []byte {
	raw, err := os.ReadFile(name)
	require.NoError(t, err)
	block, _ := pem.Decode(raw)
	require.NotNil(t, block)
	_, err = x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return block.Bytes
}
