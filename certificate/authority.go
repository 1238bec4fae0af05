package certificate

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/rubrica/rubrica/certificate/internal/sign"
)

// AuthorityConfig is what an [Authority] works with. Certificate, Key, Ledger, Profiles and Clock
// are required.
type AuthorityConfig struct {
	// Certificate is the authority's own: with keyCertSign, valid now, for Key.
	Certificate *x509.Certificate

	// Key signs certificates and lists: RSA (PKCS #1 v1.5 with SHA-256), ECDSA (with the hash of
	// the curve's size) or Ed25519. An *ecdsa.PrivateKey signs as RFC 6979 has it.
	Key crypto.Signer

	Ledger   Ledger
	Profiles []*Profile

	// Linters are asked after the package's own rules. Use lint.New of certificate/lint for zlint.
	Linters []Linter

	// Clock tells the time of everything recorded and issued.
	Clock func() time.Time

	// Random makes serial numbers; nil is crypto/rand.Reader.
	Random io.Reader

	// Addresses that go into certificates; none by default.
	CRL    []string // CRLDistributionPoints
	OCSP   []string // AuthorityInfoAccess, id-ad-ocsp
	Issuer []string // AuthorityInfoAccess, id-ad-caIssuers
}

// Authority issues and revokes under one name and key. It keeps no state but what is in the ledger:
// any number of them, in any number of processes, may work on one ledger. Safe for concurrent use.
type Authority struct {
	c        AuthorityConfig
	cert     *x509.Certificate // nil while a root plans its own
	name     []byte            // DER of the issuer name
	keyID    []byte            // goes into AuthorityKeyIdentifier
	id       string
	profiles map[string]*Profile
	alg      sign.Algorithm
	lists    chan struct{} // holds one: only one list is made at a time
}

// NewAuthority checks the configuration. The error is a [*ConfigError].
func NewAuthority(c AuthorityConfig) (*Authority, error) {
	if c.Certificate == nil {
		return nil, &ConfigError{"AuthorityConfig.Certificate", "required"}
	}
	cert := c.Certificate
	switch {
	case !cert.IsCA || !cert.BasicConstraintsValid || cert.KeyUsage&x509.KeyUsageCertSign == 0:
		return nil, &ConfigError{"AuthorityConfig.Certificate", "not of an authority"}
	case len(cert.SubjectKeyId) == 0:
		return nil, &ConfigError{"AuthorityConfig.Certificate", "no subject key identifier"}
	}
	a, err := newAuthority(c, cert.RawSubject, cert.SubjectKeyId)
	if err != nil {
		return nil, err
	}
	own, err := x509.MarshalPKIXPublicKey(c.Key.Public())
	if err != nil || !bytes.Equal(own, cert.RawSubjectPublicKeyInfo) {
		return nil, &ConfigError{"AuthorityConfig.Key", "not the key of the certificate"}
	}
	a.cert = cert
	return a, nil
}

func newAuthority(c AuthorityConfig, name, keyID []byte) (*Authority, error) {
	switch {
	case c.Key == nil:
		return nil, &ConfigError{"AuthorityConfig.Key", "required"}
	case c.Ledger == nil:
		return nil, &ConfigError{"AuthorityConfig.Ledger", "required"}
	case c.Clock == nil:
		return nil, &ConfigError{"AuthorityConfig.Clock", "required"}
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	a := &Authority{c: c, name: name, keyID: keyID, profiles: map[string]*Profile{},
		lists: make(chan struct{}, 1)}
	for _, p := range c.Profiles {
		if p == nil || a.profiles[p.Name()] != nil {
			return nil, &ConfigError{"AuthorityConfig.Profiles", "nil or two of one name"}
		}
		a.profiles[p.Name()] = p
	}
	for _, address := range append(append(append([]string(nil), c.CRL...), c.OCSP...), c.Issuer...) {
		if address == "" || !isIA5(address) {
			return nil, &ConfigError{"AuthorityConfig", "an address is empty or not ASCII"}
		}
	}
	var ok bool
	if a.alg, ok = sign.For(c.Key.Public()); !ok {
		return nil, &ConfigError{
			"AuthorityConfig.Key",
			"neither RSA, ECDSA on a NIST curve nor Ed25519",
		}
	}
	spki, err := x509.MarshalPKIXPublicKey(c.Key.Public())
	if err != nil {
		return nil, &ConfigError{"AuthorityConfig.Key", "public key cannot be encoded"}
	}
	a.id = issuerID(name, spki)
	return a, nil
}

// issuerID names an issuer in the ledger: by its name and key, so that a renewed certificate of the
// authority goes on with the same records.
func issuerID(name, spki []byte) string {
	h := sha256.New()
	h.Write(name)
	h.Write(spki)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// IssuerID returns what [Record.Issuer] is for the certificates of this issuer: what a reader of
// the ledger without the authority's key, such as an OCSP responder, asks for.
func IssuerID(issuer *x509.Certificate) string {
	return issuerID(issuer.RawSubject, issuer.RawSubjectPublicKeyInfo)
}

// ID returns [IssuerID] of the authority's certificate.
func (a *Authority) ID() string { return a.id }

// Certificate returns the authority's own certificate.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// keyIdentifier is method 1 of RFC 7093, 2: the leftmost 160 bits of the SHA-256 of the key.
func keyIdentifier(spki []byte) ([]byte, error) {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if rest, err := asn1.Unmarshal(spki, &info); err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("certificate: public key: malformed SubjectPublicKeyInfo")
	}
	sum := sha256.Sum256(info.Key.Bytes)
	return sum[:20], nil
}
