package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

// maxP12 bounds a PKCS#12 file.
const maxP12 = 16 << 20

// p12JSON is the answer of p12 open. Names are a contract.
type p12JSON struct {
	File    string       `json:"file"`
	OK      bool         `json:"ok"`
	Code    signing.Code `json:"code"`
	Message string       `json:"message"`
	Keys    []keyJSON    `json:"keys"`
}

type keyJSON struct {
	Alias     string   `json:"alias"`
	Algorithm string   `json:"algorithm"`
	Usages    []string `json:"usages"`
	Subject   string   `json:"subject"`
}

func openP12(_ context.Context, c *call) int {
	password := c.passwords("password")
	if err := c.parse(1, 1); err != nil {
		return c.badUsage(err)
	}
	name := c.files[0]
	raw, err := readFile(name, maxP12)
	if err != nil {
		unread := p12JSON{File: name, Code: signing.CodeUnreadable, Message: err.Error()}
		return c.answerP12(unread, exitUnusable)
	}
	secret, err := c.secret("password", password)
	if err != nil {
		return c.badUsage(err)
	}
	defer secret.Destroy()
	file, err := pkcs12.Open(raw, secret, pkcs12.Limits{Parse: certificate.Parse})
	if err != nil {
		code := codeAmong(keyRefusals, err, signing.CodeUnreadable)
		return c.answerP12(p12JSON{File: name, Code: code, Message: err.Error()}, exitRefused)
	}
	answer := p12JSON{File: name, OK: true}
	for _, k := range file.Keys {
		answer.Keys = append(answer.Keys, describeKey(k))
	}
	return c.answerP12(answer, exitDone)
}

func describeKey(k token.Key) keyJSON {
	out := keyJSON{Alias: k.Alias, Algorithm: k.Algorithm(), Usages: []string{}}
	if leaf := k.Leaf(); leaf != nil {
		out.Usages, out.Subject = usageWords(leaf), leaf.Subject.String()
	}
	return out
}

func (c *call) answerP12(a p12JSON, exit int) int {
	if a.Keys == nil {
		a.Keys = []keyJSON{}
	}
	switch {
	case c.json:
		c.printJSON(a)
	case !a.OK:
		return c.fail(a.File, a.Code, errors.New(a.Message), exit)
	default:
		for _, k := range a.Keys {
			fmt.Fprintf(c.out, "%s: %s %v %s\n", k.Alias, k.Algorithm, k.Usages, k.Subject)
		}
	}
	return exit
}
