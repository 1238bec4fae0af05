package pades

import (
	"fmt"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// permitted refuses a signature that an earlier one or the field forbids.
func permitted(v *pdf.View, all []field, t *target, p *Profile) error {
	e := &earlier{v: v, target: t, values: map[pdf.Object]bool{}, locks: map[*pdf.Dict]bool{}}
	for i := range all {
		f := &all[i]
		if !f.signed() {
			continue
		}
		if err := e.permits(f); err != nil {
			return err
		}
	}
	if p.Certify != NotCertified && anySigned(all) {
		return refuse("already-signed", "only the first signature of a document can certify it")
	}
	return nil
}

// earlier is the look at earlier signatures, each of their dictionaries and locks once.
type earlier struct {
	v      *pdf.View
	target *target
	values map[pdf.Object]bool // references to dictionaries that were looked at
	locks  map[*pdf.Dict]bool
	names  int // in all locks
}

// permits looks at one earlier signature: its transforms and the lock of its field, which is in force
// without a transform too (ISO 32000-2, table 236).
func (e *earlier) permits(f *field) error {
	if f.lock != nil && !e.locks[f.lock] {
		e.locks[f.lock] = true
		if lockPermission(e.v, f.lock) == NoChanges {
			return certifiedBy(f)
		}
		if err := e.unlocked(f, parseLock(e.v, f.lock)); err != nil {
			return err
		}
	}
	if ref, ok := f.value.(pdf.Ref); ok {
		if e.values[ref] {
			return nil
		}
		e.values[ref] = true
	}
	d, err := e.v.Dict(f.value)
	if err != nil || d == nil {
		return nil
	}
	perms := mdp(e.v, d)
	if perms.docMDP == NoChanges {
		return certifiedBy(f)
	}
	for _, l := range perms.locks {
		if err := e.unlocked(f, l); err != nil {
			return err
		}
	}
	return nil
}

func certifiedBy(f *field) error {
	return refuse("certified", fmt.Sprintf("the signature in %q allows no changes", f.name))
}

// unlocked refuses a target that a lock means.
func (e *earlier) unlocked(f *field, l *Lock) error {
	if l == nil {
		return nil
	}
	if e.names += len(l.Fields); e.names > maxLockNames {
		return &pdf.LimitError{Object: f.ref.Num, Limit: "names in locks"}
	}
	if l.locks(e.target.name) {
		return refuse("field-locked",
			fmt.Sprintf("the signature in %q locks the field %q", f.name, e.target.name))
	}
	return nil
}

// lockPermission is what the lock dictionary of a signed field permits in the whole document
// (ISO 32000-2, table 236); NotCertified when it says nothing.
func lockPermission(v *pdf.View, lock *pdf.Dict) Permission {
	n, ok := v.Value(lock, "P").(pdf.Integer)
	if !ok {
		return NotCertified
	}
	return Permission(min(max(n, 1), 3))
}

// modification is what a signature lets others change: its transforms DocMDP and FieldMDP.
type modification struct {
	docMDP Permission // NotCertified without
	locks  []*Lock
	broken bool // a transform that cannot be read
}

// mdp reads the references of a signature dictionary (12.8.2).
func mdp(v *pdf.View, d *pdf.Dict) modification {
	var m modification
	refs, err := v.Array(d.Get("Reference"))
	if err != nil {
		m.broken = true
	}
	for _, o := range refs {
		ref, err := v.Dict(o)
		if err != nil || ref == nil {
			m.broken = true
			continue
		}
		params, err := v.Dict(ref.Get("TransformParams"))
		if err != nil {
			m.broken = true
		}
		switch v.NameOf(ref, "TransformMethod") {
		case "DocMDP":
			m.addDocMDP(v, params)
		case "FieldMDP":
			if l := parseLock(v, params); l != nil {
				m.locks = append(m.locks, l)
			} else {
				m.broken = true
			}
		}
	}
	return m
}

func (m *modification) addDocMDP(v *pdf.View, params *pdf.Dict) {
	level := FormFilling // the default of P (table 257)
	if params.Has("P") {
		n, ok := v.Value(params, "P").(pdf.Integer)
		if !ok || n < 1 || n > 3 {
			m.broken, n = true, 1
		}
		level = Permission(n)
	}
	if m.docMDP == NotCertified || level < m.docMDP {
		m.docMDP = level
	}
}
