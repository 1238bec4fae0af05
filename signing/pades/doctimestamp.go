package pades

import (
	"context"
	"crypto"
	"fmt"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// stampDocument appends a document time stamp (EN 319 142-1, 5.4.3) to a grown document.
func stampDocument(ctx context.Context, doc *grown, t signing.Timestamper, h crypto.Hash, room int,
	password []byte) error {
	if t == nil {
		return refuse("no-timestamper", "the level needs a time stamp authority")
	}
	if room == 0 {
		room = defaultTimestampSize
	}
	f, err := pdf.Open(doc, doc.total(), pdf.Options{Password: password})
	if err != nil {
		return err
	}
	g := newGap(doc.total(), room)
	u, err := composeStamp(f, g)
	if err != nil {
		return err
	}
	update, err := u.Layout()
	if err != nil {
		return err
	}
	g.close(update)
	place := gapPlace{int(g.contents.Offset - doc.total()), len(g.contents.Text)}
	d := h.New()
	if err := copySigned(nil, d, contextReader{ctx, doc}, doc.total(), update, place); err != nil {
		return err
	}
	token, err := t.Timestamp(ctx, h, d.Sum(nil))
	if err != nil {
		return fmt.Errorf("pades: time stamp: %w", err)
	}
	if !fill(update, place, token) {
		return refuse("too-large", fmt.Sprintf(
			"the time stamp takes %d octets and %d were kept: set TimestampSize", len(token), room))
	}
	doc.tail = append(doc.tail, update...)
	return nil
}

// composeStamp stages the objects of a document time stamp.
func composeStamp(f *pdf.File, g *gap) (*pdf.Update, error) {
	v := f.Current()
	all, err := fields(v)
	if err != nil {
		return nil, err
	}
	u, err := f.NewUpdate()
	if err != nil {
		return nil, err
	}
	stamp := u.Add(pdf.NewDict("Type", pdf.Name("DocTimeStamp"), "Filter", pdf.Name("Adobe.PPKLite"),
		"SubFilter", pdf.Name("ETSI.RFC3161"), "ByteRange", g.ranges, "Contents", g.contents))
	return u, addField(u, v, newTarget(all, "Timestamp"), stamp)
}

// addField makes an invisible signature field on the first page.
func addField(u *pdf.Update, v *pdf.View, t *target, value pdf.Ref) error {
	pg, err := findPage(v, 1)
	if err != nil {
		return err
	}
	t.ref = u.Reserve()
	d := newWidget(t, value)
	if err := showNew(u, v, d, pg, rect{}, nil, Facts{}); err != nil {
		return err
	}
	if tagged, err := structureOf(u, v); err != nil {
		return err
	} else if tagged != nil {
		describe(d, "Sello de tiempo del documento")
	}
	d.Set("Rect", rect{}.array())
	if pg.ref.Num != 0 {
		d.Set("P", pg.ref)
	}
	if _, err := t.attach(u, v); err != nil {
		return err
	}
	u.Put(t.ref, d)
	return pg.addAnnotation(u, t.ref)
}

// newWidget is a signature field merged with its widget.
func newWidget(t *target, value pdf.Ref) *pdf.Dict {
	return pdf.NewDict("Type", pdf.Name("Annot"), "Subtype", pdf.Name("Widget"), "FT", pdf.Name("Sig"),
		"T", textString(t.rest[len(t.rest)-1]), "V", value, "F", pdf.Integer(flagPrint|flagLocked))
}
