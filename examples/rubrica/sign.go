package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/rubrica/rubrica/signing"
)

// A maker is what a profile does: make a signature in one step, or prepare one for a key elsewhere.
type maker struct {
	suffix  string // of the default --out
	sign    func(ctx context.Context, dst io.Writer, t *signTask) error
	prepare func(ctx context.Context, t *signTask) (prepared, error)
}

// makers are the profiles that exist.
func makers() map[string]maker {
	return map[string]maker{
		"sri":              {".signed.xml", signSRI, prepareSRI},
		"xades":            {".signed.xml", signXAdES, prepareXAdES},
		"xades-enveloping": {".signed.xml", signXAdES, prepareXAdES},
		"xades-detached":   {".sig.xml", signXAdES, prepareXAdES},
		"pades":            {".signed.pdf", signPAdES, preparePAdES},
		"firmaec":          {".signed.pdf", signPAdES, preparePAdES},
		"cades":            {".p7m", signCAdES, prepareCAdES},
		"cades-detached":   {".p7s", signCAdES, prepareCAdES},
	}
}

// defaultProfile is the profile for what a file is.
func defaultProfile(in *input) string {
	switch in.kind {
	case formatPDF:
		return "pades"
	case formatXML:
		if doc, err := in.whole(); err == nil && isVoucher(doc) {
			return "sri"
		}
		return "xades"
	}
	return "cades"
}

// sign makes a signature with a key at hand.
func sign(ctx context.Context, c *call) int {
	o := c.signOptions()
	o.p12 = c.flags.String("p12", "", "the PKCS#12 file with the key; required")
	o.password = c.passwords("password")
	if err := c.parse(1, 1); err != nil {
		return c.badUsage(err)
	}
	task, err := o.task(ctx)
	if err != nil {
		return c.refuseTask(err)
	}
	defer task.in.close()
	m, ok := makers()[task.profile]
	if !ok {
		return c.badUsage(fmt.Errorf("--profile: %q is unknown", task.profile))
	}
	if task.signer, err = o.signer(); err != nil {
		return c.refuse(c.files[0], err)
	}
	task.signer.Chain = completeChain(task.signer.Chain, task.evidence)
	out := outputName(*o.out, c.files[0], m.suffix)
	if *task.pdf.inPlace {
		out, err = c.files[0], signInPlace(ctx, task)
	} else {
		err = writeWhole(out, func(w io.Writer) error { return m.sign(ctx, w, task) })
	}
	if err != nil {
		return c.refuse(c.files[0], err)
	}
	return c.signed(c.files[0], out, task.findings)
}

// refuseTask tells what is wrong with a task: its command line, or its file.
func (c *call) refuseTask(err error) int {
	if in, ok := errors.AsType[*inputError](err); ok {
		return c.fail(c.files[0], signing.CodeUnreadable, in.error, exitUnusable)
	}
	return c.badUsage(err)
}

// refuse tells that a file was not signed.
func (c *call) refuse(file string, err error) int {
	if usage, ok := errors.AsType[usageError](err); ok {
		return c.badUsage(usage)
	}
	code := signing.CodeOf(err)
	if code == signing.CodeUnreadable {
		code = refusalCode(err)
	}
	return c.fail(file, code, err, exitRefused)
}

// doneJSON is the answer of sign, complete and extend.
type doneJSON struct {
	File     string        `json:"file"`
	Status   string        `json:"status"`
	Out      string        `json:"out"`
	Code     string        `json:"code"`
	Message  string        `json:"message"`
	Findings []findingJSON `json:"findings"`
}

// signed tells where the result is, and what the signer should know.
func (c *call) signed(file, out string, findings []signing.Finding) int {
	if c.json {
		c.printJSON(doneJSON{File: file, Status: "done", Out: out, Findings: findingAnswers(findings)})
		return exitDone
	}
	fmt.Fprintln(c.out, out)
	for _, f := range findings {
		fmt.Fprintf(c.err, "%s %s: %s\n", f.Severity, f.Code, f.Message)
	}
	return exitDone
}

// outputName is --out, or the file's name with the profile's suffix in place of its own.
func outputName(out, file, suffix string) string {
	if out != "" {
		return out
	}
	if strings.HasPrefix(suffix, ".p7") {
		return file + suffix
	}
	return strings.TrimSuffix(file, filepath.Ext(file)) + suffix
}
