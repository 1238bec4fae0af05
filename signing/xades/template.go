package xades

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"math/big"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// A Template is a profile and a chain made ready once, for a host that signs many documents. It is
// safe for concurrent use.
type Template struct {
	profile      Profile
	chain        []*x509.Certificate
	public       crypto.PublicKey
	scheme       algorithm.Scheme
	method       c14n.Method
	signatureURI string
	digestURI    string
	certificate  text  // the signing certificate property
	keyInfo      text  // the content of ds:KeyInfo
	valueSize    int   // octets of a signature value as XML carries it
	bareScope    scope // where no namespace is in scope
	examine      func(*xmltree.Document) error
}

// NewTemplate checks a profile and a chain (leaf first) and makes ready what does not depend on the
// document. Errors: [*ProfileError], [ErrLevel], [ErrTimestamper], [signing.ErrNoCertificate].
func NewTemplate(chain []*x509.Certificate, p Profile) (*Template, error) {
	if len(chain) == 0 || chain[0] == nil {
		return nil, signing.ErrNoCertificate
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	t := &Template{profile: p, chain: chain}
	var err error
	if t.method, err = p.Canonicalization.method(); err != nil {
		return nil, err
	}
	if t.public, err = algorithm.PublicKey(chain[0]); err != nil {
		return nil, err
	}
	if t.scheme, err = schemeFor(t.public, &p); err != nil {
		return nil, err
	}
	if t.signatureURI, err = xmldsig.SignatureURI(t.scheme); err != nil {
		return nil, err
	}
	t.digestURI = xmldsig.DigestURI(p.Hash)
	t.valueSize = valueSize(t.public)
	if t.bareScope, err = newScope(t.method, xmltree.Node{}, false); err != nil {
		return nil, err
	}
	if t.certificate, err = signingCertificate(&p, chain); err != nil {
		return nil, err
	}
	t.keyInfo, err = keyInfo(&p, chain, t.public)
	return t, err
}

// WithExamination returns a template that lets examine refuse a document once it is read, before
// anything is signed. It is for the invoice profiles of this library, which look at the same
// reading.
func (t *Template) WithExamination(examine func(*xmltree.Document) error) *Template {
	own := *t
	own.examine = examine
	return &own
}

// check refuses what no document could make good, and fills in defaults.
func (p *Profile) check() error {
	if p.Hash == 0 {
		p.Hash = crypto.SHA256
	}
	switch {
	case p.Level > signing.LevelT:
		return ErrLevel
	case p.Level == signing.LevelT && p.Timestamper == nil:
		return ErrTimestamper
	case xmldsig.DigestURI(p.Hash) == "":
		return &ProfileError{"Hash", "has no identifier in XML signatures"}
	case p.Packaging > InternallyDetached:
		return &ProfileError{"Packaging", "is unknown"}
	case p.Packaging == Detached && p.URI == "":
		return &ProfileError{"URI", "is required for a detached signature"}
	case p.Packaging != Enveloped && p.Parallel:
		return &ProfileError{"Parallel", "is for enveloped signatures"}
	}
	return p.checkText()
}

func (p *Profile) checkText() error {
	fields := []struct{ name, value string }{
		{"Format", p.Format.Description + p.Format.MimeType + p.Format.Encoding}, {"URI", p.URI},
	}
	if p.Policy != nil {
		fields = append(fields, struct{ name, value string }{"Policy",
			p.Policy.ID + p.Policy.Description + p.Policy.URI + p.Policy.Notice})
	}
	if at := p.ProducedAt; at != nil {
		fields = append(fields, struct{ name, value string }{"ProducedAt",
			at.Street + at.City + at.State + at.PostalCode + at.Country})
	}
	for _, role := range p.Roles {
		fields = append(fields, struct{ name, value string }{"Roles", role})
	}
	for _, c := range p.Commitments {
		if c.ID == "" {
			return &ProfileError{"Commitments", "has one without an ID"}
		}
		fields = append(fields, struct{ name, value string }{"Commitments", c.ID + c.Description})
	}
	for _, f := range fields {
		if err := checkCharacters(f.name, f.value); err != nil {
			return err
		}
	}
	return nil
}

// valueSize is the length of a signature value: the modulus for RSA, r and s for ECDSA.
func valueSize(public crypto.PublicKey) int {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return k.Size()
	case *algorithm.PSSPublicKey:
		return k.Size()
	case *ecdsa.PublicKey:
		return 2 * ((k.Curve.Params().N.BitLen() + 7) / 8)
	}
	return ed25519.SignatureSize
}

func schemeFor(public crypto.PublicKey, p *Profile) (algorithm.Scheme, error) {
	scheme, err := algorithm.ForKey(public, p.Hash)
	if err == nil && p.PSS && scheme.Key == algorithm.RSA {
		scheme = algorithm.PSS(p.Hash)
	}
	return scheme, err
}

// keyInfo writes the content of ds:KeyInfo (XMLDSig 1.1, 4.5).
func keyInfo(p *Profile, chain []*x509.Certificate, public crypto.PublicKey) (text, error) {
	if p.LeafOnly {
		chain = chain[:1]
	}
	t := make(text, 0, 1024+2*len(chain)*len(chain[0].Raw))
	t.open("ds:X509Data")
	for _, c := range chain {
		t.base64("ds:X509Certificate", c.Raw)
	}
	t.close("ds:X509Data")
	if !p.KeyValue {
		return t, nil
	}
	t.open("ds:KeyValue")
	switch k := public.(type) {
	case *rsa.PublicKey:
		t.open("ds:RSAKeyValue")
		t.base64("ds:Modulus", k.N.Bytes())
		t.base64("ds:Exponent", big.NewInt(int64(k.E)).Bytes())
		t.close("ds:RSAKeyValue")
	case *ecdsa.PublicKey:
		if err := writeECKey(&t, k); err != nil {
			return nil, err
		}
	case ed25519.PublicKey:
		return nil, &ProfileError{"KeyValue", "does not exist for Ed25519"}
	default:
		return nil, &ProfileError{"KeyValue", "does not exist for this key"}
	}
	t.close("ds:KeyValue")
	return t, nil
}

// writeECKey writes dsig11:ECKeyValue (XMLDSig 1.1, 4.5.2.3).
func writeECKey(t *text, k *ecdsa.PublicKey) error {
	point, err := k.Bytes()
	if err != nil {
		return &ProfileError{"KeyValue", "does not exist for this key"}
	}
	var oid asn1.ObjectIdentifier
	switch k.Curve.Params().BitSize {
	case 224:
		oid = asn1.ObjectIdentifier{1, 3, 132, 0, 33}
	case 256:
		oid = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}
	case 384:
		oid = asn1.ObjectIdentifier{1, 3, 132, 0, 34}
	default:
		oid = asn1.ObjectIdentifier{1, 3, 132, 0, 35}
	}
	t.with("dsig11:ECKeyValue", "xmlns:dsig11", xmldsig.Namespace11)
	t.with("dsig11:NamedCurve", "URI", "urn:oid:"+oid.String())
	t.close("dsig11:NamedCurve")
	t.base64("dsig11:PublicKey", point)
	t.close("dsig11:ECKeyValue")
	return nil
}

// sameCertificate reports whether a chain begins with the template's leaf.
func (t *Template) sameCertificate(leaf *x509.Certificate) bool {
	return bytes.Equal(t.chain[0].Raw, leaf.Raw)
}
