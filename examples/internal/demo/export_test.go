package demo

import (
	"context"
	"errors"
	"time"
)

// BeginAsVersion begins a folder as a program of another version would.
func BeginAsVersion(ctx context.Context, dir, version string) error {
	w, err := open(ctx, dir, time.Now())
	if err != nil {
		return err
	}
	_, _, err = w.vault.PutOnce(ctx, ownSubject, versionRecord, []byte(version))
	return errors.Join(err, w.close())
}
