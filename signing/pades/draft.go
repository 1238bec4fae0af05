package pades

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A draft is the update of a signature whose contents are still empty.
type draft struct {
	parameters cms.Parameters
	size       int64 // of the file before
	update     []byte
	place      gapPlace
	hash       crypto.Hash
	sum        []byte // digest of the document with its update
}

// newDraft reads the document and lays the update out.
func newDraft(ctx context.Context, r io.ReaderAt, size int64, chain []*x509.Certificate,
	p *Profile) (*draft, error) {
	if p.Time.IsZero() {
		return nil, refuse("no-time", "the profile has no time of signing")
	}
	if len(chain) == 0 || chain[0] == nil {
		return nil, signing.ErrNoCertificate
	}
	d := &draft{size: size, parameters: cms.Parameters{Chain: chain, Hash: p.Hash,
		Plain: p.Form == FormISO32000}}
	room, err := d.estimate(p)
	if err != nil {
		return nil, err
	}
	err = d.layout(ctx, r, p, room, false)
	if isDamage(err) {
		if rebuilt := d.layout(ctx, r, p, room, true); !isDamage(rebuilt) {
			err = rebuilt
		}
	}
	return d, err
}

// isDamage reports whether a document cannot be read because it is not as it should be.
func isDamage(err error) bool {
	_, damaged := errors.AsType[*pdf.SyntaxError](err)
	return damaged
}

// layout composes the update and fixes where its octets are.
func (d *draft) layout(ctx context.Context, r io.ReaderAt, p *Profile, room int,
	recovered bool) error {
	f, err := openForSigning(ctx, r, d.size, p.DocumentPassword, recovered)
	if err != nil {
		return err
	}
	g := newGap(d.size, room)
	u, err := d.compose(f, p, g)
	if err != nil {
		return err
	}
	if d.update, err = u.Layout(); err != nil {
		return err
	}
	g.close(d.update)
	d.place = gapPlace{int(g.contents.Offset - d.size), len(g.contents.Text)}
	return nil
}

// openForSigning opens a document. One whose cross-references are damaged is read by its objects
// when recovered is set, and only if nothing in it is signed: a repair would hide what happened to
// a signature.
func openForSigning(ctx context.Context, r io.ReaderAt, size int64, password []byte,
	recovered bool) (*pdf.File, error) {
	f, err := pdf.Open(r, size, pdf.Options{Password: password, Recover: recovered})
	if err != nil {
		return nil, err
	}
	if recovered {
		signed, err := f.Signed(ctx)
		if err != nil {
			return nil, err
		}
		if signed {
			return nil, &pdf.SyntaxError{Problem: "the file is damaged and has signatures: it is not repaired"}
		}
	}
	catalog, err := f.Current().Dict(f.Current().Trailer().Get("Root"))
	if err == nil && catalog == nil {
		err = &pdf.SyntaxError{Problem: "the document has no catalog"}
	}
	return f, err
}

// defaultTimestampSize is what time stamps with a chain of three certificates take.
const defaultTimestampSize = 8192

// estimate finds the room that the CMS needs, by making one without a value.
func (d *draft) estimate(p *Profile) (int, error) {
	if err := d.chooseScheme(p); err != nil {
		return 0, err
	}
	trial, err := cms.Prepare(d.parameters, make([]byte, d.hash.Size()))
	if err != nil {
		return 0, err
	}
	room, err := trial.Size()
	if err != nil {
		return 0, err
	}
	if p.Level >= signing.LevelT {
		if p.Timestamper == nil {
			return 0, refuse("no-timestamper", fmt.Sprintf("level %s needs a time stamp authority", p.Level))
		}
		room += p.TimestampSize
		if p.TimestampSize == 0 {
			room += defaultTimestampSize
		}
	}
	return room, nil
}

