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
	Path  string            // relative, with slashes
	Title map[string]string // by language
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
func (w *world) put(content []byte, title map[string]string, elements ...string) (artefact, error) {
	a := artefact{Title: title}
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
		name  string
		cert  *x509.Certificate
		title map[string]string
	}{
		{"raiz", w.authority.root.Certificate(), text("Certificado raíz", "Root certificate")},
		{"subordinada", w.authority.sub.Certificate(), text("Certificado de la autoridad subordinada", "Certificate of the subordinate authority")},
		{"sello", w.authority.seal.Chain[0], text("Certificado del sello de la Entidad", "Certificate of the authority's seal")},
		{"directora", w.authority.director.Chain[0], text("Certificado de la Directora Provincial", "Certificate of the provincial director")},
	} {
		a, err := w.putCertificate(c.name, c.cert, c.title)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	lists, err := w.exportLists(ctx)
	return append(out, lists...), err
}

func (w *world) putCertificate(name string, c *x509.Certificate, title map[string]string) (artefact, error) {
	if _, err := w.put(c.Raw, nil, certificateFolder, name+".crt"); err != nil {
		return artefact{}, err
	}
	return w.put(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}), title,
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
	a, err := w.putList(root, "crl-raiz", text("Lista de revocados de la raíz", "Revocation list of the root"))
	if err != nil {
		return nil, err
	}
	out = append(out, a)
	for _, l := range []struct {
		key, name string
		title     map[string]string
	}{
		{"demo/list/last", "crl", text("Lista de certificados revocados, hoy", "Revocation list, today")},
		{"demo/list/2", "crl-semana-2", text("Lista de certificados revocados, antes de la revocación", "Revocation list before the revocation")},
	} {
		digest, err := w.office.PublishList(ctx, l.key)
		if err != nil {
			return nil, err
		}
		list, err := w.read(ctx, digest)
		if err != nil {
			return nil, err
		}
		if a, err = w.putList(list, l.name, l.title); err != nil {
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

func (w *world) putList(der []byte, name string, title map[string]string) (artefact, error) {
	if _, err := w.put(der, nil, certificateFolder, name+".crl"); err != nil {
		return artefact{}, err
	}
	return w.put(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), title,
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
		f, err := w.putCertificate("solicitud-"+digit(a.number), cert,
			text("Certificado del suscriptor", "Certificate of the subscriber"))
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
	for _, d := range []struct {
		datum, folder, name string
		title               map[string]string
	}{
		{"invoice", invoiceFolder, "factura-del-certificado.xml", text("Factura del certificado (SRI, firmada con el sello)", "Invoice for the certificate (SRI, signed with the seal)")},
		{"contract", contractFolder, "enviado.pdf", text("Contrato enviado", "Contract as sent")},
		{"signed-contract", contractFolder, "firmado-suscriptor.pdf", text("Contrato firmado por el suscriptor", "Contract signed by the subscriber")},
		{"countersigned-contract", contractFolder, "dos-firmas.pdf", text("Contrato con las dos firmas", "Contract with both signatures")},
	} {
		reference := c.state.Data[d.datum]
		if reference == "" {
			continue
		}
		_, content, err := w.office.Document(ctx, a.id(), reference)
		if err != nil {
			return err
		}
		f, err := w.put(content, d.title, a.file(d.folder, d.name)...)
		if err != nil {
			return err
		}
		c.artefacts = append(c.artefacts, f)
	}
	if a.number == 1 {
		f := a.file(invoiceFolder, "factura-del-suscriptor.xml")
		c.artefacts = append(c.artefacts, artefact{Path: f[0] + "/" + f[1],
			Title: text("Factura emitida por la suscriptora (SRI)", "Invoice made by the subscriber (SRI)")})
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
	f, err := w.put(b.Bytes(), text("Historial (encadenado por resúmenes, sin datos personales)",
		"History (hash-chained, without personal data)"), c.applicant.file(historyFolder, "historial.jsonl")...)
	c.artefacts = append(c.artefacts, f)
	return err
}
