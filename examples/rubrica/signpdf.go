package main

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// pdfOptions are the options that mean something for PDF alone.
type pdfOptions struct {
	field, lock, stamp, image, page, rect, reason, location *string
	certify                                                 *int
	password                                                passwordOptions
	inPlace                                                 *bool
	c                                                       *call
}

func (c *call) pdfOptions() pdfOptions {
	return pdfOptions{c: c,
		field:    c.flags.String("field", "", "PDF: the field to sign; default a new one"),
		certify:  c.flags.Int("certify", 0, "PDF: certify, and let others 1 nothing, 2 fill forms, 3 also comment"),
		lock:     c.flags.String("lock", "", "PDF: all, include:F,… or exclude:F,…"),
		stamp:    c.flags.String("stamp", "", "PDF: text, image or qr"),
		image:    c.flags.String("image", "", "PDF: the image of the stamp, PNG or JPEG"),
		page:     c.flags.String("page", "last", "PDF: the page of the stamp, from 1, or last"),
		rect:     c.flags.String("rect", "", "PDF: llx,lly,urx,ury of the stamp in points"),
		reason:   c.flags.String("reason", "", "PDF: why it is signed"),
		location: c.flags.String("location", "", "PDF: where it is signed"),
		password: c.passwords("document-password"),
		inPlace:  c.flags.Bool("in-place", false, "PDF: append to the file itself"),
	}
}

// documentPassword is that of an encrypted document, nil when none is given.
func (o pdfOptions) documentPassword() ([]byte, error) {
	if !o.c.hasSecret("document-password", o.password) {
		return nil, nil
	}
	secret, err := o.c.secret("document-password", o.password)
	if err != nil {
		return nil, err
	}
	defer secret.Destroy()
	return secret.Reveal(), nil
}

// padesProfile is the profile that the options describe.
func padesProfile(t *signTask) (p pades.Profile, err error) {
	o := t.pdf
	p = pades.Profile{Time: t.at, Level: t.level, Hash: t.hash, PSS: t.pss, Field: *o.field,
		Reason: *o.reason, Location: *o.location, Timestamper: t.timestamper,
		Application: "Rubrica", Certify: pades.Permission(*o.certify)}
	if *o.certify < 0 || *o.certify > 3 {
		return p, errors.New("--certify takes 1, 2 or 3")
	}
	if t.profile == "firmaec" {
		p.Form = pades.FormISO32000
		if p.Hash == 0 {
			p.Hash = crypto.SHA512
		}
	}
	if p.DocumentPassword, err = o.documentPassword(); err != nil {
		return p, err
	}
	if p.Lock, err = parseLock(*o.lock); err != nil {
		return p, err
	}
	p.Stamp, err = o.parseStamp()
	return p, err
}

// parseLock reads "all", "include:A,B" or "exclude:A,B".
func parseLock(s string) (*pades.Lock, error) {
	if s == "" {
		return nil, nil
	}
	action, names, _ := strings.Cut(s, ":")
	lock := &pades.Lock{}
	switch action {
	case "all":
		return lock, nil
	case "include":
		lock.Action = pades.LockInclude
	case "exclude":
		lock.Action = pades.LockExclude
	default:
		return nil, fmt.Errorf("--lock takes all, include:F,… or exclude:F,…, not %q", s)
	}
	if names == "" {
		return nil, fmt.Errorf("--lock %s names no field", action)
	}
	lock.Fields = strings.Split(names, ",")
	return lock, nil
}

// parseStamp is the stamp that the options describe, nil without one.
func (o pdfOptions) parseStamp() (*pades.Stamp, error) {
	if *o.stamp == "" {
		return nil, nil
	}
	if *o.stamp != "text" {
		return nil, fmt.Errorf("--stamp: %q is unknown", *o.stamp)
	}
	page, err := parsePage(*o.page)
	if err != nil {
		return nil, err
	}
	rect, err := parseRect(*o.rect)
	if err != nil {
		return nil, err
	}
	return &pades.Stamp{Page: page, Rect: rect}, nil
}

// parsePage reads a page number; 0 is the last.
func parsePage(s string) (int, error) {
	if s == "" || s == "last" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("--page takes a number from 1, or last, not %q", s)
	}
	return n, nil
}

// parseRect reads four numbers.
func parseRect(s string) (r [4]float64, err error) {
	parts := strings.Split(s, ",")
	if len(parts) != 4 {
		return r, fmt.Errorf("--rect takes llx,lly,urx,ury, not %q", s)
	}
	for i, part := range parts {
		if r[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil {
			return r, fmt.Errorf("--rect: %q is no number", part)
		}
	}
	return r, nil
}

func signPAdES(ctx context.Context, dst io.Writer, t *signTask) error {
	p, err := padesProfile(t)
	if err != nil {
		return err
	}
	return pades.Sign(ctx, dst, t.in.file, t.in.size, t.signer, p)
}

func preparePAdES(ctx context.Context, t *signTask) (prepared, error) {
	p, err := padesProfile(t)
	if err != nil {
		return nil, err
	}
	made, err := pades.Prepare(ctx, t.in.file, t.in.size, t.signer.Chain, p)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func completePAdES(ctx context.Context, dst io.Writer, in *input, state, value []byte) error {
	var p pades.Prepared
	if err := p.UnmarshalBinary(state); err != nil {
		return err
	}
	return p.Complete(ctx, dst, in.file, in.size, value)
}

func extendPAdES(ctx context.Context, dst io.Writer, t *signTask, to signing.Level) error {
	return errors.New("not yet")
}
