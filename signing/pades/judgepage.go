package pades

import (
	"bytes"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// pages judges a change of a page or node of the page tree (7.7.3): only Annots of a page may
// change, and what means nothing to its look.
func (c *comparison) pages(_ uint32, old, now pdf.Object) {
	a, b, ok := c.dicts(old, now, signing.ModContent)
	if !ok {
		return
	}
	isPage := !a.Has("Kids") && !b.Has("Kids")
	changedKeys(a, b, func(key pdf.Name, was, is pdf.Object) {
		switch {
		case isPage && key == "Annots":
			before, after, shared := c.resolved(was, is)
			if !shared {
				c.annotations(0, before, after)
			}
		case isPage && key == "LastModified" && isDate(is):
			c.add(signing.ModMetadata, needForms, nil, "the date of a page was changed")
		case isPage && key == "Tabs" && isTabs(is):
			c.add(signing.ModFormFill, needForms, nil, "the order of the fields of a page was changed")
		case key == "AA":
			c.forbid(signing.ModStructure, "an action of a page was changed")
		case key == "Parent":
			c.forbid(signing.ModContent, "pages were added, removed or moved (%s)", key)
		case !isPage:
			c.forbid(signing.ModContent, "pages were added, removed or moved (%s)", key)
		default:
			before, after, shared := c.resolved(was, is)
			if !shared && !c.same(before, after) {
				c.forbid(signing.ModContent, "what a page shows was changed (%s)", key)
			}
		}
	})
}

// annotations judges a change of an array of annotations or fields: of Annots, Fields or Kids.
func (c *comparison) annotations(num uint32, old, now pdf.Object) {
	a, ok := old.(pdf.Array)
	b, also := now.(pdf.Array)
	if old != nil && !ok || now != nil && !also {
		c.forbid(signing.ModStructure, "a list of annotations or fields was replaced by something else")
		return
	}
	if c.listed(a, b) {
		c.add(signing.ModAnnotation, needComments, nil, "annotations were put in another order")
	}
}

// fieldList judges a change of Fields that stands in the form: the order of fields says nothing.
func (c *comparison) fieldList(old, now pdf.Object) {
	a, ok := old.(pdf.Array)
	b, also := now.(pdf.Array)
	if !ok || !also {
		c.annotations(0, old, now)
	} else if c.listed(a, b) {
		c.add(signing.ModFormFill, needForms, nil, "the fields of the form were put in another order")
	}
}

// listed judges what came to and went from a list, and reports whether what stayed was moved.
func (c *comparison) listed(a, b pdf.Array) (moved bool) {
	added, removed, moved := listChange(a, b)
	for _, o := range removed {
		c.removedAnnotation(o)
	}
	for _, o := range added {
		c.addedAnnotation(o)
	}
	return moved
}

// listChange compares two arrays of references: what was added, what was removed, and whether
// what stayed is in another order.
func listChange(a, b pdf.Array) (added, removed []pdf.Object, moved bool) {
	left := map[pdf.Ref]int{}
	direct := pdf.Array{}
	for _, o := range a {
		if ref, ok := o.(pdf.Ref); ok {
			left[ref]++
		} else {
			direct = append(direct, o)
		}
	}
	var kept []pdf.Ref
	for _, o := range b {
		ref, ok := o.(pdf.Ref)
		switch {
		case ok && left[ref] > 0:
			left[ref]--
			kept = append(kept, ref)
		case !ok && len(direct) > 0 && pdf.Equal(direct[0], o):
			direct = direct[1:]
		default:
			added = append(added, o)
		}
	}
	for _, o := range direct {
		removed = append(removed, o)
	}
	for _, o := range a {
		ref, ok := o.(pdf.Ref)
		if !ok {
			continue
		}
		if left[ref] > 0 {
			left[ref]--
			removed = append(removed, o)
			continue
		}
		if len(kept) > 0 && kept[0] == ref {
			kept = kept[1:]
		} else {
			moved = true
		}
	}
	return added, removed, moved
}

func (c *comparison) removedAnnotation(o pdf.Object) {
	d, err := c.old.Dict(o)
	if err != nil || d == nil {
		return // it led to nothing
	}
	if isField(c.old, d) {
		c.forbid(signing.ModStructure, "a form field or its place on a page was removed")
		return
	}
	c.add(signing.ModAnnotation, needComments, nil, "an annotation was removed")
}

// isField reports whether a dictionary is a form field or the widget of one.
func isField(v *pdf.View, d *pdf.Dict) bool {
	return v.NameOf(d, "Subtype") == "Widget" || d.Has("FT") || d.Has("T") && d.Has("Kids")
}

// addedAnnotation judges a new entry of a list: a signature field or its widget, or a comment.
func (c *comparison) addedAnnotation(o pdf.Object) {
	d, err := c.new.Dict(o)
	if err != nil || d == nil {
		c.forbid(signing.ModUnknown, "a list of annotations or fields has an entry that leads to nothing")
		return
	}
	if !isField(c.new, d) {
		c.newComment(d)
		return
	}
	ref, ok := o.(pdf.Ref)
	if !ok {
		c.forbid(signing.ModStructure, "a form field was added that stands in no object of its own")
		return
	}
	if d.Has("Kids") && c.is.get(ref.Num) == nil {
		c.newBranch(d, 0)
		return
	}
	f := c.is.get(ref.Num)
	if f == nil {
		c.forbid(signing.ModAnnotation, "a widget was added that belongs to no field of the form")
		return
	}
	c.newField(f, ref.Num, d)
}

// acts reports whether a new field or widget does more than hold a signature and show it.
func (c *comparison) acts(d *pdf.Dict) bool {
	for _, key := range []pdf.Name{"A", "AA", "PA", "OC", "AF", "Dest"} {
		if d.Has(key) {
			return true
		}
	}
	return d.Has("AP") && !isAppearance(c.new, d.Get("AP"))
}

// newBranch judges a new field that has fields below it.
func (c *comparison) newBranch(d *pdf.Dict, depth int) {
	if c.acts(d) {
		c.forbid(signing.ModStructure, "the field %q was added with an action or layer",
			decodeText(c.new.Value(d, "T")))
		return
	}
	kids, err := c.new.Array(d.Get("Kids"))
	if err != nil || depth > maxFieldDepth {
		c.forbid(signing.ModUnknown, "the fields below a new field cannot be read")
		return
	}
	for _, kid := range kids {
		below, err := c.new.Dict(kid)
		ref, ok := kid.(pdf.Ref)
		switch {
		case err != nil || below == nil || !ok:
			c.forbid(signing.ModUnknown, "the fields below a new field cannot be read")
		case c.is.get(ref.Num) != nil:
			c.newField(c.is.get(ref.Num), ref.Num, below)
		default:
			c.newBranch(below, depth+1)
		}
	}
}

// newField judges a field, or a widget of it, that a list has now.
func (c *comparison) newField(f *field, num uint32, d *pdf.Dict) {
	if c.acts(d) || c.acts(f.dict) {
		c.forbid(signing.ModStructure, "the field %q was added with an action or layer", f.name)
		return
	}
	if was := c.was.get(num); was != nil && was.kind == "Sig" && was.value == nil {
		c.add(signing.ModSignature, needForms, []string{f.name},
			"the signature field %q was put on a page", f.name)
		return
	}
	if f.kind != "Sig" {
		c.forbid(signing.ModStructure, "the form field %q was added", f.name)
		return
	}
	if f.value == nil {
		c.add(signing.ModSignature, needForms, nil, "an empty signature field %q was added", f.name)
	} else {
		c.newSignature(f, nil)
	}
	if !c.shows(f) {
		return
	}
	if f.value == nil && c.speaks(d) {
		c.forbid(signing.ModContent,
			"the signature field %q has a picture, although nobody has signed in it", f.name)
		return
	}
	c.add(signing.ModSignature, needForms, nil,
		"the signature field %q has a picture, which may cover what was signed", f.name)
}

// unsignedPicture judges another picture of a signature field in which nobody has signed.
func (c *comparison) unsignedPicture(f *field, d *pdf.Dict) {
	if c.speaks(d) {
		c.forbid(signing.ModContent,
			"the signature field %q has a picture, although nobody has signed in it", f.name)
		return
	}
	c.add(signing.ModSignature, needForms, []string{f.name},
		"the picture of the empty signature field %q was changed", f.name)
}

// speaks reports whether the picture of a widget shows text or an image: an empty signature field
// has nothing to show but its frame.
func (c *comparison) speaks(d *pdf.Dict) bool {
	ap, err := c.new.Dict(d.Get("AP"))
	if err != nil || ap == nil {
		return err != nil
	}
	o, err := c.new.Resolve(ap.Get("N"))
	s, ok := o.(*pdf.Stream)
	if err != nil || !ok {
		return o != nil || err != nil
	}
	content, err := c.new.Decode(s, maxPicture)
	return err != nil || len(squeeze(pdf.Strings(content))) > 0 || paintsImage(content)
}

// paintsImage reports whether content may paint an XObject, a shading or an inline image.
func paintsImage(content []byte) bool {
	for _, operator := range []string{"Do", "BI", "sh"} {
		if bytes.Contains(content, []byte(operator)) {
			return true
		}
	}
	return false
}

// shows reports whether a widget of a field has a place on a page and something to show there.
func (c *comparison) shows(f *field) bool {
	for _, w := range f.widgets {
		mk, _ := c.new.Dict(w.dict.Get("MK"))
		if r, ok := parseRect(c.new, w.dict.Get("Rect")); ok && !r.empty() &&
			(w.dict.Has("AP") || mk.Has("BG") || mk.Has("CA")) {
			return true
		}
	}
	return false
}

// newSignature judges a field that holds a signature now and held none before.
func (c *comparison) newSignature(f *field, locks []string) {
	d, err := c.new.Dict(f.value)
	ref, _ := f.value.(pdf.Ref)
	if err != nil || d == nil || !d.Has("Contents") {
		c.forbid(signing.ModUnknown, "the field %q was given a value that is no signature", f.name)
		return
	}
	if ref.Num != 0 && c.new.RevisionOf(ref.Num) != c.revision {
		c.forbid(signing.ModSignature, "the field %q shows a signature that was there before", f.name)
		return
	}
	c.signs = true
	kind := c.new.NameOf(d, "SubFilter")
	if kind == "ETSI.RFC3161" {
		c.stamps = true
		c.add(signing.ModLTV, needNothing, nil, "a document time stamp was added in %q", f.name)
		return
	}
	c.add(signing.ModSignature, needForms, locks, "a signature was added in the field %q", f.name)
}

// comments are the annotations that reviewers add (markup, 12.5.6.2, links and pop-ups).
var comments = map[pdf.Name]bool{
	"Text": true, "FreeText": true, "Line": true, "Square": true, "Circle": true, "Polygon": true,
	"PolyLine": true, "Highlight": true, "Underline": true, "Squiggly": true, "StrikeOut": true,
	"Caret": true, "Stamp": true, "Ink": true, "Popup": true, "Link": true,
}

// covering are those that can hide what was signed.
var covering = map[pdf.Name]bool{
	"FreeText": true, "Square": true, "Circle": true, "Polygon": true, "Stamp": true, "Ink": true,
	"Line": true, "PolyLine": true, "Highlight": true,
}

func (c *comparison) newComment(d *pdf.Dict) {
	kind := c.new.NameOf(d, "Subtype")
	switch {
	case !comments[kind]:
		c.forbid(signing.ModAnnotation, "an annotation of kind %q was added", kind)
	case d.Has("AP") && !isAppearance(c.new, d.Get("AP")):
		c.forbid(signing.ModAnnotation, "an annotation of kind %q was added whose picture is none", kind)
	case d.Has("AA") || d.Has("PA") || d.Has("OC") || d.Has("AF") || d.Has("A") && !c.harmless(d.Get("A")):
		c.forbid(signing.ModAnnotation, "an annotation with an action was added")
	case covering[kind]:
		c.add(signing.ModAnnotation, needComments, nil,
			"an annotation of kind %q was added, which may cover what was signed", kind)
	default:
		c.add(signing.ModAnnotation, needComments, nil, "an annotation of kind %q was added", kind)
	}
}

// harmless reports whether an action only goes somewhere.
func (c *comparison) harmless(o pdf.Object) bool {
	d, err := c.new.Dict(o)
	if err != nil || d == nil || d.Has("Next") {
		return false
	}
	kind := c.new.NameOf(d, "S")
	return kind == "GoTo" || kind == "URI"
}
