package signing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing"
)

func TestFindingsAreBounded(t *testing.T) {
	t.Parallel()
	var s signing.Signature
	for range 5000 {
		s.AddFinding(signing.SeverityError, "fault", "one of many")
	}
	require.Len(t, s.Findings, 1001)
	require.Equal(t, "fault", s.Findings[999].Code)
	require.Equal(t, "more-findings", s.Findings[1000].Code)
}
