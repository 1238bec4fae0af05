package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/adapters/sqlite"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
	"github.com/rubrica/rubrica/workflow/memory"
	"github.com/rubrica/rubrica/workflow/vault"
)

// chainDefinition is a process that keeps an engine busy: every command orders an effect whose
// answer moves the instance on, and a timer that is always set anew.
const chainDefinition = `
name: chain
revision: 1
commands:
  open: {actors: [tester]}
  push: {actors: [tester]}
  pushed: {actors: [system]}
  close: {actors: [tester]}
states:
  waiting: {}
  working: {waits: "the effect is repeated until it is done"}
  closed: {final: closed}
start:
  - {on: open, to: waiting, claims: [{use: one, hold: life}]}
transitions:
  - {on: push, from: waiting, to: working, effects: [{do: work, answers: {done: pushed}}]}
  - {on: pushed, from: working, to: waiting}
  - {on: close, from: waiting, to: closed}
timers:
  - {name: late, while: waiting, after: {days: 30, clock: calendar}, to: closed}
`

func chainProcess(t testing.TB) *workflow.Process {
	t.Helper()
	def, err := definition.Read([]byte(chainDefinition))
	require.NoError(t, err)
	p, err := workflow.Compile(def, workflow.Vocabulary{
		Actors:  []string{"tester"},
		Effects: map[string]func(definition.Params) error{"work": nil},
		Claims: map[string]workflow.ClaimMaker{"one": func(definition.Params) (workflow.ClaimRule, error) {
			return func(c workflow.Check) (workflow.Claim, *workflow.Refusal) {
				return workflow.Claim{Scope: "one", Key: c.State.Instance}, nil
			}, nil
		}},
	})
	require.NoError(t, err)
	return p
}

// files does an effect by making a file of its name: done twice, it is there once.
type files struct{ dir string }

func (f files) Handle(_ context.Context, e workflow.Effect) (workflow.Answer, error) {
	name := filepath.Join(f.dir, strings.ReplaceAll(e.Key, "/", "_"))
	return workflow.Answer{}, os.WriteFile(name, []byte(e.Key), 0o600)
}

var epoch = time.Date(2026, 3, 6, 17, 0, 0, 0, time.UTC)

// victim is what is killed: it pushes an instance, says aloud when a push is answered, and goes on
// where it was.
func victim(t *testing.T, dir string, pushes int) {
	s := open(t, filepath.Join(dir, "store.db"))
	e, err := workflow.NewEngine(workflow.Config{Store: s, Clock: memory.NewClock(epoch), Owner: "victim",
		Processes: []*workflow.Process{chainProcess(t)}, Handler: files{dir}})
	require.NoError(t, err)
	_, err = e.Start(t.Context(), "chain", "one", command("open", 0))
	require.NoError(t, err)
	for n := 1; n <= pushes; n++ {
		out, err := e.Do(t.Context(), "one", command("push", n))
		require.NoError(t, err)
		require.NoError(t, e.Drain(t.Context()))
		fmt.Printf("answered %d %d\n", n, out.Sequence)
	}
	fmt.Println("finished")
}

func command(name string, n int) workflow.Command {
	return workflow.Command{Name: name, Key: fmt.Sprint("key-", n), Actor: "tester", By: "tester/1"}
}

const victimDir = "RUBRICA_TEST_VICTIM"

