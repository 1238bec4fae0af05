package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/ec"
	"github.com/rubrica/rubrica/signing"
)

// certificateJSON is the answer of x509 show: one for each certificate of a file.
type certificateJSON struct {
	File               string          `json:"file"`
	OK                 bool            `json:"ok"`
	Code               signing.Code    `json:"code"`
	Message            string          `json:"message"`
	Subject            string          `json:"subject"`
	Issuer             string          `json:"issuer"`
	Serial             string          `json:"serial"`
	NotBefore          string          `json:"notBefore"`
	NotAfter           string          `json:"notAfter"`
	Version            int             `json:"version"`
	SignatureAlgorithm string          `json:"signatureAlgorithm"`
	Key                string          `json:"key"`
	IsCA               bool            `json:"isCA"`
	PathLength         *int            `json:"pathLength,omitempty"`
	Usages             []string        `json:"usages"`
	ExtendedUsages     []string        `json:"extendedUsages"`
	Policies           []string        `json:"policies"`
	SubjectKeyID       string          `json:"subjectKeyId"`
	AuthorityKeyID     string          `json:"authorityKeyId"`
	OCSP               []string        `json:"ocsp"`
	CRL                []string        `json:"crl"`
	IssuerURLs         []string        `json:"caIssuers"`
	Names              []string        `json:"names"`
	Extensions         []extensionJSON `json:"extensions"`
	SHA256             string          `json:"sha256"`
	Identity           holderJSON      `json:"identity"`
}

type extensionJSON struct {
	OID      string `json:"oid"`
	Critical bool   `json:"critical"`
}

// holderJSON is the holder's identity with where it was read.
type holderJSON struct {
	identityJSON
	Passport     string `json:"passport,omitempty"`
	Organization string `json:"organization,omitempty"`
	Authority    string `json:"authority"`
	Generation   string `json:"generation"`
	Kind         string `json:"kind"`
}

// A shower shows what files hold: T as its reader reads it, A as the command answers.
type shower[T, A any] struct {
	read   func(der []byte) (T, error)
	tell   func(file string, value T) A
	unread func(file string, code signing.Code, err error) A
	answer func(a A, exit int) int
}

// each answers for everything in every file, and returns the worst exit status.
func (s shower[T, A]) each(c *call) int {
	if err := c.parse(1, -1); err != nil {
		return c.badUsage(err)
	}
	exit := exitDone
	for _, name := range c.files {
		blocks, err := readDER(name)
		if err != nil {
			unread := s.unread(name, signing.CodeUnreadable, err)
			exit = max(exit, s.answer(unread, exitUnusable))
		}
		for _, der := range blocks {
			exit = max(exit, s.one(name, der))
		}
	}
	return exit
}

func (s shower[T, A]) one(file string, der []byte) int {
	value, err := s.read(der)
	if err != nil {
		return s.answer(s.unread(file, codeMalformed, err), exitRefused)
	}
	return s.answer(s.tell(file, value), exitDone)
}

func showCertificates(_ context.Context, c *call) int {
	return shower[*x509.Certificate, certificateJSON]{
		certificate.Parse, describeCertificate, notShown, c.answerShown,
	}.each(c)
}

// notShown is the answer about what cannot be read: the same fields, its lists empty.
func notShown(file string, code signing.Code, err error) certificateJSON {
	none := []string{}
	return certificateJSON{File: file, Code: code, Message: err.Error(), Usages: none,
		ExtendedUsages: none, Policies: none, OCSP: none, CRL: none, IssuerURLs: none, Names: none,
		Extensions: []extensionJSON{}}
}

func describeCertificate(name string, c *x509.Certificate) certificateJSON {
	sum := sha256.Sum256(c.Raw)
	a := certificateJSON{File: name, OK: true,
		Subject: c.Subject.String(), Issuer: c.Issuer.String(), Serial: c.SerialNumber.String(),
		NotBefore: timeText(c.NotBefore), NotAfter: timeText(c.NotAfter),
		Version: c.Version, SignatureAlgorithm: c.SignatureAlgorithm.String(), Key: describeKeyOf(c),
		IsCA: c.IsCA, Usages: usageWords(c), ExtendedUsages: []string{}, Policies: []string{},
		SubjectKeyID:   hex.EncodeToString(c.SubjectKeyId),
		AuthorityKeyID: hex.EncodeToString(c.AuthorityKeyId),
		OCSP:           some(c.OCSPServer), CRL: some(c.CRLDistributionPoints),
		IssuerURLs: some(c.IssuingCertificateURL),
		Names:      append(some(c.DNSNames), c.EmailAddresses...), Extensions: []extensionJSON{},
		SHA256: hex.EncodeToString(sum[:]), Identity: describeHolder(c)}
	if c.BasicConstraintsValid && (c.MaxPathLen > 0 || c.MaxPathLenZero) {
		a.PathLength = &c.MaxPathLen
	}
	for _, u := range c.ExtKeyUsage {
		a.ExtendedUsages = append(a.ExtendedUsages, u.String())
	}
	for _, u := range c.UnknownExtKeyUsage {
		a.ExtendedUsages = append(a.ExtendedUsages, u.String())
	}
	for _, p := range c.Policies {
		a.Policies = append(a.Policies, p.String())
	}
	for _, ip := range c.IPAddresses {
		a.Names = append(a.Names, ip.String())
	}
	for _, u := range c.URIs {
		a.Names = append(a.Names, u.String())
	}
	for _, e := range c.Extensions {
		a.Extensions = append(a.Extensions, extensionJSON{e.Id.String(), e.Critical})
	}
	return a
}

func some(list []string) []string { return append([]string{}, list...) }

func describeKeyOf(c *x509.Certificate) string {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "unsupported"
}

func describeHolder(c *x509.Certificate) holderJSON {
	h := ec.Holder(c)
	return holderJSON{identityJSON: identityAnswer(c), Passport: h.Passport,
		Organization: h.Organization, Authority: h.Authority, Generation: h.Generation, Kind: h.Kind}
}

func (c *call) answerShown(a certificateJSON, exit int) int {
	switch {
	case c.json:
		c.printJSON(a)
	case !a.OK:
		return c.fail(a.File, a.Code, fmt.Errorf("%s", a.Message), exit)
	default:
		fmt.Fprintf(c.out, "%s\n  issuer     %s\n  serial     %s\n", a.Subject, a.Issuer, a.Serial)
		fmt.Fprintf(c.out, "  valid      %s to %s\n", a.NotBefore, a.NotAfter)
		fmt.Fprintf(c.out, "  key        %s, %s\n", a.Key, strings.Join(a.Usages, " "))
		if id := a.Identity; id.Authority != "" {
			fmt.Fprintf(c.out, "  holder     %s, cédula %q, RUC %q (%s, %s)\n",
				id.Name, id.Cedula, id.RUC, id.Authority, id.Kind)
		}
	}
	return exit
}
