package pades

import (
	"bytes"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// changedKeys calls yield for each key whose value is not the same as written.
func changedKeys(old, now *pdf.Dict, yield func(key pdf.Name, was, is pdf.Object)) {
	for key, was := range old.All {
		if is := now.Get(key); !pdf.Equal(was, is) {
			yield(key, was, is)
		}
	}
	for key, is := range now.All {
		if !old.Has(key) {
			yield(key, nil, is)
		}
	}
}

// dicts returns both versions as dictionaries; where one is something else the change is
// forbidden and ok is false. A version that is absent is an empty dictionary.
func (c *comparison) dicts(old, now pdf.Object, class signing.ModificationClass) (a, b *pdf.Dict,
	ok bool) {
	a, wasDict := old.(*pdf.Dict)
	b, isDict := now.(*pdf.Dict)
	if now == nil || !isDict || old != nil && !wasDict {
		c.forbid(class, "a dictionary was removed or replaced by something else")
		return nil, nil, false
	}
	if a == nil {
		a = &pdf.Dict{}
	}
	return a, b, true
}

// resolved returns what a value leads to before and now, and whether both lead to the same object,
// which is then judged on its own.
func (c *comparison) resolved(was, is pdf.Object) (old, now pdf.Object, shared bool) {
	if ref, ok := was.(pdf.Ref); ok && is == pdf.Object(ref) {
		return nil, nil, true
	}
	old, err := c.old.Resolve(was)
	if err != nil {
		old = nil
	}
	now, err = c.new.Resolve(is)
	if err != nil {
		c.forbid(signing.ModUnknown, "a value cannot be read: %v", err)
		now = nil
	}
	return old, now, false
}

// catalog judges a change of the catalog (7.7.2), key by key.
func (c *comparison) catalog(_ uint32, old, now pdf.Object) {
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
		case "Version":
			c.version(before, after)
		case "AcroForm":
			c.form(0, before, after)
		case "DSS":
			c.store(0, before, after)
		case "Metadata":
			c.metadata(0, before, after)
		case "Extensions":
			c.extensions(0, before, after)
		case "Pages":
			c.forbid(signing.ModContent, "the document got other pages")
		default:
			if c.same(before, after) {
				return
			}
			c.forbid(catalogClass(key), "%s in the catalog was changed: %s", key, phrase(catalogWords(key)))
		}
	})
}

func catalogClass(key pdf.Name) signing.ModificationClass {
	switch key {
	case "OCProperties", "NeedsRendering", "Collection":
		return signing.ModContent
	}
	return signing.ModStructure
}

func catalogWords(key pdf.Name) string {
	switch key {
	case "OCProperties":
		return "layers can be shown or hidden"
	case "OpenAction", "AA":
		return "something runs when the document is opened"
	case "Names":
		return "attachments, scripts or other named things"
	case "Perms":
		return "the permissions of the document"
	case "StructTreeRoot":
		return "the logical structure"
	}
	return "it is part of what was signed"
}

// version judges a change of Version in the catalog: it can only raise the header's version, and
// only a signature or time stamp is a reason to (7.7.2).
func (c *comparison) version(old, now pdf.Object) {
	header, _ := pdf.ParseVersion(c.judge.file.Header())
	was := header
	if name, ok := old.(pdf.Name); ok {
		if n, sound := pdf.ParseVersion(string(name)); sound {
			was = max(was, n)
		}
	}
	name, isName := now.(pdf.Name)
	is, sound := pdf.ParseVersion(string(name))
	class, n, format := signing.ModStructure, needForms, ""
	switch {
	case now == nil || !isName || !sound || is < 10 || is > 29:
		n, format = needForbidden, "Version in the catalog is not a version of PDF"
	case is < was:
		n, format = needForbidden, "Version in the catalog was lowered"
	case is == was:
		return
	default:
		class, format = signing.ModSignature, "Version in the catalog was raised"
	}
	c.versions = append(c.versions, c.change(class, n, nil, "%s", phrase(format)))
}

// extensions judges a change below Extensions (7.12): developers may be added or raised.
func (c *comparison) extensions(_ uint32, old, now pdf.Object) {
	a, b, ok := c.dicts(old, now, signing.ModStructure)
	if !ok {
		return
	}
	kept := true
	changedKeys(a, b, func(key pdf.Name, was, is pdf.Object) {
		switch {
		case is == nil:
			kept = false
		case was == nil:
			kept = kept && (key == "Type" || isExtension(c.new, is))
		default:
			kept = kept && (key == "ExtensionLevel" || c.extended(was, is))
		}
	})
	if !kept {
		c.forbid(signing.ModStructure, "developer extensions in the catalog were changed or removed")
		return
	}
	class := signing.ModSignature
	if c.hasStore() {
		class = signing.ModLTV
	}
	c.add(class, needNothing, nil, "developer extensions were added to the catalog")
}

