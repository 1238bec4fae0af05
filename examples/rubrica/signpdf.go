package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/firmaec"
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
		field:   c.flags.String("field", "", "PDF: the field to sign; default a new one"),
		certify: c.flags.Int("certify", 0, "PDF: certify; others may 1 nothing, 2 fill in, 3 comment"),
		lock:    c.flags.String("lock", "", "PDF: all, include:F,… or exclude:F,…"),
		stamp: c.flags.String("stamp", "",
			"PDF: text, image, qr; firmaec: information1, information2"),
		image:    c.flags.String("image", "", "PDF: the stamp's image, PNG or JPEG; text shows both"),
		page:     c.flags.String("page", "last", "PDF: the page of the stamp, from 1, or last"),
		rect:     c.flags.String("rect", "", "PDF: llx,lly,urx,ury of the stamp; default a free place"),
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

func badOption(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// padesProfile is the profile that the options describe.
func padesProfile(t *signTask) (p pades.Profile, err error) {
	o := t.pdf
	if t.profile == "firmaec" {
		p = firmaec.Basic(t.at)
	}
	p.Time, p.Level, p.PSS, p.Field, p.Application = t.at, t.level, t.pss, *o.field, "Rubrica"
	p.Reason, p.Location, p.Certify = *o.reason, *o.location, pades.Permission(*o.certify)
	p.Timestamper, p.Validation = t.timestamper, t.validation()
	if t.hash != 0 {
		p.Hash = t.hash
	}
	if *o.certify < 0 || *o.certify > 3 {
		return p, badOption("--certify takes 1, 2 or 3")
	}
	if p.DocumentPassword, err = o.documentPassword(); err != nil {
		return p, err
	}
	if p.Lock, err = parseLock(*o.lock); err != nil {
		return p, err
	}
	p.Stamp, err = o.parseStamp(t.profile)
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
		return nil, badOption("--lock takes all, include:F,… or exclude:F,…, not %q", s)
	}
	if names == "" {
		return nil, badOption("--lock %s names no field", action)
	}
	lock.Fields = strings.Split(names, ",")
	return lock, nil
}

// maxImage bounds the file of --image; package pades takes no larger images either.
const maxImage = 8 << 20

// parseStamp is the stamp that the options describe, nil without one.
func (o pdfOptions) parseStamp(profile string) (*pades.Stamp, error) {
	if *o.stamp == "" {
		if *o.image != "" || *o.rect != "" {
			return nil, badOption("--image and --rect go with --stamp")
		}
		return nil, nil
	}
	look, err := o.parseLook(profile)
	if err != nil {
		return nil, err
	}
	page, err := parsePage(*o.page)
	if err != nil {
		return nil, err
	}
	rect, err := parseRect(*o.rect, profile)
	if err != nil {
		return nil, err
	}
	return &pades.Stamp{Page: page, Rect: rect, Look: look}, nil
}

// parseLook is how the stamp looks. The profile firmaec has looks of its own.
func (o pdfOptions) parseLook(profile string) (pades.Look, error) {
	name := *o.stamp
	if *o.image != "" && name != "text" && name != "image" {
		return nil, badOption("--image goes with --stamp text or image")
	}
	own := map[string]pades.Look{"qr": firmaec.QR{}, "information1": firmaec.Information1{},
		"information2": firmaec.Information2{}}
	if look, ok := own[name]; ok && profile == "firmaec" {
		return look, nil
	}
	text := pades.TextLook{}
	switch name {
	case "text", "image":
		if *o.image == "" && name == "image" {
			return nil, badOption("--stamp image needs --image")
		}
		if *o.image == "" {
			return text, nil
		}
		data, err := readFile(*o.image, maxImage)
		if err != nil {
			return nil, err
		}
		if image := (pades.ImageLook{Image: data}); name == "text" {
			return pades.Beside{Left: image, Right: text}, nil
		} else {
			return image, nil
		}
	case "qr":
		return pades.Beside{Left: pades.QRLook{}, Right: text}, nil
	}
	return nil, badOption("--stamp takes text, image or qr, and for the profile firmaec also "+
		"information1 and information2; not %q", name)
}

