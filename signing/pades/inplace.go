package pades

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing"
)

// An InPlace is a document that can be appended to; [*os.File] is one.
type InPlace interface {
	io.ReaderAt
	io.WriterAt
	// Truncate cuts the document back to a size.
	Truncate(size int64) error
	// Sync makes what was written durable.
	Sync() error
}

// SignInPlace appends a signature to a document, which is read once and not copied. Everything is
// computed first; then the update is written behind the document and made durable. When writing
// fails, the document is cut back to what it was; only if that fails too, which the error says, do
// octets behind its end remain.
func SignInPlace(ctx context.Context, f InPlace, size int64, s signing.Signer, p Profile) error {
	if _, err := s.Leaf(); err != nil {
		return err
	}
	d, err := newDraft(ctx, f, size, s.Chain, &p)
	if err != nil {
		return err
	}
	prepared, err := d.digest(ctx, nil, f)
	if err != nil {
		return err
	}
	signed, err := prepared.Sign(s.Key)
	if err != nil {
		return err
	}
	if err := d.finish(ctx, signed, p.Timestamper, p.Level); err != nil {
		return err
	}
	doc := &grown{r: f, size: size, tail: d.update}
	if p.Level >= signing.LevelLT {
		if err := extend(ctx, doc, p.Level, p.extension()); err != nil {
			return err
		}
	}
	return doc.appendTo(f)
}

// ExtendInPlace is [Extend] for a document that is appended to.
func ExtendInPlace(ctx context.Context, f InPlace, size int64, to signing.Level, e Extension) error {
	if err := extendable(to); err != nil {
		return err
	}
	doc := &grown{r: f, size: size}
	if err := extend(ctx, doc, to, e); err != nil {
		return err
	}
	return doc.appendTo(f)
}

// appendTo writes what the document grew by, or leaves it as it was.
func (g *grown) appendTo(f InPlace) error {
	if len(g.tail) == 0 {
		return nil
	}
	_, err := f.WriteAt(g.tail, g.size)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		return nil
	}
	if undo := f.Truncate(g.size); undo != nil {
		return fmt.Errorf("pades: writing behind the document, and cutting it back to %d octets: %w", g.size, errors.Join(err, undo))
	}
	return fmt.Errorf("pades: writing behind the document, which was cut back: %w", err)
}
