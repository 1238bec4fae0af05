package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
)

const victimArguments = "RUBRICA_TEST_ARGUMENTS"

// The commands of the authority are killed again and again while they work; given once more, each
// comes to the end that it would have come to: one authority, one certificate for an order, one
// revocation, and lists whose numbers never repeat.
func TestTheSmallAuthorityIsKilled(t *testing.T) {
	if arguments := os.Getenv(victimArguments); arguments != "" {
		std := streams{in: strings.NewReader(""), out: os.Stdout, err: os.Stderr, now: time.Now}
		os.Exit(run(context.Background(), std, strings.Split(arguments, "\n")))
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	rounds := 1
	if certtest.Full() {
		rounds = 60
	}
	random := rand.New(rand.NewPCG(11, 11))
	kills := 0
	for range rounds {
		kills += killedAuthority(t, random)
	}
	t.Logf("killed %d times", kills)
	require.GreaterOrEqual(t, kills, 2*rounds)
}

// killedAuthority plays one authority and returns how often it was killed.
func killedAuthority(t *testing.T, random *rand.Rand) (kills int) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ca")
	p12 := filepath.Join(t.TempDir(), "holder.p12")
	until := func(words string, args ...string) map[string]any {
		all := append(strings.Fields(words), "--dir", dir, "--password", "ca password", "--json")
		for tries := 0; ; tries++ {
			// Ever longer, so that it ends however slow the machine.
			after := time.Duration(20+random.IntN(150)+250*tries) * time.Millisecond
			killed, answer := runKilled(t, after, append(all, args...))
			if !killed {
				return answer
			}
			kills++
		}
	}
	until("ca init", "--key", "P-256", "--iterations", "1000")
	issued := until("ca issue", "--profile", "time-stamp", "--subject", "commonName=TSA",
		"--subject", "country=EC", "--id", "one", "--key", "P-256", "--p12", p12,
		"--p12-password", "holder password")
	serial := issued["serial"].(string)
	until("ca suspend", "--serial", serial)
	until("ca revoke", "--serial", serial, "--reason", "superseded")
	for range 2 {
		list := filepath.Join(t.TempDir(), "a.crl")
		until("ca crl", "--out", list)
		out, err := exec.Command("openssl", "crl", "-in", list, "-noout", "-text").CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, strings.ToLower(string(out)), serial)
	}
	records := map[string]string{}
	_, text, _ := rubrica(t, "ca", "list", "--dir", dir, "--json")
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var r recordJSON
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		require.NotContains(t, records, r.Profile, "one of each")
		records[r.Profile] = r.State
	}
	require.Equal(t, map[string]string{"time-stamp": "revoked", "ocsp-responder": "good"}, records)
	out, err := exec.Command("openssl", "verify", "-CAfile", filepath.Join(dir, "root.pem"),
		filepath.Join(dir, "authority.pem")).CombinedOutput()
	require.NoError(t, err, string(out))
	out, err = exec.Command("openssl", "pkcs12", "-in", p12, "-passin", "pass:holder password",
		"-nokeys", "-clcerts").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, 1, bytes.Count(out, []byte("BEGIN CERTIFICATE")))
	return kills
}

// runKilled runs the command in a process of its own and kills it after a time.
func runKilled(t *testing.T, after time.Duration, args []string) (bool, map[string]any) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run=^TestTheSmallAuthorityIsKilled$")
	cmd.Env = append(os.Environ(), victimArguments+"="+strings.Join(args, "\n"))
	out, err := cmd.Output()
	if ctx.Err() != nil && err != nil {
		return true, nil
	}
	require.NoError(t, err, "%v: %s", args, out)
	answer := map[string]any{}
	require.NoError(t, json.Unmarshal(out, &answer), string(out))
	require.Equal(t, "done", answer["status"])
	return false, answer
}
