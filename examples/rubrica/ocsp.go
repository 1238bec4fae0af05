package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/rubrica/rubrica/certificate/ocsp"
	"github.com/rubrica/rubrica/signing"
)

// verifyAnswer judges an OCSP answer, its responder's delegation included.
func verifyAnswer(_ context.Context, c *call) int {
	o := c.statusOptions()
	answer := statusJSON{Status: ocsp.Unknown.String()}
	q, err := o.read(c, &answer)
	if err != nil {
		return c.noStatus(answer, err)
	}
	blocks, err := readDER(c.files[0])
	if err != nil {
		answer.Code, answer.Message = signing.CodeUnreadable, err.Error()
		return c.answerStatus(answer, exitUnusable)
	}
	response, err := ocsp.Parse(blocks[0])
	if err != nil {
		answer.Code, answer.Message = codeMalformed, err.Error()
		return c.answerStatus(answer, exitRefused)
	}
	single, err := answerByAny(response, q)
	if err != nil {
		answer.Code, answer.Message = ocspCode(err), err.Error()
		return c.answerStatus(answer, exitRefused)
	}
	answer.Valid, answer.Status = true, single.Status.String()
	if single.Status == ocsp.Revoked {
		answer.RevokedAt, answer.Reason = timeText(single.RevokedAt), single.Reason.String()
	}
	return c.answerStatus(answer, exitDone)
}

// answerByAny verifies the answer for the first of the issuers for which it stands. The others may
// be the responders' certificates.
func answerByAny(r *ocsp.Response, q statusQuestion) (ocsp.Single, error) {
	var worst error
	for _, issuer := range q.issuers {
		single, err := r.Verify(issuer,
			ocsp.Question{Time: q.time, Certificate: q.cert, Responders: q.issuers})
		if err == nil {
			return single, nil
		}
		code := ocspCode(worst)
		if worst == nil || code == "wrong-issuer" || code == "out-of-scope" {
			worst = err
		}
	}
	return ocsp.Single{}, worst
}

func ocspCode(err error) signing.Code {
	if e, ok := errors.AsType[*ocsp.Error](err); ok {
		return signing.Code(e.Code)
	}
	return codeMalformed
}

// answerJSON is the answer of ocsp show.
type answerJSON struct {
	File         string       `json:"file"`
	OK           bool         `json:"ok"`
	Code         signing.Code `json:"code"`
	Message      string       `json:"message"`
	Response     string       `json:"response"` // successful, tryLater, …
	ProducedAt   string       `json:"producedAt"`
	Responder    string       `json:"responder"` // name, or SHA-1 of the key in hexadecimal
	Nonce        string       `json:"nonce,omitempty"`
	Certificates int          `json:"certificates"`
	Answers      []singleJSON `json:"answers"`
}

type singleJSON struct {
	Serial     string `json:"serial"`
	Status     string `json:"status"`
	RevokedAt  string `json:"revokedAt"`
	Reason     string `json:"reason"`
	ThisUpdate string `json:"thisUpdate"`
	NextUpdate string `json:"nextUpdate"`
}

func showAnswers(_ context.Context, c *call) int {
	unread := func(file string, code signing.Code, err error) answerJSON {
		return answerJSON{File: file, Code: code, Message: err.Error(), Answers: []singleJSON{}}
	}
	return shower[*ocsp.Response, answerJSON]{
		ocsp.Parse, describeAnswer, unread, c.answerOCSP,
	}.each(c)
}

func describeAnswer(file string, r *ocsp.Response) answerJSON {
	a := answerJSON{File: file, OK: true, Response: r.ResponderStatus().String(),
		ProducedAt: timeText(r.ProducedAt()), Answers: []singleJSON{}}
	name, key := r.Responder()
	a.Responder = hex.EncodeToString(key)
	if key == nil {
		a.Responder = name.String()
	}
	a.Nonce, a.Certificates = hex.EncodeToString(r.Nonce()), len(r.Certificates())
	for _, s := range r.Singles() {
		one := singleJSON{Serial: s.Serial.String(), Status: s.Status.String(),
			ThisUpdate: timeText(s.ThisUpdate), NextUpdate: timeText(s.NextUpdate)}
		if s.Status == ocsp.Revoked {
			one.RevokedAt, one.Reason = timeText(s.RevokedAt), s.Reason.String()
		}
		a.Answers = append(a.Answers, one)
	}
	return a
}

func (c *call) answerOCSP(a answerJSON, exit int) int {
	switch {
	case c.json:
		c.printJSON(a)
	case !a.OK:
		return c.fail(a.File, a.Code, errors.New(a.Message), exit)
	default:
		fmt.Fprintf(c.out, "%s by %s at %s\n", a.Response, a.Responder, a.ProducedAt)
		for _, s := range a.Answers {
			fmt.Fprintf(c.out, "  %s %s %s %s\n", s.Serial, s.Status, s.RevokedAt, s.Reason)
		}
	}
	return exit
}
