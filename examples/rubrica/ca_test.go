package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rubrica runs the command and returns its exit status, what it wrote, and its first line as JSON.
func rubrica(t *testing.T, args ...string) (int, string, map[string]any) {
	t.Helper()
	var out, errs bytes.Buffer
	std := streams{in: strings.NewReader(""), out: &out, err: &errs, now: time.Now}
	exit := run(t.Context(), std, args)
	answer := map[string]any{}
	if line, _, _ := strings.Cut(out.String(), "\n"); strings.HasPrefix(line, "{") {
		require.NoError(t, json.Unmarshal([]byte(line), &answer))
	}
	require.NotContains(t, errs.String(), "goroutine")
	return exit, out.String() + errs.String(), answer
}

func done(t *testing.T, args ...string) map[string]any {
	t.Helper()
	exit, text, answer := rubrica(t, append(args, "--json")...)
	require.Equal(t, exitDone, exit, text)
	require.Equal(t, "done", answer["status"], text)
	return answer
}

// The life of a certificate on the command line, judged by openssl.
func TestTheSmallAuthority(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs openssl")
	}
	dir := filepath.Join(t.TempDir(), "ca")
	in := func(words string, args ...string) []string {
		return append(
			append(strings.Fields(words), "--dir", dir, "--password", "ca password"),
			args...)
	}
	made := done(
		t,
		in("ca init", "--key", "P-256", "--iterations", "1000", "--url", "http://127.0.0.1:1/")...)
	root, above := made["root"].(string), made["authority"].(string)

	p12, out := filepath.Join(t.TempDir(), "holder.p12"), filepath.Join(t.TempDir(), "holder.pem")
	order := in("ca issue", "--profile", "natural-person", "--subject", "document=0100000009",
		"--subject", "givenNames=NADIE", "--subject", "firstSurname=ÑANDÚ", "--subject",
		"country=EC", "--subject", "email=nadie@example.org", "--id", "order 1", "--p12", p12,
		"--p12-password", "holder password", "--key", "P-256", "--out", out)
	issued := done(t, order...)
	serial := issued["serial"].(string)
	require.Equal(t, serial, done(t, order...)["serial"], "an order has one certificate")
	exit, _, opened := rubrica(t, "p12", "open", "--password", "holder password", "--json", p12)
	require.Equal(t, exitDone, exit)
	require.Equal(t, "NADIE ÑANDÚ", opened["keys"].([]any)[0].(map[string]any)["alias"])

	csr := filepath.Join(t.TempDir(), "request.pem")
	output, err := exec.Command("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes",
		"-keyout", os.DevNull, "-subj", "/CN=x", "-out", csr).CombinedOutput()
	require.NoError(t, err, "%s", output)
	stamp := done(
		t,
		in("ca issue", "--profile", "time-stamp", "--subject", "commonName=TSA", "--subject",
			"country=EC", "--csr", csr)...)
	block, _ := pem.Decode([]byte(stamp["certificate"].(string)))
	require.NotNil(t, block)

	verify := func() string {
		crl, arl := filepath.Join(t.TempDir(), "a.crl"), filepath.Join(t.TempDir(), "r.crl")
		done(t, in("ca crl", "--out", crl)...)
		done(t, in("ca crl", "--root", "--out", arl)...)
		output, _ := exec.Command("openssl", "verify", "-x509_strict", "-crl_check_all",
			"-CAfile", root, "-untrusted", above, "-CRLfile", crl,
			"-CRLfile", arl, out).CombinedOutput()
		return string(output)
	}
	require.Contains(t, verify(), ": OK")
	done(t, in("ca suspend", "--serial", serial)...)
	require.Contains(t, verify(), "certificate revoked")
	done(t, in("ca reinstate", "--serial", serial)...)
	require.Contains(t, verify(), ": OK")
	done(
		t,
		in("ca revoke", "--serial", serial, "--reason", "keyCompromise", "--invalid",
			"2020-01-01T00:00:00Z")...)
	require.Contains(t, verify(), "certificate revoked")

	exit, text, _ := rubrica(t, "ca", "list", "--dir", dir, "--json")
	require.Equal(t, exitDone, exit)
	states := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var r recordJSON
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		states[r.Profile] = r.State
	}
	require.Equal(
		t,
		map[string]string{
			"natural-person": "revoked",
			"time-stamp":     "good",
			"ocsp-responder": "good",
		},
		states,
	)

	theSmallAuthorityRefuses(t, dir, csr, p12, serial, stamp["serial"].(string))
}

