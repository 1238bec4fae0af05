package workflow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
)

func TestCompileReal(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"icert-natural.yaml", "vuce.yaml"} {
		p := compile(t, load(t, file))
		require.NotZero(t, p.Pin().Digest)
		again := compile(t, load(t, file))
		require.Equal(t, p.Pin(), again.Pin())
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	def := load(t, "icert-natural.yaml")
	four := compile(t, def)
	require.Equal(t, []string{"approve", "cancel"}, four.Can("verified", "operator"))
	off, err := def.With(map[string]bool{"four-eyes": false})
	require.NoError(t, err)
	two := compile(t, off)
	require.Equal(t, []string{"cancel", "issue"}, two.Can("verified", "operator"))
	require.NotContains(t, two.Definition().States, "approved")
	require.NotEqual(t, four.Pin().Digest, two.Pin().Digest, "a setting is part of the version")
	require.True(t, def.Settings["four-eyes"], "the original is untouched")
	_, err = def.With(map[string]bool{"six-eyes": true})
	var de *workflow.DefinitionError
	require.ErrorAs(t, err, &de)
}
