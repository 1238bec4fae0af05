package demo_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/examples/internal/demo"
)

func TestStory(t *testing.T) {
	dir := t.TempDir()
	if d := os.Getenv("RUBRICA_DEMO_DIR"); d != "" {
		dir = d
	}
	require.NoError(t, demo.Run(t.Context(), demo.Options{Dir: dir, Stdout: os.Stderr}))
}
