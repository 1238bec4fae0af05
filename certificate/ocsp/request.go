package ocsp

import (
	"crypto"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/signature"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// MediaTypes of requests and answers over HTTP, RFC 6960, appendix A.
const (
	RequestMediaType  = "application/ocsp-request"
	ResponseMediaType = "application/ocsp-response"
)

// Bounds of a nonce in octets, RFC 9654, 2.1. Requests should carry 32.
const (
	MinNonce = 1
	MaxNonce = 128
)

// Inquiry is what a request asks.
type Inquiry struct {
	Certificate, Issuer *x509.Certificate
	// Hash of the CertID. 0: SHA-1, the one that every responder knows; here it identifies, and
	// nothing rests on its strength.
	Hash crypto.Hash
	// Nonce ties the answer to the request. nil: none, so that answers can be cached.
	Nonce []byte
}

// NewRequest returns an unsigned OCSPRequest in DER.
func NewRequest(q Inquiry) ([]byte, error) {
	c, err := syntax.ReadCertificate(q.Certificate.Raw)
	if err != nil {
		return nil, err
	}
	issuer, err := syntax.ReadCertificate(q.Issuer.Raw)
	if err != nil {
		return nil, err
	}
	if q.Hash == 0 {
		q.Hash = crypto.SHA1
	}
	algorithm := signature.HashIdentifier(q.Hash)
	if algorithm == nil {
		return nil, errors.New("ocsp: hash function not supported in a CertID")
	}
	if q.Nonce != nil && (len(q.Nonce) < MinNonce || len(q.Nonce) > MaxNonce) {
		return nil, errors.New("ocsp: a nonce has 1 to 128 octets")
	}
	id := sequence(algorithm, der.Element(der.OctetString, digest(q.Hash, c.Issuer)),
		der.Element(der.OctetString, digest(q.Hash, issuer.Key.Key)),
		der.Element(der.Integer, c.Serial))
	parts := [][]byte{sequence(sequence(id))}
	if q.Nonce != nil {
		parts = append(parts, nonceExtensions(q.Nonce))
	}
	return sequence(sequence(parts...)), nil
}

// nonceExtensions is requestExtensions [2] with the nonce alone: an OCTET STRING in that of the
// extension.
func nonceExtensions(nonce []byte) []byte {
	value := der.Element(der.OctetString, der.Element(der.OctetString, nonce))
	extension := sequence(der.Element(der.OID, []byte(syntax.OIDNonce)), value)
	return der.Element(der.Constructed(2), sequence(extension))
}

func sequence(parts ...[]byte) []byte {
	return der.Element(der.Sequence, slices.Concat(parts...))
}

func digest(hash crypto.Hash, octets []byte) []byte {
	h := hash.New()
	h.Write(octets)
	return h.Sum(nil)
}

// Request is a request that was read, as a responder sees it.
type Request struct {
	Items []Item
	Nonce []byte // nil when absent
	// Signed says that the request carries a signature; it was not looked at.
	Signed bool
}

// Item asks about one certificate.
type Item struct {
	Hash      crypto.Hash // 0: not supported here
	NameHash  []byte      // of the issuer's name
	KeyHash   []byte      // of the issuer's key
	Serial    *big.Int
	RawCertID []byte // to be repeated in the answer
}

// ParseRequest reads one OCSPRequest in DER. The error names the field and its offset; a request
// with a critical extension that is not known is refused.
func ParseRequest(document []byte) (*Request, error) {
	q, err := syntax.ReadOCSPRequest(document)
	if err != nil {
		return nil, err
	}
	if q.UnknownCritical {
		return nil, &Error{Code: "unknown-extension",
			Message: "the request has a critical extension that is not known"}
	}
	out := &Request{Nonce: q.Nonce, Signed: q.Signed}
	for _, id := range q.IDs {
		out.Items = append(out.Items, Item{Hash: signature.HashByOID(id.Algorithm.OID),
			NameHash: id.NameHash, KeyHash: id.KeyHash, Serial: der.BigInt(id.Serial),
			RawCertID: id.Raw})
	}
	return out, nil
}

// About reports whether the item names a certificate of that issuer.
func (i Item) About(issuer *x509.Certificate) bool {
	c, err := syntax.ReadCertificate(issuer.Raw)
	return err == nil && i.Hash != 0 && string(i.NameHash) == string(digest(i.Hash, c.Subject)) &&
		string(i.KeyHash) == string(digest(i.Hash, c.Key.Key))
}
