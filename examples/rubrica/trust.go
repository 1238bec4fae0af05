package main

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rubrica/rubrica/certificate/ec"
	"github.com/rubrica/rubrica/certificate/trustlist"
	"github.com/rubrica/rubrica/signing"
)

// trustJSON is the answer of trust build and trust show.
type trustJSON struct {
	File       string        `json:"file"`
	OK         bool          `json:"ok"`
	Code       signing.Code  `json:"code"`
	Message    string        `json:"message"`
	Territory  string        `json:"territory"`
	Sequence   int64         `json:"sequence"`
	Issued     string        `json:"issued"`
	NextUpdate string        `json:"nextUpdate"`
	Entities   []entityJSON  `json:"entities"`
	Refused    []refusedJSON `json:"refused,omitempty"`
}

type entityJSON struct {
	Name         string   `json:"name"`
	Roots        []string `json:"roots"`
	Subordinates []string `json:"subordinates"`
	CRL          []string `json:"crl"`
	OCSP         []string `json:"ocsp"`
}

type refusedJSON struct {
	Subject string `json:"subject"`
	Reason  string `json:"reason"`
}

// buildTrust makes a signed trust list from the certificates of authorities.
func buildTrust(ctx context.Context, c *call) int {
	territory := c.flags.String("territory", "EC", "the territory, two letters")
	operator := c.flags.String("operator", "", "who keeps the list")
	sequence := c.flags.Int64("sequence", 1, "grows with each list")
	days := c.flags.Int("days", 180, "how long the list is good")
	p12 := c.flags.String("p12", "", "the key that signs the list; required")
	password := c.passwords("password")
	out := c.flags.String("out", "", "the file to write; required")
	if err := c.parse(1, -1); err != nil {
		return c.badUsage(err)
	}
	if *p12 == "" || *out == "" {
		return c.badUsage(errors.New("--p12 and --out are required"))
	}
	certificates, err := readCertificates(c.files)
	if err != nil {
		return c.fail("", signing.CodeUnreadable, err, exitUnusable)
	}
	secret, err := c.secret("password", password)
	if err != nil {
		return c.badUsage(err)
	}
	signer, err := openSigner(*p12, secret)
	secret.Destroy()
	if err != nil {
		return c.refuse(*p12, err)
	}
	list, refused, err := trustlist.Build(ctx, trustlist.Source{
		Territory: *territory, Operator: *operator, Sequence: *sequence,
		Issued: c.now(), Validity: time.Duration(*days) * 24 * time.Hour,
		Certificates: certificates, Policies: knownPolicies})
	if err != nil {
		return c.fail("", "refused", err, exitRefused)
	}
	data, err := trustlist.Sign(list, signer.Key)
	if err != nil {
		return c.fail("", "refused", err, exitRefused)
	}
	err = writeWhole(*out, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return c.fail(*out, signing.CodeUnreadable, err, exitUnusable)
	}
	return c.answerTrust(*out, list, refused)
}

// knownPolicies are the policy identifiers of the entities that package ec knows.
func knownPolicies(organization string) (list []trustlist.Policy) {
	for _, p := range ec.Policies(organization) {
		list = append(list, trustlist.Policy{OID: p.OID, Kind: p.Kind})
	}
	return list
}

// showTrust verifies a trust list and says what it holds.
func showTrust(_ context.Context, c *call) int {
	signers := c.list("signer",
		"the certificate whose key signs the list, PEM or DER; repeatable, required")
	if err := c.parse(1, 1); err != nil {
		return c.badUsage(err)
	}
	if len(*signers) == 0 {
		return c.badUsage(errors.New("--signer is required"))
	}
	certificates, err := readCertificates(*signers)
	if err != nil {
		return c.badUsage(err)
	}
	var keys []crypto.PublicKey
	for _, cert := range certificates {
		keys = append(keys, cert.PublicKey)
	}
	data, err := readFile(c.files[0], trustlist.MaxOctets)
	if err != nil {
		return c.fail(c.files[0], signing.CodeUnreadable, err, exitUnusable)
	}
	list, err := trustlist.Open(data, keys)
	switch {
	case errors.Is(err, trustlist.ErrUntrusted):
		return c.fail(c.files[0], "untrusted", err, exitRefused)
	case err != nil:
		return c.fail(c.files[0], codeMalformed, err, exitRefused)
	}
	return c.answerTrust(c.files[0], list, nil)
}

func (c *call) answerTrust(file string, l *trustlist.List, refused []trustlist.Refused) int {
	a := trustJSON{File: file, OK: true, Territory: l.Territory, Sequence: l.Sequence,
		Issued: timeText(l.Issued), NextUpdate: timeText(l.NextUpdate), Entities: []entityJSON{}}
	for _, e := range l.Entities {
		a.Entities = append(a.Entities, entityJSON{Name: e.Name, Roots: subjects(e.Roots),
			Subordinates: subjects(e.Subordinates), CRL: some(e.Status.CRL), OCSP: some(e.Status.OCSP)})
	}
	for _, r := range refused {
		a.Refused = append(a.Refused, refusedJSON{r.Certificate.Subject.String(), r.Reason})
	}
	if c.json {
		c.printJSON(a)
		return exitDone
	}
	fmt.Fprintf(c.out, "%s: list %d of %s, %s to %s\n",
		file, a.Sequence, a.Territory, a.Issued, a.NextUpdate)
	for _, e := range a.Entities {
		fmt.Fprintf(c.out, "  %s: %d roots, %d subordinates\n", e.Name, len(e.Roots), len(e.Subordinates))
	}
	for _, r := range a.Refused {
		fmt.Fprintf(c.out, "  left out: %s: %s\n", r.Subject, r.Reason)
	}
	return exitDone
}

func subjects(list []trustlist.Certificate) []string {
	out := []string{}
	for _, c := range list {
		out = append(out, c.Subject.String())
	}
	return out
}
