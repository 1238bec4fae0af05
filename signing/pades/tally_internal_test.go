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
	j := &judgement{entries: make([]*entry, 1)}
	r := &ruling{level: FormFilling, work: &j.lockWork,
		locks: []*lockSet{newLockSet(&Lock{Action: LockInclude, Fields: []string{"amount"}})}}
	told := j.tell(steps, r)
	require.Len(t, told, maxTold+3)
	require.True(t, strings.HasPrefix(told[maxTold].Why, "998 more"), told[maxTold].Why)
	require.True(t, told[maxTold].Allowed)
	require.Equal(t, signing.ModFormFill, told[maxTold+1].Class)
	require.False(t, told[maxTold+1].Allowed)
	require.Equal(t, signing.ModContent, told[maxTold+2].Class)
	require.False(t, told[maxTold+2].Allowed)

	j.lockWork = maxLockWork
	require.False(t, forbidden(j.tell(steps[:1], r)))
	require.True(t, told[0].Allowed)
	require.True(t, forbidden(j.tell(steps, r)[:1]), "what is beyond the limit is locked")
}

// TestLockSet holds the set of a lock against the lock itself.
func TestLockSet(t *testing.T) {
	t.Parallel()
	names := []string{"", "a", "a.b", "a.b.c", "ab", "b", ".", "a.", "."}
	for _, action := range []LockAction{LockAll, LockInclude, LockExclude} {
		for i := range names {
			l := &Lock{Action: action, Fields: names[:i]}
			for _, field := range append(names, "a.x", "a.b.x", "abc") {
				require.Equal(t, l.locks(field), newLockSet(l).locks(field), "%v %q", l, field)
			}
		}
	}
}
