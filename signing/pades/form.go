package pades

import (
	"slices"
	"strings"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// Limits of the field tree.
const (
	maxFieldDepth = 32      // names have a handful of parts
	maxFields     = 1 << 16 // of one document
	maxFieldName  = 1 << 13 // octets of a full name: forms made by programs have some hundred
	maxFieldNames = 1 << 24 // octets of all of them
	// maxFieldValues bounds the values in all fields, which are held together: 48 octets each.
	maxFieldValues = 3 << 20
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

// signed reports whether it is a signature field with a value.
func (f *field) signed() bool { return f.kind == "Sig" && f.value != nil }

type widget struct {
	ref  pdf.Ref
	dict *pdf.Dict
}

// acroForm returns the interactive form dictionary, nil when there is none.
func acroForm(v *pdf.View) (*pdf.Dict, error) { return v.Dict(v.Root().Get("AcroForm")) }

// fields returns all terminal fields in the order of the tree.
func fields(v *pdf.View) ([]field, error) {
	tree, err := formTree(v)
	if err != nil {
		return nil, err
	}
	w := &fieldWalk{v: v, seen: map[pdf.Ref]bool{}, nodes: map[uint32]bool{}}
	err = w.visitAll(tree.fields)
	return w.out, err
}

// A tree of fields is where the form begins.
type tree struct {
	fields pdf.Array
	top    []uint32 // the objects from the catalog to the array, by number
}

// formTree finds the fields of a document; none when it has no form.
func formTree(v *pdf.View) (tree, error) {
	var t tree
	root, err := t.dict(v, v.Trailer().Get("Root"))
	if err != nil {
		return t, limitOnly(err)
	}
	form, err := t.dict(v, root.Get("AcroForm"))
	if err != nil {
		return t, err
	}
	o, err := t.resolve(v, form.Get("Fields"))
	t.fields, _ = o.(pdf.Array)
	return t, err
}

// resolve follows references and notes the objects on the way.
func (t *tree) resolve(v *pdf.View, o pdf.Object) (pdf.Object, error) {
	for {
		ref, ok := o.(pdf.Ref)
		if !ok {
			return o, nil
		}
		if slices.Contains(t.top, ref.Num) {
			return nil, &pdf.LimitError{Object: ref.Num, Limit: "references to references"}
		}
		t.top = append(t.top, ref.Num)
		var err error
		if o, err = v.Load(ref); err != nil {
			return nil, err
		}
	}
}

func (t *tree) dict(v *pdf.View, o pdf.Object) (*pdf.Dict, error) {
	o, err := t.resolve(v, o)
	return pdf.DictOf(o), err
}

type fieldWalk struct {
	v     *pdf.View
	seen  map[pdf.Ref]bool
	nodes map[uint32]bool // every object that was looked at, widgets apart
	out   []field
	names int // octets of all names

	values int                   // in all dictionaries; see weight
	locks  map[pdf.Ref]*pdf.Dict // those that were read
}

// weight counts the values in a value, dictionaries and strings as more than one, because they take
// more memory.
func weight(o pdf.Object) int {
	n := 1
	switch v := o.(type) {
	case pdf.String:
		n = 3
	case pdf.Array:
		n = 3
		for _, item := range v {
			n += weight(item)
		}
	case *pdf.Dict:
		n = 6
		for _, value := range v.All {
			n += weight(value)
		}
	}
	return n
}

func (w *fieldWalk) visitAll(kids pdf.Array) error {
	for _, kid := range kids {
		if err := w.visit(kid, inherited{}, 0); err != nil {
			return err
		}
	}
	return nil
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
	if ref.Num != 0 {
		w.nodes[ref.Num] = true
	}
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
	if o := d.Get("V"); !isNull(w.v, o) {
		from.value = o
	}
	if array, ok := d.Get("Kids").(pdf.Ref); ok {
		w.nodes[array.Num] = true
	}
	kids, err := w.v.Array(d.Get("Kids"))
	if err != nil {
		return err
	}
	widgets, children := split(w.v, kids)
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
	lock, err := w.lock(d.Get("Lock"))
	if err != nil {
		return err
	}
	for _, x := range widgets {
		w.values += weight(x.dict)
	}
	if len(kids) > 0 {
		w.values += weight(d)
	}
	if w.values > maxFieldValues {
		return &pdf.LimitError{Object: ref.Num, Limit: "values in form fields"}
	}
	name := strings.Join(from.name, ".")
	if w.names += len(name); len(name) > maxFieldName || w.names > maxFieldNames {
		return &pdf.LimitError{Object: ref.Num, Limit: "names of form fields"}
	}
	w.out = append(w.out, field{name: name, ref: ref, dict: d,
		kind: from.kind, value: from.value, lock: lock, widgets: widgets})
	return nil
}

// lock reads the lock dictionary of a field, which many may share, once.
func (w *fieldWalk) lock(o pdf.Object) (*pdf.Dict, error) {
	ref, shared := o.(pdf.Ref)
	if d, known := w.locks[ref]; shared && known {
		return d, nil
	}
	d, err := w.v.Dict(o)
	if d != nil {
		w.values += weight(d)
	}
	if shared && err == nil {
		if w.locks == nil {
			w.locks = map[pdf.Ref]*pdf.Dict{}
		}
		w.locks[ref] = d
	}
	return d, err
}

// isNull reports whether a value is null or a reference to nothing, which is as good as no value
// (7.3.7, 7.3.10).
func isNull(v *pdf.View, o pdf.Object) bool {
	o, err := v.Resolve(o)
	return err == nil && o == nil
}

// split tells widgets from child fields: a child field has a partial name (12.7.4.1).
func split(v *pdf.View, kids pdf.Array) (widgets []widget, children []pdf.Object) {
	for _, kid := range kids {
		d, err := v.Dict(kid)
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
	if err != nil || len(names) > maxFields {
		return nil
	}
	for _, n := range names {
		if o, err := v.Resolve(n); err == nil {
			l.Fields = append(l.Fields, decodeText(o))
		}
	}
	return l
}
