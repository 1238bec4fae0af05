package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// images writes a PNG and a JPEG.
func (b *bench) images() (asPNG, asJPEG string) {
	img := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for x := range 40 {
		img.SetNRGBA(x, x/2, color.NRGBA{0, 0, 160, 255})
	}
	var p, j bytes.Buffer
	require.NoError(b.t, png.Encode(&p, img))
	require.NoError(b.t, jpeg.Encode(&j, img, nil))
	return b.write("rubrica.png", p.Bytes()), b.write("rubrica.jpg", j.Bytes())
}

// signArgs is a command line that signs a PDF.
func (b *bench) signArgs(more ...string) []string {
	return append([]string{"sign", "--json", "--p12", b.p12, "--password", testPassword}, more...)
}

// TestSignWithStamp makes every kind of stamp that the command knows and has strangers judge them.
func TestSignWithStamp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	asPNG, asJPEG := b.images()
	names, jobs := map[string]string{}, []certtest.Job{}
	for name, options := range map[string]string{
		"text":                 "--stamp text",
		"text at":              "--stamp text --page 1 --rect 50,50,250,100",
		"image":                "--stamp image --image " + asPNG,
		"text and image":       "--stamp text --page last --image " + asJPEG,
		"qr":                   "--stamp qr --reason Prueba --location Cañar",
		"firmaec qr":           "--profile firmaec --stamp qr --reason Prueba",
		"firmaec elsewhere":    "--profile firmaec --stamp qr --page 99 --rect 260,580",
		"firmaec information1": "--profile firmaec --stamp information1 --rect 50,50,250,100",
		"firmaec information2": "--profile firmaec --stamp information2",
		"firmaec text":         "--profile firmaec --stamp text",
	} {
		out := filepath.Join(b.dir, strings.ReplaceAll(name, " ", "-")+".out.pdf")
		exit, text := b.do(b.signArgs(append(strings.Fields(options), "--out", out, b.pdf)...)...)
		require.Equal(t, exitDone, exit, "%s: %s", name, text)
		exit, answer := b.verify(out)
		require.Equal(t, exitDone, exit, "%s: %+v", name, answer)
		if strings.HasPrefix(name, "firmaec") {
			assert.Equal(t, "ISO32000-CMS", answer.Signatures[0].Level)
		}
		names[out] = name
		jobs = append(jobs, certtest.Job{File: out, Trust: []string{b.root}})
	}
	for _, l := range certtest.Judge(t, "pdf", "pdfsig,pyhanko,qpdf,dss", jobs...) {
		assert.True(t, l.Accepted, "%s: %s: %s %+v", names[l.File], l.Judge, l.Error, l.Signatures)
	}
}

func TestStampRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	asPNG, _ := b.images()
	big := b.write("big.png", make([]byte, maxImage+1))
	out := filepath.Join(b.dir, "never.pdf")
	for name, c := range map[string]struct {
		options string
		exit    int
		code    string
	}{
		"unknown stamp":       {"--stamp seal", exitUnusable, "bad-usage"},
		"look of firmaec":     {"--stamp information1", exitUnusable, "bad-usage"},
		"image without file":  {"--stamp image", exitUnusable, "bad-usage"},
		"image with qr":       {"--stamp qr --image " + asPNG, exitUnusable, "bad-usage"},
		"image without stamp": {"--image " + asPNG, exitUnusable, "bad-usage"},
		"page nought":         {"--stamp text --page 0", exitUnusable, "bad-usage"},
		"three numbers":       {"--stamp text --rect 1,2,3", exitUnusable, "bad-usage"},
		"two numbers":         {"--stamp text --rect 1,2", exitUnusable, "bad-usage"},
		"letters":             {"--stamp text --rect a,b,c,d", exitUnusable, "bad-usage"},
		"certify 4":           {"--certify 4", exitUnusable, "bad-usage"},
		"lock without fields": {"--lock include", exitUnusable, "bad-usage"},
		"no such image":       {"--stamp image --image nowhere.png", exitRefused, "unreadable"},
		"no image":            {"--stamp image --image " + b.xml, exitRefused, "image"},
		"too large an image":  {"--stamp image --image " + big, exitRefused, "limit-exceeded"},
		"page beyond":         {"--stamp text --page 2", exitRefused, "no-page"},
		"off the page":        {"--stamp text --rect 500,50,700,100", exitRefused, "off-page"},
		"no room":             {"--stamp text --rect 50,50,60,55", exitRefused, "no-room"},
		"in place, no PDF":    {"--profile xades --in-place", exitUnusable, "bad-usage"},
		"in place and out":    {"--in-place", exitUnusable, "bad-usage"},
	} {
		args := append(strings.Fields(c.options), "--out", out, b.pdf)
		if name == "in place, no PDF" {
			args = append(strings.Fields(c.options), b.xml)
		}
		exit, text := b.do(b.signArgs(args...)...)
		assert.Equal(t, c.exit, exit, "%s: %s", name, text)
		var answer struct{ Code string }
		require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
		assert.Equal(t, c.code, answer.Code, "%s: %s", name, text)
		assert.NoFileExists(t, out)
	}
}

