package demo

import "context"

func (w *world) writePage(ctx context.Context, language string, shared []artefact, chapters []chapter) error {
	return writeFile(w.path(pageFile), []byte("<!doctype html>"))
}
