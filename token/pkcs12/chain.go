package pkcs12

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"slices"

	"github.com/rubrica/rubrica/token"
)

const (
	maxChain        = 16   // the longest chain that is put together; real ones have three or four
	maxChecks       = 256  // signatures looked at in one file; a check costs up to 10 ms
	maxIssuerBits   = 8192 // RSA keys beyond take seconds a check, and no authority has one
	signatureChecks = "signature checks"
)

// holder is a certificate of the file with the names it has there.
type holder struct {
	cert  *x509.Certificate
	alias string
	id    []byte
	used  bool
}

func (r *reader) certificates() ([]holder, error) {
	holders := make([]holder, 0, len(r.certs))
	for _, b := range r.certs {
		cert, err := r.limits.Parse(b.der)
		if err != nil {
			return nil, malformed("Certificate", "not an X.509 certificate")
		}
		holders = append(holders, holder{cert: cert, alias: b.alias, id: b.id})
	}
	return holders, nil
}

// joiner puts chains together.
type joiner struct {
	certs   []holder
	issuers map[*x509.Certificate]*x509.Certificate // what was found; nil when there is none
	checks  int
}

// join gives each key its certificate and chain, and returns the certificates that no key wants. A
// certificate belongs to a key if it certifies its public half, whatever localKeyId says; if there
// are several, localKeyId chooses, else the one that ends last.
func join(keys []token.Key, certs []holder) ([]*x509.Certificate, error) {
	j := joiner{certs: certs, issuers: map[*x509.Certificate]*x509.Certificate{}}
	for i := range keys {
		leaf := leafOf(keys[i], certs)
		if leaf == nil {
			continue
		}
		if keys[i].Alias == "" {
			keys[i].Alias = leaf.alias
		}
		var err error
		if keys[i].Chain, err = j.chainOf(leaf); err != nil {
			return nil, err
		}
	}
	var rest []*x509.Certificate
	for _, h := range certs {
		if !h.used {
			rest = append(rest, h.cert)
		}
	}
	return rest, nil
}

func leafOf(key token.Key, certs []holder) *holder {
	public, ok := key.Signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok {
		return nil
	}
	var best *holder
	for i := range certs {
		h := &certs[i]
		if !public.Equal(h.cert.PublicKey) {
			continue
		}
		named := len(key.ID) > 0 && bytes.Equal(key.ID, h.id)
		bestNamed := best != nil && len(key.ID) > 0 && bytes.Equal(key.ID, best.id)
		if best == nil || named && !bestNamed ||
			named == bestNamed && h.cert.NotAfter.After(best.cert.NotAfter) {
			best = h
		}
	}
	return best
}

// chainOf follows the issuers by name and signature, as far as the file has them.
func (j *joiner) chainOf(leaf *holder) ([]*x509.Certificate, error) {
	leaf.used = true
	chain := []*x509.Certificate{leaf.cert}
	for at := leaf.cert; len(chain) < maxChain && !bytes.Equal(at.RawIssuer, at.RawSubject); {
		issuer, err := j.issuerOf(at)
		if err != nil {
			return nil, err
		}
		if issuer == nil || slices.Contains(chain, issuer) {
			break
		}
		chain = append(chain, issuer)
		at = issuer
	}
	return chain, nil
}

// issuerOf finds the issuer of a certificate, once.
func (j *joiner) issuerOf(cert *x509.Certificate) (*x509.Certificate, error) {
	if issuer, known := j.issuers[cert]; known {
		return issuer, nil
	}
	for i := range j.certs {
		candidate := j.certs[i].cert
		if !bytes.Equal(cert.RawIssuer, candidate.RawSubject) || otherKey(cert, candidate) {
			continue
		}
		if j.checks++; j.checks > maxChecks {
			return nil, &LimitError{Limit: signatureChecks, Max: maxChecks}
		}
		if signedBy(cert, candidate) {
			j.certs[i].used = true
			j.issuers[cert] = candidate
			return candidate, nil
		}
	}
	j.issuers[cert] = nil
	return nil, nil
}

// otherKey reports whether the key identifiers say that it was another key.
func otherKey(cert, issuer *x509.Certificate) bool {
	return len(cert.AuthorityKeyId) > 0 && len(issuer.SubjectKeyId) > 0 &&
		!bytes.Equal(cert.AuthorityKeyId, issuer.SubjectKeyId)
}

// signedBy checks the signature alone. Where crypto/x509 does not know the algorithm (SHA-1), or
// the key is too long to try, name and key identifiers have decided. Whether the chain is to be
// trusted is for others to say.
func signedBy(cert, issuer *x509.Certificate) bool {
	if key, ok := issuer.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxIssuerBits {
		return true
	}
	err := issuer.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature)
	_, insecure := err.(x509.InsecureAlgorithmError)
	return err == nil || insecure || err == x509.ErrUnsupportedAlgorithm
}
