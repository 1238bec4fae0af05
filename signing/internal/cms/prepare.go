package cms

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
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
	attributes   []byte // SET OF Attribute in DER
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
		return nil, badFormat("digest of %d octets for %s", len(digest), algorithm.HashName(out.hash))
	}
	list, err := out.signedAttributes(p, digest)
	if err != nil {
		return nil, err
	}
	ber.SortSet(list)
	out.attributes = ber.Set(list...)
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

func (p *Prepared) signedAttributes(q Parameters, digest []byte) ([][]byte, error) {
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
	list = append(list, q.Attributes...)
	out := make([][]byte, len(list))
	for i, a := range list {
		if len(Find(list, a.Type)) > 1 && !a.Type.Equal(OIDContentTimestamp) {
			return nil, badFormat("the signed attribute %s is given twice", a.Type)
		}
		out[i] = a.Raw
	}
	return out, nil
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

func (p *Prepared) assemble(value []byte) (*SignedData, error) {
	digestAlg, signatureAlg, err := p.identifiers()
	if err != nil {
		return nil, err
	}
	version, sid := 1, issuerAndSerial(p.chain[0])
	if p.keyID {
		version, sid = 3, ber.Wrap(ber.Context, 0, false, p.chain[0].SubjectKeyId)
	}
	raw := ber.Sequence(smallInteger(version), sid, digestAlg, ber.Retag(p.attributes, 0xa0),
		signatureAlg, ber.Octet(value))
	contentType := p.contentType
	if p.counter {
		contentType = nil
	}
	s := parseSignerInfo(raw, 0, contentType)
	if s.Err != nil {
		return nil, s.Err
	}
	d := &SignedData{ContentType: p.contentType, DER: true, Hashes: []crypto.Hash{p.hash},
		Signers: []*SignerInfo{s}}
	if !p.withoutCerts {
		for _, c := range p.chain {
			d.AddCertificates(c.Raw)
		}
	}
	d.Version = d.wantVersion()
	return d, nil
}
