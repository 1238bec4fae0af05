package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ocsp"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// ask runs the command with --json and decodes its one line.
func ask(t *testing.T, args ...string) (exit int, answer map[string]any) {
	t.Helper()
	var out, errs bytes.Buffer
	exit = run(context.Background(), streams{in: strings.NewReader(""), out: &out, err: &errs, now: time.Now},
		append(args, "--json"))
	require.NoError(t, json.Unmarshal(out.Bytes(), &answer), "%s %s", out.Bytes(), errs.Bytes())
	return exit, answer
}

var settingPattern = regexp.MustCompile(`Set(\w+)\("?([^")]*)"?\)`)

// TestX509VerifyPKITS: the whole of NIST's suite through the command.
func TestX509VerifyPKITS(t *testing.T) {
	t.Parallel()
	f, err := os.Open(certtest.Vectors(t, "x509", "pkits.tsv"))
	require.NoError(t, err)
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	require.NoError(t, err)
	file := func(kind, name string) string {
		return certtest.Vectors(t, "x509", "pkits", kind+"s", name+map[string]string{"cert": ".crt", "crl": ".crl"}[kind])
	}
	unsupported := 0
	for _, row := range rows[1:] {
		certs := strings.Split(row[2], ",")
		args := []string{"x509", "verify", "--time", "2024-01-01T00:00:00Z", "--require-revocation",
			"--trust", file("cert", certs[0])}
		for _, c := range certs[1 : len(certs)-1] {
			args = append(args, "--intermediate", file("cert", c))
		}
		for c := range strings.SplitSeq(row[3], ",") {
			args = append(args, "--crl", file("crl", c))
		}
		for _, m := range settingPattern.FindAllStringSubmatch(row[5], -1) {
			args = append(args, settingOptions(m[1], m[2])...)
		}
		exit, answer := ask(t, append(args, file("cert", certs[len(certs)-1]))...)
		if answer["code"] == "unsupported-algorithm" {
			unsupported++
			assert.Contains(t, answer["message"], "DSA", row[0])
			continue
		}
		assert.Equal(t, row[4] == "true", answer["valid"], "%s %s: %v", row[0], row[1], answer)
		assert.Equal(t, map[bool]int{true: exitDone, false: exitRefused}[row[4] == "true"], exit)
	}
	assert.Equal(t, 3, unsupported)
}

func settingOptions(name, value string) (args []string) {
	switch {
	case name == "InitialExplicitPolicy" && value == "true":
		return []string{"--require-explicit-policy"}
	case name == "InitialPolicyMappingInhibit" && value == "true":
		return []string{"--inhibit-policy-mapping"}
	case name == "InitialInhibitAnyPolicy" && value == "true":
		return []string{"--inhibit-any-policy"}
	case name == "InitialPolicySet":
		for p := range strings.SplitSeq(value, ",") {
			if number, ok := strings.CutPrefix(p, "NIST-test-policy-"); ok {
				args = append(args, "--initial-policy", "2.16.840.1.101.3.2.1.48."+number)
			}
		}
	}
	return args
}

func TestX509Verify(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	root, sub, end := certtest.WritePEM(t, pki.Root.Certificate), certtest.WritePEM(t, pki.Sub.Certificate), certtest.WritePEM(t, leaf.Certificate)
	list := func(revoked ...*certtest.Entity) string {
		return certtest.WriteFile(t, "*.crl", pki.Sub.CRL(t, revoked...))
	}
	answer := func(status int) string { return certtest.WriteFile(t, "*.ocsp", pki.Sub.OCSP(t, leaf, status)) }
	junk := certtest.WriteFile(t, "*.junk", []byte("junk"))
	trusted := []string{"--trust", root, "--intermediate", sub}
	for name, c := range map[string]struct {
		args []string
		exit int
		code string
	}{
		"valid":               {append(trusted, end), exitDone, ""},
		"no chain":            {[]string{"--trust", root, end}, exitRefused, "no-chain"},
		"no trust":            {[]string{end}, exitRefused, "no-chain"},
		"expired":             {append(trusted, "--time", "2090-01-01T00:00:00Z", end), exitRefused, "expired"},
		"not required":        {append(trusted, "--crl", list(), end), exitDone, ""},
		"required of all":     {append(trusted, "--crl", list(), "--require-revocation", end), exitRefused, "revocation-unknown"},
		"all there":           {append(trusted, "--crl", list(), "--crl", certtest.WriteFile(t, "*.crl", pki.Root.CRL(t)), "--require-revocation", end), exitDone, ""},
		"revoked by list":     {append(trusted, "--crl", list(leaf), end), exitRefused, "revoked"},
		"revoked by answer":   {append(trusted, "--ocsp", answer(ocsp.Revoked), end), exitRefused, "revoked"},
		"good by answer":      {append(trusted, "--ocsp", answer(ocsp.Good), end), exitDone, ""},
		"junk for a list":     {append(trusted, "--crl", junk, end), exitRefused, "revocation-unknown"},
		"junk for a leaf":     {append(trusted, junk), exitRefused, "malformed"},
		"junk for an issuer":  {[]string{"--trust", root, "--intermediate", junk, end}, exitRefused, "no-chain"},
		"no such file":        {append(trusted, "/does/not/exist"), exitUnusable, "unreadable"},
		"policy not there":    {append(trusted, "--initial-policy", "1.2.3", "--require-explicit-policy", end), exitRefused, "policy"},
		"policy not demanded": {append(trusted, "--initial-policy", "1.2.3", end), exitDone, ""},
		"a policy of letters": {append(trusted, "--initial-policy", "x", end), exitUnusable, "bad-usage"},
		"two leaves":          {append(trusted, end, end), exitUnusable, "bad-usage"},
		"no such list":        {append(trusted, "--crl", "/does/not/exist", end), exitUnusable, "bad-usage"},
		"no such option":      {append(trusted, "--frob", end), exitUnusable, "bad-usage"},
	} {
		exit, got := ask(t, append([]string{"x509", "verify"}, c.args...)...)
		assert.Equal(t, c.exit, exit, "%s: %v", name, got)
		assert.Equal(t, c.code, got["code"], "%s: %v", name, got)
		if name == "junk for an issuer" {
			assert.Contains(t, got["message"], "cannot be read: certificate at octet 0")
		}
		if c.code == "" {
			assert.Equal(t, []any{leaf.Certificate.Subject.String(), pki.Sub.Certificate.Subject.String(), pki.Root.Certificate.Subject.String()}, got["path"])
		}
		assert.Equal(t, c.code == "", got["valid"], name)
	}
}

