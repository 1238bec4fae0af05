package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/fetch"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/tsp"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

// signOptions are the options of sign and prepare.
type signOptions struct {
	c        *call
	p12      *string
	password passwordOptions
	profile  *string
	level    *string
	tsa      *string
	tsaP12   *string
	tsaPass  passwordOptions
	digest   *string
	pss      *bool
	fetch    *bool
	out      *string
	evidence evidenceOptions
	xml      xmlOptions
	pdf      pdfOptions
}

func (c *call) signOptions() signOptions {
	return signOptions{
		c: c,
		profile: c.flags.String("profile", "",
			"what is made; default by content: sri, xades, pades or cades"),
		level:    c.flags.String("level", "B", "B, T, LT or LTA"),
		tsa:      c.flags.String("tsa", "", "URL of a time-stamping authority"),
		tsaP12:   c.flags.String("tsa-p12", "", "PKCS#12 file of a time-stamping authority of one's own"),
		tsaPass:  c.passwords("tsa-password"),
		digest:   c.flags.String("digest", "", "sha256, sha384, sha512, sha3-256, …; default by profile"),
		pss:      c.flags.Bool("pss", false, "RSASSA-PSS where the key is RSA"),
		fetch:    c.fetching(),
		out:      c.flags.String("out", "", "the file to be written"),
		evidence: c.evidence(),
		xml:      c.xmlOptions(),
		pdf:      c.pdfOptions(),
	}
}

// digests are the words of --digest, without hyphens.
var digests = map[string]crypto.Hash{
	"sha1": crypto.SHA1, "sha224": crypto.SHA224, "sha256": crypto.SHA256, "sha384": crypto.SHA384,
	"sha512": crypto.SHA512, "sha3256": crypto.SHA3_256, "sha3384": crypto.SHA3_384,
	"sha3512": crypto.SHA3_512,
}

// hash reads --digest; zero when it is not given.
func (o signOptions) hash() (crypto.Hash, error) {
	if *o.digest == "" {
		return 0, nil
	}
	h, ok := digests[strings.ReplaceAll(strings.ToLower(*o.digest), "-", "")]
	if !ok {
		return 0, fmt.Errorf("--digest: %q is unknown", *o.digest)
	}
	return h, nil
}

// signer opens the key: the one for signing, also where the file holds two.
func (o signOptions) signer() (signing.Signer, error) {
	if *o.p12 == "" {
		return signing.Signer{}, errors.New("--p12 is required")
	}
	secret, err := o.c.secret("password", o.password)
	if err != nil {
		return signing.Signer{}, err
	}
	defer secret.Destroy()
	return openSigner(*o.p12, secret)
}

func openSigner(name string, secret token.Secret) (signing.Signer, error) {
	raw, err := readFile(name, maxP12)
	if err != nil {
		return signing.Signer{}, err
	}
	file, err := pkcs12.Open(raw, secret, pkcs12.Limits{Parse: certificate.Parse})
	if err != nil {
		return signing.Signer{}, err
	}
	key, err := file.SigningKey()
	if err != nil {
		return signing.Signer{}, err
	}
	return signing.Signer{Key: key.Signer, Chain: key.Chain}, nil
}

// completeChain adds issuers that the key's file does not hold, from --intermediate and --trust.
func completeChain(chain []*x509.Certificate, e evidence) []*x509.Certificate {
	chain = append([]*x509.Certificate{}, chain...)
	for len(chain) < maxChain {
		last := chain[len(chain)-1]
		if isSelfIssued(last) {
			break
		}
		issuer := findIssuer(last, e.intermediate)
		if issuer == nil {
			issuer = findIssuer(last, e.trust)
		}
		if issuer == nil {
			break
		}
		chain = append(chain, issuer)
	}
	return chain
}

// maxChain stops at loops of certificates that certify each other.
const maxChain = 10

func isSelfIssued(c *x509.Certificate) bool { return string(c.RawSubject) == string(c.RawIssuer) }