// A process that is killed at random points and started again loses nothing that it has answered,
// repeats nothing, and comes to the same end: its history is, byte for byte, that of a process
// that was left alone.
func TestKill(t *testing.T) {
	const pushes = 60
	if dir := os.Getenv(victimDir); dir != "" {
		victim(t, dir, pushes)
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	want := history(t, left(t, pushes))
	kills := 12
	if os.Getenv("RUBRICA_FULL") == "1" {
		kills = 200
	}
	r := rand.New(rand.NewPCG(7, 7))
	dir, runs, killed := t.TempDir(), 0, 0
	for killed < kills {
		finished, answered := runVictim(t, dir, time.Duration(20+r.IntN(180))*time.Millisecond)
		runs++
		got := history(t, dir)
		require.GreaterOrEqual(t, len(got), answered, "what was answered is there")
		require.Equal(t, want[:len(got)], got, "a prefix")
		if !finished {
			killed++
			continue
		}
		require.Equal(t, want, got)
		require.Len(t, effectsDone(t, dir), pushes)
		dir = t.TempDir()
	}
	for finished := false; !finished; {
		finished, _ = runVictim(t, dir, time.Minute)
	}
	require.Equal(t, want, history(t, dir))
	require.Len(t, effectsDone(t, dir), pushes)
	t.Logf("killed %d times in %d runs", killed, runs)
}

// left runs a victim that nobody kills.
func left(t *testing.T, pushes int) string {
	t.Helper()
	dir := t.TempDir()
	finished, _ := runVictim(t, dir, time.Minute)
	require.True(t, finished)
	require.Len(t, effectsDone(t, dir), pushes)
	return dir
}

// runVictim starts a victim and kills it after a time. It says whether it was too late for that,
// and how many events had been answered for.
func runVictim(t *testing.T, dir string, after time.Duration) (finished bool, answered int) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^TestKill$", "-test.v")
	cmd.Env = append(os.Environ(), victimDir+"="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	var dead atomic.Bool
	timer := time.AfterFunc(after, func() { dead.Store(true); _ = cmd.Process.Kill() })
	defer timer.Stop()
	var said strings.Builder
	lines := bufio.NewScanner(io.TeeReader(out, &said))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		switch {
		case len(f) == 3 && f[0] == "answered":
			answered, _ = strconv.Atoi(f[2])
		case len(f) == 1 && f[0] == "finished":
			finished = true
		}
	}
	err = cmd.Wait()
	if !dead.Load() {
		require.NoError(t, err, said.String()+errs.String())
	}
	return finished, answered
}

// history reads the bodies of all events, after verifying the chain.
func history(t *testing.T, dir string) []string {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "store.db"), sqlite.Config{})
	require.NoError(t, err)
	defer s.Close()
	entries, err := s.Entries(t.Context(), "one", 0, workflow.MaxPage)
	require.NoError(t, err)
	state, _, err := workflow.Replay(entries)
	require.NoError(t, err)
	if len(entries) > 0 {
		r, err := s.Load(t.Context(), "one", "")
		require.NoError(t, err)
		require.Equal(t, state, r.State)
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = string(e.Body)
	}
	return out
}

func effectsDone(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "one_*"))
	require.NoError(t, err)
	return names
}

func TestPragmas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	open(t, path)
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer db.Close()
	var mode string
	require.NoError(t, db.QueryRow("PRAGMA journal_mode").Scan(&mode))
	require.Equal(t, "wal", mode)
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}

	// A file of a newer version is not touched.
	_, err = db.Exec("PRAGMA user_version = 1000")
	require.NoError(t, err)
	_, err = sqlite.Open(t.Context(), path, sqlite.Config{})
	require.ErrorContains(t, err, "version 1000")

	for _, bad := range []string{"", ":memory:", filepath.Join(t.TempDir(), "no", "such", "place")} {
		_, err = sqlite.Open(t.Context(), bad, sqlite.Config{})
		require.Error(t, err, bad)
	}
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	require.NoError(t, os.WriteFile(garbage, bytes.Repeat([]byte("not a database "), 1000), 0o600))
	_, err = sqlite.Open(t.Context(), garbage, sqlite.Config{})
	require.Error(t, err)
}

