package pades

import (
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// value judges an object below V of a field, or in Perms, that was replaced in place.
func (c *comparison) value(num uint32, old, now pdf.Object) {
	if d := pdf.DictOf(old); d != nil && (d.Has("ByteRange") || d.Has("Contents") || d.Has("DocMDP")) {
		c.forbid(signing.ModSignature, "a signature was changed after it was made")
		return
	}
	owners, _ := c.split(c.owners().values[num])
	if len(owners) == 0 {
		c.forbid(signing.ModUnknown, "a value was changed that belongs to no field of the form")
		return
	}
	for _, f := range owners {
		if f.kind == "Sig" {
			c.forbid(signing.ModSignature, "the value of the signature field %q was changed", f.name)
			return
		}
		if ref, ok := f.value.(pdf.Ref); ok && ref.Num == num && !isFieldValue(c.new, f.kind, now) {
			c.badFilling(f, "V", now)
			return
		}
	}
	c.add(signing.ModFormFill, needForms, names(owners), "the field %q was filled in", owners[0].name)
}

func names(list []*field) []string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = f.name
	}
	return out
}

// appearance judges an object below AP that was replaced in place. What it means depends on whose
// picture it is.
func (c *comparison) appearance(num uint32, _, now pdf.Object) {
	fields, others := c.split(c.owners().pictures[num])
	for _, f := range fields {
		if f.kind == "Sig" {
			c.signaturePicture(f)
			return
		}
	}
	switch {
	case now == nil && len(fields)+others > 0:
		c.forbid(signing.ModUnknown, "the picture of an annotation was removed")
	case others > 0:
		c.add(signing.ModAnnotation, needComments, nil, "the picture of an annotation was changed")
	case len(fields) > 0:
		c.add(signing.ModFormFill, needForms, names(fields),
			"the picture of the field %q was changed", fields[0].name)
	case now != nil:
		c.forbid(signing.ModUnknown, "a picture was changed that belongs to no annotation")
	}
}

// signaturePicture judges the picture of a signature field that was replaced in place: by its
// signing, or by nothing.
func (c *comparison) signaturePicture(f *field) {
	now := c.is.get(f.ref.Num)
	switch {
	case f.value != nil:
		c.forbid(signing.ModSignature, "the look of the signature in %q was changed", f.name)
	case now == nil || now.value == nil:
		c.unsignedPicture(f, f.dict)
	default:
		c.add(signing.ModSignature, needForms, []string{f.name},
			"the picture of the field %q was changed", f.name)
	}
}

// store judges a change of the document security store (EN 319 142-1, 5.4.2): evidence is added.
func (c *comparison) store(_ uint32, old, now pdf.Object) {
	if now == nil {
		c.forbid(signing.ModLTV, "evidence was removed")
		return
	}
	if !c.keepsEvidence(old, now) {
		c.forbid(signing.ModLTV, "evidence was replaced by something else")
		return
	}
	c.stamps = true
	c.add(signing.ModLTV, needNothing, nil, "evidence was added for long-term validation")
}

// keepsEvidence reports whether a part of the store is still of its kind, and the store itself one.
// Other evidence may come in its place: programs write the store anew and leave out what they
// found better elsewhere.
func (c *comparison) keepsEvidence(old, now pdf.Object) bool {
	switch was := old.(type) {
	case nil:
		return isStore(c.new, now)
	case pdf.Array:
		_, ok := now.(pdf.Array)
		return ok
	case *pdf.Stream:
		_, ok := now.(*pdf.Stream)
		return ok
	case *pdf.Dict:
		_, ok := now.(*pdf.Dict)
		return ok && (c.old.NameOf(was, "Type") != "DSS" || isStore(c.new, now))
	}
	return false
}
