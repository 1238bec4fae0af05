package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/crl"
	"github.com/rubrica/rubrica/signing"
)

// statusJSON is the answer of crl verify and ocsp verify. Names are a contract.
type statusJSON struct {
	File      string       `json:"file"`
	Valid     bool         `json:"valid"`
	Code      signing.Code `json:"code"`
	Message   string       `json:"message"`
	Status    string       `json:"status"`
	RevokedAt string       `json:"revokedAt"`
	Reason    string       `json:"reason"`
}

type statusOptions struct {
	issuer, cert *[]string
	time         *string
}

func (c *call) statusOptions() statusOptions {
	return statusOptions{
		issuer: c.list("issuer", "who issued the certificate and signs for it, PEM or DER; required"),
		cert:   c.list("cert", "the certificate asked about"),
		time:   c.flags.String("time", "", "the time of judging, RFC 3339; default now"),
	}
}

// statusQuestion is what the options name, read.
type statusQuestion struct {
	issuers []*x509.Certificate
	cert    *x509.Certificate
	time    time.Time
}

// read reads the command line and the files that it names.
func (o statusOptions) read(c *call, answer *statusJSON) (q statusQuestion, err error) {
	if err := c.parse(1, 1); err != nil {
		return q, err
	}
	answer.File = c.files[0]
	if len(*o.issuer) == 0 {
		return q, errors.New("--issuer is required")
	}
	if q.issuers, err = readCertificates(*o.issuer); err != nil {
		return q, err
	}
	certs, err := readCertificates(*o.cert)
	if err != nil {
		return q, err
	}
	if len(certs) > 0 {
		q.cert = certs[0]
	}
	q.time, err = parseTime(*o.time, c.now)
	return q, err
}

// verifyList judges a revocation list, and says what it says of a certificate.
func verifyList(_ context.Context, c *call) int {
	o := c.statusOptions()
	answer := statusJSON{Status: crl.Unknown.String()}
	q, err := o.read(c, &answer)
	if err != nil {
		return c.noStatus(answer, err)
	}
	blocks, err := readDER(c.files[0])
	if err != nil {
		answer.Code, answer.Message = signing.CodeUnreadable, err.Error()
		return c.answerStatus(answer, exitUnusable)
	}
	list, err := crl.Parse(blocks[0])
	if err != nil {
		answer.Code, answer.Message = codeMalformed, err.Error()
		return c.answerStatus(answer, exitRefused)
	}
	if err := verifyByAny(list, q); err != nil {
		answer.Code, answer.Message = crlCode(err), err.Error()
		return c.answerStatus(answer, exitRefused)
	}
	answer.Valid = true
	if q.cert != nil {
		status, entry, err := list.Status(q.cert, q.time)
		if err != nil {
			return c.noStatus(answer, err)
		}
		answer.Status = status.String()
		if status == crl.Revoked {
			answer.RevokedAt, answer.Reason = timeText(entry.RevokedAt), entry.Reason.String()
		}
	}
	return c.answerStatus(answer, exitDone)
}

// noStatus tells that the question cannot be answered as it was put, with valid false all the
// same.
func (c *call) noStatus(a statusJSON, err error) int {
	if errors.Is(err, errHelp) {
		return exitDone
	}
	a.Valid, a.Code, a.Message = false, codeBadUsage, err.Error()
	if _, ok := errors.AsType[*certificate.SyntaxError](err); ok {
		a.Code = codeMalformed
	}
	return c.answerStatus(a, exitUnusable)
}

// verifyByAny verifies the list with the first of the issuers that does, and otherwise returns
// what was wrong with the one that came closest.
func verifyByAny(list *crl.List, q statusQuestion) (worst error) {
	for _, issuer := range q.issuers {
		err := list.Verify(issuer, crl.Question{Time: q.time})
		if err == nil {
			return nil
		}
		if worst == nil || crlCode(worst) == "wrong-issuer" {
			worst = err
		}
	}
	return worst
}

func crlCode(err error) signing.Code {
	if e, ok := errors.AsType[*crl.Error](err); ok {
		return signing.Code(e.Code)
	}
	return codeMalformed
}

func (c *call) answerStatus(a statusJSON, exit int) int {
	switch {
	case c.json:
		c.printJSON(a)
	case !a.Valid:
		return c.fail(a.File, a.Code, errors.New(a.Message), exit)
	default:
		fmt.Fprintf(c.out, "%s: valid, status %s %s %s\n", a.File, a.Status, a.RevokedAt, a.Reason)
	}
	return exit
}

// listJSON is the answer of crl show.
type listJSON struct {
	File       string       `json:"file"`
	OK         bool         `json:"ok"`
	Code       signing.Code `json:"code"`
	Message    string       `json:"message"`
	Issuer     string       `json:"issuer"`
	ThisUpdate string       `json:"thisUpdate"`
	NextUpdate string       `json:"nextUpdate"`
	Number     string       `json:"number"`
	BaseNumber string       `json:"baseNumber,omitempty"`
	Scope      *crl.Scope   `json:"scope,omitempty"`
	Entries    int          `json:"entries"`
	Revoked    []entryJSON  `json:"revoked"`
	More       bool         `json:"more,omitempty"` // not all entries are shown
}

type entryJSON struct {
	Serial    string `json:"serial"`
	RevokedAt string `json:"revokedAt"`
	Reason    string `json:"reason"`
}

// maxShown bounds the entries that crl show prints.
const maxShown = 1000

func showLists(_ context.Context, c *call) int {
	unread := func(file string, code signing.Code, err error) listJSON {
		return listJSON{File: file, Code: code, Message: err.Error(), Revoked: []entryJSON{}}
	}
	return shower[*crl.List, listJSON]{crl.Parse, describeList, unread, c.answerList}.each(c)
}

func describeList(file string, l *crl.List) listJSON {
	a := listJSON{File: file, OK: true, Issuer: l.Issuer().String(), Entries: l.Len(),
		ThisUpdate: timeText(l.ThisUpdate()), NextUpdate: timeText(l.NextUpdate()),
		Revoked: []entryJSON{}}
	if n := l.Number(); n != nil {
		a.Number = n.String()
	}
	if n := l.BaseNumber(); n != nil {
		a.BaseNumber = n.String()
	}
	if s, limited := l.Scope(); limited {
		a.Scope = &s
	}
	for e := range l.Entries() {
		if a.More = len(a.Revoked) == maxShown; a.More {
			break
		}
		a.Revoked = append(a.Revoked,
			entryJSON{e.Serial.String(), timeText(e.RevokedAt), e.Reason.String()})
	}
	return a
}

func (c *call) answerList(a listJSON, exit int) int {
	switch {
	case c.json:
		c.printJSON(a)
	case !a.OK:
		return c.fail(a.File, a.Code, errors.New(a.Message), exit)
	default:
		fmt.Fprintf(c.out, "%s\n  number %s, from %s, next %s, %d entries\n", a.Issuer, a.Number,
			a.ThisUpdate, a.NextUpdate, a.Entries)
		for _, e := range a.Revoked {
			fmt.Fprintf(c.out, "  %s %s %s\n", e.Serial, e.RevokedAt, e.Reason)
		}
	}
	return exit
}
