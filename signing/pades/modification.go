package pades

import (
	"slices"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
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
	m := e.permission()
	m.locks = slices.Clone(m.locks)
	level := m.docMDP
	if level == NotCertified {
		level = j.permittedAround(e)
	}
	// A lock dictionary of PDF 2.0 can lower what is permitted (ISO 32000-2, table 236).
	if n, ok := e.found.view.Value(e.found.lock, "P").(pdf.Integer); ok {
		level = min(level, Permission(max(n, 1)))
	}
	// What a field says it locks is locked when it is signed, with or without a transform (table 236).
	if l := parseLock(e.found.view, e.found.lock); l != nil {
		m.locks = append(m.locks, l)
	}
	return j.tell(j.revisions.steps[e.span.revision+1:], m, level)
}

// permittedAround is what may change after an approval signature: forms and further signatures,
// or what the certification that it was given under permits, if that is more (12.8.2.2).
func (j *judgement) permittedAround(e *entry) Permission {
	level := FormFilling
	for _, other := range j.entries {
		if other == e || !other.sound() || other.span.revision > e.span.revision {
			continue
		}
		level = max(level, other.permission().docMDP)
	}
	return level
}

// permission reads the transforms of a signature once.
func (e *entry) permission() modification {
	if e.permits == nil {
		m := mdp(e.found.view, e.found.dict)
		e.permits = &m
	}
	return *e.permits
}
