package pades_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// peakKB is the largest resident size of this process so far, in kilobytes.
func peakKB(t testing.TB) (kb int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err, "the peak memory of a process is known on Linux only")
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	_, err = fmt.Sscan(after, &kb)
	require.NoError(t, err)
	return kb
}

// ownProcess runs the test that calls it again in a process of its own, with more in its environment,
// and returns what it printed, how it ended, and the peak that it told with [tellPeak].
func ownProcess(t *testing.T, env ...string) (out []byte, state *os.ProcessState, kb int) {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.Command(os.Args[0], "-test.run=^"+name+"$", "-test.v", "-test.timeout=30m")
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	_, after, _ := strings.Cut(string(out), "PEAK ")
	_, err = fmt.Sscan(after, &kb)
	require.NoError(t, err, "%s", out)
	return out, cmd.ProcessState, kb
}

// tellPeak ends what such a process does.
func tellPeak(t testing.TB) { fmt.Printf("PEAK %d\n", peakKB(t)) }
