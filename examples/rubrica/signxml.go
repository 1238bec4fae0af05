package main

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/sri"
	"github.com/rubrica/rubrica/signing/xades"
)

// xmlOptions are the options that mean something for XML alone.
type xmlOptions struct{ canonicalization, element, placement *string }

func (c *call) xmlOptions() xmlOptions {
	return xmlOptions{
		canonicalization: c.flags.String("c14n", "", "XML: exclusive (default), 1.0 or 1.1"),
		element: c.flags.String("element", "",
			"XML: identifier of the element to sign; default the whole"),
		placement: c.flags.String("placement", "",
			"XML: path of the element that receives the signature"),
	}
}

var canonicalForms = map[string]xades.CanonicalForm{
	"": xades.Exclusive, "exclusive": xades.Exclusive,
	"1.0": xades.Inclusive, "1.1": xades.Inclusive11,
}

// isVoucher reports whether a document is one of the SRI's vouchers.
func isVoucher(doc []byte) bool { return sri.Recognize(doc) }

// sriOptions are the SRI's profile as the options refine it.
func sriOptions(t *signTask) (sri.Options, error) {
	if t.hash != 0 && t.hash != crypto.SHA1 && t.hash != crypto.SHA256 {
		return sri.Options{}, errors.New("the profile sri knows sha1 and sha256")
	}
	return sri.Options{Time: t.at, SHA256: t.hash == crypto.SHA256}, nil
}

func signSRI(ctx context.Context, dst io.Writer, t *signTask) error {
	o, err := sriOptions(t)
	if err != nil {
		return err
	}
	doc, err := t.in.whole()
	if err != nil {
		return err
	}
	signed, err := sri.Sign(ctx, doc, t.signer, o)
	if err != nil {
		return err
	}
	t.findings = append(t.findings, sriFindings(t, doc)...)
	_, err = dst.Write(signed)
	return err
}

// sriFindings are what the SRI would refuse of a voucher that is signed all the same.
func sriFindings(t *signTask, voucher []byte) []signing.Finding {
	var out []signing.Finding
	checker := sri.Checker{Now: t.at, Certificate: t.signer.Chain[0]}
	for _, f := range checker.Check(voucher) {
		message := f.Message
		if f.Path != "" {
			message += " (" + f.Path + ")"
		}
		out = append(out, signing.Finding{Severity: signing.SeverityWarning,
			Code: "sri-" + f.Code + "-" + f.Name, Message: message})
	}
	return out
}

func prepareSRI(ctx context.Context, t *signTask) (prepared, error) {
	o, err := sriOptions(t)
	if err != nil {
		return nil, err
	}
	doc, err := t.in.whole()
	if err != nil {
		return nil, err
	}
	template, err := sri.NewTemplate(t.signer.Chain, o)
	if err != nil {
		return nil, err
	}
	return template.Prepare(ctx, doc, t.at)
}

// xadesProfile is the profile that the options describe.
func xadesProfile(t *signTask) (xades.Profile, error) {
	form, ok := canonicalForms[*t.xml.canonicalization]
	if !ok {
		return xades.Profile{}, fmt.Errorf("--c14n: %q is unknown", *t.xml.canonicalization)
	}
	p := xades.Profile{Hash: t.hash, PSS: t.pss, SigningTime: t.at, Canonicalization: form,
		Level: t.level, Timestamper: t.timestamper, Subject: *t.xml.element, Path: *t.xml.placement}
	switch t.profile {
	case "xades-enveloping":
		p.Packaging, p.AsXML = xades.Enveloping, t.in.kind == formatXML
	case "xades-detached":
		p.Packaging, p.URI = xades.Detached, fileReference(t.in.name)
	}
	return p, nil
}

// fileReference is the relative reference (RFC 3986, 4.2) to a file beside the signature. A colon
// in its name would make what is before it a scheme.
func fileReference(name string) string {
	return strings.ReplaceAll(url.PathEscape(filepath.Base(name)), ":", "%3A")
}

func signXAdES(ctx context.Context, dst io.Writer, t *signTask) error {
	p, err := xadesProfile(t)
	if err != nil {
		return err
	}
	doc, err := t.in.whole()
	if err != nil {
		return err
	}
	return xades.Sign(ctx, dst, doc, t.signer, p)
}

func prepareXAdES(ctx context.Context, t *signTask) (prepared, error) {
	p, err := xadesProfile(t)
	if err != nil {
		return nil, err
	}
	doc, err := t.in.whole()
	if err != nil {
		return nil, err
	}
	return xades.Prepare(ctx, doc, t.signer.Chain, p)
}

// extendXAdES carries the signatures of a document to a level.
func extendXAdES(ctx context.Context, dst io.Writer, t *signTask, to signing.Level) error {
	doc, err := t.in.whole()
	if err != nil {
		return err
	}
	return xades.Extend(ctx, dst, doc, to, xades.Extension{Timestamper: t.timestamper, Hash: t.hash})
}

func completeXAdES(ctx context.Context, dst io.Writer, t *signTask, state, value []byte) error {
	var p xades.Prepared
	if err := p.UnmarshalBinary(state); err != nil {
		return err
	}
	doc, err := t.in.whole()
	if err != nil {
		return err
	}
	if t.level == signing.LevelB {
		return p.Complete(dst, doc, value)
	}
	var signed bytes.Buffer
	if err := p.Complete(&signed, doc, value); err != nil {
		return err
	}
	return xades.Extend(ctx, dst, signed.Bytes(), t.level, xades.Extension{
		Timestamper: t.timestamper, Hash: t.hash, Signature: p.ID()})
}
