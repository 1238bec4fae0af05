package certtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Shared returns the folder with conformance data and judges: $RUBRICA_SHARED, by default the
// folder "shared" beside the module. Where it is absent the test fails in CI (CI=true) and
// otherwise skips, saying so.
func Shared(t testing.TB) string {
	t.Helper()
	dir, err := sharedFolder(t)
	if err != nil {
		t.Skipf("NOT TESTED: the conformance data is missing (%v)", err)
	}
	return dir
}

// sharedFolder finds the folder; where it is absent and CI needs it, the test fails.
func sharedFolder(t testing.TB) (string, error) {
	t.Helper()
	dir := os.Getenv("RUBRICA_SHARED")
	if dir == "" {
		dir = filepath.Join(filepath.Dir(moduleRoot(t)), "shared")
	}
	_, err := os.Stat(filepath.Join(dir, "vectors", "MANIFEST.tsv"))
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("the conformance data is missing: %v", err)
	}
	return dir, err
}

// Vectors returns the path of a file or folder of the conformance data.
func Vectors(t testing.TB, elements ...string) string {
	t.Helper()
	return filepath.Join(append([]string{Shared(t), "vectors"}, elements...)...)
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if ok {
		root := filepath.Dir(filepath.Dir(filepath.Dir(file)))
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("certtest: no go.mod above the test's folder")
	return ""
}

// Full reports whether long proofs run at full length (RUBRICA_FULL=1).
func Full() bool { return os.Getenv("RUBRICA_FULL") == "1" }

// A Job asks the judges about one file. Paths are absolute or relative to the test's folder.
type Job struct {
	File       string   `json:"file"`
	Trust      []string `json:"trust,omitempty"`
	Chain      []string `json:"chain,omitempty"`
	CRL        []string `json:"crl,omitempty"`
	OCSP       []string `json:"ocsp,omitempty"`
	Time       string   `json:"time,omitempty"`
	Detached   string   `json:"detached,omitempty"`
	Password   string   `json:"password,omitempty"`
	Policy     string   `json:"policy,omitempty"` // "default" or "lenient"
	PolicyFile string   `json:"policy_file,omitempty"`
	// For the kind c14n.
	Method   string `json:"method,omitempty"`
	Comments bool   `json:"comments,omitempty"`
	Apex     string `json:"apex,omitempty"`
	Omit     string `json:"omit,omitempty"`
	Prefixes string `json:"prefixes,omitempty"`
}

// A Line is one judge's answer about one file.
type Line struct {
	Judge      string         `json:"judge"`
	File       string         `json:"file"`
	Accepted   bool           `json:"accepted"`
	Signatures []JudgedEntry  `json:"signatures"`
	Error      string         `json:"error"`
	Structure  string         `json:"structure"`
	Output     []byte         `json:"output"` // c14n
	Raw        map[string]any `json:"-"`      // every field, also those not named here
}

// A JudgedEntry is a judge's answer about one signature. A field that the judge cannot know is nil.
type JudgedEntry struct {
	Intact       *bool    `json:"intact"`
	Valid        *bool    `json:"valid"`
	Trusted      *bool    `json:"trusted"`
	Indication   string   `json:"indication"`
	Sub          string   `json:"sub"`
	Level        string   `json:"level"`
	Signer       string   `json:"signer"`
	CoversAll    *bool    `json:"covers_all"`
	Modified     *bool    `json:"modified"`
	Modification string   `json:"modification"`
	Field        string   `json:"field"`
	Notes        []string `json:"notes"`
}

// Judge runs judges of a kind over the jobs in one batch and returns their lines, job by job in
// the given order, one a judge. judges are names joined by commas; empty means all that know the
// kind. A judge that cannot run fails the test. Under -short the test is skipped. Without the
// conformance data (see [Shared]) the programs of Debian's packages judge what they can.
func Judge(t testing.TB, kind, judges string, jobs ...Job) []Line {
	t.Helper()
	if testing.Short() {
		t.Skip("judges are not asked under -short")
	}
	for i := range jobs {
		jobs[i] = absolute(t, jobs[i])
	}
	shared, err := sharedFolder(t)
	if err != nil {
		return judgeNatively(t, kind, judges, jobs)
	}
	program := filepath.Join(shared, "judges", "judge")
	var in bytes.Buffer
	for _, job := range jobs {
		if err := json.NewEncoder(&in).Encode(job); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{kind, "--batch"}
	if judges != "" {
		args = append(args, "--judges", judges)
	}
	cmd := exec.Command(program, args...)
	cmd.Stdin = &in
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	exit, isExit := errors.AsType[*exec.ExitError](err)
	if err != nil && (!isExit || exit.ExitCode() != 1) {
		t.Fatalf("a judge could not run: %v\n%s\n%s", err, complaint.Bytes(), judgeErrors(out))
	}
	return decodeLines(t, out)
}

func absolute(t testing.TB, job Job) Job {
	t.Helper()
	fix := func(p string) string {
		if p == "" {
			return p
		}
		full, err := filepath.Abs(p)
		if err != nil {
			t.Fatal(err)
		}
		return full
	}
	fixAll := func(list []string) []string {
		out := make([]string, len(list))
		for i, p := range list {
			out[i] = fix(p)
		}
		return out
	}
	job.File, job.Detached, job.PolicyFile = fix(job.File), fix(job.Detached), fix(job.PolicyFile)
	job.Trust, job.Chain = fixAll(job.Trust), fixAll(job.Chain)
	job.CRL, job.OCSP = fixAll(job.CRL), fixAll(job.OCSP)
	return job
}

func judgeErrors(out []byte) string {
	var wrong []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, `"error":"judge:`) || strings.Contains(line, `"error": "judge:`) {
			wrong = append(wrong, line)
		}
	}
	return strings.Join(wrong, "")
}

func decodeLines(t testing.TB, out []byte) []Line {
	t.Helper()
	var lines []Line
	scanner := bufio.NewScanner(bytes.NewReader(out))
	scanner.Buffer(nil, 64<<20)
	for scanner.Scan() {
		var line Line
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatalf("a judge's line cannot be read: %v: %.500s", err, scanner.Bytes())
		}
		if err := json.Unmarshal(scanner.Bytes(), &line.Raw); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}