// theSmallAuthorityRefuses gives orders about a revoked and a good certificate that are refused.
func theSmallAuthorityRefuses(t *testing.T, dir, csr, p12, revoked, good string) {
	t.Helper()
	in := func(words string, args ...string) []string {
		return append(append(strings.Fields(words), "--dir", dir, "--password", "ca password"),
			args...)
	}
	to := func(dir, words string, args ...string) []string {
		return append(append(strings.Fields(words), "--dir", dir), args...)
	}
	keep := []string{"--p12", p12, "--p12-password", "holder password"}
	for _, c := range []struct {
		code string
		exit int
		args []string
	}{
		{"revoked", exitRefused, in("ca reinstate", "--serial", revoked)},
		{"revoked", exitRefused, in("ca suspend", "--serial", revoked)},
		{"revoked", exitRefused, in("ca revoke", "--serial", revoked, "--reason", "superseded")},
		{"not-suspended", exitRefused, in("ca reinstate", "--serial", good)},
		{"not-found", exitRefused, in("ca suspend", "--serial", "77")},
		{"not-found", exitRefused, in("ca revoke", "--serial", "77")},
		{"bad-usage", exitUnusable, in("ca suspend", "--serial", "zz")},
		{"bad-usage", exitUnusable, in("ca suspend", "--serial", "-1")},
		{"bad-usage", exitUnusable, in("ca suspend")},
		{"bad-usage", exitUnusable, in("ca revoke", "--serial", revoked, "--reason", "boredom")},
		{"refused", exitRefused, in("ca revoke", "--serial", good, "--reason", "certificateHold")},
		{"refused", exitRefused, in("ca revoke", "--serial", good, "--invalid",
			"2099-01-01T00:00:00Z")},
		{"refused", exitRefused, in("ca issue", "--profile", "none", "--csr", csr)},
		{"refused", exitRefused, in("ca issue", "--profile", "natural-person", "--csr", csr)},
		{"refused", exitRefused, in("ca issue", "--profile", "root", "--csr", csr, "--subject",
			"commonName=x", "--subject", "country=EC", "--subject", "organization=x")},
		{"bad-usage", exitUnusable, in("ca issue", "--profile", "seal", "--csr", csr,
			"--subject", "shoeSize=7")},
		{"bad-usage", exitUnusable, in("ca issue", "--profile", "seal", "--csr", csr,
			"--container", "bag")},
		{"bad-usage", exitUnusable, in("ca issue", "--profile", "seal")},
		{"bad-usage", exitUnusable, in("ca issue", append(keep, "--profile", "seal")...)},
		{"exists", exitRefused, in("ca issue", append(keep, "--profile", "seal", "--id", "another",
			"--subject", "commonName=x")...)},
		{"unreadable", exitUnusable, in("ca crl", "--out", filepath.Join(dir, "no", "a.crl"))},
		{"refused", exitRefused, in("ca crl", "--life", "99999h")},
		{"exists", exitRefused, in("ca init", "--name", "OTRA")},
		{"bad-usage", exitUnusable, in("ca init", "--url", "elsewhere")},
		{"unreadable", exitUnusable, to(t.TempDir(), "ca list")},
		{"wrong-password", exitRefused, to(dir, "ca crl", "--password", "wrong")},
		{"not-empty", exitRefused, to(filepath.Dir(csr), "ca init", "--password", "a password")},
		{"weak-password", exitRefused, to(t.TempDir(), "ca init", "--password", "")},
		{"limit-exceeded", exitRefused, to(t.TempDir(), "ca init", "--password", "a password",
			"--iterations", "5")},
		{"bad-usage", exitUnusable, []string{"ca", "list"}},
	} {
		exit, text, answer := rubrica(t, append(c.args, "--json")...)
		require.Equal(t, c.exit, exit, "%v: %s", c.args, text)
		require.Equal(t, c.code, answer["code"], "%v: %s", c.args, text)
		require.NotContains(t, text, "ca password")
		require.NotContains(t, text, "holder password")
	}
}

