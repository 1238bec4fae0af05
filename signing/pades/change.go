package pades

import (
	"slices"

	"github.com/rubrica/rubrica/signing"
)

// A need is what a signature must permit for a change to be allowed.
type need uint8

const (
	needNothing   need = iota // allowed after every signature: evidence and document time stamps
	needForms                 // P 2: filling in forms, signing
	needComments              // P 3: annotations
	needForbidden             // never allowed
)

// A change is one thing that a revision did.
type change struct {
	class  signing.ModificationClass
	object string // "12 0"; empty for the trailer
	need   need
	fields []string // full names of the fields that it touches, for locks
	path   string
	why    sentence
}

// A ruling is what one signature permits, ready to be asked often.
type ruling struct {
	modification
	level Permission
	locks []*lockSet
	work  *int // octets of names held against locks so far, over all signatures
}

// A refusal is why a signature does not permit a change.
type refusal uint8

const (
	notRefused     refusal = iota
	alwaysRefused          // the change itself says why
	notReadable            // what the signature permits cannot be read
	noChanges              // a certification that permits none
	noAnnotations          // annotations need P 3
	refusedByALock         // of a field
)

// sentence says it, of a field that is locked.
func (r refusal) sentence(field string) sentence {
	switch r {
	case notReadable:
		return say("what the signature permits cannot be read")
	case noChanges:
		return say("the certification permits no changes")
	case noAnnotations:
		return say("annotations are not permitted")
	case refusedByALock:
		return say("the signature locks the field %q", field)
	}
	return sentence{}
}

// judge reports whether a change is permitted after the signature, and if a lock forbids it, that of
// which field.
func (r *ruling) judge(c change) (refusal, string) {
	switch {
	case c.need == needForbidden:
		return alwaysRefused, ""
	case c.need == needNothing:
		return notRefused, ""
	case r.broken:
		return notReadable, ""
	case c.need == needForms && r.level < FormFilling:
		return noChanges, ""
	case c.need == needComments && r.level < FormsAndComments:
		return noAnnotations, ""
	}
	if i := slices.IndexFunc(c.fields, r.locked); i >= 0 {
		return refusedByALock, c.fields[i]
	}
	return notRefused, ""
}

// locked reports whether a lock means a field.
func (r *ruling) locked(field string) bool {
	for _, l := range r.locks {
		if *r.work += 1 + len(field)/16; *r.work > maxLockWork || l.locks(field) {
			return true
		}
	}
	return false
}

// report turns a change into what is said about it after the signature.
func (r *ruling) report(c change) signing.Modification {
	refused, field := r.judge(c)
	why := c.why.and(refused.sentence(field))
	return signing.Modification{Class: c.class, Object: c.object, Allowed: refused == notRefused,
		Why: why.english, Spanish: why.spanish, Path: c.path}
}
