package pades

import (
	"slices"
	"strings"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// form judges a change of the interactive form dictionary (12.7.3).
func (c *comparison) form(_ uint32, old, now pdf.Object) {
	a, b, ok := c.dicts(old, now, signing.ModStructure)
	if !ok {
		return
	}
	changedKeys(a, b, func(key pdf.Name, was, is pdf.Object) {
		before, after, shared := c.resolved(was, is)
		if shared {
			return
		}
		switch key {
		case "Fields":
			c.fieldList(before, after)
		case "SigFlags":
			c.sigFlags(before, after)
		case "DR":
			if !pdf.Equal(before, after) {
				c.defaults(0, before, after)
			}
		case "NeedAppearances":
			c.redrawn(after)
		case "DA", "Q":
			if was == nil {
				c.add(signing.ModFormFill, needForms, nil, "how the fields are drawn was changed (%s)", key)
			} else {
				c.forbid(signing.ModStructure, "how the fields are drawn was changed (%s)", key)
			}
		default:
			if !c.same(before, after) {
				c.forbid(signing.ModStructure, "the form was changed (%s)", key)
			}
		}
	})
}

// redrawn judges a change of NeedAppearances, which makes readers draw the fields anew: harmless
// only where the pictures that were signed show the values.
func (c *comparison) redrawn(now pdf.Object) {
	if _, isBool := now.(bool); now != nil && !isBool {
		c.forbid(signing.ModStructure, "the form was changed (%s)", "NeedAppearances")
		return
	}
	view := c.old
	if now != true {
		view = c.new // from now on the pictures count as they are
	}
	if f := hiddenValue(view); f != nil {
		c.forbid(signing.ModContent,
			"the fields are to be drawn anew, and the field %q would show something else", f.name)
		return
	}
	c.add(signing.ModFormFill, needForms, nil,
		"how the fields are drawn was changed (NeedAppearances)")
}

func (c *comparison) sigFlags(old, now pdf.Object) {
	was, _ := old.(pdf.Integer)
	is, ok := now.(pdf.Integer)
	if !ok || was&^is != 0 || is&^3 != was&^3 {
		c.forbid(signing.ModStructure, "the flags of the form were changed (SigFlags)")
	}
}

// fillKeys are the keys of a field or widget that filling it in changes (tables 166, 226, 232).
var fillKeys = map[pdf.Name]bool{"AP": true, "AS": true, "RV": true, "I": true, "TI": true,
	"M": true}

// signedKeys may be written where they were missing when a signature field is signed: what it locks,
// and how it would be drawn without its picture.
var signedKeys = map[pdf.Name]bool{"Lock": true, "MK": true, "DA": true, "DR": true, "Q": true}

// addableKeys may be written where they were missing: they say nothing new.
var addableKeys = map[pdf.Name]bool{"Type": true, "P": true}

// annotation judges a change of an annotation, widget or field.
func (c *comparison) annotation(num uint32, old, now pdf.Object) {
	if old == nil {
		c.addedAnnotation(pdf.Ref{Num: num})
		return
	}
	if gone, wasDict := old.(*pdf.Dict); now == nil && wasDict && !isField(c.old, gone) &&
		c.was.get(num) == nil {
		c.add(signing.ModAnnotation, needComments, nil, "an annotation was removed")
		return
	}
	a, b, ok := c.dicts(old, now, signing.ModAnnotation)
	if !ok {
		return
	}
	if !isField(c.old, a) && c.was.get(num) == nil {
		c.comment(a, b)
		return
	}
	c.fieldChange(num, a, b)
}

// commentKeys are what reviewers change of an annotation: its text, look and place (tables 166, 172
// to 184). An action, a file or a layer is none of it; nor is what means something only because the
// dictionary is something else as well.
var commentKeys = map[pdf.Name]bool{"Type": true, "Rect": true, "Contents": true, "P": true,
	"NM": true, "M": true, "F": true, "AP": true, "AS": true, "Border": true, "C": true,
	"StructParent": true, "BM": true, "ca": true, "CA": true, "Lang": true, "T": true, "Popup": true,
	"RC": true, "CreationDate": true, "IRT": true, "Subj": true, "RT": true, "IT": true,
	"ExData": true, "Open": true, "Name": true, "State": true, "StateModel": true, "DA": true,
	"Q": true, "DS": true, "CL": true, "BE": true, "RD": true, "BS": true, "LE": true, "L": true,
	"IC": true, "LL": true, "LLE": true, "LLO": true, "Cap": true, "CP": true, "CO": true,
	"Measure": true, "Vertices": true, "QuadPoints": true, "Path": true, "Sy": true, "InkList": true,
	"Parent": true, "H": true, "Rotate": true}

func isFlags(o pdf.Object) bool {
	_, ok := o.(pdf.Integer)
	return o == nil || ok
}

// comment judges a change of an annotation that is no widget.
func (c *comparison) comment(a, b *pdf.Dict) {
	forbidden := b.Has("AP") && !isAppearance(c.new, b.Get("AP"))
	changedKeys(a, b, func(key pdf.Name, _, is pdf.Object) {
		if !commentKeys[key] || key == "F" && !isFlags(is) {
			forbidden = true
		}
	})
	kind := c.old.NameOf(a, "Subtype")
	switch {
	case forbidden:
		c.forbid(signing.ModAnnotation, "what an annotation of kind %q does was changed", kind)
	case isField(c.new, b):
		c.forbid(signing.ModStructure, "an annotation was turned into a form field")
	default:
		c.add(signing.ModAnnotation, needComments, nil, "an annotation of kind %q was changed", kind)
	}
}

// fieldChange judges a change of a field or widget.
func (c *comparison) fieldChange(num uint32, a, b *pdf.Dict) {
	f := c.was.get(num)
	if f == nil {
		c.branchChange(a, b)
		return
	}
	now := c.is.get(num)
	if now == nil || now.name != f.name || now.kind != f.kind {
		c.forbid(signing.ModStructure, "the form field %q was renamed, moved or removed", f.name)
		return
	}
	signed := f.kind == "Sig" && f.value != nil
	signing_ := f.kind == "Sig" && f.value == nil && now.value != nil
	owners := c.namesOf(f, a)
	filled, drawn, flags := false, false, false
	changedKeys(a, b, func(key pdf.Name, was, is pdf.Object) {
		switch {
		case key == "V" && f.kind == "Sig":
			c.signatureValue(f, now, owners)
		case signed && fillKeys[key]:
			if before, after, shared := c.resolved(was, is); !shared && !c.same(before, after) {
				c.forbid(signing.ModSignature, "the look of the signature in %q was changed", f.name)
			}
		case (key == "V" || fillKeys[key]) && !isFilling(c.new, key, f.kind, is):
			c.badFilling(f, key, is)
		case key == "V":
			filled = true
		case fillKeys[key]:
			drawn = drawn || key == "AP" || key == "AS"
			filled = filled || !drawn
		case addableKeys[key] && was == nil:
		case key == "F" && flagsKept(was, is):
			flags = !signing_
		case key == "Ff" && readOnlySet(was, is):
			c.add(signing.ModFormFill, needForms, owners, "the field %q was made read-only", f.name)
		case signedKeys[key] && was == nil && signing_:
		default:
			c.fixedKey(f, key, was, is)
		}
	})
	if flags {
		c.add(signing.ModFormFill, needForms, owners,
			"the marks of the field %q were changed, which say nothing about what it shows", f.name)
	}
	switch {
	case signing_:
	case f.kind == "Sig":
		if filled || drawn {
			c.unsignedPicture(now, b)
		}
	case filled:
		c.add(signing.ModFormFill, needForms, owners, "the field %q was filled in", f.name)
	case drawn:
		c.add(signing.ModFormFill, needForms, owners,
			"the picture of the field %q was changed, its value was not", f.name)
	}
}

// namesOf returns the names under which locks may mean a field or widget: the one under which the
// form lists it, and the one that it has by its parents, should they differ.
func (c *comparison) namesOf(f *field, d *pdf.Dict) []string {
	var parts []string
	up := d
	for range maxFieldDepth {
		if t, ok := c.old.Value(up, "T").(pdf.String); ok {
			parts = append(parts, decodeText(t))
		}
		above, err := c.old.Dict(up.Get("Parent"))
		if err != nil || above == nil {
			break
		}
		up = above
	}
	slices.Reverse(parts)
	if name := strings.Join(parts, "."); name != "" && name != f.name {
		return []string{f.name, name}
	}
	return []string{f.name}
}

// badFilling judges a value that a field cannot have, or a picture that was taken away.
func (c *comparison) badFilling(f *field, key pdf.Name, is pdf.Object) {
	if is == nil {
		c.forbid(signing.ModContent, "the picture of the field %q was removed", f.name)
		return
	}
	c.forbid(signing.ModUnknown, "the field %q was given something that it cannot have (%s)", f.name, key)
}

// fixedKey judges a key of a field that must stay. A reference may be replaced by another to an
// equal object.
func (c *comparison) fixedKey(f *field, key pdf.Name, was, is pdf.Object) {
	before, after, shared := c.resolved(was, is)
	_, apart := is.(pdf.Ref)
	apart = apart || key != "P" && key != "Parent" // a page or field is an object of its own
	if shared || was != nil && is != nil && apart && c.same(before, after) {
		return
	}
	switch key {
	case "A", "AA":
		c.forbid(signing.ModStructure, "an action of the field %q was changed", f.name)
	case "Rect":
		c.forbid(signing.ModContent, "the field %q was moved", f.name)
	default:
		c.forbid(signing.ModStructure, "the field %q was changed (%s)", f.name, key)
	}
}

// signatureValue judges a change of V in a signature field.
func (c *comparison) signatureValue(f, now *field, owners []string) {
	if f.value != nil {
		c.forbid(signing.ModSignature, "the signature in %q was removed or replaced", f.name)
		return
	}
	if now.value == nil {
		return
	}
	c.newSignature(now, owners)
}

// branchChange judges a field that has fields below it: only further signature fields may come.
func (c *comparison) branchChange(a, b *pdf.Dict) {
	changedKeys(a, b, func(key pdf.Name, was, is pdf.Object) {
		before, after, shared := c.resolved(was, is)
		switch {
		case shared:
		case key == "Kids":
			c.annotations(0, before, after)
		case !c.same(before, after):
			c.forbid(signing.ModStructure, "a group of form fields was changed (%s)", key)
		}
	})
}

// Flags of annotations that say nothing about whether and how it is shown (table 167): ReadOnly,
// Locked, LockedContents. Print may be set: what is on the screen is then on paper too.
const quietFlags = 64 | flagLocked | 512

func flagsKept(was, is pdf.Object) bool {
	a, ok := was.(pdf.Integer)
	b, also := is.(pdf.Integer)
	return (ok || was == nil) && (also || is == nil) &&
		(a|flagPrint)&^quietFlags == (b|flagPrint)&^quietFlags && a&flagPrint <= b&flagPrint
}

// readOnlySet reports whether the only change of Ff is ReadOnly set (table 227).
func readOnlySet(was, is pdf.Object) bool {
	a, ok := was.(pdf.Integer)
	b, also := is.(pdf.Integer)
	return (ok || was == nil) && also && b == a|1
}
