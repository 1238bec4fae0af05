package pades

import (
	"strings"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// Limits of the field tree.
const (
	maxFieldDepth = 32      // names have a handful of parts
	maxFields     = 1 << 16 // of one document
)

// A field is a terminal form field (12.7.4.2) as a view sees it.
type field struct {
	name  string // fully qualified (12.7.4.2)
	ref   pdf.Ref
	dict  *pdf.Dict
	kind  pdf.Name // FT, inherited
	value pdf.Object
	lock  *pdf.Dict
	// widgets are its widget annotations: the field itself when merged, else its kids.
	widgets []widget
}

type widget struct {
	ref  pdf.Ref
	dict *pdf.Dict
}

// acroForm returns the interactive form dictionary, nil when there is none.
func acroForm(v *pdf.View) (*pdf.Dict, error) { return v.Dict(v.Root().Get("AcroForm")) }

// fields returns all terminal fields in the order of the tree.
func fields(v *pdf.View) ([]field, error) {
	form, err := acroForm(v)
	if err != nil || form == nil {
		return nil, err
	}
	w := &fieldWalk{v: v, seen: map[pdf.Ref]bool{}}
	kids, err := v.Array(form.Get("Fields"))
	if err != nil {
		return nil, err
	}
	for _, kid := range kids {
		if err := w.visit(kid, inherited{}, 0); err != nil {
			return nil, err
		}
	}
	return w.out, nil
}

type fieldWalk struct {
	v    *pdf.View
	seen map[pdf.Ref]bool
	out  []field
}

// inherited is what a field takes from its ancestors (table 226).
type inherited struct {
	name  []string
	kind  pdf.Name
	value pdf.Object
}

func (w *fieldWalk) visit(o pdf.Object, from inherited, depth int) error {
	ref, _ := o.(pdf.Ref)
	if ref.Num != 0 && w.seen[ref] || depth > maxFieldDepth {
		return nil
	}
	w.seen[ref] = true
	if len(w.out) >= maxFields || len(w.seen) > 4*maxFields {
		return &pdf.LimitError{Object: ref.Num, Limit: "form fields"}
	}
	d, err := w.v.Dict(o)
	if err != nil || d == nil {
		return err
	}
	if t, ok := w.v.Value(d, "T").(pdf.String); ok {
		from.name = append(from.name[:len(from.name):len(from.name)], decodeText(t))
	}
	if kind := w.v.NameOf(d, "FT"); kind != "" {
		from.kind = kind
	}
	if d.Has("V") {
		from.value = d.Get("V")
	}
	kids, err := w.v.Array(d.Get("Kids"))
	if err != nil {
		return err
	}
	widgets, children := w.split(kids)
	for _, child := range children {
		if err := w.visit(child, from, depth+1); err != nil {
			return err
		}
	}
	if len(children) > 0 {
		return nil
	}
	if len(kids) == 0 {
		widgets = []widget{{ref, d}}
	}
	lock, err := w.v.Dict(d.Get("Lock"))
	if err != nil {
		return err
	}
	w.out = append(w.out, field{name: strings.Join(from.name, "."), ref: ref, dict: d,
		kind: from.kind, value: from.value, lock: lock, widgets: widgets})
	return nil
}

// split tells widgets from child fields: a child field has a partial name (12.7.4.1).
func (w *fieldWalk) split(kids pdf.Array) (widgets []widget, children []pdf.Object) {
	for _, kid := range kids {
		d, err := w.v.Dict(kid)
		if err != nil || d == nil {
			continue
		}
		if d.Has("T") || d.Has("Kids") {
			children = append(children, kid)
			continue
		}
		ref, _ := kid.(pdf.Ref)
		widgets = append(widgets, widget{ref, d})
	}
	return widgets, children
}

// covers reports whether a list of full names means the field: its own name or an ancestor's.
func covers(names []string, field string) bool {
	for _, n := range names {
		if n == field || strings.HasPrefix(field, n+".") {
			return true
		}
	}
	return false
}

// locks reports whether a lock means the field (table 236).
func (l *Lock) locks(field string) bool {
	switch l.Action {
	case LockInclude:
		return covers(l.Fields, field)
	case LockExclude:
		return !covers(l.Fields, field)
	}
	return true
}

// parseLock reads a signature field lock dictionary or the parameters of FieldMDP (tables 236
// and 258). nil when there is no sound one.
func parseLock(v *pdf.View, d *pdf.Dict) *Lock {
	l := &Lock{}
	switch v.NameOf(d, "Action") {
	case "All":
	case "Include":
		l.Action = LockInclude
	case "Exclude":
		l.Action = LockExclude
	default:
		return nil
	}
	names, err := v.Array(d.Get("Fields"))
	if err != nil {
		return nil
	}
	for _, n := range names {
		if o, err := v.Resolve(n); err == nil {
			l.Fields = append(l.Fields, decodeText(o))
		}
	}
	return l
}