// An order that is refused leaves no key behind, and one that cannot be written can be had again.
func TestOrdersThatFail(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	p12 := filepath.Join(out, "holder.p12")
	ca := []string{"--dir", dir, "--password", "ca password", "--json"}
	done(t, append([]string{"ca", "init", "--key", "P-256", "--iterations", "1000"}, ca...)...)
	order := func(args ...string) (int, string, map[string]any) {
		return rubrica(t, append(append([]string{"ca", "issue", "--profile", "time-stamp",
			"--subject", "commonName=TSA", "--p12", p12, "--p12-password", "holder password",
			"--key", "P-256"}, ca...), args...)...)
	}
	exit, text, answer := order()
	require.Equal(t, exitRefused, exit, text)
	require.Equal(t, "refused", answer["code"])
	require.NoFileExists(t, p12)

	nowhere := filepath.Join(out, "no", "holder.pem")
	exit, _, answer = order("--subject", "country=EC", "--out", nowhere)
	require.Equal(t, exitUnusable, exit)
	message := answer["message"].(string)
	_, id, ok := strings.Cut(message, "--id ")
	require.True(t, ok, message)
	id, _, _ = strings.Cut(id, " ")
	exit, text, answer = order("--subject", "country=EC", "--id", id)
	require.Equal(t, exitDone, exit, text)
	require.Contains(t, message, answer["serial"])
	require.Equal(t, "good", answer["state"])

	serial := answer["serial"].(string)
	done(t, append([]string{"ca", "revoke", "--serial", serial}, ca...)...)
	_, _, answer = order("--subject", "country=EC", "--id", id)
	require.Equal(t, "revoked", answer["state"], "the same certificate, as it is now")
	info, err := os.Stat(p12)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	files, err := os.ReadDir(out)
	require.NoError(t, err)
	require.Len(t, files, 1, "no half-written file")
}

// Two secrets that are asked for are two lines.
func TestTwoPrompts(t *testing.T) {
	t.Parallel()
	dir, p12 := t.TempDir(), filepath.Join(t.TempDir(), "holder.p12")
	done(t, "ca", "init", "--dir", dir, "--password", "ca password", "--key", "P-256",
		"--iterations", "1000")
	var out, errs bytes.Buffer
	std := streams{in: strings.NewReader("ca password\nholder password\n"), out: &out, err: &errs,
		now: time.Now}
	exit := run(t.Context(), std, []string{"ca", "issue", "--dir", dir, "--profile", "time-stamp",
		"--subject", "commonName=TSA", "--subject", "country=EC", "--p12", p12, "--json"})
	require.Equal(t, exitDone, exit, out.String())
	require.Equal(t, "password: p12-password: ", errs.String())
	exit, text, _ := rubrica(t, "p12", "open", "--password", "holder password", p12)
	require.Equal(t, exitDone, exit, text)
}

func TestOCSPIsServed(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs openssl")
	}
	dir := t.TempDir()
	done(t, "ca", "init", "--dir", dir, "--password", "ca password", "--key", "P-256",
		"--iterations", "1000")
	ctx, stop := context.WithCancel(t.Context())
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	exits := make(chan int)
	go func() {
		std := streams{in: strings.NewReader(""), out: writer, err: os.Stderr, now: time.Now}
		exits <- run(ctx, std, []string{"ocsp", "serve", "--dir", dir, "--password", "ca password",
			"--json"})
	}()
	var at struct{ Listening string }
	require.NoError(t, json.NewDecoder(reader).Decode(&at))
	output, err := exec.Command("openssl", "ocsp", "-issuer", filepath.Join(dir, "authority.pem"),
		"-cert", filepath.Join(dir, "ocsp.pem"), "-CAfile", filepath.Join(dir, "root.pem"),
		"-url", at.Listening+"/ocsp").CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.Contains(t, string(output), "Response verify OK")
	require.Contains(t, string(output), ": good")
	stop()
	require.Equal(t, exitDone, <-exits)
}
