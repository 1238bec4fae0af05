package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/path"
	"github.com/rubrica/rubrica/signing"
)

// statusCommands are those about certificates and their status.
func statusCommands() []command {
	return []command{
		{"x509 verify", "--trust F… [--intermediate F]… [--crl F]… [--ocsp F]… [--require-revocation] " +
			"[--time T] [--initial-policy OID]… [--require-explicit-policy] [--inhibit-any-policy] " +
			"[--inhibit-policy-mapping] [--tolerant] [--fetch] LEAF",
			"judges one certification path", verifyPath},
		{"x509 show", "FILE…", "says what certificates say, and who holds them", showCertificates},
		{"crl verify", "--issuer F [--cert F] [--time T] FILE", "judges a revocation list", verifyList},
		{"crl show", "FILE…", "says what revocation lists say", showLists},
		{"ocsp verify", "--issuer F [--cert F] [--time T] FILE", "judges an OCSP answer", verifyAnswer},
		{"ocsp show", "FILE…", "says what OCSP answers say", showAnswers},
		{"trust build", "--p12 F --out F [--territory EC] [--operator NAME] [--sequence N] " +
			"[--days N] FILE…", "makes a signed trust list from certificates of authorities", buildTrust},
		{"trust show", "--signer F… FILE", "verifies a trust list and says what it holds", showTrust},
	}
}

// pathJSON is the answer of x509 verify. Names are a contract.
type pathJSON struct {
	File     string       `json:"file"`
	Valid    bool         `json:"valid"`
	Code     signing.Code `json:"code"`
	Message  string       `json:"message"`
	Path     []string     `json:"path"`
	Policies []string     `json:"policies"`
}

// codeMalformed is for what is no certificate, list or answer at all.
const codeMalformed signing.Code = "malformed"

// codeBadUsage is for questions that cannot be answered as they were put.
const codeBadUsage signing.Code = "bad-usage"

type pathOptions struct {
	evidenceOptions
	policies                      *[]string
	require, explicit, inhibitAny *bool
	inhibitMapping, tolerant      *bool
	fetch                         *bool
	unread                        error // what was wrong with certificates that were left out
}

func (c *call) pathOptions() pathOptions {
	return pathOptions{
		evidenceOptions: c.evidence(),
		policies:        c.list("initial-policy", "an acceptable policy OID; repeatable; default any"),
		require:         c.requireRevocation(),
		explicit: c.flags.Bool("require-explicit-policy", false,
			"a policy must be valid for the path"),
		inhibitAny:     c.flags.Bool("inhibit-any-policy", false, "anyPolicy counts for nothing"),
		inhibitMapping: c.flags.Bool("inhibit-policy-mapping", false, "policies are not mapped"),
		tolerant: c.flags.Bool("tolerant", false,
			"do not ask what RFC 5280 asks of authorities alone"),
		fetch: c.fetching(),
	}
}

// verifyPath judges one path.
func verifyPath(ctx context.Context, c *call) int {
	o := c.pathOptions()
	if err := c.parse(1, 1); err != nil {
		return c.unanswered(pathJSON{}, err)
	}
	answer := pathJSON{File: c.files[0]}
	q, err := o.query(c)
	if err != nil {
		return c.unanswered(answer, err)
	}
	blocks, err := readDER(c.files[0])
	if err != nil {
		answer.Code, answer.Message = signing.CodeUnreadable, err.Error()
		return c.answerPath(answer, exitUnusable)
	}
	leaf, err := certificate.Parse(blocks[0])
	if err != nil {
		answer.Code, answer.Message = codeMalformed, err.Error()
		return c.answerPath(answer, exitRefused)
	}
	beside, err := parseReadable(blocks[1:])
	o.unread = errors.Join(o.unread, err)
	q.Intermediates = append(q.Intermediates, beside...)
	r, err := path.Validate(ctx, leaf, q)
	if err != nil {
		return c.unanswered(answer, err)
	}
	answer.Valid, answer.Code, answer.Message = r.Status == path.Valid, signing.Code(r.Code), r.Message
	if r.Code == path.NoChain && o.unread != nil {
		answer.Message += "; of the certificates given, some cannot be read: " + o.unread.Error()
	}
	for _, cert := range r.Chain {
		answer.Path = append(answer.Path, cert.Subject.String())
	}
	answer.Policies = r.Policies
	if answer.Valid {
		return c.answerPath(answer, exitDone)
	}
	return c.answerPath(answer, exitRefused)
}

// unanswered tells that the question cannot be answered as it was put, with valid false all the
// same.
func (c *call) unanswered(a pathJSON, err error) int {
	if errors.Is(err, errHelp) {
		return exitDone
	}
	a.Code, a.Message = codeBadUsage, err.Error()
	return c.answerPath(a, exitUnusable)
}

// query reads the files that the options name. Certificates that cannot be read are left out: they
// help no path, and the answer stays one about the leaf.
func (o *pathOptions) query(c *call) (q path.Query, err error) {
	trust, err := readAllDER(*o.trust)
	if err != nil {
		return q, err
	}
	intermediate, err := readAllDER(*o.intermediate)
	if err != nil {
		return q, err
	}
	if q.CRLs, err = readAllDER(*o.crl); err != nil {
		return q, err
	}
	if q.OCSPs, err = readAllDER(*o.ocsp); err != nil {
		return q, err
	}
	if q.Time, err = parseTime(*o.time, c.now); err != nil {
		return q, err
	}
	var badTrust, badHelp error
	q.Anchors, badTrust = parseReadable(trust)
	q.Intermediates, badHelp = parseReadable(intermediate)
	o.unread = errors.Join(badTrust, badHelp)
	q.Revocation = path.RequiredWhereGiven
	if *o.require {
		q.Revocation = path.Required
	}
	q.Policies, q.RequireExplicitPolicy = *o.policies, *o.explicit
	q.InhibitAnyPolicy, q.InhibitPolicyMapping = *o.inhibitAny, *o.inhibitMapping
	q.Strict = !*o.tolerant
	if *o.fetch {
		q.Fetcher = publicFetcher(c.now)
	}
	return q, nil
}

// parseReadable returns the certificates that can be read, and what was wrong with the first of the
// others.
func parseReadable(blocks [][]byte) (list []*x509.Certificate, first error) {
	for _, der := range blocks {
		c, err := certificate.Parse(der)
		if err == nil {
			list = append(list, c)
		} else if first == nil {
			first = err
		}
	}
	return list, first
}

func (c *call) answerPath(a pathJSON, exit int) int {
	if a.Path == nil {
		a.Path = []string{}
	}
	if a.Policies == nil {
		a.Policies = []string{}
	}
	switch {
	case c.json:
		c.printJSON(a)
	case exit != exitDone:
		return c.fail(a.File, a.Code, errors.New(a.Message), exit)
	default:
		fmt.Fprintf(c.out, "%s: valid\n", a.File)
		for i, subject := range a.Path {
			fmt.Fprintf(c.out, "%s%s\n", strings.Repeat("  ", i+1), subject)
		}
	}
	return exit
}
