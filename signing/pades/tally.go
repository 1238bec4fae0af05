package pades

import (
	"github.com/rubrica/rubrica/signing"
)

// Limits of what is said about later changes. A report that is longer is read by nobody, and a
// document of a thousand signatures and ten thousand revisions has ten million pairs of them.
const (
	maxTold   = 1 << 14 // changes told one by one, over all signatures
	leastTold = 64      // for each signature, whatever the others have
	// maxLockWork bounds how often names of fields are held against locks, in 16 octets of a name.
	// What is beyond counts as locked.
	maxLockWork = 1 << 22
	// maxLockNames bounds the names in the locks of all signatures, and maxTransforms the transforms
	// of one. What is beyond cannot be read, and permits nothing.
	maxLockNames  = 1 << 20
	maxTransforms = 8
)

// A tally counts changes that are not told one by one.
type tally struct {
	class   signing.ModificationClass
	allowed bool
}

// tell lists changes after a signature. From some number on they are only counted, by their class and
// whether they are allowed.
func (j *judgement) tell(steps [][]change, r *ruling) []signing.Modification {
	most := max(maxTold/len(j.entries), leastTold)
	var out []signing.Modification
	more := map[tally]int{}
	var order []tally
	for _, step := range steps {
		for _, c := range step {
			if len(out) < most {
				out = append(out, r.report(c))
				continue
			}
			refused, _ := r.judge(c)
			t := tally{c.class, refused == notRefused}
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

// A lockSet is a lock whose names are looked up, not searched for.
type lockSet struct {
	action LockAction
	names  map[string]bool
}

func newLockSet(l *Lock) *lockSet {
	s := &lockSet{action: l.Action, names: make(map[string]bool, len(l.Fields))}
	for _, name := range l.Fields {
		s.names[name] = true
	}
	return s
}

// locks reports whether the lock means a field, as [Lock] does: by its own name or an ancestor's.
func (l *lockSet) locks(field string) bool {
	if l.action != LockInclude && l.action != LockExclude {
		return true
	}
	named := l.names[field]
	for i := 0; i < len(field) && !named; i++ {
		named = field[i] == '.' && l.names[field[:i]]
	}
	return named == (l.action == LockInclude)
}
