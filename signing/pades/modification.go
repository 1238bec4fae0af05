package pades

import (
	"github.com/rubrica/rubrica/signing"
)

// compare judges the revisions after the first signature that covers one.
func (j *judgement) compare() error {
	first := 0
	for _, e := range j.entries {
		if e.span.coverage == signing.CoversRevision && (first == 0 || e.span.revision < first) {
			first = e.span.revision
		}
	}
	if first == 0 {
		return nil
	}
	var err error
	j.revisions, err = judgeRevisions(j.file, first)
	return err
}

// modifications lists what was changed after a signature, and whether it permits that.
func (j *judgement) modifications(e *entry) []signing.Modification {
	m := j.permission(e)
	level := m.docMDP
	if level == NotCertified {
		level = j.permittedAround(e)
	}
	// A lock dictionary of PDF 2.0 can lower what is permitted (ISO 32000-2, table 236).
	if p := lockPermission(e.found.view, e.found.lock); p != NotCertified {
		level = min(level, p)
	}
	r := &ruling{modification: m, level: level, work: &j.lockWork}
	for _, l := range m.locks {
		r.locks = append(r.locks, newLockSet(l))
	}
	return j.tell(j.revisions.steps[e.span.revision+1:], r)
}

// permittedAround is what may change after an approval signature: forms and further signatures,
// or what the certification that it was given under permits, if that is more (12.8.2.2).
func (j *judgement) permittedAround(e *entry) Permission {
	level := FormFilling
	for _, other := range j.entries {
		if other == e || !other.sound() || other.span.revision > e.span.revision {
			continue
		}
		level = max(level, j.permission(other).docMDP)
	}
	return level
}

// permission reads once what a signature permits: its transforms, and what its field says it locks,
// which is locked with or without a transform (table 236).
func (j *judgement) permission(e *entry) modification {
	if e.permits != nil {
		return *e.permits
	}
	v, m := e.found.view, modification{broken: true, docMDP: NoChanges}
	if refs, err := v.Array(e.found.dict.Get("Reference")); err == nil && len(refs) <= maxTransforms &&
		j.lockNames < maxLockNames {
		m = mdp(v, e.found.dict)
		if l := parseLock(v, e.found.lock); l != nil {
			m.locks = append(m.locks, l)
		}
		for _, l := range m.locks {
			j.lockNames += len(l.Fields)
		}
	}
	e.permits = &m
	return m
}
