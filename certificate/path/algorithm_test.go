package path_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/path"
)

// TestDefaultAlgorithmRules: what a host changes in its copy changes nothing for others.
func TestDefaultAlgorithmRules(t *testing.T) {
	t.Parallel()
	mine := path.DefaultAlgorithmRules()
	require.NotEmpty(t, mine)
	kept := append([]path.AlgorithmRule(nil), mine...)
	for i := range mine {
		mine[i] = path.AlgorithmRule{}
	}
	require.Equal(t, kept, path.DefaultAlgorithmRules())
}
