//go:build unix

package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/memory"
)

const (
	fullDir  = "RUBRICA_TEST_FULL"
	crowdDir = "RUBRICA_TEST_CROWD"
	crowdWho = "RUBRICA_TEST_WHO"
)

// child runs a test of this program in another process.
func child(t *testing.T, name string, env ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^"+name+"$", "-test.v")
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// On a full disk a command fails and writes nothing; with room again the same key succeeds.
func TestDiskFull(t *testing.T) {
	if dir := os.Getenv(fullDir); dir != "" {
		fillUp(t, dir)
		return
	}
	if testing.Short() {
		t.Skip("starts a process")
	}
	t.Parallel()
	dir := t.TempDir()
	out, err := child(t, "TestDiskFull", fullDir+"="+dir).CombinedOutput()
	require.NoError(t, err, string(out))
	require.True(t, bytes.Contains(out, []byte("it was full")), string(out))
	require.Equal(t, history(t, left(t, 60)), history(t, dir))
}

// fillUp pushes until no file may grow, gets room, and goes on.
func fillUp(t *testing.T, dir string) {
	signal.Ignore(syscall.SIGXFSZ) // the write fails instead
	s := open(t, filepath.Join(dir, "store.db"))
	e, err := workflow.NewEngine(workflow.Config{Store: s, Clock: memory.NewClock(epoch),
		Owner: "victim", Processes: []*workflow.Process{chainProcess(t)}, Handler: files{dir}})
	require.NoError(t, err)
	_, err = e.Start(t.Context(), "chain", "one", command("open", 0))
	require.NoError(t, err)
	var room syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &room))
	full := 0
	limit := func(l syscall.Rlimit) { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)) }
	for n := 1; n <= 60; n++ {
		if n%20 == 0 {
			limit(syscall.Rlimit{Cur: 4096, Max: room.Max})
			before, err := e.State(t.Context(), "one")
			require.NoError(t, err)
			_, err = e.Do(t.Context(), "one", command("push", n))
			require.Error(t, err)
			full++
			after, err := e.State(t.Context(), "one")
			require.NoError(t, err)
			require.Equal(t, before, after)
			limit(room)
		}
		_, err = e.Do(t.Context(), "one", command("push", n))
		require.NoError(t, err)
		require.NoError(t, e.Drain(t.Context()))
	}
	require.Equal(t, 3, full)
	fmt.Println("it was full")
}

// Several processes work on one file at once: every command is there once, and each claim has one
// holder.
func TestProcessesOnOneFile(t *testing.T) {
	const crowd, each = 4, 12
	if dir := os.Getenv(crowdDir); dir != "" {
		pushAlong(t, dir, os.Getenv(crowdWho), each)
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	dir := t.TempDir()
	outs, cmds := make([]bytes.Buffer, crowd), make([]*exec.Cmd, crowd)
	for i := range cmds {
		cmds[i] = child(t, "TestProcessesOnOneFile", crowdDir+"="+dir, crowdWho+"="+fmt.Sprint(i))
		cmds[i].Stdout, cmds[i].Stderr = &outs[i], &outs[i]
		require.NoError(t, cmds[i].Start())
	}
	for i, cmd := range cmds {
		require.NoError(t, cmd.Wait(), outs[i].String())
	}
	s := open(t, filepath.Join(dir, "store.db"))
	for _, instance := range append(names(crowd), "shared") {
		entries, err := s.Entries(t.Context(), instance, 0, workflow.MaxPage)
		require.NoError(t, err)
		state, events, err := workflow.Replay(entries)
		require.NoError(t, err)
		require.Equal(t, "waiting", state.Name)
		want := each
		if instance == "shared" {
			want = crowd * each
		}
		keys := map[string]bool{}
		for _, e := range events {
			if e.Command == "push" {
				require.False(t, keys[e.Key])
				keys[e.Key] = true
			}
		}
		require.Len(t, keys, want, instance)
	}
	done, err := s.Work(t.Context(), workflow.WorkFilter{Status: workflow.Done, Limit: 1000})
	require.NoError(t, err)
	require.Len(t, done, 2*crowd*each)
}

func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint("own-", i)
	}
	return out
}

// pushAlong pushes an instance of its own and one that all share.
func pushAlong(t *testing.T, dir, who string, times int) {
	s := open(t, filepath.Join(dir, "store.db"))
	e, err := workflow.NewEngine(workflow.Config{Store: s, Clock: memory.NewClock(epoch),
		Owner: "engine-" + who, Processes: []*workflow.Process{chainProcess(t)}, Handler: files{dir}})
	require.NoError(t, err)
	for _, instance := range []string{"own-" + who, "shared"} {
		c := workflow.Command{Name: "open", Key: "open/" + instance, Actor: "tester", By: "tester/1"}
		_, err = e.Start(t.Context(), "chain", instance, c)
		require.NoError(t, err)
	}
	for n := range times {
		for _, instance := range []string{"own-" + who, "shared"} {
			c := workflow.Command{Name: "push", Key: fmt.Sprint(instance, "/", who, "/", n),
				Actor: "tester", By: "tester/1"}
			for {
				if _, err = e.Do(t.Context(), instance, c); err == nil {
					break
				}
				// The shared instance is working for another process.
				var busy *workflow.Rejection
				require.ErrorAs(t, err, &busy)
				require.Equal(t, workflow.RefusedNotNow, busy.Refusals[0].Guard)
				require.NoError(t, e.Drain(t.Context()))
			}
			require.NoError(t, e.Drain(t.Context()))
		}
	}
}
