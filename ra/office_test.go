package ra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/ra"
)

// TestConfigSaysWhatIsMissing: the first field that is missing is named.
func TestConfigSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := ra.NewOffice(ra.Config{})
	require.EqualError(t, err, "ra: Config.Store is missing or wrong")
}
