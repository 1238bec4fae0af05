package demo_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTexts: both languages say the same things.
func TestTexts(t *testing.T) {
	t.Parallel()
	keys := map[string][]string{}
	for _, language := range []string{"es", "en"} {
		text, err := os.ReadFile("texts/" + language + ".txt")
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			key, value, ok := strings.Cut(line, ": ")
			require.True(t, ok, line)
			require.NotEmpty(t, value)
			require.NotContains(t, keys[language], key, "twice")
			keys[language] = append(keys[language], key)
		}
	}
	require.Equal(t, keys["es"], keys["en"])
}
