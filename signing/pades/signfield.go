package pades

import (
	"fmt"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A target is the field that will hold the signature.
type target struct {
	ref      pdf.Ref
	dict     *pdf.Dict // as it is now; nil for a new field
	name     string
	existing *field
	parent   pdf.Ref  // of a new field below another
	rest     []string // names to create below parent (or the form), the last is the field's
}

// chooseField finds the empty field that the profile names, or prepares a new one.
func chooseField(v *pdf.View, all []field, name string) (*target, error) {
	for i := range all {
		if name == "" || all[i].name != name {
			continue
		}
		f := &all[i]
		switch {
		case f.kind != "Sig":
			return nil, refuse("field-missing", fmt.Sprintf("the field %q is not for signatures", name))
		case f.value != nil:
			return nil, refuse("field-signed", fmt.Sprintf("the field %q is signed already", name))
		case f.ref.Num == 0:
			return nil, refuse("field-missing",
				fmt.Sprintf("the field %q stands in no object of its own", name))
		}
		return &target{ref: f.ref, dict: f.dict, name: name, existing: f}, nil
	}
	if name == "" {
		return newTarget(all, "Signature"), nil
	}
	return newField(v, name)
}

// newTarget is a new field at the top of the form with a name that no other has, nor a parent of
// others (12.7.4.2).
func newTarget(all []field, kind string) *target {
	taken := map[string]bool{}
	for i := range all {
		top, _, _ := strings.Cut(all[i].name, ".")
		taken[top] = true
	}
	for n := 1; ; n++ {
		if name := fmt.Sprintf("%s%d", kind, n); !taken[name] {
			return &target{name: name, rest: []string{name}}
		}
	}
}

// newField finds the deepest field that exists on the way to a new one.
func newField(v *pdf.View, name string) (*target, error) {
	parts := strings.Split(name, ".")
	for _, p := range parts {
		if p == "" {
			return nil, refuse("name", fmt.Sprintf("%q is no name for a field", name))
		}
	}
	t := &target{name: name, rest: parts}
	form, err := acroForm(v)
	if err != nil || form == nil {
		return t, err
	}
	list, err := v.Array(form.Get("Fields"))
	for err == nil && len(t.rest) > 1 {
		ref, d := childNamed(v, list, t.rest[0])
		if d == nil {
			return t, nil
		}
		if list, err = v.Array(d.Get("Kids")); err != nil {
			return nil, err
		}
		widgets, children := split(v, list)
		terminal := len(children) == 0 && (len(widgets) > 0 || v.NameOf(d, "FT") != "")
		if terminal || ref.Num == 0 {
			return nil, refuse("name", fmt.Sprintf("a field with a part of the name %q exists", name))
		}
		t.parent, t.rest = ref, t.rest[1:]
	}
	if err == nil {
		if _, d := childNamed(v, list, t.rest[0]); d != nil {
			return nil, refuse("name", fmt.Sprintf("the name %q is in use", name))
		}
	}
	return t, err
}

func childNamed(v *pdf.View, list pdf.Array, name string) (pdf.Ref, *pdf.Dict) {
	for _, o := range list {
		d, err := v.Dict(o)
		if err == nil && d.Has("T") && decodeText(v.Value(d, "T")) == name {
			ref, _ := o.(pdf.Ref)
			return ref, d
		}
	}
	return pdf.Ref{}, nil
}

// attach hangs a new field into the form: below a parent, or into Fields, with parents that do not
// exist yet made on the way. It returns the reference that the field's parent must be, if any.
func (t *target) attach(u *pdf.Update, v *pdf.View) (parent pdf.Ref, err error) {
	top, parent := t.ref, t.parent
	if n := len(t.rest); n > 1 {
		refs := make([]pdf.Ref, n-1)
		for i := range refs {
			refs[i] = u.Reserve()
		}
		for i, ref := range refs {
			kid := t.ref
			if i+1 < len(refs) {
				kid = refs[i+1]
			}
			d := pdf.NewDict("T", textString(t.rest[i]), "Kids", pdf.Array{kid})
			if up := parent; i > 0 || up.Num != 0 {
				if i > 0 {
					up = refs[i-1]
				}
				d.Set("Parent", up)
			}
			u.Put(ref, d)
		}
		top, parent = refs[0], refs[n-2]
	}
	if t.parent.Num != 0 {
		return parent, appendTo(u, t.parent, "Kids", top)
	}
	return parent, addToForm(u, v, top)
}

// appendTo adds a reference to the array under a key of an object.
func appendTo(u *pdf.Update, ref pdf.Ref, key pdf.Name, item pdf.Ref) error {
	d, err := u.Dict(ref)
	if err != nil {
		return err
	}
	changed, err := appended(u, d, key, item)
	if err == nil && changed != nil {
		u.Put(ref, changed)
	}
	return err
}

// appended adds to an array under a key. An array that is an object of its own is replaced, and the
// result is nil; otherwise, and where something else than an array stands there, the result is the
// changed dictionary.
func appended(u *pdf.Update, d *pdf.Dict, key pdf.Name, item pdf.Ref) (*pdf.Dict, error) {
	value, err := u.Resolve(d.Get(key))
	if err != nil {
		return nil, err
	}
	list, isList := value.(pdf.Array)
	list = append(append(pdf.Array{}, list...), item)
	if ref, ok := d.Get(key).(pdf.Ref); ok && isList {
		u.Put(ref, list)
		return nil, nil
	}
	changed := d.Clone()
	changed.Set(key, list)
	return changed, nil
}

// sigFlags are SignaturesExist and AppendOnly (table 225).
const sigFlags = 3

// addToForm appends a field to the form, which is made if there is none, and sets SigFlags.
func addToForm(u *pdf.Update, v *pdf.View, fieldRef pdf.Ref) error {
	return changeForm(u, v, func(form *pdf.Dict) (*pdf.Dict, error) {
		changed, err := appended(u, form, "Fields", fieldRef)
		if err != nil {
			return nil, err
		}
		if changed == nil && flagsOf(v, form) != sigFlags {
			changed = form.Clone()
		}
		if changed != nil {
			changed.Set("SigFlags", pdf.Integer(sigFlags|flagsOf(v, form)))
		}
		return changed, nil
	})
}

// markForm sets SigFlags where they are not set.
func markForm(u *pdf.Update, v *pdf.View) error {
	return changeForm(u, v, func(form *pdf.Dict) (*pdf.Dict, error) {
		flags := flagsOf(v, form)
		if flags&sigFlags == sigFlags {
			return nil, nil
		}
		changed := form.Clone()
		changed.Set("SigFlags", pdf.Integer(flags|sigFlags))
		return changed, nil
	})
}

func flagsOf(v *pdf.View, form *pdf.Dict) pdf.Integer {
	flags, _ := v.Value(form, "SigFlags").(pdf.Integer)
	return flags
}

// changeForm stages a change of the form dictionary, in the object where it stands. change returns
// nil when the dictionary stays as it is.
func changeForm(u *pdf.Update, v *pdf.View, change func(*pdf.Dict) (*pdf.Dict, error)) error {
	return changeCatalog(u, v, func(catalog *pdf.Dict) (*pdf.Dict, error) {
		at := catalog.Get("AcroForm")
		form, err := u.Dict(at)
		if err != nil {
			return nil, err
		}
		if form == nil {
			form, at = &pdf.Dict{}, nil
		}
		changed, err := change(form)
		if err != nil || changed == nil {
			return nil, err
		}
		if ref, ok := at.(pdf.Ref); ok {
			u.Put(ref, changed)
			return nil, nil
		}
		out := catalog.Clone()
		if at == nil {
			out.Set("AcroForm", u.Add(changed))
		} else {
			out.Set("AcroForm", changed)
		}
		return out, nil
	})
}

// changeCatalog stages a change of the catalog; change returns nil when it stays as it is.
func changeCatalog(u *pdf.Update, v *pdf.View, change func(*pdf.Dict) (*pdf.Dict, error)) error {
	ref, ok := v.Trailer().Get("Root").(pdf.Ref)
	if !ok {
		return &pdf.SyntaxError{Problem: "the trailer has no reference to a catalog"}
	}
	catalog, err := u.Dict(ref)
	if err != nil {
		return err
	}
	if catalog == nil {
		return &pdf.SyntaxError{Object: ref.Num, Problem: "the catalog is not a dictionary"}
	}
	changed, err := change(catalog)
	if err == nil && changed != nil {
		u.Put(ref, changed)
	}
	return err
}
