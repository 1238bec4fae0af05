package pades

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// Inspect names what a person should know about a document before signing it: content that can be
// shown, hidden or replaced later, and content that is not on its pages. Nothing of it keeps a
// document from being signed, and changes after signing are found by [Validate] all the same.
//
// The codes: layers, javascript, action-on-opening, attachments, xfa, external-content,
// hidden-pages, missing-content, field-picture, damaged.
func Inspect(ctx context.Context, r io.ReaderAt, size int64,
	password []byte) ([]signing.Finding, error) {
	f, err := openForSigning(ctx, r, size, password, false)
	if isDamage(err) {
		// [Sign] rebuilds the cross-references of a damaged file that nobody has signed.
		if rebuilt, failed := openForSigning(ctx, r, size, password, true); !isDamage(failed) {
			f, err = rebuilt, failed
		}
	}
	if err != nil {
		return nil, err
	}
	i := &inspection{v: f.Current(), graph: newGraph()}
	if err := i.graph.spread(i.v, roots(i.v)...); err != nil {
		return nil, err
	}
	i.catalog()
	if err := i.objects(); err != nil {
		return nil, err
	}
	i.fields()
	for _, o := range f.Oddities() {
		i.warn("damaged", "the file is not as it should be at offset %d: %s", o.Offset, o.Problem)
	}
	if twice := f.Conflicts(len(f.Revisions())); len(twice) > 0 {
		i.warn("damaged", "the file has two places for the object %d: readers differ on which counts", twice[0])
	}
	return i.out, nil
}

// An inspection is the look at one document.
type inspection struct {
	v     *pdf.View
	graph graph
	out   []signing.Finding
}

func (i *inspection) warn(code, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	for _, f := range i.out {
		if f.Code == code && f.Message == message {
			return
		}
	}
	i.out = append(i.out, signing.Finding{Code: code, Message: message,
		Severity: signing.SeverityWarning})
}

// catalog looks at what the catalog promises.
func (i *inspection) catalog() {
	root := i.v.Root()
	if d, _ := i.v.Dict(root.Get("OCProperties")); d != nil {
		i.warn("layers", "the document has layers that can be shown or hidden")
	}
	if root.Has("OpenAction") || root.Has("AA") {
		if d, _ := i.v.Dict(root.Get("OpenAction")); root.Has("AA") || d != nil {
			i.warn("action-on-opening", "something happens when the document is opened")
		}
	}
	names, _ := i.v.Dict(root.Get("Names"))
	if names.Has("JavaScript") {
		i.warn("javascript", "the document has scripts")
	}
	if names.Has("EmbeddedFiles") || root.Has("AF") || root.Has("Collection") {
		i.warn("attachments", "other files are attached to the document")
	}
	if form, _ := acroForm(i.v); form.Has("XFA") {
		i.warn("xfa", "the form has a second description (XFA), which other programs may show")
	}
}

// objects looks at every object of the document.
func (i *inspection) objects() error {
	for _, num := range i.v.Numbers() {
		if i.graph.work++; i.graph.work > maxGraphWork {
			return &pdf.LimitError{Object: num, Limit: "objects to be judged"}
		}
		o, err := i.v.Object(num)
		if err != nil {
			i.warn("damaged", "object %d cannot be read: %v", num, err)
			continue
		}
		d := pdf.DictOf(o)
		if d == nil {
			continue
		}
		if i.graph.role(num) == 0 {
			i.unreachable(num, d)
			continue
		}
		i.reachable(num, d, o)
	}
	for num, r := range i.graph.marks.all {
		if _, ok := i.v.RefOf(num); !ok && r&roleContent != 0 {
			i.warn("missing-content",
				"a page refers to an object that is not there (%d) and could be added later", num)
		}
	}
	slices.SortStableFunc(i.out, func(a, b signing.Finding) int {
		return bytes.Compare([]byte(a.Code),
			[]byte(b.Code))
	})
	return nil
}

// unreachable looks at an object that nothing leads to: another version of the document may wait
// there (shadow attack by hiding and replacing).
func (i *inspection) unreachable(num uint32, d *pdf.Dict) {
	switch i.v.NameOf(d, "Type") {
	case "Page", "Pages", "Catalog":
		i.warn("hidden-pages", "the file holds pages that the document does not show (object %d)", num)
	}
}

func (i *inspection) reachable(num uint32, d *pdf.Dict, o pdf.Object) {
	if scripted(d) {
		i.warn("javascript", "the document has scripts")
	}
	if _, ok := o.(*pdf.Stream); ok && (d.Has("F") && !isName(d.Get("F")) || i.v.NameOf(d,
		"Subtype") == "Form" && d.Has("Ref")) {
		i.warn("external-content", "content is taken from another file (object %d)", num)
	}
	if i.v.NameOf(d, "Subtype") == "FileAttachment" {
		i.warn("attachments", "other files are attached to the document")
	}
}

// scripted reports whether a dictionary, or one that stands in it, is a script (12.6.4.17).
func scripted(o pdf.Object) bool {
	switch v := o.(type) {
	case pdf.Array:
		return slices.ContainsFunc(v, func(item pdf.Object) bool { return scripted(item) })
	case *pdf.Dict:
		if v.Get("S") == pdf.Object(pdf.Name("JavaScript")) {
			return true
		}
		for _, value := range v.All {
			if scripted(value) {
				return true
			}
		}
	}
	return false
}

func isName(o pdf.Object) bool {
	_, ok := o.(pdf.Name)
	return ok
}

const maxFieldPicture = 64 << 10 // octets of the picture of a text field

// fields names a text field whose value is another than its picture shows: a viewer that draws the
// picture anew shows another text (shadow attack by replacing).
func (i *inspection) fields() {
	if f := hiddenValue(i.v); f != nil {
		i.warn("field-picture", "the field %q has a value that its picture may not show", f.name)
	}
}

// hiddenValue returns the first text field whose value its picture may not show, nil when there is
// none.
func hiddenValue(v *pdf.View) *field {
	all, err := fields(v)
	if err != nil {
		return nil
	}
	for k := range all {
		f := &all[k]
		value, err := v.Resolve(f.value)
		text, ok := value.(pdf.String)
		if err != nil || !ok || f.kind != "Tx" || len(text.Value) == 0 {
			continue
		}
		for _, w := range f.widgets {
			if differs(v, w.dict, text) {
				return f
			}
		}
	}
	return nil
}

// differs reports whether the picture of a widget has text, and none of it is the value.
func differs(v *pdf.View, widget *pdf.Dict, value pdf.String) bool {
	ap, err := v.Dict(widget.Get("AP"))
	if err != nil || ap == nil {
		return false
	}
	o, err := v.Resolve(ap.Get("N"))
	s, ok := o.(*pdf.Stream)
	if err != nil || !ok {
		return false
	}
	content, err := v.Decode(s, maxFieldPicture)
	if err != nil {
		return true
	}
	shown, plain := squeeze(pdf.Strings(content)), squeeze([]byte(decodeText(value)))
	return len(shown) > 0 && !bytes.Contains(shown, plain) && !bytes.Contains(plain, shown)
}

// squeeze leaves out white space, which pictures use as they like.
func squeeze(b []byte) []byte {
	return bytes.Join(bytes.Fields(b), nil)
}