// Two openings of a new file at once make one schema.
func TestMigrateRace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	errs := make(chan error, 6)
	for range cap(errs) {
		go func() {
			s, err := sqlite.Open(context.Background(), path, sqlite.Config{})
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
}

// A destroyed key and what it sealed are gone from the file and its log, not only from the tables;
// plaintext never was there.
func TestForgotten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "store.db"))
	keeper, err := vault.NewKeeper(bytes.Repeat([]byte{7}, vault.KeySize))
	require.NoError(t, err)
	v, err := vault.New(vault.Config{Store: s, Keeper: keeper, Pepper: bytes.Repeat([]byte{8}, vault.KeySize)})
	require.NoError(t, err)
	ref, err := v.Put(t.Context(), "person", "form", []byte("Juana Canario 1710034065"))
	require.NoError(t, err)
	key, err := s.Key(t.Context(), "person", nil)
	require.NoError(t, err)
	record, err := s.Get(t.Context(), "person", "form", ref.Version)
	require.NoError(t, err)
	contains := func(what []byte) bool {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		require.NoError(t, err)
		for _, f := range files {
			text, err := os.ReadFile(f)
			require.NoError(t, err)
			if bytes.Contains(text, what) {
				return true
			}
		}
		return false
	}
	require.True(t, contains(key))
	require.True(t, contains(record.Sealed))
	require.False(t, contains([]byte("Canario")))
	require.NoError(t, v.Forget(t.Context(), "person"))
	require.False(t, contains(key))
	require.False(t, contains(record.Sealed))
}

// step is the transition that the benchmark writes again and again: state, history, one outbox
// entry, one timer, outcome of its key.
func benchStep(s workflow.State, n int) *workflow.Transition {
	e := workflow.Event{Instance: s.Instance, Sequence: s.Sequence + 1, At: epoch, From: "waiting",
		To: "working", Command: "push", Key: fmt.Sprint("key-", n), Actor: "tester", By: "tester/1"}
	body, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	s.Sequence++
	s.Name = "working"
	return &workflow.Transition{
		Instance: s.Instance, Expected: s.Sequence - 1, State: s,
		Entries: []workflow.Entry{{Sequence: s.Sequence, Body: body}},
		Set:     []workflow.Timer{{Instance: s.Instance, Name: "late", Due: epoch.Add(time.Duration(n) * time.Hour)}},
		Effects: []workflow.Effect{{Key: fmt.Sprintf("one/%d/0", s.Sequence), Instance: "one", Name: "work", At: epoch}},
		Key:     fmt.Sprint("key-", n), Outcome: workflow.Outcome{Instance: "one", Sequence: s.Sequence},
	}
}

// BenchmarkTransition measures a durable transition against the bare minimum on the same file: one
// row inserted and committed, with the same pragmas. Both are done by turns.
func BenchmarkTransition(b *testing.B) {
	path := filepath.Join(b.TempDir(), "store.db")
	s := open(b, path)
	bare, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)")
	require.NoError(b, err)
	defer bare.Close()
	bare.SetMaxOpenConns(1)
	_, err = bare.Exec("CREATE TABLE bare (n INTEGER PRIMARY KEY, text TEXT)")
	require.NoError(b, err)
	state := workflow.State{Instance: "one", Process: workflow.Pin{Name: "chain", Revision: 1}}
	var transition, row time.Duration
	for n := 0; b.Loop(); n++ {
		began := time.Now()
		t := benchStep(state, n)
		require.NoError(b, s.Append(b.Context(), t))
		transition += time.Since(began)
		state = t.State
		began = time.Now()
		_, err = bare.Exec("INSERT INTO bare (n, text) VALUES (?, ?)", n, "text")
		require.NoError(b, err)
		row += time.Since(began)
	}
	b.ReportMetric(float64(transition)/float64(row), "×bare-commit")
	b.ReportMetric(float64(transition.Microseconds())/float64(b.N), "µs/transition")
	b.ReportMetric(float64(row.Microseconds())/float64(b.N), "µs/bare-commit")
}

// BenchmarkCommand measures a command from Do to its durable outcome, decision and all.
func BenchmarkCommand(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "store.db"))
	e, err := workflow.NewEngine(workflow.Config{Store: s, Clock: memory.NewClock(epoch), Owner: "bench",
		Processes: []*workflow.Process{chainProcess(b)}, Handler: files{b.TempDir()}})
	require.NoError(b, err)
	for n := 0; b.Loop(); n++ {
		_, err := e.Start(b.Context(), "chain", "", command("open", n))
		require.NoError(b, err)
	}
}
