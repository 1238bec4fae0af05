package authority

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/token"
)

// Order asks for a certificate.
type Order struct {
	ID        string // the same for a repeat
	Profile   string // a name of package icert
	Container icert.Container
	PublicKey crypto.PublicKey
	Subject   certificate.Subject
	NotAfter  time.Time // zero: the profile's validity
}

// Issue issues a certificate and returns it with those above it, leaf first.
func (f *Folder) Issue(ctx context.Context, o Order) ([]*x509.Certificate, error) {
	a, err := f.issuing(ctx, o.Container)
	if err != nil {
		return nil, err
	}
	cert, err := issue(ctx, a, certificate.Request{
		ID: orderPrefix + o.ID, Profile: o.Profile, PublicKey: o.PublicKey, Subject: o.Subject,
		NotAfter: o.NotAfter,
	})
	if err != nil {
		return nil, err
	}
	root, err := f.certificate(rootName)
	return []*x509.Certificate{cert, a.Certificate(), root}, err
}

// Revoke revokes a certificate of the issuing authority.
func (f *Folder) Revoke(ctx context.Context, serial *big.Int, r certificate.Revocation) error {
	return f.change(ctx, func(a *certificate.Authority) error { return a.Revoke(ctx, serial, r) })
}

// Suspend puts a certificate on hold.
func (f *Folder) Suspend(ctx context.Context, serial *big.Int) error {
	return f.change(ctx, func(a *certificate.Authority) error { return a.Suspend(ctx, serial, "") })
}

// Reinstate ends the hold.
func (f *Folder) Reinstate(ctx context.Context, serial *big.Int) error {
	return f.change(ctx,
		func(a *certificate.Authority) error { return a.Reinstate(ctx, serial, "") })
}

func (f *Folder) change(ctx context.Context, do func(*certificate.Authority) error) error {
	a, err := f.issuing(ctx, icert.File)
	if err != nil {
		return err
	}
	return do(a)
}

// List makes a list of the issuing authority, or of the root.
func (f *Folder) List(ctx context.Context, root bool, life time.Duration) ([]byte, error) {
	var a *certificate.Authority
	var err error
	if root {
		a, err = f.rootAuthority(ctx)
	} else {
		a, err = f.issuing(ctx, icert.File)
	}
	if err != nil {
		return nil, err
	}
	return a.RevocationList(ctx, life)
}

// Records returns a page of what the issuing authority planned and issued, in the order of serial
// numbers; no key is needed. [ErrIncomplete] when it has no certificate yet.
func (f *Folder) Records(
	ctx context.Context, after string, limit int,
) ([]certificate.Record, error) {
	issuer, err := f.certificate(issuingName)
	if err != nil {
		return nil, err
	}
	return f.ledger.Find(ctx,
		certificate.Query{Issuer: certificate.IssuerID(issuer), After: after, Limit: limit})
}

// Ordered returns the record of an order, false when there is none; no key is needed.
func (f *Folder) Ordered(ctx context.Context, id string) (certificate.Record, bool, error) {
	issuer, err := f.certificate(issuingName)
	if errors.Is(err, ErrIncomplete) {
		return certificate.Record{}, false, nil
	}
	if err != nil {
		return certificate.Record{}, false, err
	}
	found, err := f.ledger.Find(ctx, certificate.Query{
		Issuer: certificate.IssuerID(issuer), Request: orderPrefix + id, Limit: 1})
	if err != nil || len(found) == 0 {
		return certificate.Record{}, false, err
	}
	return found[0], true, nil
}

// orderPrefix tells the requests of orders from the folder's own.
const orderPrefix = "order/"

// certificate reads NAME.pem.
func (f *Folder) certificate(name string) (*x509.Certificate, error) {
	text, err := os.ReadFile(f.Path(name + ".pem"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrIncomplete
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s.pem: no certificate", name)
	}
	return certificate.Parse(block.Bytes)
}

// renewBefore is when the responder's certificate, which lives three months, is renewed.
const renewBefore = 30 * 24 * time.Hour

// responderKey opens the key for OCSP, certified for a month or more.
func (f *Folder) responderKey(ctx context.Context) (token.Key, error) {
	a, err := f.issuing(ctx, icert.File)
	if err != nil {
		return token.Key{}, err
	}
	now := f.clock()
	certify := func(key token.Key) ([]*x509.Certificate, error) {
		cert, err := issue(ctx, a, certificate.Request{
			ID: ocspName + "/" + now.UTC().Format(time.DateOnly), Profile: icert.OCSPResponder,
			PublicKey: key.Signer.Public(), Subject: f.subject(f.settings.Name + " OCSP"),
		})
		return []*x509.Certificate{cert, a.Certificate()}, err
	}
	key, err := f.key(ocspName, certify)
	if err != nil || key.Leaf().NotAfter.After(now.Add(renewBefore)) {
		return key, err
	}
	if key.Chain, err = certify(key); err != nil {
		return key, err
	}
	f.keep(ocspName, key)
	return key, f.writeKey(ocspName, key)
}
