package demo_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/adapters/sqliteledger"
	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/workflow"
)

// issueTitle begins the line of the step that issues.
const issueTitle = "Solicitud 1: otra operadora emite"

// killsPerFolder: one folder is killed and continued so many times before it may finish.
const killsPerFolder = 10

// TestKill kills the process (SIGKILL) at random points spread over all steps, 20 of them, or 200
// with RUBRICA_FULL=1, and starts it again in the same folder: what was written stays an exact
// prefix, nothing is issued or sent twice, and the end is that of a story told without a break.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("no process is killed under -short")
	}
	kills := 20
	if certtest.Full() {
		kills = 200
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	whole := newEnding(t, story(t))
	steps := stepLines(t)
	plan := stratified(random, kills, len(steps)+1)
	hits := map[int]int{}
	for len(plan) > 0 {
		n := min(killsPerFolder, len(plan))
		targets := plan[:n]
		plan = plan[n:]
		slices.Sort(targets)
		killed(t, random, steps, targets, whole, hits)
	}
	// The issuance has the most to lose: it gets some more.
	issue := slices.IndexFunc(steps, func(s string) bool { return strings.HasPrefix(s, issueTitle) }) + 1
	require.Positive(t, issue)
	for range kills / 10 {
		killed(t, random, steps, []int{issue, issue, issue}, whole, hits)
	}
	t.Log(histogram(steps, hits))
	sum := 0
	for _, n := range hits {
		sum += n
	}
	require.GreaterOrEqual(t, sum, kills*9/10, "the processes ended before they were killed")
}

// stratified chooses n points among those before the first line (0) and after each line, as evenly
// as n allows, in random order.
func stratified(random *rand.Rand, n, points int) []int {
	var out []int
	for len(out) < n {
		out = append(out, random.Perm(points)...)
	}
	return out[:n]
}

// killed tells one story that is killed at each target, then lets it end, and compares.
func killed(
	t *testing.T, random *rand.Rand, steps []string, targets []int, whole ending, hits map[int]int,
) {
	t.Helper()
	dir := t.TempDir()
	var before []history
	for _, target := range targets {
		if at, dead := runAndKill(t, random, dir, steps, target); dead {
			hits[at]++
		}
		now := histories(t, dir)
		requirePrefix(t, before, now)
		readMails(t, dir+"/correo") // fails on a double delivery
		before = now
	}
	out, err := exec.Command(command(t), "demo", "--out", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	requirePrefix(t, before, histories(t, dir))
	require.Equal(t, whole, newEnding(t, dir))
}

// runAndKill starts the program and kills it a random moment after it printed the line of the
// target step, or, for 0, after it was started. It returns the step that was being done.
func runAndKill(
	t *testing.T, random *rand.Rand, dir string, steps []string, target int,
) (int, bool) {
	t.Helper()
	cmd := exec.Command(command(t), "demo", "--out", dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	reached := 0
	lines := bufio.NewScanner(out)
	for target > 0 && reached < target && lines.Scan() {
		if i := slices.Index(steps, line(lines.Text())); i >= 0 {
			reached = i + 1
		}
	}
	longest := 40 * time.Millisecond // about two steps
	switch {
	case target == 0, target == len(steps):
		longest = 600 * time.Millisecond // making the keys; writing the artefacts
	case strings.HasPrefix(steps[target-1], issueTitle):
		longest = 300 * time.Millisecond // a key, a certificate, a file, two mails
	}
	time.Sleep(time.Duration(random.Int64N(int64(longest))))
	require.NoError(t, cmd.Process.Kill())
	for lines.Scan() {
		if i := slices.Index(steps, line(lines.Text())); i >= 0 {
			reached = i + 1
		}
	}
	return reached, cmd.Wait() != nil
}

// line is the title in a printed line, "" when it is not a step's.
func line(s string) string {
	if len(s) < 18 || !strings.HasPrefix(s, "20") {
		return ""
	}
	return strings.TrimSpace(s[18:])
}

// stepLines are the titles of the steps, in the order of the story told without a break.
func stepLines(t *testing.T) []string {
	t.Helper()
	output, err := os.ReadFile(story(t, "output.txt"))
	require.NoError(t, err)
	var out []string
	for s := range strings.Lines(string(output)) {
		if title := line(s); title != "" {
			require.NotContains(t, out, title, "two steps have one title")
			out = append(out, title)
		}
	}
	return out
}

// requirePrefix: every history of before begins the one of now, octet for octet.
func requirePrefix(t *testing.T, before, now []history) {
	t.Helper()
	for _, b := range before {
		i := slices.IndexFunc(now, func(h history) bool { return h.instance == b.instance })
		require.GreaterOrEqual(t, i, 0, "an application disappeared")
		require.LessOrEqual(t, len(b.entries), len(now[i].entries))
		for k, e := range b.entries {
			require.True(t, bytes.Equal(e.Body, now[i].entries[k].Body), "an event changed")
			require.Equal(t, e.Hash, now[i].entries[k].Hash)
		}
	}
}

// ending is what a story came to, as far as it does not depend on the day it was told.
type ending struct {
	Paths        map[string][]string // by application: command or timer and state, in order
	Mails        []string            // Message-IDs
	Certificates map[string]int      // by request: 1
	Files        []string
}

func newEnding(t *testing.T, dir string) ending {
	t.Helper()
	e := ending{Paths: map[string][]string{}, Certificates: map[string]int{}}
	for _, h := range histories(t, dir) {
		_, events, err := workflow.Replay(h.entries)
		require.NoError(t, err)
		for _, v := range events {
			e.Paths[h.instance] = append(e.Paths[h.instance], v.Command+v.Timer+" "+v.To)
		}
	}
	for id := range readMails(t, dir+"/correo") {
		e.Mails = append(e.Mails, id)
	}
	slices.Sort(e.Mails)
	ledger, err := sqliteledger.Open(background, dir+"/rubrica.sqlite")
	require.NoError(t, err)
	defer ledger.Close()
	for _, name := range []string{"raiz", "subordinada"} {
		issuer := certificateIn(t, dir, name+".pem")
		records, err := ledger.Find(background, certificate.Query{Issuer: certificate.IssuerID(issuer)})
		require.NoError(t, err)
		for _, r := range records {
			require.NotNil(t, r.Certificate)
			require.Empty(t, r.Duplicates)
			e.Certificates[r.Request]++
		}
	}
	for _, folder := range []string{"certificados", "contratos", "facturas", "historial"} {
		files, err := os.ReadDir(dir + "/" + folder)
		require.NoError(t, err)
		for _, f := range files {
			e.Files = append(e.Files, folder+"/"+f.Name())
		}
	}
	return e
}

func histogram(steps []string, hits map[int]int) string {
	var b strings.Builder
	b.WriteString("killed while:\n")
	for i := range len(steps) + 1 {
		name := "starting"
		if i > 0 {
			name = steps[i-1]
		}
		fmt.Fprintf(&b, "%3d %-*s %s\n", hits[i], 12, strings.Repeat("#", hits[i]), name)
	}
	return b.String()
}
