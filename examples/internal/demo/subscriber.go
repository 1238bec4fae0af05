package demo

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/factura"
	"github.com/rubrica/rubrica/ra/icert"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/sri"
	"github.com/rubrica/rubrica/token/pkcs12"
)

// Folders of what subscribers and director have on their own computers.
const (
	contractFolder = "contratos"
	invoiceFolder  = "facturas"
)

// signer opens the subscriber's key as he does: the file from one mail, the password from another.
func (a applicant) signer(w *world) (signing.Signer, error) {
	file, err := findLetter(w.path(mailFolder), a.id(), "certificate.file")
	if err != nil {
		return signing.Signer{}, err
	}
	envelope, err := findLetter(w.path(mailFolder), a.id(), "credentials.envelope")
	if err != nil {
		return signing.Signer{}, err
	}
	password, err := envelope.password()
	if err != nil {
		return signing.Signer{}, err
	}
	defer password.Destroy()
	for _, content := range file.files {
		opened, err := pkcs12.Open(content, password, pkcs12.Limits{})
		if err != nil {
			return signing.Signer{}, fmt.Errorf("demo: key file: %w", err)
		}
		key, err := opened.SigningKey()
		if err != nil {
			return signing.Signer{}, fmt.Errorf("demo: key file: %w", err)
		}
		return signing.Signer{Key: key.Signer, Chain: key.Chain}, nil
	}
	return signing.Signer{}, errors.New("demo: the mail holds no key file")
}

// once makes a file unless it is there: what was signed is signed once, and sent again as it is.
func (w *world) once(name string, make func() ([]byte, error)) ([]byte, error) {
	content, err := os.ReadFile(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	if content, err = make(); err != nil {
		return nil, err
	}
	return content, writeFile(name, content)
}

func (a applicant) file(folder, name string) []string {
	return []string{folder, "solicitud-" + digit(a.number) + "-" + name}
}

// returnContract signs the contract that came by mail and mails it back.
func (a applicant) returnContract() deed {
	return func(ctx context.Context, w *world) error {
		signed, err := w.once(
			w.path(a.file(contractFolder, "firmado-suscriptor.pdf")...),
			func() ([]byte, error) {
				l, err := findLetter(w.path(mailFolder), a.id(), "contract.to-sign")
				if err != nil {
					return nil, err
				}
				s, err := a.signer(w)
				if err != nil {
					return nil, err
				}
				return w.signPDF(ctx, firstFile(l), s, icert.SubscriberBox(), "Acepto el contrato")
			},
		)
		if err != nil {
			return err
		}
		return a.mail(ctx, w, "return-contract", document{"signed-contract", "contrato.pdf",
			func(*world) ([]byte, error) { return signed, nil }})
	}
}

// countersign has the director sign what the operator sent him.
func (a applicant) countersign() deed {
	return func(ctx context.Context, w *world) error {
		signed, err := w.once(
			w.path(a.file(contractFolder, "dos-firmas.pdf")...),
			func() ([]byte, error) {
				l, err := findLetter(w.path(mailFolder), a.id(), "contract.to-director")
				if err != nil {
					return nil, err
				}
				return w.signPDF(ctx, firstFile(l), w.authority.director, icert.DirectorBox(), "Por la Entidad")
			},
		)
		if err != nil {
			return err
		}
		return a.give("countersign", func(_ *world, o *ra.Order) error {
			o.Command, o.Actor, o.By = "countersign", ra.RoleDirector, director
			return bring(w, o, document{"countersigned-contract", "contrato.pdf",
				func(*world) ([]byte, error) { return signed, nil }})
		})(ctx, w)
	}
}

func firstFile(l letter) []byte {
	for _, content := range l.files {
		return content
	}
	return nil
}

func (w *world) signPDF(
	ctx context.Context, pdf []byte, s signing.Signer, box icert.Box, reason string,
) ([]byte, error) {
	var out bytes.Buffer
	err := pades.Sign(ctx, &out, bytes.NewReader(pdf), int64(len(pdf)), s, pades.Profile{
		Time: w.clock.Now(), Reason: reason, Location: "Quito",
		Stamp: &pades.Stamp{Page: box.Page, Rect: box.Rect},
	})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return out.Bytes(), nil
}

// invoiceOwn makes the subscriber's own electronic invoice with the new certificate.
func (a applicant) invoiceOwn() deed {
	return func(ctx context.Context, w *world) error {
		_, err := w.once(
			w.path(a.file(invoiceFolder, "factura-del-suscriptor.xml")...),
			func() ([]byte, error) {
				s, err := a.signer(w)
				if err != nil {
					return nil, err
				}
				voucher, _, err := factura.Marshal(factura.Invoice{
					Date: w.clock.Now().In(icert.Ecuador()), Sequential: 1, NumericCode: 20260001,
					Issuer: factura.Issuer{
						RUC:           a.form.RUC,
						Name:          a.form.Name(),
						Address:       a.form.Address + ", Quito",
						Establishment: "001",
						EmissionPoint: "001",
					},
					Buyer: factura.Buyer{Kind: factura.RUC, Number: rucOfEntity, Name: "CLIENTE DE EJEMPLO",
						Address: "Quito", Email: "compras@cliente.example"},
					Items: []factura.Item{
						{
							Code:        "SERV-01",
							Description: "Asesoría en gestión documental",
							Quantity:    2,
							UnitPrice:   15000,
						},
						{Code: "SERV-02", Description: "Capacitación «firma electrónica»", Quantity: 1,
							UnitPrice: 8050, Discount: 550},
					},
				})
				if err != nil {
					return nil, err
				}
				return sri.Sign(ctx, voucher, s, sri.Options{Time: w.clock.Now()})
			},
		)
		return err
	}
}

// bank writes the statement as the bank would at the end of a day.
func bank(day int) deed {
	return func(_ context.Context, w *world) error {
		var b bytes.Buffer
		b.WriteString("fecha,documento,descripcion,monto\n")
		for _, d := range deposits() {
			if d.day <= day {
				fmt.Fprintf(&b, "%s,%s,DEPOSITO EN VENTANILLA,%s\n", ra.DayOf(w.at(d.day, 12, 0)),
					d.reference, d.amount)
			}
		}
		return writeFile(w.path(statementFile), b.Bytes())
	}
}

// publish makes a revocation list of the subordinate authority.
func publish(key string) deed {
	return func(ctx context.Context, w *world) error {
		_, err := w.office.PublishList(ctx, key)
		return err
	}
}

// publishFirst makes the first lists, of the root and of the subordinate authority.
func publishFirst(ctx context.Context, w *world) error {
	if _, err := w.rootList(ctx); err != nil {
		return err
	}
	return publish("demo/list/0")(ctx, w)
}

// subscriberCertificate is the certificate that was issued to an application; nil when none was.
func (w *world) subscriberCertificate(ctx context.Context, a applicant) (*x509.Certificate, error) {
	s, err := a.state(ctx, w)
	if err != nil || s.Data["certificate"] == "" {
		return nil, err
	}
	_, der, err := w.office.Document(ctx, a.id(), s.Data["certificate"])
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(slices.Clone(der))
}
