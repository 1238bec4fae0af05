package pades

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing"
)

// TestTally tells more changes than are told one by one: the rest is counted, and one that is not
// allowed among them is still seen.
func TestTally(t *testing.T) {
	t.Parallel()
	const rest = 1000
	steps := [][]change{nil, make([]change, maxTold+rest)}
	for i := range steps[1] {
		steps[1][i] = change{class: signing.ModFormFill, need: needForms, fields: []string{"note"},
			why: say("the field %q was filled in", "note")}
	}
	steps[1][maxTold+7].fields = []string{"amount.net"}
	steps[1][maxTold+8] = change{class: signing.ModContent, need: needForbidden}
	m := modification{locks: []*Lock{{Action: LockInclude, Fields: []string{"amount"}}}}
	j := &judgement{entries: make([]*entry, 1)}
	told := j.tell(steps, m, FormFilling)
	require.Len(t, told, maxTold+3)
	require.True(t, strings.HasPrefix(told[maxTold].Why, "998 more"), told[maxTold].Why)
	require.True(t, told[maxTold].Allowed)
	require.Equal(t, signing.ModFormFill, told[maxTold+1].Class)
	require.False(t, told[maxTold+1].Allowed)
	require.Equal(t, signing.ModContent, told[maxTold+2].Class)
	require.False(t, told[maxTold+2].Allowed)

	j.lockWork = maxLockWork
	require.True(t, forbidden(j.tell(steps[:2], modification{locks: m.locks}, FormFilling)))
}
