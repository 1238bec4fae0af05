package cms

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
)

// Parameters say what is signed and by whom. The zero value of each field is its default; Chain is
// required.
type Parameters struct {
	// Chain is the signer's certificate first, then those that lead to an anchor. All are
	// written. Required: the leaf.
	Chain []*x509.Certificate
	// ContentType is id-data by default.
	ContentType asn1.ObjectIdentifier
	// Hash is of the content, SHA-256 by default; SHA-512 for Ed25519 (RFC 8419).
	Hash crypto.Hash
	// Scheme signs; by default what the key is for ([algorithm.ForKey]). Its hash must be Hash.
	Scheme algorithm.Scheme
	// SigningTime is written when it is not zero. PAdES keeps it in the PDF instead.
	SigningTime time.Time
	// Protection adds CMSAlgorithmProtection (RFC 6211).
	Protection bool
	// Plain leaves out signing-certificate-v2: ISO 32000-1 and what FirmaEC writes. Otherwise it
	// is there, as every level of ETSI asks.
	Plain bool
	// KeyID names the signer by subject key identifier in place of issuer and serial number.
	KeyID bool
	// Counter makes a counter-signature: no content-type (RFC 5652, 11.4).
	Counter bool
	// Attributes are further signed attributes.
	Attributes []Attribute
	// WithoutCertificates leaves the chain out of what is written.
	WithoutCertificates bool
}

// Prepared is a signature to which only its value is missing. [Prepare] makes it; its state
// survives in MarshalBinary and UnmarshalBinary.
type Prepared struct {
	chain        []*x509.Certificate
	contentType  asn1.ObjectIdentifier
	hash         crypto.Hash
	scheme       algorithm.Scheme
	keyID        bool
	counter      bool
	withoutCerts bool
	attributes   []byte      // SET OF Attribute in DER
	list         []Attribute // the same; nil when the state was read back
}

// Prepare fixes the signed attributes over a digest of the content. Errors: [*FormatError] for
// parameters that contradict each other, [*algorithm.Unsupported].
func Prepare(p Parameters, digest []byte) (*Prepared, error) {
	if len(p.Chain) == 0 || p.Chain[0] == nil {
		return nil, signing.ErrNoCertificate
	}
	pub, err := algorithm.PublicKey(p.Chain[0])
	if err != nil {
		return nil, err
	}
	out := &Prepared{chain: p.Chain, contentType: p.ContentType, hash: p.Hash, scheme: p.Scheme,
		keyID: p.KeyID, counter: p.Counter, withoutCerts: p.WithoutCertificates}
	if err := out.complete(pub); err != nil {
		return nil, err
	}
	if len(digest) != out.hash.Size() {
		return nil, badFormat("digest of %d octets for %s", len(digest),
			algorithm.HashName(out.hash))
	}
	if out.list, err = out.signedAttributes(p, digest); err != nil {
		return nil, err
	}
	slices.SortFunc(out.list, func(a, b Attribute) int { return bytes.Compare(a.Raw, b.Raw) })
	raw := make([][]byte, len(out.list))
	for i, a := range out.list {
		raw[i] = a.Raw
	}
	out.attributes = ber.Set(raw...)
	return out, nil
}

// complete fills what was left to its default.
func (p *Prepared) complete(pub crypto.PublicKey) error {
	if len(p.contentType) == 0 {
		p.contentType = OIDData
	}
	_, isEd25519 := pub.(ed25519.PublicKey)
	switch {
	case p.hash == 0 && isEd25519:
		p.hash = crypto.SHA512
	case p.hash == 0 && p.scheme.Hash != 0:
		p.hash = p.scheme.Hash
	case p.hash == 0:
		p.hash = crypto.SHA256
	}
	if !algorithm.Supported(p.hash) {
		return &algorithm.Unsupported{Feature: "hash " + algorithm.HashName(p.hash)}
	}
	if p.scheme == (algorithm.Scheme{}) {
		var err error
		if p.scheme, err = algorithm.ForKey(pub, p.hash); err != nil {
			return err
		}
	}
	if isEd25519 && p.hash != crypto.SHA512 {
		return badFormat("Ed25519 goes with SHA-512 only (RFC 8419)")
	}
	if !isEd25519 && p.scheme.Hash != p.hash {
		return badFormat("content digested with %s for %s", algorithm.HashName(p.hash), p.scheme)
	}
	if p.keyID && len(p.chain[0].SubjectKeyId) == 0 {
		return badFormat("the certificate has no subject key identifier")
	}
	return nil
}

