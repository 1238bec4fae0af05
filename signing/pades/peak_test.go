package pades_test

import (
	"fmt"
	"os"
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
