package certtest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

// An Entity is a certificate with its key and the entity that issued it.
type Entity struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	Issuer      *Entity // nil for a root
}

// A Template says what a certificate shall be. Zero values take the defaults of the role.
type Template struct {
	Subject   pkix.Name
	Key       crypto.Signer // default: the process's key of kind Kind named by the common name
	Kind      KeyKind       // default RSA2048
	NotBefore time.Time     // default: a year ago
	NotAfter  time.Time     // default: in two years
	// Change edits the certificate before it is signed. May be nil.
	Change func(*x509.Certificate)
}

// A PKI is a root, a subordinate authority below it, and what the subordinate issues.
type PKI struct {
	Root, Sub *Entity
}

// NewPKI makes a root and a subordinate authority with keys of that kind.
func NewPKI(t testing.TB, kind KeyKind) *PKI {
	t.Helper()
	name := func(cn string) pkix.Name {
		return pkix.Name{CommonName: cn + " " + string(kind),
			Organization: []string{"Rubrica Test"}, Country: []string{"EC"}}
	}
	root := issue(t, nil, Template{Subject: name("Test Root"), Kind: kind}, asAuthority)
	sub := issue(t, root, Template{Subject: name("Test Sub CA"), Kind: kind}, asAuthority)
	return &PKI{Root: root, Sub: sub}
}

// Signer issues a certificate for signing documents (digitalSignature and nonRepudiation).
func (p *PKI) Signer(t testing.TB, tpl Template) *Entity {
	t.Helper()
	return issue(t, p.Sub, tpl, func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	})
}

// TSA issues a certificate for a time-stamping authority (critical extended key usage, RFC 3161,
// 2.3).
func (p *PKI) TSA(t testing.TB, tpl Template) *Entity {
	t.Helper()
	return issue(t, p.Sub, tpl, func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{
			Id: []int{2, 5, 29, 37}, Critical: true,
			// SEQUENCE { OID id-kp-timeStamping }
			Value: []byte{0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08},
		})
	})
}

// Authority issues a further authority below issuer.
func (e *Entity) Authority(t testing.TB, tpl Template) *Entity {
	t.Helper()
	return issue(t, e, tpl, asAuthority)
}

func asAuthority(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid = true, true
	c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature
}

// Serial returns a fresh positive serial number of 120 random bits.
func Serial() *big.Int {
	raw := make([]byte, 16)
	rand.Read(raw)
	raw[0] = 0x40 | raw[0]&0x3f
	return new(big.Int).SetBytes(raw)
}

func issue(t testing.TB, issuer *Entity, tpl Template, role func(*x509.Certificate)) *Entity {
	t.Helper()
	if tpl.Kind == "" {
		tpl.Kind = RSA2048
	}
	if tpl.Subject.CommonName == "" {
		tpl.Subject.CommonName = "Test Signer " + string(tpl.Kind)
	}
	key := tpl.Key
	if key == nil {
		key = Key(t, tpl.Kind, tpl.Subject.CommonName)
	}
	now := time.Now().Truncate(time.Second)
	c := &x509.Certificate{
		SerialNumber: Serial(), Subject: tpl.Subject,
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(2, 0, 0),
	}
	if !tpl.NotBefore.IsZero() {
		c.NotBefore = tpl.NotBefore
	}
	if !tpl.NotAfter.IsZero() {
		c.NotAfter = tpl.NotAfter
	}
	role(c)
	if id, err := keyID(key.Public()); err == nil {
		c.SubjectKeyId = id
	}
	if tpl.Change != nil {
		tpl.Change(c)
	}
	parent, signer := c, key
	if issuer != nil {
		parent, signer = issuer.Certificate, issuer.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatalf("certtest: issuing %q: %v", c.Subject, err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatalf("certtest: reading %q back: %v", c.Subject, err)
	}
	return &Entity{Certificate: parsed, Key: key, Issuer: issuer}
}

// Chain returns the certificates from the entity up to, but without, the root.
func (e *Entity) Chain() []*x509.Certificate {
	var chain []*x509.Certificate
	for at := e; at != nil && (at.Issuer != nil || at == e); at = at.Issuer {
		chain = append(chain, at.Certificate)
	}
	return chain
}

// CRL makes a full list of the entity that revokes those certificates, as of an hour ago, good for
// a week from now.
func (e *Entity) CRL(t testing.TB, revoked ...*Entity) []byte {
	t.Helper()
	now := time.Now().Truncate(time.Second)
	list := &x509.RevocationList{Number: big.NewInt(now.Unix()), ThisUpdate: now.Add(-time.Hour),
		NextUpdate: now.AddDate(0, 0, 7)}
	for _, r := range revoked {
		entry := x509.RevocationListEntry{SerialNumber: r.Certificate.SerialNumber,
			RevocationTime: now.Add(-2 * time.Hour), ReasonCode: 1}
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, entry)
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, e.Certificate, e.Key)
	if err != nil {
		t.Fatalf("certtest: making a CRL: %v", err)
	}
	return der
}

// OCSP makes the entity's answer about a certificate that it issued: status is ocsp.Good,
// ocsp.Revoked or ocsp.Unknown of golang.org/x/crypto/ocsp.
func (e *Entity) OCSP(t testing.TB, about *Entity, status int) []byte {
	t.Helper()
	now := time.Now().Truncate(time.Second)
	answer := ocsp.Response{Status: status, SerialNumber: about.Certificate.SerialNumber,
		ThisUpdate: now.Add(-time.Hour), NextUpdate: now.AddDate(0, 0, 7)}
	if status == ocsp.Revoked {
		answer.RevokedAt, answer.RevocationReason = now.Add(-2*time.Hour), ocsp.KeyCompromise
	}
	der, err := ocsp.CreateResponse(e.Certificate, e.Certificate, answer, e.Key)
	if err != nil {
		t.Fatalf("certtest: making an OCSP answer: %v", err)
	}
	return der
}

// WritePEM writes certificates to a new file in the test's folder and returns its path.
func WritePEM(t testing.TB, certificates ...*x509.Certificate) string {
	t.Helper()
	var out bytes.Buffer
	for _, c := range certificates {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return WriteFile(t, "certificates-*.pem", out.Bytes())
}

// WriteFile writes data to a new file in the test's folder, named by pattern as in os.CreateTemp.
func WriteFile(t testing.TB, pattern string, data []byte) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), pattern)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return path
}