func (d *draft) chooseScheme(p *Profile) error {
	pub, err := algorithm.PublicKey(d.parameters.Chain[0])
	if err != nil {
		return err
	}
	d.hash = p.Hash
	scheme, err := algorithm.ForKey(pub, max(p.Hash, crypto.SHA256))
	if err != nil {
		return err
	}
	switch {
	case scheme.Key == algorithm.Ed25519:
		d.hash = crypto.SHA512
	case d.hash == 0:
		d.hash = crypto.SHA256
	}
	if p.PSS && scheme.Key == algorithm.RSA {
		d.parameters.Scheme = algorithm.PSS(d.hash)
	}
	d.parameters.Hash = d.hash
	return nil
}

// compose stages all objects of a signature.
func (d *draft) compose(f *pdf.File, p *Profile, g *gap) (*pdf.Update, error) {
	v, leaf := f.Current(), d.parameters.Chain[0]
	all, err := fields(v)
	if err != nil {
		return nil, err
	}
	t, err := chooseField(v, all, p.Field)
	if err != nil {
		return nil, err
	}
	if err := permitted(v, all, t, p); err != nil {
		return nil, err
	}
	if err := d.seeds(v, t, p); err != nil {
		return nil, err
	}
	u, err := f.NewUpdate()
	if err != nil {
		return nil, err
	}
	references, err := transforms(v, t, p)
	if err != nil {
		return nil, err
	}
	signature := u.Add(signatureDict(p, g, references))
	if t.existing != nil {
		err = signExisting(u, v, t, signature, leaf, p)
	} else {
		err = signNew(u, v, all, t, signature, leaf, p)
	}
	if err != nil {
		return nil, err
	}
	if p.Certify != NotCertified {
		err = certify(u, v, signature)
	}
	return u, err
}

// certify names the certification signature in the catalog (12.8.4), beside usage rights that may be
// there.
func certify(u *pdf.Update, v *pdf.View, signature pdf.Ref) error {
	return changeCatalog(u, v, func(catalog *pdf.Dict) (*pdf.Dict, error) {
		perms, err := u.Dict(catalog.Get("Perms"))
		if err != nil {
			return nil, err
		}
		now := &pdf.Dict{}
		if perms != nil {
			now = perms.Clone()
		}
		now.Set("DocMDP", signature)
		changed := catalog.Clone()
		changed.Set("Perms", now)
		return changed, nil
	})
}

// seeds holds the signature against the seed values of its field.
func (d *draft) seeds(v *pdf.View, t *target, p *Profile) error {
	if t.existing == nil {
		return nil
	}
	sv, err := v.Dict(t.dict.Get("SV"))
	if err != nil {
		return err
	}
	return seedRefusal(v, sv, seedFacts{filter: "Adobe.PPKLite", subFilter: p.Form.subFilter(),
		hash:   d.hash,
		reason: p.Reason, certify: p.Certify, chain: d.parameters.Chain, stamped: p.Level >= signing.LevelT})
}

// transforms makes the references of the signature: DocMDP and FieldMDP.
func transforms(v *pdf.View, t *target, p *Profile) (pdf.Array, error) {
	var out pdf.Array
	if p.Certify > FormsAndComments {
		return nil, refuse("certified", fmt.Sprintf("there is no permission %d", p.Certify))
	}
	if p.Certify != NotCertified {
		out = append(out, docMDPReference(p.Certify))
	}
	lock := p.Lock
	if t.existing != nil && t.existing.lock != nil {
		own := parseLock(v, t.existing.lock)
		if own == nil {
			return nil, refuse("field-locked", "the field's lock dictionary is malformed")
		}
		if lock != nil && !lock.equal(own) {
			return nil, refuse("field-locked", "the field prescribes another lock")
		}
		lock = own
	}
	if lock != nil {
		out = append(out, fieldMDPReference(lock, v.Trailer().Get("Root")))
	}
	return out, nil
}

func (l *Lock) equal(o *Lock) bool {
	if l.Action != o.Action || len(l.Fields) != len(o.Fields) {
		return false
	}
	for _, n := range l.Fields {
		if !covers(o.Fields, n) {
			return false
		}
	}
	return true
}

// Flags of annotations (table 167).
const (
	flagPrint  = 4
	flagLocked = 128
)

