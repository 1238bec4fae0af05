package main

import (
	"context"
	"errors"
	"io"

	"github.com/rubrica/rubrica/signing"
)

// extend adds time stamps and evidence to signatures, also to those of others.
func extend(ctx context.Context, c *call) int {
	o := c.signOptions()
	o.password = c.passwords("password")
	detached := c.flags.String("detached", "", "the content of a detached CMS signature, for LTA")
	if err := c.parse(1, 1); err != nil {
		return c.badUsage(err)
	}
	if !c.isSet("level") {
		return c.badUsage(errors.New("--level is required: T, LT or LTA"))
	}
	task, err := o.task(ctx)
	if err != nil {
		return c.refuseTask(err)
	}
	defer task.in.close()
	if task.level == signing.LevelB {
		return c.badUsage(errors.New("--level takes T, LT or LTA"))
	}
	task.detached = *detached
	var carry func(context.Context, io.Writer, *signTask, signing.Level) error
	suffix := ".signed.pdf"
	switch task.in.kind {
	case formatXML:
		carry, suffix = extendXAdES, ".signed.xml"
	case formatPDF:
		carry = extendPAdES
	case formatCMS:
		carry, suffix = extendCAdES, ".extended.p7m"
	default:
		return c.fail(c.files[0], signing.CodeUnknownFormat, formatError{}, exitUnusable)
	}
	out := outputName(*o.out, c.files[0], suffix)
	err = writeWhole(out, func(w io.Writer) error { return carry(ctx, w, task, task.level) })
	if err != nil {
		return c.refuse(c.files[0], err)
	}
	return c.signed(c.files[0], out, task.findings)
}