// hasStore reports whether the catalog has evidence now.
func (c *comparison) hasStore() bool { return c.new.Root().Has("DSS") }

// extended reports whether an entry of Extensions only grew.
func (c *comparison) extended(was, is pdf.Object) bool {
	before, after, shared := c.resolved(was, is)
	if shared || pdf.Equal(before, after) {
		return true
	}
	a, b := pdf.DictOf(before), pdf.DictOf(after)
	if a == nil || b == nil || !pdf.Equal(a.Get("BaseVersion"), b.Get("BaseVersion")) {
		return false
	}
	x, _ := pdf.NumberOf(a.Get("ExtensionLevel"))
	y, _ := pdf.NumberOf(b.Get("ExtensionLevel"))
	return y >= x
}

// metadata judges a change of the document's metadata stream (14.3.2).
func (c *comparison) metadata(_ uint32, old, now pdf.Object) {
	if old != nil && now == nil {
		c.forbid(signing.ModMetadata, "the metadata was removed")
		return
	}
	s, ok := now.(*pdf.Stream)
	if !ok || s.Dict.Get("Subtype") != pdf.Name("XML") {
		c.forbid(signing.ModMetadata, "the metadata was replaced by something else")
		return
	}
	if !c.same(old, now) {
		c.add(signing.ModMetadata, needForms, nil, "the metadata of the document was changed")
	}
}

// info judges a change of the information dictionary (14.3.3).
func (c *comparison) info(_ uint32, old, now pdf.Object) {
	if _, ok := now.(*pdf.Dict); !ok {
		c.forbid(signing.ModMetadata, "the information dictionary was removed")
		return
	}
	c.add(signing.ModMetadata, needForms, nil, "title, author or dates of the document were changed")
}

// defaults judges a change below DR of the form: resources may be added. Others may be replaced by
// a signer whose pictures need them, fonts apart, where all pictures that were there before bring
// their own resources and so do not change.
func (c *comparison) defaults(_ uint32, old, now pdf.Object) {
	switch {
	case c.grown(old, now, 0):
		c.add(signing.ModFormFill, needForms, nil, "resources for filling in forms were added")
	case c.onlyPictures(old, now) && c.selfContained():
		c.add(signing.ModSignature, needForms, nil,
			"resources for pictures of signatures were replaced, which no earlier picture uses")
	default:
		c.forbid(signing.ModStructure, "resources for filling in forms were changed")
	}
}

// onlyPictures reports whether only XObject and ProcSet of the default resources did not just grow.
func (c *comparison) onlyPictures(old, now pdf.Object) bool {
	a, wasDict := old.(*pdf.Dict)
	b, isDict := now.(*pdf.Dict)
	if !wasDict || !isDict {
		return false
	}
	ok := true
	changedKeys(a, b, func(key pdf.Name, was, is pdf.Object) {
		before, after, shared := c.resolved(was, is)
		ok = ok && (shared || key == "XObject" || key == "ProcSet" || c.grown(before, after, 1))
	})
	return ok
}

// selfContained reports whether every picture of an annotation has resources of its own, so that
// it takes none from DR.
func (c *comparison) selfContained() bool {
	for _, num := range c.judge.graph.pictures {
		if c.judge.graph.work++; c.judge.graph.work > maxGraphWork {
			return false
		}
		o, err := c.old.Object(num)
		if err != nil {
			return false
		}
		s, ok := o.(*pdf.Stream)
		if ok && c.old.NameOf(s.Dict, "Subtype") == "Form" && !s.Dict.Has("Resources") && c.paints(s) {
			return false
		}
	}
	return true
}

const maxPicture = 1 << 20 // octets of a picture without resources: there is little it can show

// paints reports whether the content of a form may use an XObject (operator Do, 8.8).
func (c *comparison) paints(s *pdf.Stream) bool {
	data, err := c.old.Decode(s, maxPicture)
	return err != nil || bytes.Contains(data, []byte("Do"))
}

const maxGrown = 4 // levels of DR: category, name, font

// grown reports whether a dictionary has all that it had, and the same, one level down too.
func (c *comparison) grown(old, now pdf.Object, depth int) bool {
	if c.same(old, now) || old == nil {
		return true
	}
	a, wasDict := old.(*pdf.Dict)
	b, isDict := now.(*pdf.Dict)
	if !wasDict || !isDict || depth > maxGrown {
		return false
	}
	ok := true
	changedKeys(a, b, func(_ pdf.Name, was, is pdf.Object) {
		if was == nil {
			return
		}
		before, after, shared := c.resolved(was, is)
		ok = ok && is != nil && (shared || c.grown(before, after, depth+1))
	})
	return ok
}
