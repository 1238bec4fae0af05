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

// permits reports whether a change is allowed after the signature, and if not, why.
func (r *ruling) permits(c change) (bool, sentence) {
	switch {
	case c.need == needForbidden:
		return false, sentence{}
	case c.need == needNothing:
		return true, sentence{}
	case r.broken:
		return false, say("what the signature permits cannot be read")
	case c.need == needForms && r.level < FormFilling:
		return false, say("the certification permits no changes")
	case c.need == needComments && r.level < FormsAndComments:
		return false, say("annotations are not permitted")
	}
	for _, f := range c.fields {
		if r.locked(f) {
			return false, say("the signature locks the field %q", f)
		}
	}
	return true, sentence{}
}

// allows is permits without a reason.
func (r *ruling) allows(c change) bool {
	switch {
	case c.need == needNothing:
		return true
	case c.need == needForbidden || r.broken || c.need == needForms && r.level < FormFilling ||
		c.need == needComments && r.level < FormsAndComments:
		return false
	}
	return !slices.ContainsFunc(c.fields, r.locked)
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
	ok, reason := r.permits(c)
	why := c.why.and(reason)
	return signing.Modification{Class: c.class, Object: c.object, Allowed: ok, Why: why.english,
		Spanish: why.spanish, Path: c.path}
}
