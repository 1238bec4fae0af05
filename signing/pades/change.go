package pades

import (
	"fmt"

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
	why    string
}

// permits reports whether a change is allowed after a signature, and if not, why.
func (m modification) permits(c change, level Permission) (bool, string) {
	switch {
	case c.need == needForbidden:
		return false, ""
	case c.need == needNothing:
		return true, ""
	case m.broken:
		return false, "what the signature permits cannot be read"
	case c.need == needForms && level < FormFilling:
		return false, "the certification permits no changes"
	case c.need == needComments && level < FormsAndComments:
		return false, "annotations are not permitted"
	}
	for _, l := range m.locks {
		for _, f := range c.fields {
			if l.locks(f) {
				return false, fmt.Sprintf("the signature locks the field %q", f)
			}
		}
	}
	return true, ""
}

// report turns a change into what is said about it after one signature.
func (c change) report(m modification, level Permission) signing.Modification {
	ok, reason := m.permits(c, level)
	why := c.why
	if reason != "" {
		why += "; " + reason
	}
	return signing.Modification{Class: c.class, Object: c.object, Allowed: ok, Why: why}
}