// TestSignInPlace signs a file twice where it lies, and leaves it alone when it refuses.
func TestSignInPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	original, err := os.ReadFile(b.pdf)
	require.NoError(t, err)
	for n := 1; n <= 2; n++ {
		exit, text := b.do(b.signArgs("--in-place", "--stamp", "text", b.pdf)...)
		require.Equal(t, exitDone, exit, text)
		var answer doneJSON
		require.NoError(t, json.Unmarshal([]byte(text), &answer))
		assert.Equal(t, b.pdf, answer.Out)
		exit, verdict := b.verify(b.pdf)
		require.Equal(t, exitDone, exit, "%+v", verdict)
		require.Len(t, verdict.Signatures, n)
	}
	signed, err := os.ReadFile(b.pdf)
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(signed, original))
	job := certtest.Job{File: b.pdf, Trust: []string{b.root}}
	for _, l := range certtest.Judge(t, "pdf", "pdfsig,pyhanko,qpdf", job) {
		assert.True(t, l.Accepted, "%s: %s %+v", l.Judge, l.Error, l.Signatures)
	}

	exit, text := b.do(b.signArgs("--in-place", "--stamp", "text", "--page", "9", b.pdf)...)
	assert.Equal(t, exitRefused, exit, text)
	after, err := os.ReadFile(b.pdf)
	require.NoError(t, err)
	assert.Equal(t, signed, after)
}

// TestCompleteInPlace signs the prepared file where it lies, as prepare or complete are told.
func TestCompleteInPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	leaf := certtest.WritePEM(t, b.signer.Certificate)
	state, out := filepath.Join(b.dir, "state"), filepath.Join(b.dir, "out.pdf")
	complete := func(value []byte, more ...string) (int, string) {
		return b.do(append([]string{"complete", "--json", "--state", state, "--signature",
			b.write("value", value)}, more...)...)
	}
	for n, told := range [][]string{{"prepare"}, {"complete"}} {
		original, err := os.ReadFile(b.pdf)
		require.NoError(t, err)
		prepare := []string{"prepare", "--cert", leaf, "--cert", b.sub, "--state", state}
		var more []string
		if told[0] == "prepare" {
			prepare = append(prepare, "--in-place")
		} else {
			more = []string{"--in-place"}
		}
		exit, text := b.do(append(prepare, b.pdf)...)
		require.Equal(t, exitDone, exit, text)
		var asked prepareJSON
		require.NoError(t, json.Unmarshal([]byte(text), &asked))
		digest, err := base64.StdEncoding.DecodeString(asked.Digest)
		require.NoError(t, err)
		value, err := b.signer.Key.Sign(rand.Reader, digest, crypto.SHA256)
		require.NoError(t, err)

		exit, text = complete(value, "--in-place", "--out", out)
		require.Equal(t, exitUnusable, exit, text)
		exit, text = complete(bytes.Repeat([]byte{7}, len(value)), more...)
		require.Equal(t, exitRefused, exit, text)
		after, err := os.ReadFile(b.pdf)
		require.NoError(t, err)
		require.Equal(t, original, after)

		exit, text = complete(value, more...)
		require.Equal(t, exitDone, exit, text)
		var answer doneJSON
		require.NoError(t, json.Unmarshal([]byte(text), &answer))
		assert.Equal(t, b.pdf, answer.Out)
		after, err = os.ReadFile(b.pdf)
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(after, original))
		exit, verdict := b.verify(b.pdf)
		require.Equal(t, exitDone, exit, "%+v", verdict)
		require.Len(t, verdict.Signatures, n+1)
		exit, text = complete(value, more...)
		require.Equal(t, exitRefused, exit, text) // the file is another now
	}
	assert.NoFileExists(t, out)
}

// TestPDFLevels reaches LT and LTA at once and step by step, with evidence from files.
func TestPDFLevels(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.signer.Issuer.Issuer
	evidence := []string{"--trust", b.root, "--intermediate", b.sub, "--tsa-p12", b.tsa,
		"--crl", b.write("root.crl", root.CRL(t)), "--crl", b.write("sub.crl", b.signer.Issuer.CRL(t))}
	out := filepath.Join(b.dir, "levels.pdf")
	level := func(command []string, level, in, profile string) {
		args := append(append(append([]string{}, command...), "--level", level, "--out", out), evidence...)
		exit, text := b.do(append(args, in)...)
		require.Equal(t, exitDone, exit, text)
		exit, answer := b.verify(out, "--require-revocation")
		require.Equal(t, exitDone, exit, "%+v", answer)
		assert.Equal(t, profile, answer.Signatures[0].Level)
	}
	sign := b.signArgs("--profile", "pades")
	extend := []string{"extend", "--json", "--password", testPassword}
	level(sign, "LT", b.pdf, "PAdES-BASELINE-LT")
	level(sign, "LTA", b.pdf, "PAdES-BASELINE-LTA")
	level(b.signArgs("--profile", "firmaec", "--stamp", "qr"), "LT", b.pdf, "ISO32000-CMS")
	level(extend, "LTA", out, "ISO32000-CMS")
}
