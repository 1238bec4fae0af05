package certificate

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Issue signs what was planned, records the certificate and returns it. A certificate that is
// recorded already is returned as it is; calling again after any error or crash, in this process or
// another, gives the same certificate.
//
// Errors: [ErrRevoked] when the plan was revoked before it was signed, [ErrSigner], [ErrNotFound]
// and [ErrLedger] when the ledger lost or changed the plan; the key's and the ledger's own,
// wrapped.
func (a *Authority) Issue(ctx context.Context, p *Planned) (*x509.Certificate, error) {
	if p == nil || p.authority != a {
		return nil, errors.New("certificate: Issue wants what Plan of the same authority returned")
	}
	found, err := a.c.Ledger.Find(ctx, Query{Issuer: a.id, Request: p.record.Request, Limit: 1})
	switch {
	case err != nil:
		return nil, fmt.Errorf("certificate: ledger: %w", err)
	case len(found) == 0:
		return nil, ErrNotFound
	case string(found[0].TBS) != string(p.record.TBS):
		return nil, ErrLedger
	case found[0].Certificate != nil:
		return a.issued(found[0])
	case found[0].Status().State == Revoked:
		return nil, ErrRevoked
	}
	der, err := a.sign(p.record.TBS)
	if err != nil {
		return nil, err
	}
	stored, err := a.c.Ledger.Certify(ctx, a.id, p.record.Request, der, a.now())
	if err != nil {
		return nil, fmt.Errorf("certificate: ledger: %w", err)
	}
	return a.issued(stored)
}

// issued reads a recorded certificate, after a check that it is the planned one with our signature.
func (a *Authority) issued(r Record) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(r.Certificate)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	if string(cert.RawTBSCertificate) != string(r.TBS) || a.verify(cert) != nil {
		return nil, ErrLedger
	}
	return cert, nil
}

// sign makes a certificate of its to-be-signed octets. The signature is checked before anybody sees
// it: a faulty RSA-CRT signature would give the key away.
func (a *Authority) sign(tbs []byte) ([]byte, error) {
	parsed, err := readTBS(tbs)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	value, err := a.alg.Sign(a.c.Key, tbs)
	if err != nil {
		return nil, fmt.Errorf("certificate: signing: %w", err)
	}
	der, err := assemble(tbs, parsed.algorithm, value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	if err := a.verify(cert); err != nil {
		return nil, ErrSigner
	}
	return der, nil
}

func (a *Authority) verify(cert *x509.Certificate) error {
	return a.alg.Verify(a.c.Key.Public(), cert.RawTBSCertificate, cert.Signature)
}

// assemble is Certificate of RFC 5280, 4.1.
func assemble(tbs, algorithm, signature []byte) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(tbs)+len(signature)+64))
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddBytes(algorithm)
		b.AddASN1BitString(signature)
	})
	return b.Bytes()
}

// tbsFields are the parts of a TBSCertificate that are looked at again before it is signed.
type tbsFields struct {
	serial                        *big.Int
	algorithm, issuer, name, spki []byte // whole elements
}

var errTBS = errors.New("malformed TBSCertificate")

// readTBS takes apart a TBSCertificate of RFC 5280, 4.1, version 3.
func readTBS(der []byte) (tbsFields, error) {
	var f tbsFields
	var body, version, algorithm, issuer, validity, name, spki cryptobyte.String
	input := cryptobyte.String(der)
	f.serial = new(big.Int)
	if !input.ReadASN1(&body, cbasn1.SEQUENCE) || !input.Empty() ||
		!body.ReadASN1(&version, tagExplicit0) || !body.ReadASN1Integer(f.serial) {
		return f, errTBS
	}
	for _, element := range []*cryptobyte.String{&algorithm, &issuer, &validity, &name, &spki} {
		if !body.ReadASN1Element(element, cbasn1.SEQUENCE) {
			return f, errTBS
		}
	}
	f.algorithm, f.issuer, f.name, f.spki = algorithm, issuer, name, spki
	return f, nil
}
