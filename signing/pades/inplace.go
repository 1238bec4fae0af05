package pades

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing"
)

// A File is a document that is signed where it lies. An *os.File opened for reading and writing is
// one.
type File interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
}

// ErrNotRestored says that signing in place failed and that the file could not be cut back to its
// length. The original is there, octet for octet, at the beginning: cut the file behind it, or copy
// it from there, before anything else is done with it.
var ErrNotRestored = errors.New("pades: the file could not be cut back to what it was")

// SignInPlace signs a file of size octets by appending to it, and returns when the signature is on
// the disk (Sync). No octet of the original is written to, ever.
//
// Nothing is written before the signature, its time stamps and its evidence are at hand. After an
// error the file is what it was, or else the error is [ErrNotRestored] too. After a crash it is one
// of these, in this order of time: what it was; the original with the beginning of what follows it,
// or with parts of that missing; the original with all of it, but still ending with the original's
// own startxref, so that it opens as the original; the signed file. The step from the last but one
// to the last replaces ten digits or so with one write.
//
// The host sees to it that nobody else writes to the file meanwhile. Errors: as for [Sign], and
// those of f.
func SignInPlace(ctx context.Context, f File, size int64, s signing.Signer, p Profile) error {
	if _, err := s.Leaf(); err != nil {
		return err
	}
	if err := exactSize(f, size); err != nil {
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
	return d.appendTo(ctx, f, p.Level, p.extension())
}

// exactSize refuses a file with more octets than it is said to have.
func exactSize(f File, size int64) error {
	if n, _ := f.ReadAt(make([]byte, 1), size); n != 0 {
		return refuse("mismatch", fmt.Sprintf("the file is longer than %d octets", size))
	}
	return nil
}

// appendTo extends a finished signature where its level asks for that, and appends it to the file.
func (d *draft) appendTo(ctx context.Context, f File, level signing.Level, e Extension) error {
	doc := &grown{r: f, size: d.size, tail: d.update}
	if level >= signing.LevelLT {
		if err := extend(ctx, doc, level, e, doc.total()); err != nil {
			return err
		}
	}
	return doc.appendTo(ctx, f)
}

// appendTo writes what was appended in memory to the file itself.
func (g *grown) appendTo(ctx context.Context, f File) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := g.write(f)
	if err == nil {
		return nil
	}
	if undo := errors.Join(f.Truncate(g.size), f.Sync()); undo != nil {
		return fmt.Errorf("%w: %w", errors.Join(ErrNotRestored, undo), err)
	}
	return err
}

// write puts the tail behind the original in two steps; see [SignInPlace].
func (g *grown) write(f File) error {
	at, digits := lastStart(g.tail)
	before, after := bytes.Clone(digits), digits
	_, old := lastStart(g.ending())
	if old = bytes.TrimLeft(old, "0"); len(old) > 0 && len(old) <= len(after) {
		zeros := bytes.Repeat([]byte("0"), len(after)-len(old))
		before = append(zeros, old...)
	}
	first := bytes.Clone(g.tail)
	copy(first[at:], before)
	if err := writeAll(f, first, g.size); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if bytes.Equal(before, after) {
		return nil
	}
	if err := writeAll(f, after, g.size+int64(at)); err != nil {
		return err
	}
	return f.Sync()
}

// ending is the part of the original in which readers look for startxref, nil when it cannot be
// read.
func (g *grown) ending() []byte {
	const most = 1024 // Annex H of PDF 1.7, note 18
	b := make([]byte, min(most, g.size))
	if n, _ := g.r.ReadAt(b, g.size-int64(len(b))); n < len(b) {
		return nil
	}
	return b
}

// lastStart finds the digits behind the last startxref (7.5.5).
func lastStart(b []byte) (at int, digits []byte) {
	const word = "startxref"
	i := bytes.LastIndex(b, []byte(word))
	if i < 0 {
		return 0, nil
	}
	at = i + len(word)
	for at < len(b) && (b[at] == '\r' || b[at] == '\n' || b[at] == ' ') {
		at++
	}
	end := at
	for end < len(b) && '0' <= b[end] && b[end] <= '9' {
		end++
	}
	return at, b[at:end]
}

func writeAll(f io.WriterAt, b []byte, at int64) error {
	n, err := f.WriteAt(b, at)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}
