package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/rubrica/rubrica/examples/internal/demo"
)

// runDemo runs the main job.
func runDemo(ctx context.Context, c *call) int {
	o := demo.Options{Stdout: c.out, Now: c.now}
	c.flags.StringVar(&o.Dir, "out", "rubrica-demo", "the folder for the artefacts")
	c.flags.StringVar(&o.Process, "process", "all", "icert-natural, or all that there are")
	c.flags.StringVar(&o.Lang, "lang", "es", "language of the page: es or en")
	if err := c.parse(0, 0); err != nil {
		return c.badUsage(err)
	}
	err := demo.Run(ctx, o)
	if err == nil {
		return exitDone
	}
	if usage, ok := errors.AsType[*demo.UsageError](err); ok {
		return c.badUsage(usage)
	}
	if folder, ok := errors.AsType[*demo.FolderError](err); ok {
		return c.fail("", "failed", folder, exitRefused)
	}
	stopped := fmt.Errorf(
		"the demonstration stopped; start it again with the same --out to continue: %w", err)
	return c.fail("", "failed", stopped, exitRefused)
}
