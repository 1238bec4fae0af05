package pades

import (
	"github.com/rubrica/rubrica/signing"
)

// Limits of what is said about later changes. A report that is longer is read by nobody, and a
// document of a thousand signatures and ten thousand revisions has ten million pairs of them.
const (
	maxTold   = 1 << 14 // changes told one by one, over all signatures
	leastTold = 64      // for each signature, whatever the others have
	// maxLockWork bounds how often names of fields are held against locks. What is beyond counts as
	// locked.
	maxLockWork = 1 << 22
)

// A tally counts changes that are not told one by one.
type tally struct {
	class   signing.ModificationClass
	allowed bool
}

// tell lists changes after a signature with that permission. From some number on they are only
// counted, by their class and whether they are allowed.
func (j *judgement) tell(steps [][]change, m modification, level Permission) []signing.Modification {
	most := max(maxTold/len(j.entries), leastTold)
	var out []signing.Modification
	more := map[tally]int{}
	var order []tally
	for _, step := range steps {
		for _, c := range step {
			if len(out) < most {
				out = append(out, c.report(m, level))
				continue
			}
			t := tally{c.class, j.allows(m, c, level)}
			if more[t] == 0 {
				order = append(order, t)
			}
			more[t]++
		}
	}
	for _, t := range order {
		why := say("%d more changes of this kind", more[t])
		out = append(out, signing.Modification{Class: t.class, Allowed: t.allowed, Why: why.english,
			Spanish: why.spanish})
	}
	return out
}

// allows reports whether a change is allowed, without a reason.
func (j *judgement) allows(m modification, c change, level Permission) bool {
	switch {
	case c.need == needNothing:
		return true
	case c.need == needForbidden || m.broken || c.need == needForms && level < FormFilling ||
		c.need == needComments && level < FormsAndComments:
		return false
	}
	for _, l := range m.locks {
		j.lockWork += len(c.fields) * (1 + len(l.Fields))
		if j.lockWork > maxLockWork {
			return false
		}
		for _, f := range c.fields {
			if l.locks(f) {
				return false
			}
		}
	}
	return true
}
