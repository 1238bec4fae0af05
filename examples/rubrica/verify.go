package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/rubrica/rubrica/certificate/fetch"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/sri"
	"github.com/rubrica/rubrica/signing/xades"
)

// verify judges every signature of each file. It exits 0 when all are valid, 1 when one is invalid,
// 2 when one is indeterminate and none invalid, 3 when a file could not be judged.
func verify(ctx context.Context, c *call) int {
	o := c.evidence()
	detached := c.list("detached", "a file that a signature speaks about; repeatable")
	require := c.requireRevocation()
	fetching := c.fetching()
	policy := c.list("policy",
		"a signature policy document, or a JSON file with allowSHA1 and minRSABits")
	password := c.passwords("password")
	if err := c.parse(1, -1); err != nil {
		return c.badUsage(err)
	}
	e, err := o.read(c.now)
	if err != nil {
		return c.badUsage(err)
	}
	var f *fetch.Fetcher
	if *fetching {
		f = publicFetcher(c.now)
	}
	v := e.validation(f)
	v.RequireRevocation, v.Detached = *require, answerDetached(*detached)
	if err := readPolicies(&v, *policy); err != nil {
		return c.badUsage(err)
	}
	if c.hasSecret("password", password) {
		secret, err := c.secret("password", password)
		if err != nil {
			return c.badUsage(err)
		}
		defer secret.Destroy()
		v.DocumentPassword = secret.Reveal()
	}
	worst := exitDone
	for _, name := range c.files {
		worst = worse(worst, c.verifyFile(ctx, name, v))
	}
	return worst
}

// worse ranks exit statuses: unusable, refused, indeterminate, done.
func worse(a, b int) int {
	rank := map[int]int{exitDone: 0, exitIndeterminate: 1, exitRefused: 2, exitUnusable: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

func (c *call) verifyFile(ctx context.Context, name string, v signing.Validation) int {
	in, err := openInput(name)
	if err != nil {
		return c.unjudged(name, "", signing.CodeUnreadable, err)
	}
	defer in.close()
	report, err := judge(ctx, in, v)
	if err != nil {
		return c.unjudged(name, formatWord(in.kind), signing.CodeOf(err), err)
	}
	if len(report.Signatures) == 0 {
		return c.unjudged(name, report.Format, signing.CodeNotSigned, signing.ErrNotSigned)
	}
	if c.json {
		c.printJSON(fileAnswer(name, report))
	} else {
		printReport(c.out, name, report)
	}
	switch report.Status() {
	case signing.StatusValid:
		return exitDone
	case signing.StatusInvalid:
		return exitRefused
	}
	return exitIndeterminate
}

// unjudged tells that a file got no verdict.
func (c *call) unjudged(name, format string, code signing.Code, err error) int {
	if !c.json {
		return c.fail(name, code, err, exitUnusable)
	}
	c.printJSON(fileJSON{File: name, Format: format, Status: "error", Code: string(code),
		Message: err.Error(), Signatures: []signatureJSON{}})
	return exitUnusable
}

func formatWord(f format) string {
	return map[format]string{formatXML: "xades", formatPDF: "pades", formatCMS: "cades"}[f]
}

// formatError says that a file is of no kind that can carry a signature.
type formatError struct{}

func (formatError) Error() string      { return "neither XML nor PDF nor CMS" }
func (formatError) Code() signing.Code { return signing.CodeUnknownFormat }

// judge hands a file to the package of its format.
func judge(ctx context.Context, in *input, v signing.Validation) (*signing.Report, error) {
	switch in.kind {
	case formatPDF:
		return pades.Validate(ctx, in.file, in.size, v)
	case formatXML:
		doc, err := in.whole()
		if err != nil {
			return nil, err
		}
		if isVoucher(doc) {
			return judgeVoucher(ctx, doc, v)
		}
		return xades.Validate(ctx, doc, v)
	case formatCMS:
		return judgeCMS(ctx, in, v)
	}
	return nil, formatError{}
}

func judgeVoucher(ctx context.Context, doc []byte, v signing.Validation) (*signing.Report, error) {
	verified, err := sri.Validate(ctx, doc, v)
	if err != nil {
		return nil, err
	}
	return verified.Report, nil
}

func judgeCMS(ctx context.Context, in *input, v signing.Validation) (*signing.Report, error) {
	if !in.armoured() {
		return cades.Validate(ctx, in.file, in.size, v)
	}
	der, err := in.whole()
	if err != nil {
		return nil, err
	}
	return cades.Validate(ctx, bytes.NewReader(der), int64(len(der)), v)
}

var errNoSuchContent = errors.New("no --detached file answers to this name")

// answerDetached answers references by file name; a single file answers any reference.
func answerDetached(files []string) func(string) (io.ReadCloser, error) {
	if len(files) == 0 {
		return nil
	}
	return func(name string) (io.ReadCloser, error) {
		for _, file := range files {
			if name != "" && filepath.Base(file) == filepath.Base(unescapeURI(name)) {
				return os.Open(file)
			}
		}
		if len(files) == 1 {
			return os.Open(files[0])
		}
		return nil, errNoSuchContent
	}
}
