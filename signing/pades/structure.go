package pades

import (
	"slices"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A structure is the logical structure of a tagged document (14.7, 14.8), into which the first
// signature of a document puts its widget, so that a PDF/UA file stays one (ISO 14289-1, 7.18).
// After a first signature the structure is left alone: none of the changes that a signature permits
// is one of structure (12.8.2.2), and readers refuse it.
type structure struct {
	u    *pdf.Update
	v    *pdf.View
	at   pdf.Ref // of the structure tree root
	root *pdf.Dict
}

// structureOf returns the structure of a tagged document, else nil.
func structureOf(u *pdf.Update, v *pdf.View) (*structure, error) {
	mark, err := v.Dict(v.Root().Get("MarkInfo"))
	if err != nil {
		return nil, err
	}
	at, ok := v.Root().Get("StructTreeRoot").(pdf.Ref)
	if marked, _ := v.Value(mark, "Marked").(bool); !marked || !ok {
		return nil, nil
	}
	root, err := v.Dict(at)
	if err != nil || root == nil {
		return nil, err
	}
	return &structure{u: u, v: v, at: at, root: root}, nil
}

// anySigned reports whether one of the fields is signed.
func anySigned(all []field) bool {
	return slices.ContainsFunc(all, func(f field) bool { return f.signed() })
}

// describe gives a widget the words that a reader says aloud (ISO 14289-1, 7.18.1; ISO 14289-2,
// 8.10.2.3).
func describe(widget *pdf.Dict, words string) {
	widget.Set("TU", textString(words))
	widget.Set("Contents", textString(words))
}

// tabs makes a page with annotations follow the structure when one goes from field to field (ISO
// 14289-1, 7.18.3), and the first page, to which time stamps will come.
func (s *structure) tabs(pages ...*page) error {
	for _, p := range pages {
		d, err := s.u.Dict(p.ref)
		if err != nil {
			return err
		}
		if p.ref.Num == 0 || d == nil || d.Has("Tabs") {
			continue
		}
		changed := d.Clone()
		changed.Set("Tabs", pdf.Name("S"))
		s.u.Put(p.ref, changed)
	}
	return nil
}

// place gives a visible widget its place in the structure.
func (s *structure) place(widget *pdf.Dict, ref pdf.Ref, pg *page) error {
	if pg.ref.Num == 0 {
		return nil
	}
	tree, key, err := s.parentTree()
	if err != nil || key < 0 {
		return err
	}
	parent, at, err := s.parent()
	if err != nil {
		return err
	}
	element := s.u.Add(pdf.NewDict("Type", pdf.Name("StructElem"), "S", pdf.Name("Form"),
		"P", at, "Pg", pg.ref,
		"K", pdf.NewDict("Type", pdf.Name("OBJR"), "Obj", ref, "Pg", pg.ref)))
	if err := s.adopt(parent, at, element); err != nil {
		return err
	}
	widget.Set("StructParent", pdf.Integer(key))
	return s.enter(tree, key, element)
}

// parent is the element that takes the signature in: the document's own, where there is one, else
// the root.
func (s *structure) parent() (*pdf.Dict, pdf.Ref, error) {
	kids, err := s.v.Resolve(s.root.Get("K"))
	if err != nil {
		return nil, pdf.Ref{}, err
	}
	only := s.root.Get("K")
	if list, ok := kids.(pdf.Array); ok && len(list) == 1 {
		only = list[0]
	}
	ref, ok := only.(pdf.Ref)
	if !ok {
		return s.root, s.at, nil
	}
	d, err := s.v.Dict(ref)
	if err != nil || d == nil || s.v.NameOf(d, "S") != "Document" {
		return s.root, s.at, err
	}
	return d, ref, nil
}

// adopt appends an element to what a parent holds: nothing, one thing or a list (table 355).
func (s *structure) adopt(parent *pdf.Dict, at, element pdf.Ref) error {
	held := parent.Get("K")
	kids, err := s.u.Resolve(held)
	if err != nil {
		return err
	}
	list, isList := kids.(pdf.Array)
	if ref, ok := held.(pdf.Ref); ok && isList {
		s.u.Put(ref, append(slices.Clone(list), element))
		return nil
	}
	if !isList && kids != nil {
		list = pdf.Array{held}
	}
	changed, err := s.u.Dict(at)
	if err != nil {
		return err
	}
	changed = changed.Clone()
	changed.Set("K", append(slices.Clone(list), element))
	s.u.Put(at, changed)
	return nil
}

// parentTree returns the number tree that leads from widgets to elements (14.7.4.4), nil without
// one, and the next key; -1 when the tree cannot be told.
func (s *structure) parentTree() (*pdf.Dict, int64, error) {
	tree, err := s.v.Dict(s.root.Get("ParentTree"))
	if err != nil {
		return nil, -1, err
	}
	highest, err := s.highest(tree, 0)
	if err != nil || highest == unknownKey {
		return nil, -1, err
	}
	next, _ := s.v.Value(s.root, "ParentTreeNextKey").(pdf.Integer)
	return tree, max(int64(next), highest+1), nil
}

const (
	maxTreeDepth = 64 // of a number tree
	unknownKey   = -2 // for a malformed tree
)

// highest is the largest key of a number tree, -1 for an empty one: the last key of the last leaf
// (7.9.7).
func (s *structure) highest(node *pdf.Dict, depth int) (int64, error) {
	if node == nil {
		return -1, nil
	}
	nums, err := s.v.Array(node.Get("Nums"))
	if err != nil {
		return 0, err
	}
	out := int64(-1)
	for i := 0; i+1 < len(nums); i += 2 {
		n, ok := nums[i].(pdf.Integer)
		if !ok {
			return unknownKey, nil
		}
		out = max(out, int64(n))
	}
	kids, err := s.v.Array(node.Get("Kids"))
	if err != nil || len(kids) == 0 {
		return out, err
	}
	if depth > maxTreeDepth {
		return unknownKey, nil
	}
	last, err := s.v.Dict(kids[len(kids)-1])
	if err != nil || last == nil {
		return unknownKey, err
	}
	below, err := s.highest(last, depth+1)
	if err != nil || below == unknownKey {
		return below, err
	}
	return max(out, below), nil
}

// enter adds a key to the number tree: to the list of a tree that is one leaf, else as one more
// leaf.
func (s *structure) enter(tree *pdf.Dict, key int64, element pdf.Ref) error {
	entry := pdf.Array{pdf.Integer(key), element}
	root, err := s.u.Dict(s.at)
	if err != nil {
		return err
	}
	changed := root.Clone()
	changed.Set("ParentTreeNextKey", pdf.Integer(key+1))
	defer func() { s.u.Put(s.at, changed) }()
	if tree == nil {
		changed.Set("ParentTree", s.u.Add(pdf.NewDict("Nums", entry)))
		return nil
	}
	list, into := pdf.Name("Nums"), entry
	if tree.Has("Kids") {
		leaf := s.u.Add(pdf.NewDict("Nums", entry, "Limits",
			pdf.Array{pdf.Integer(key), pdf.Integer(key)}))
		list, into = "Kids", pdf.Array{leaf}
	}
	have, err := s.v.Array(tree.Get(list))
	if err != nil {
		return err
	}
	grown := append(slices.Clone(have), into...)
	if ref, ok := tree.Get(list).(pdf.Ref); ok && have != nil {
		s.u.Put(ref, grown)
		return nil
	}
	tree = tree.Clone()
	tree.Set(list, grown)
	if ref, ok := s.root.Get("ParentTree").(pdf.Ref); ok {
		s.u.Put(ref, tree)
		return nil
	}
	changed.Set("ParentTree", tree)
	return nil
}
