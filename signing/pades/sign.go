package pades

import (
	"context"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// Sign writes the document to dst with one more signature at its end: all octets of r, then an
// incremental update. r is read once.
//
// A document whose cross-references are damaged is signed as its objects show it, with new
// cross-references to all of them, if nothing in it is signed; [Inspect] tells of the damage.
//
// When Sign returns an error, dst may have received the beginning of the document and must be
// discarded; r is never changed. Errors: [*RefusalError], those of the document (with
// [signing.CodeOf]), of the key, of the time stamp authority, of r and dst.
func Sign(ctx context.Context, dst io.Writer, r io.ReaderAt, size int64, s signing.Signer,
	p Profile) error {
	if _, err := s.Leaf(); err != nil {
		return err
	}
	d, err := newDraft(ctx, r, size, s.Chain, &p)
	if err != nil {
		return err
	}
	now := dst
	if p.Level >= signing.LevelLT {
		now = nil // nothing is written before all evidence is at hand
	}
	prepared, err := d.digest(ctx, now, r)
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
	if p.Level >= signing.LevelLT {
		return d.deliver(ctx, dst, r, p.Level, p.extension())
	}
	_, err = dst.Write(d.update)
	return err
}

// extension is what the profile says about the levels above T.
func (p *Profile) extension() Extension {
	e := Extension{Timestamper: p.Timestamper, TimestampSize: p.TimestampSize,
		Validation: p.Validation}
	e.Validation.DocumentPassword = p.DocumentPassword
	return e
}

// deliver extends a finished signature to a level above T and writes the document.
func (d *draft) deliver(ctx context.Context, dst io.Writer, r io.ReaderAt, level signing.Level,
	e Extension) error {
	doc := &grown{r: r, size: d.size, tail: d.update}
	if err := extend(ctx, doc, level, e, doc.total()); err != nil {
		return err
	}
	return doc.writeTo(dst)
}

// digest copies the document to dst (nil: nowhere), digests it and fixes what is to be signed.
func (d *draft) digest(ctx context.Context, dst io.Writer, r io.ReaderAt) (*cms.Prepared, error) {
	h := d.hash.New()
	if err := copySigned(dst, h, contextReader{ctx, r}, d.size, d.update, d.place); err != nil {
		return nil, err
	}
	d.sum = h.Sum(nil)
	return cms.Prepare(d.parameters, d.sum)
}

// finish puts the signature into the update.
func (d *draft) finish(ctx context.Context, signed *cms.SignedData, t signing.Timestamper,
	level signing.Level) error {
	if level >= signing.LevelT {
		if err := timestamp(ctx, signed, t, d.hash); err != nil {
			return err
		}
	}
	der, err := signed.Marshal()
	if err != nil {
		return err
	}
	if !fill(d.update, d.place, der) {
		return refuse("too-large", fmt.Sprintf(
			"the signature takes %d octets and %d were kept: set TimestampSize", len(der), d.place.length/2-1))
	}
	return nil
}

// A contextReader stops reading when its context is done.
type contextReader struct {
	ctx context.Context
	r   io.ReaderAt
}

func (c contextReader) ReadAt(p []byte, at int64) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.ReadAt(p, at)
}