// signNew makes a field with its widget.
func signNew(u *pdf.Update, v *pdf.View, all []field, t *target, signature pdf.Ref,
	leaf *x509.Certificate, p *Profile) error {
	t.ref = u.Reserve()
	d := newWidget(t, signature)
	pg, r, err := placeStamp(v, p.Stamp)
	if err != nil {
		return err
	}
	if err := showNew(u, v, d, pg, r, p.Stamp, p.facts(leaf)); err != nil {
		return err
	}
	d.Set("Rect", r.array())
	if pg.ref.Num != 0 {
		d.Set("P", pg.ref)
	}
	if p.Lock != nil {
		d.Set("Lock", u.Add(lockDict(p.Lock)))
	}
	parent, err := t.attach(u, v)
	if err != nil {
		return err
	}
	if parent.Num != 0 {
		d.Set("Parent", parent)
	}
	if t.parent.Num != 0 {
		if err := markForm(u, v); err != nil {
			return err
		}
	}
	if err := pg.addAnnotation(u, t.ref); err != nil {
		return err
	}
	if err := tag(u, v, all, d, t.ref, pg, p, leaf); err != nil {
		return err
	}
	u.Put(t.ref, d)
	return nil
}

// showNew gives the widget of a new field its appearance. An invisible one needs none, but in
// PDF/A-1, where every field has one (ISO 19005-1, 6.9).
func showNew(u *pdf.Update, v *pdf.View, d *pdf.Dict, pg *page, r rect, s *Stamp, about Facts) error {
	look := Look(emptyLook{})
	if s != nil {
		look = s.look()
	} else if archiveOf(v).part != '1' {
		return nil
	}
	form, err := drawStamp(u, v, look, about, r, pg.rotate)
	if err != nil {
		return err
	}
	d.Set("AP", pdf.NewDict("N", form))
	return nil
}

// tag puts the widget of a new field into the structure of a tagged document.
func tag(u *pdf.Update, v *pdf.View, all []field, d *pdf.Dict, ref pdf.Ref, pg *page, p *Profile,
	leaf *x509.Certificate) error {
	s, err := structureOf(u, v)
	if err != nil || s == nil {
		return err
	}
	describe(d, "Firma electrónica de "+signerName(leaf, p))
	if anySigned(all) {
		return nil
	}
	first, err := findPage(v, 1)
	if err != nil {
		return err
	}
	if err := s.tabs(pg, first); err != nil || p.Stamp == nil {
		return err
	}
	return s.place(d, ref, pg)
}

// signExisting fills an empty field.
func signExisting(u *pdf.Update, v *pdf.View, t *target, signature pdf.Ref, leaf *x509.Certificate,
	p *Profile) error {
	changed := t.dict.Clone()
	changed.Set("V", signature)
	u.Put(t.ref, changed)
	if err := dress(u, v, t, leaf, p); err != nil {
		return err
	}
	return markForm(u, v)
}

// dress gives the first widget of a field its appearance.
func dress(u *pdf.Update, v *pdf.View, t *target, leaf *x509.Certificate, p *Profile) error {
	widgets := t.existing.widgets
	if len(widgets) == 0 || widgets[0].ref.Num == 0 {
		return nil
	}
	w := widgets[0]
	r, _ := parseRect(v, w.dict.Get("Rect"))
	if r.empty() {
		if p.Stamp != nil {
			return refuse("off-page", fmt.Sprintf("the field %q has no place on a page", t.name))
		}
		return nil
	}
	if p.Stamp == nil && w.dict.Has("AP") {
		return nil
	}
	look, err := drawField(u, v, p.Stamp, p.facts(leaf), r, rotationOf(v, w))
	if err != nil {
		return err
	}
	d, err := u.Dict(w.ref)
	if err != nil {
		return err
	}
	changed := d.Clone()
	changed.Set("AP", pdf.NewDict("N", look))
	flags, _ := v.Value(d, "F").(pdf.Integer)
	changed.Set("F", flags|flagPrint)
	u.Put(w.ref, changed)
	return nil
}
