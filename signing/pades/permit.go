package pades

import (
	"fmt"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// permitted refuses a signature that an earlier one or the field forbids.
func permitted(v *pdf.View, all []field, t *target, p *Profile) error {
	signed := false
	for i := range all {
		f := &all[i]
		if f.kind != "Sig" || f.value == nil {
			continue
		}
		signed = true
		d, err := v.Dict(f.value)
		if err != nil || d == nil {
			continue
		}
		if err := permittedBy(v, f, d, t); err != nil {
			return err
		}
	}
	if p.Certify != NotCertified && signed {
		return refuse("already-signed", "only the first signature of a document can certify it")
	}
	return nil
}

// permittedBy looks at one earlier signature.
func permittedBy(v *pdf.View, f *field, d *pdf.Dict, t *target) error {
	perms, name := mdp(v, d), f.name
	if perms.docMDP == NoChanges || lockPermission(v, f.lock) == NoChanges {
		return refuse("certified", fmt.Sprintf("the signature in %q allows no changes", name))
	}
	if l := parseLock(v, f.lock); l != nil {
		perms.locks = append(perms.locks, l) // in force without a transform too (table 236)
	}
	for _, l := range perms.locks {
		if l.locks(t.name) {
			return refuse("field-locked", fmt.Sprintf("the signature in %q locks the field %q", name,
				t.name))
		}
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
