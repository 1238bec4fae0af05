package demo

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/workflow"
)

// Folders of what is exported for the reader: certificates and lists are public, the rest is what
// the people of the story have received or keep.
const (
	certificateFolder = "certificados"
	historyFolder     = "historial"
	pageFile          = "index.html"
)

// artefact is a file of the folder with what it is.
type artefact struct {
	Path string // relative, with slashes
	Kind string // key of its title
}

// chapter is one application with what came of it.
type chapter struct {
	applicant applicant
	state     workflow.State
	events    []workflow.Event
	artefacts []artefact
}

// export writes everything that a reader wants to open, and the page that links to it. It may be
// repeated: the files are made of what is stored.
func (w *world) export(ctx context.Context, language string) error {
	shared, err := w.exportAuthority(ctx)
	if err != nil {
		return err
	}
	var chapters []chapter
	for _, a := range cast() {
		c, err := w.exportApplication(ctx, a)
		if err != nil {
			return err
		}
		chapters = append(chapters, c)
	}
	return w.writePage(ctx, language, shared, chapters)
}

// put writes an artefact.
func (w *world) put(content []byte, kind string, elements ...string) (artefact, error) {
	a := artefact{Kind: kind}
	for i, e := range elements {
		if i > 0 {
			a.Path += "/"
		}
		a.Path += e
	}
	return a, writeFile(w.path(elements...), content)
}

// exportAuthority writes certificates and lists as PEM and DER.
func (w *world) exportAuthority(ctx context.Context) ([]artefact, error) {
	var out []artefact
	for _, c := range []struct {
		name string
		cert *x509.Certificate
		kind string
	}{
		{"raiz", w.authority.root.Certificate(), "root"},
		{"subordinada", w.authority.sub.Certificate(), "subordinate"},
		{"sello", w.authority.seal.Chain[0], "seal"},
		{"directora", w.authority.director.Chain[0], "director"},
	} {
		a, err := w.putCertificate(c.name, c.cert, c.kind)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	lists, err := w.exportLists(ctx)
	return append(out, lists...), err
}

func (w *world) putCertificate(name string, c *x509.Certificate, kind string) (artefact, error) {
	if _, err := w.put(c.Raw, "", certificateFolder, name+".crt"); err != nil {
		return artefact{}, err
	}
	return w.put(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}), kind,
		certificateFolder, name+".pem")
}

// exportLists writes the list of the root, that of the day, and that of the day before anybody was
// revoked.
func (w *world) exportLists(ctx context.Context) ([]artefact, error) {
	root, err := w.rootList(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]artefact, 0, 3)
	a, err := w.putList(root, "crl-raiz", "root-list")
	if err != nil {
		return nil, err
	}
	out = append(out, a)
	for _, l := range []struct{ key, name, kind string }{
		{"demo/list/last", "crl", "list"},
		{"demo/list/2", "crl-semana-2", "list-before"},
	} {
		digest, err := w.office.PublishList(ctx, l.key)
		if err != nil {
			return nil, err
		}
		list, err := w.read(ctx, digest)
		if err != nil {
			return nil, err
		}
		if a, err = w.putList(list, l.name, l.kind); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// rootList makes the root's list once and keeps it.
func (w *world) rootList(ctx context.Context) ([]byte, error) {
	return w.once(w.path(certificateFolder, "crl-raiz.crl"), func() ([]byte, error) {
		return w.authority.root.RevocationList(ctx, rootListLife)
	})
}

func (w *world) putList(der []byte, name string, kind string) (artefact, error) {
	if _, err := w.put(der, "", certificateFolder, name+".crl"); err != nil {
		return artefact{}, err
	}
	return w.put(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), kind,
		certificateFolder, name+".pem")
}

func (w *world) read(ctx context.Context, d ra.Digest) ([]byte, error) {
	r, err := w.documents.Open(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	defer r.Close()
	return io.ReadAll(r)
}

// exportApplication writes what one application came to.
func (w *world) exportApplication(ctx context.Context, a applicant) (chapter, error) {
	c := chapter{applicant: a}
	var err error
	if c.state, err = a.state(ctx, w); err != nil {
		return c, err
	}
	if c.events, err = w.office.Engine().History(ctx, a.id()); err != nil {
		return c, err
	}
	cert, err := w.subscriberCertificate(ctx, a)
	if err != nil {
		return c, err
	}
	if cert != nil {
		f, err := w.putCertificate("solicitud-"+digit(a.number), cert, "certificate")
		if err != nil {
			return c, err
		}
		c.artefacts = append(c.artefacts, f)
	}
	if err := w.exportDocuments(ctx, &c); err != nil {
		return c, err
	}
	return c, w.exportHistory(&c)
}

// exportDocuments opens the sealed documents that a reader may see, each under the name that its
// folder gives it.
func (w *world) exportDocuments(ctx context.Context, c *chapter) error {
	a := c.applicant
	for _, d := range []struct{ datum, folder, name string }{
		{"invoice", invoiceFolder, "factura-del-certificado.xml"},
		{"contract", contractFolder, "enviado.pdf"},
		{"signed-contract", contractFolder, "firmado-suscriptor.pdf"},
		{"countersigned-contract", contractFolder, "dos-firmas.pdf"},
	} {
		reference := c.state.Data[d.datum]
		if reference == "" {
			continue
		}
		_, content, err := w.office.Document(ctx, a.id(), reference)
		if err != nil {
			return err
		}
		f, err := w.put(content, d.datum, a.file(d.folder, d.name)...)
		if err != nil {
			return err
		}
		c.artefacts = append(c.artefacts, f)
	}
	if a.number == 1 {
		f := a.file(invoiceFolder, "factura-del-suscriptor.xml")
		c.artefacts = append(c.artefacts, artefact{Path: f[0] + "/" + f[1], Kind: "own-invoice"})
	}
	return nil
}

// exportHistory writes the events, one a line.
func (w *world) exportHistory(c *chapter) error {
	var b bytes.Buffer
	for _, e := range c.events {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		b.Write(append(line, '\n'))
	}
	f, err := w.put(b.Bytes(), "history", c.applicant.file(historyFolder, "historial.jsonl")...)
	c.artefacts = append(c.artefacts, f)
	return err
}
