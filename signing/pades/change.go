package pades

import (
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

// permits reports whether a change is allowed after a signature, and if not, why.
func (m modification) permits(c change, level Permission) (bool, sentence) {
	switch {
	case c.need == needForbidden:
		return false, sentence{}
	case c.need == needNothing:
		return true, sentence{}
	case m.broken:
		return false, say("what the signature permits cannot be read")
	case c.need == needForms && level < FormFilling:
		return false, say("the certification permits no changes")
	case c.need == needComments && level < FormsAndComments:
		return false, say("annotations are not permitted")
	}
	for _, l := range m.locks {
		for _, f := range c.fields {
			if l.locks(f) {
				return false, say("the signature locks the field %q", f)
			}
		}
	}
	return true, sentence{}
}

// report turns a change into what is said about it after one signature.
func (c change) report(m modification, level Permission) signing.Modification {
	ok, reason := m.permits(c, level)
	why := c.why.and(reason)
	return signing.Modification{Class: c.class, Object: c.object, Allowed: ok, Why: why.english,
		Spanish: why.spanish, Path: c.path}
}
