package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/xades"
)

// maxXML bounds an XML file, which is read whole. The reader has its own, finer limits.
const maxXML = 1 << 30

// c14nMethods are the words of --method.
var c14nMethods = map[string]string{
	"1.0":       "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
	"1.1":       "http://www.w3.org/2006/12/xml-c14n11",
	"exclusive": "http://www.w3.org/2001/10/xml-exc-c14n#",
}

// canonicalize writes canonical octets on standard output, or nothing and an error.
func canonicalize(_ context.Context, c *call) int {
	method := c.flags.String("method", "1.0", "1.0, 1.1 or exclusive")
	comments := c.flags.Bool("with-comments", false, "keep comments")
	apex := c.flags.String("apex", "", "local name of the element to start from")
	omit := c.flags.String("omit", "", "local name of an element to leave out")
	prefixes := c.flags.String("prefixes", "", "prefix list of the exclusive method")
	if err := c.parse(1, 1); err != nil {
		return c.badUsage(err)
	}
	uri, ok := c14nMethods[*method]
	if !ok {
		return c.badUsage(fmt.Errorf("--method takes 1.0, 1.1 or exclusive, not %q", *method))
	}
	if *comments {
		uri = strings.TrimSuffix(uri, "#") + "#WithComments"
	}
	doc, err := readFile(c.files[0], maxXML)
	if err != nil {
		return c.fail(c.files[0], signing.CodeUnreadable, err, exitUnusable)
	}
	var out bytes.Buffer
	err = xades.Canonicalize(&out, doc, xades.Canonicalization{
		Method: uri, Apex: *apex, Omit: *omit, Prefixes: strings.Fields(*prefixes)})
	if err != nil {
		return c.fail(c.files[0], signing.CodeOf(err), err, exitRefused)
	}
	if _, err := c.out.Write(out.Bytes()); err != nil {
		return c.fail(c.files[0], signing.CodeUnreadable, err, exitUnusable)
	}
	return exitDone
}