func TestListAndAnswerVerify(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	sub, root, end := certtest.WritePEM(t, pki.Sub.Certificate), certtest.WritePEM(t, pki.Root.Certificate), certtest.WritePEM(t, leaf.Certificate)
	list := certtest.WriteFile(t, "*.crl", pki.Sub.CRL(t, leaf))
	answer := certtest.WriteFile(t, "*.ocsp", pki.Sub.OCSP(t, leaf, ocsp.Revoked))
	junk := certtest.WriteFile(t, "*.junk", []byte("junk"))
	for word, file := range map[string]string{"crl": list, "ocsp": answer} {
		exit, got := ask(t, word, "verify", "--issuer", sub, "--cert", end, file)
		assert.Equal(t, exitDone, exit)
		assert.Equal(t, true, got["valid"])
		assert.Equal(t, "revoked", got["status"])
		assert.Equal(t, "keyCompromise", got["reason"])
		assert.NotEmpty(t, got["revokedAt"])
		exit, got = ask(t, word, "verify", "--issuer", sub, "--cert", end, "--time", time.Now().Add(-90*time.Minute).Format(time.RFC3339), file)
		assert.Equal(t, exitRefused, exit)
		assert.Equal(t, "not-yet-valid", got["code"])
		exit, got = ask(t, word, "verify", "--issuer", root, file)
		assert.Equal(t, exitRefused, exit)
		assert.Equal(t, false, got["valid"])
		assert.Equal(t, "wrong-issuer", got["code"])
		exit, got = ask(t, word, "verify", "--issuer", sub, junk)
		assert.Equal(t, exitRefused, exit)
		assert.Equal(t, "malformed", got["code"])
		for code, args := range map[string][]string{"bad-usage": {file}, "malformed": {"--issuer", junk, file}} {
			exit, got = ask(t, append([]string{word, "verify"}, args...)...)
			assert.Equal(t, exitUnusable, exit)
			assert.Equal(t, code, got["code"])
			assert.Equal(t, false, got["valid"])
			assert.Equal(t, "unknown", got["status"])
		}
		exit, got = ask(t, word, "show", file)
		assert.Equal(t, exitDone, exit)
		assert.Equal(t, true, got["ok"])
		exit, got = ask(t, word, "show", junk)
		assert.Equal(t, exitRefused, exit)
		assert.Equal(t, "malformed", got["code"])
	}
}

// TestX509ShowEverything: every certificate of the conformance data has its answer, read or not.
func TestX509ShowEverything(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"pkits/certs/*.crt", "boringssl-parse_certificate_unittest/*.pem"} {
		some, err := filepath.Glob(certtest.Vectors(t, "x509", pattern))
		require.NoError(t, err)
		files = append(files, some...)
	}
	shown, refused := 0, 0
	for _, file := range files {
		var out, errs bytes.Buffer
		run(context.Background(), streams{in: strings.NewReader(""), out: &out, err: &errs, now: time.Now},
			[]string{"x509", "show", "--json", file})
		require.NotEmpty(t, out.String(), file)
		for line := range strings.Lines(out.String()) {
			assert.NotContains(t, line, ":null", file)
			var answer certificateJSON
			require.NoError(t, json.Unmarshal([]byte(line), &answer), file)
			if answer.OK {
				shown++
				assert.NotEmpty(t, answer.Serial, file)
			} else {
				refused++
				assert.NotEmpty(t, answer.Code, file)
			}
		}
	}
	t.Logf("%d shown, %d refused", shown, refused)
	assert.Greater(t, shown, 430)
}

func TestTrustBuildAndShow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	out := filepath.Join(b.dir, "trust.json")
	exit, got := ask(t, "trust", "build", "--p12", b.p12, "--password", testPassword, "--out", out,
		"--territory", "EC", "--sequence", "7", b.root, b.sub, certtest.WritePEM(t, b.signer.Certificate))
	require.Equal(t, exitDone, exit, "%v", got)
	assert.Len(t, got["refused"], 1, "the signer is no authority")
	signer := certtest.WritePEM(t, b.signer.Certificate)
	exit, got = ask(t, "trust", "show", "--signer", signer, out)
	assert.Equal(t, exitDone, exit)
	assert.InDelta(t, 7, got["sequence"], 0)
	assert.Len(t, got["entities"], 1)
	exit, got = ask(t, "trust", "show", "--signer", b.root, out)
	assert.Equal(t, exitRefused, exit)
	assert.Equal(t, "untrusted", got["code"])
}
