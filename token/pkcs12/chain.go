package pkcs12

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"slices"

	"github.com/rubrica/rubrica/token"
)

// maxChain is the longest chain that is put together; real ones have three or four.
const maxChain = 16

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

// join gives each key its certificate and chain, and returns the certificates that no key wants. A
// certificate belongs to a key if it certifies its public half, whatever localKeyId says; if there
// are several, localKeyId chooses, else the one that ends last.
func join(keys []token.Key, certs []holder) []*x509.Certificate {
	for i := range keys {
		leaf := leafOf(keys[i], certs)
		if leaf == nil {
			continue
		}
		if keys[i].Alias == "" {
			keys[i].Alias = leaf.alias
		}
		keys[i].Chain = chainOf(leaf, certs)
	}
	var rest []*x509.Certificate
	for _, h := range certs {
		if !h.used {
			rest = append(rest, h.cert)
		}
	}
	return rest
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
func chainOf(leaf *holder, certs []holder) []*x509.Certificate {
	leaf.used = true
	chain := []*x509.Certificate{leaf.cert}
	for at := leaf.cert; len(chain) < maxChain && !bytes.Equal(at.RawIssuer, at.RawSubject); {
		issuer := issuerOf(at, certs)
		if issuer == nil || slices.Contains(chain, issuer) {
			break
		}
		chain = append(chain, issuer)
		at = issuer
	}
	return chain
}

func issuerOf(cert *x509.Certificate, certs []holder) *x509.Certificate {
	for i := range certs {
		candidate := certs[i].cert
		if bytes.Equal(cert.RawIssuer, candidate.RawSubject) && signedBy(cert, candidate) {
			certs[i].used = true
			return candidate
		}
	}
	return nil
}

// signedBy checks the signature alone; where crypto/x509 does not know the algorithm (SHA-1), the
// key identifiers decide. Whether the chain is to be trusted is for others to say.
func signedBy(cert, issuer *x509.Certificate) bool {
	if len(cert.AuthorityKeyId) > 0 && len(issuer.SubjectKeyId) > 0 &&
		!bytes.Equal(cert.AuthorityKeyId, issuer.SubjectKeyId) {
		return false
	}
	err := issuer.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature)
	_, insecure := err.(x509.InsecureAlgorithmError)
	return err == nil || insecure || err == x509.ErrUnsupportedAlgorithm
}
