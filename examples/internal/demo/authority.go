package demo

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/rubrica/rubrica/certificate"
	profiles "github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/certificate/lint"
	"github.com/rubrica/rubrica/signing"
)

// authority is the certification authority of the story: a root, the subordinate that issues, and
// the two certificates that the authority's own people sign with.
type authority struct {
	root, sub *certificate.Authority
	seal      signing.Signer // of the authority, on its invoices
	director  signing.Signer // of the province, función pública
	chain     []*x509.Certificate
}

const (
	listAddress  = "http://crl.icert.example/icert.crl"
	listLife     = 8 * 24 * time.Hour // lists are made every week
	rootListLife = 180 * 24 * time.Hour
	countryEC    = "EC"
	authorityCA  = "ENTIDAD DE CERTIFICACION ICERT-EC (DEMOSTRACION)"
	judicature   = "CONSEJO DE LA JUDICATURA (DEMOSTRACION)"
	rucOfEntity  = "1760001550001" // a public RUC whose structure and check digit are right
)

// openAuthority makes the authority at its ceremony, or finds what it made then: every certificate
// is planned in the ledger under a name of its own and issued once.
func openAuthority(
	ctx context.Context, ledger certificate.Ledger, keys map[string]crypto.Signer, c *clock,
	ceremony time.Time,
) (*authority, error) {
	all, err := profiles.Profiles(profiles.Config{CPS: "http://icert.example/dpc.pdf"})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	linter, err := lint.New()
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	config := func(key string) certificate.AuthorityConfig {
		return certificate.AuthorityConfig{Key: keys[key], Ledger: ledger, Profiles: all, Clock: c.Now,
			Linters: []certificate.Linter{linter}, CRL: []string{listAddress}}
	}
	root := config(rootKey)
	root.Certificate, err = certificate.IssueRoot(ctx, root, certificate.Request{ID: "root",
		Profile: profiles.Root, NotBefore: ceremony, Subject: certificate.Subject{Country: countryEC,
			CommonName: "ICERT-EC ENTIDAD DE CERTIFICACION RAIZ (DEMOSTRACION)", Organization: judicature}})
	if err != nil {
		return nil, fmt.Errorf("demo: root: %w", err)
	}
	a := &authority{}
	if a.root, err = certificate.NewAuthority(root); err != nil {
		return nil, fmt.Errorf("demo: root: %w", err)
	}
	sub := config(subKey)
	sub.Certificate, err = issueOne(ctx, a.root, certificate.Request{ID: "subordinate",
		Profile: profiles.Subordinate, NotBefore: ceremony, PublicKey: keys[subKey].Public(),
		Subject: certificate.Subject{
			Country:      countryEC,
			CommonName:   authorityCA,
			Organization: judicature,
		}})
	if err != nil {
		return nil, err
	}
	if a.sub, err = certificate.NewAuthority(sub); err != nil {
		return nil, fmt.Errorf("demo: subordinate: %w", err)
	}
	a.chain = []*x509.Certificate{sub.Certificate}
	return a, a.certifyPeople(ctx, keys, ceremony)
}

func (a *authority) certifyPeople(
	ctx context.Context, keys map[string]crypto.Signer, ceremony time.Time,
) error {
	seal, err := issueOne(ctx, a.sub, certificate.Request{ID: "seal", Profile: profiles.Seal,
		NotBefore: ceremony, PublicKey: keys[sealKey].Public(), Subject: certificate.Subject{
			CommonName: "ICERT-EC SELLO ELECTRONICO (DEMOSTRACION)", Organization: judicature,
			RUC: rucOfEntity, Country: countryEC}})
	if err != nil {
		return err
	}
	director, err := issueOne(
		ctx,
		a.sub,
		certificate.Request{ID: "director", Profile: profiles.PublicFunction,
			NotBefore: ceremony, PublicKey: keys[directorKey].Public(), Subject: certificate.Subject{
				Document: "1800000000", GivenNames: "Diana", FirstSurname: "Modelo", SecondSurname: "Ficticia",
				Title: "Directora Provincial", Institution: judicature, Country: countryEC,
				Email: directorMail}},
	)
	if err != nil {
		return err
	}
	a.seal = signing.Signer{Key: keys[sealKey], Chain: append([]*x509.Certificate{seal}, a.chain...)}
	a.director = signing.Signer{
		Key:   keys[directorKey],
		Chain: append([]*x509.Certificate{director}, a.chain...),
	}
	return nil
}

func issueOne(
	ctx context.Context, by *certificate.Authority, r certificate.Request,
) (*x509.Certificate, error) {
	planned, err := by.Plan(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("demo: certificate %s: %w", r.ID, err)
	}
	cert, err := by.Issue(ctx, planned)
	if err != nil {
		return nil, fmt.Errorf("demo: certificate %s: %w", r.ID, err)
	}
	return cert, nil
}