func findIssuer(c *x509.Certificate, among []*x509.Certificate) *x509.Certificate {
	for _, candidate := range among {
		if string(candidate.RawSubject) == string(c.RawIssuer) && c.CheckSignatureFrom(candidate) == nil {
			return candidate
		}
	}
	return nil
}

// demoTSAPolicy is the policy of --tsa-p12 and tsa serve: the arc of examples, RFC 5612's cousin
// for object identifiers (2.999, ITU-T X.660).
var demoTSAPolicy = asn1.ObjectIdentifier{2, 999, 1}

// timestamper is what --tsa or --tsa-p12 name, nil when neither is given.
func (o signOptions) timestamper(e evidence) (signing.Timestamper, error) {
	switch {
	case *o.tsa != "":
		return &tsp.Client{
			Authorities: []tsp.Authority{{URL: *o.tsa}},
			Transport:   &tsp.HTTP{Client: httpClient()},
			Validation:  e.validation(nil),
			Clock:       o.c.now, UnsafeAnyAuthority: len(e.trust) == 0,
		}, nil
	case *o.tsaP12 != "":
		secret, err := o.tsaSecret()
		if err != nil {
			return nil, err
		}
		defer secret.Destroy()
		authority, err := openSigner(*o.tsaP12, secret)
		if err != nil {
			return nil, fmt.Errorf("--tsa-p12: %w", err)
		}
		return tsp.NewServer(tsp.ServerConfig{Signer: authority, Policy: demoTSAPolicy, Clock: o.c.now})
	}
	return nil, nil
}

// tsaSecret is the password of --tsa-p12: its own, or that of --p12.
func (o signOptions) tsaSecret() (token.Secret, error) {
	if o.c.hasSecret("tsa-password", o.tsaPass) {
		return o.c.secret("tsa-password", o.tsaPass)
	}
	return o.c.secret("password", o.password)
}

// validation is what the options let a validator believe.
func (e evidence) validation(f *fetch.Fetcher) signing.Validation {
	return signing.Validation{Anchors: e.trust, Certificates: e.intermediate,
		CRLs: e.crls, OCSPs: e.ocsps, Time: e.time, Fetcher: f}
}

// needTimestamper says that a level cannot be reached without an authority.
func needTimestamper(level signing.Level, t signing.Timestamper) error {
	if level >= signing.LevelT && t == nil {
		return fmt.Errorf("level %s needs --tsa or --tsa-p12", level)
	}
	return nil
}

// signTask is one signature to be made, with all that the options say read.
type signTask struct {
	in          *input
	signer      signing.Signer // without a key where prepare was asked for
	profile     string
	level       signing.Level
	hash        crypto.Hash
	pss         bool
	timestamper signing.Timestamper
	evidence    evidence
	fetcher     *fetch.Fetcher
	at          time.Time
	xml         xmlOptions
	pdf         pdfOptions
	detached    string            // the content of a signature to be extended that stands apart
	findings    []signing.Finding // what the signer should know
}

// task reads the options. The caller closes the input.
func (o signOptions) task(_ context.Context) (*signTask, error) {
	t := &signTask{xml: o.xml, pdf: o.pdf, pss: *o.pss}
	var err error
	if t.level, err = signing.ParseLevel(*o.level); err != nil {
		return nil, err
	}
	if t.hash, err = o.hash(); err != nil {
		return nil, err
	}
	if t.evidence, err = o.evidence.read(o.c.now); err != nil {
		return nil, err
	}
	t.at = t.evidence.time
	if t.timestamper, err = o.timestamper(t.evidence); err != nil {
		return nil, err
	}
	if err = needTimestamper(t.level, t.timestamper); err != nil {
		return nil, err
	}
	if *o.fetch {
		t.fetcher = ownFetcher(o.c.now)
	}
	if t.in, err = openInput(o.c.files[0]); err != nil {
		return nil, &inputError{err}
	}
	t.profile = *o.profile
	if t.profile == "" {
		t.profile = defaultProfile(t.in)
	}
	return t, nil
}

// inputError says that the file to be signed is the trouble, not the command line.
type inputError struct{ error }

func (e *inputError) Unwrap() error { return e.error }