func (p *Prepared) signedAttributes(q Parameters, digest []byte) ([]Attribute, error) {
	list := []Attribute{NewAttribute(OIDMessageDigest, ber.Octet(digest))}
	if !q.Counter {
		list = append(list, NewAttribute(OIDContentType, OID(p.contentType)))
	}
	if !q.Plain {
		h := p.hash
		if h == crypto.SHA1 {
			h = crypto.SHA256 // the reference need not be as weak as an old profile's digest
		}
		a, err := signingCertificateV2(p.chain[0], h)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	if !q.SigningTime.IsZero() {
		a, err := SigningTime(q.SigningTime)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	if q.Protection {
		digestAlg, signatureAlg, err := p.identifiers()
		if err != nil {
			return nil, err
		}
		list = append(list, protectionAttribute(digestAlg, signatureAlg))
	}
	for i, a := range q.Attributes {
		for _, other := range append(list[:len(list):len(list)], q.Attributes[:i]...) {
			if a.Type.Equal(other.Type) && !a.Type.Equal(OIDContentTimestamp) {
				return nil, badFormat("the signed attribute %s is given twice", a.Type)
			}
		}
	}
	return append(list, q.Attributes...), nil
}

func (p *Prepared) identifiers() (digest, signature []byte, err error) {
	if digest, err = algorithm.HashIdentifier(p.hash); err != nil {
		return nil, nil, err
	}
	signature, err = p.scheme.Identifier()
	return digest, signature, err
}

// ToBeSigned is the message that the key signs: the signed attributes in DER (RFC 5652, 5.4). A
// key that takes digests gets its digest under Scheme().Hash.
func (p *Prepared) ToBeSigned() []byte { return append([]byte(nil), p.attributes...) }

// Scheme is how to sign [Prepared.ToBeSigned].
func (p *Prepared) Scheme() algorithm.Scheme { return p.scheme }

// Hash is the digest algorithm of the content.
func (p *Prepared) Hash() crypto.Hash { return p.hash }

// Leaf is the certificate of the signer.
func (p *Prepared) Leaf() *x509.Certificate { return p.chain[0] }

// Chain is the signer's certificate and those that lead to an anchor.
func (p *Prepared) Chain() []*x509.Certificate { return p.chain }

// Size is an upper bound of what [SignedData.Marshal] gives for the signature before unsigned
// attributes, certificates and revocation data are added.
func (p *Prepared) Size() (int, error) {
	pub, err := algorithm.PublicKey(p.chain[0])
	if err != nil {
		return 0, err
	}
	d, err := p.assemble(make([]byte, algorithm.MaxSignature(pub)))
	if err != nil {
		return 0, err
	}
	out, err := d.Marshal()
	return len(out), err
}

// Complete checks the value against the certificate and puts the signature together. A value
// that another key made, or over anything else, gives [ErrCertificate].
func (p *Prepared) Complete(value []byte) (*SignedData, error) {
	pub, err := algorithm.PublicKey(p.chain[0])
	if err != nil {
		return nil, err
	}
	if err := p.scheme.Verify(pub, p.attributes, value); err != nil {
		if errors.Is(err, algorithm.ErrBroken) {
			return nil, ErrCertificate
		}
		return nil, err
	}
	return p.assemble(value)
}

// Sign signs with a key at hand. That the key is the certificate's is checked; its values are
// not computed again.
func (p *Prepared) Sign(key crypto.Signer) (*SignedData, error) {
	if key == nil {
		return nil, fmt.Errorf("%w: no key", signing.ErrKeyMismatch)
	}
	pub, err := algorithm.PublicKey(p.chain[0])
	if err != nil {
		return nil, err
	}
	own, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !own.Equal(plainKey(pub)) {
		return nil, signing.ErrKeyMismatch
	}
	value, err := p.scheme.Sign(key, p.attributes)
	if err != nil {
		return nil, err
	}
	return p.assemble(value)
}

// plainKey is the key as crypto.Signer gives it.
func plainKey(pub crypto.PublicKey) crypto.PublicKey {
	if k, ok := pub.(*algorithm.PSSPublicKey); ok {
		return k.PublicKey
	}
	return pub
}

// assemble puts the signature together around a value.
func (p *Prepared) assemble(value []byte) (*SignedData, error) {
	s, err := p.signerInfo(value)
	if err != nil {
		return nil, err
	}
	d := &SignedData{ContentType: p.contentType, DER: true, Hashes: []crypto.Hash{p.hash},
		Signers: []*SignerInfo{s}}
	if !p.withoutCerts {
		for _, c := range p.chain {
			d.Certificates = append(d.Certificates, c.Raw)
		}
		ber.SortSet(d.Certificates)
	}
	d.Version = d.wantVersion()
	return d, nil
}

// signerInfo is what reading the signature would give, without reading it; the rules for what is
// read hold for it all the same.
func (p *Prepared) signerInfo(value []byte) (*SignerInfo, error) {
	s := &SignerInfo{Version: 1, ID: SignerID{Issuer: p.chain[0].RawIssuer,
		Serial: p.chain[0].SerialNumber},
		Hash: p.hash, Scheme: p.scheme, Signature: value, contentType: p.contentType}
	sid := issuerAndSerial(p.chain[0])
	if p.keyID {
		s.Version, s.ID = 3, SignerID{SubjectKeyID: p.chain[0].SubjectKeyId}
		sid = ber.Wrap(ber.Context, 0, false, p.chain[0].SubjectKeyId)
	}
	if p.counter {
		s.contentType = nil
	}
	var err error
	if s.digestAlg, s.signatureAlg, err = p.identifiers(); err != nil {
		return nil, err
	}
	s.signed = &attributeSet{list: p.list, der: p.attributes, raw: p.attributes, inDER: true}
	if p.list == nil { // the state was read back
		if s.signed, err = parseAttributes(p.attributes, 0); err != nil {
			return nil, err
		}
		s.NotDER = !s.signed.inDER
	}
	s.Signed = s.signed.list
	s.fields = [][]byte{smallInteger(s.Version), sid, s.digestAlg, ber.Retag(p.attributes, 0xa0),
		s.signatureAlg, ber.Octet(value)}
	return s, s.checkFormat()
}