// parsePage reads a page number; 0 is the last.
func parsePage(s string) (int, error) {
	if s == "" || s == "last" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, badOption("--page takes a number from 1, or last, not %q", s)
	}
	return n, nil
}

// parseRect reads four numbers; for the profile firmaec also two, as systems hand them to it: the
// left and the upper side. Zero when none are given.
func parseRect(s, profile string) (r [4]float64, err error) {
	if s == "" {
		return r, nil
	}
	var numbers []float64
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return r, badOption("--rect: %q is no number", part)
		}
		numbers = append(numbers, n)
	}
	switch {
	case len(numbers) == 4:
		return [4]float64(numbers), nil
	case len(numbers) == 2 && profile == "firmaec":
		return firmaec.Rect(numbers[0], numbers[1]), nil
	}
	return r, badOption("--rect takes llx,lly,urx,ury, not %q", s)
}

func signPAdES(ctx context.Context, dst io.Writer, t *signTask) error {
	p, err := padesProfile(t)
	if err != nil {
		return err
	}
	t.inspect(ctx, p)
	return pades.Sign(ctx, dst, t.in.file, t.in.size, t.signer, p)
}

// inspect collects what the signer should know of the document before he signs it. A document that
// cannot be inspected is told by the signing itself, which may also know how to repair it.
func (t *signTask) inspect(ctx context.Context, p pades.Profile) {
	if found, err := pades.Inspect(ctx, t.in.file, t.in.size, p.DocumentPassword); err == nil {
		t.findings = found
	}
}

// signInPlace appends a signature to the file itself.
func signInPlace(ctx context.Context, t *signTask) error {
	return t.inPlace(func(f pades.File) error {
		p, err := padesProfile(t)
		if err != nil {
			return err
		}
		t.inspect(ctx, p)
		return pades.SignInPlace(ctx, f, t.in.size, t.signer, p)
	})
}

// inPlace opens the file for appending to it.
func (t *signTask) inPlace(appendTo func(pades.File) error) error {
	if t.profile != "pades" && t.profile != "firmaec" {
		return badOption("--in-place goes with the profiles pades and firmaec")
	}
	if t.pdf.c.isSet("out") {
		return badOption("--in-place and --out exclude each other")
	}
	f, err := os.OpenFile(t.in.name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(appendTo(f), f.Close())
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

func completePAdES(ctx context.Context, dst io.Writer, t *signTask, state, value []byte) error {
	p, err := padesPrepared(t, state)
	if err != nil {
		return err
	}
	return p.Complete(ctx, dst, t.in.file, t.in.size, value)
}

// completeInPlace appends the prepared signature to the file itself.
func completeInPlace(ctx context.Context, t *signTask, state, value []byte) error {
	return t.inPlace(func(f pades.File) error {
		p, err := padesPrepared(t, state)
		if err != nil {
			return err
		}
		return p.CompleteInPlace(ctx, f, t.in.size, value)
	})
}

// padesPrepared reads the state of a prepared signature.
func padesPrepared(t *signTask, state []byte) (*pades.Prepared, error) {
	p := &pades.Prepared{}
	if err := p.UnmarshalBinary(state); err != nil {
		return nil, err
	}
	var err error
	p.Extension, err = padesExtension(t)
	return p, err
}

// extendPAdES carries the signatures of a document to a level.
func extendPAdES(ctx context.Context, dst io.Writer, t *signTask, to signing.Level) error {
	e, err := padesExtension(t)
	if err != nil {
		return err
	}
	return pades.Extend(ctx, dst, t.in.file, t.in.size, to, e)
}

// padesExtension is what levels above B need.
func padesExtension(t *signTask) (pades.Extension, error) {
	e := pades.Extension{Timestamper: t.timestamper, Hash: t.hash, Validation: t.validation()}
	var err error
	e.Validation.DocumentPassword, err = t.pdf.documentPassword()
	return e, err
}
