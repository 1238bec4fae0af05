package pades

import (
	"crypto/sha1"
	"fmt"

	"github.com/rubrica/rubrica/signing/internal/evidence"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A proof is the evidence about one signature or document time stamp.
type proof struct {
	key pdf.Name // of its VRI entry
	set *evidence.Set
}

// vriKey names a signature in VRI: the SHA-1 digest of its Contents, padding included, in
// hexadecimal (ISO 32000-2, table 262).
func vriKey(contents []byte) pdf.Name {
	return pdf.Name(fmt.Sprintf("%X", sha1.Sum(contents)))
}

// storeEvidence appends evidence to the document security store, which is made if there is none.
// It adds nothing that the store has already, and returns false when it has everything.
func storeEvidence(doc *grown, proofs []proof, password []byte) (bool, error) {
	f, err := pdf.Open(doc, doc.total(), pdf.Options{Password: password})
	if err != nil {
		return false, err
	}
	v := f.Current()
	u, err := f.NewUpdate()
	if err != nil {
		return false, err
	}
	w := &storeWriter{u: u, v: v, old: readStore(v), refs: map[string]pdf.Ref{}}
	for _, p := range proofs {
		w.proof(p)
	}
	if !w.changed {
		return false, nil
	}
	if err := w.put(); err != nil {
		return false, err
	}
	update, err := u.Layout()
	if err != nil {
		return false, err
	}
	doc.tail = append(doc.tail, update...)
	return true, nil
}

// A storeWriter collects what is added to a store.
type storeWriter struct {
	u       *pdf.Update
	v       *pdf.View
	old     *store
	refs    map[string]pdf.Ref // of new streams
	lists   [3]pdf.Array       // added to Certs, CRLs, OCSPs
	vri     *pdf.Dict
	changed bool
}

// Where evidence goes: the keys of the store and of a VRI entry (tables 261, 262).
var (
	storeKeys = [3]pdf.Name{"Certs", "CRLs", "OCSPs"}
	vriKeys   = [3]pdf.Name{"Cert", "CRL", "OCSP"}
)

func (w *storeWriter) proof(p proof) {
	var pieces [3][][]byte
	for _, c := range p.set.Certificates {
		pieces[0] = append(pieces[0], c.Raw)
	}
	pieces[1], pieces[2] = p.set.CRLs, p.set.OCSPs
	entry := pdf.NewDict("Type", pdf.Name("VRI"))
	for i, list := range pieces {
		refs := pdf.Array{}
		for _, der := range list {
			refs = append(refs, w.stream(i, der))
		}
		if len(refs) > 0 {
			entry.Set(vriKeys[i], refs)
		}
	}
	w.entry(p.key, entry)
}

// stream returns the stream of a piece of evidence, which is added if the store has it not.
func (w *storeWriter) stream(list int, der []byte) pdf.Ref {
	if ref, ok := w.old.refs[string(der)]; ok && ref.Num != 0 {
		return ref
	}
	if ref, ok := w.refs[string(der)]; ok {
		return ref
	}
	ref := w.u.Add(flateStream(der))
	w.refs[string(der)] = ref
	w.lists[list] = append(w.lists[list], ref)
	w.changed = true
	return ref
}

// entry sets a VRI entry. One that is there keeps what it names.
func (w *storeWriter) entry(key pdf.Name, entry *pdf.Dict) {
	if w.vri == nil {
		w.vri = &pdf.Dict{}
		if d, err := w.v.Dict(w.old.dict.Get("VRI")); err == nil && d != nil {
			w.vri = d.Clone()
		}
	}
	if was, err := w.v.Dict(w.vri.Get(key)); err == nil && was != nil {
		entry = w.merged(was, entry)
		if pdf.Equal(was, entry) {
			return
		}
	}
	w.changed = true
	if ref, ok := w.vri.Get(key).(pdf.Ref); ok {
		w.u.Put(ref, entry)
		return
	}
	w.vri.Set(key, w.u.Add(entry))
}

func (w *storeWriter) merged(was, add *pdf.Dict) *pdf.Dict {
	out := was.Clone()
	for _, key := range vriKeys {
		have, _ := w.v.Array(was.Get(key))
		more, _ := add.Get(key).(pdf.Array)
		if list, grew := union(have, more); grew {
			out.Set(key, list)
		}
	}
	return out
}

// union appends the references of b that a has not.
func union(a, b pdf.Array) (pdf.Array, bool) {
	known := map[pdf.Object]bool{}
	for _, o := range a {
		if ref, ok := o.(pdf.Ref); ok {
			known[ref] = true
		}
	}
	out := append(pdf.Array{}, a...)
	for _, o := range b {
		if !known[o] {
			known[o] = true
			out = append(out, o)
		}
	}
	return out, len(out) > len(a)
}

// put stages the store itself, and in the catalog the way to it.
func (w *storeWriter) put() error {
	d := pdf.NewDict("Type", pdf.Name("DSS"))
	if w.old.dict != nil {
		d = w.old.dict.Clone()
	}
	for i, key := range storeKeys {
		have, err := w.v.Array(d.Get(key))
		if err != nil {
			return err
		}
		if len(w.lists[i]) > 0 {
			d.Set(key, append(append(pdf.Array{}, have...), w.lists[i]...))
		}
	}
	if w.vri != nil && w.vri.Len() > 0 {
		d.Set("VRI", w.vri)
	}
	if ref, ok := w.v.Root().Get("DSS").(pdf.Ref); ok && w.old.dict != nil {
		w.u.Put(ref, d)
		return nil
	}
	return changeCatalog(w.u, w.v, func(catalog *pdf.Dict) (*pdf.Dict, error) {
		out := catalog.Clone()
		out.Set("DSS", w.u.Add(d))
		return out, w.declare(out)
	})
}

// declare names the extension that the store is in versions before 2.0 (ETSI TS 102 778-4, A.1).
func (w *storeWriter) declare(catalog *pdf.Dict) error {
	version, _ := pdf.ParseVersion(w.v.File().Header())
	if name := w.v.NameOf(catalog, "Version"); name != "" {
		if n, ok := pdf.ParseVersion(string(name)); ok {
			version = max(version, n)
		}
	}
	extensions, err := w.v.Dict(catalog.Get("Extensions"))
	if err != nil || version >= 20 || extensions.Has("ESIC") {
		return err
	}
	changed := &pdf.Dict{}
	if extensions != nil {
		changed = extensions.Clone()
	}
	changed.Set("ESIC", pdf.NewDict("BaseVersion", pdf.Name("1.7"), "ExtensionLevel", pdf.Integer(1)))
	if ref, ok := catalog.Get("Extensions").(pdf.Ref); ok && extensions != nil {
		w.u.Put(ref, changed)
		return nil
	}
	catalog.Set("Extensions", changed)
	return nil
}
