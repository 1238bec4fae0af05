package firmaec

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"io"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
)

// ErrNotPDF says that what a .pdf.p7m holds is no PDF. Refuse the file.
var ErrNotPDF = errors.New("firmaec: the content of the signature is no PDF")

// Enclose signs a PDF with a plain CMS around it, the .pdf.p7m that Quipux keeps, and writes it to
// dst. at is the time of signing. After an error what was written to dst is no signature.
func Enclose(
	ctx context.Context, dst io.Writer, pdf io.Reader, s signing.Signer, at time.Time,
) error {
	return cades.Sign(ctx, dst, pdf, s,
		cades.Profile{Plain: true, SigningTime: at, Hash: crypto.SHA256})
}

// Open writes the PDF that a .pdf.p7m holds to dst. It judges no signature: [cades.Validate] does.
// Errors: [ErrNotPDF], and then nothing was written; [cades.ErrNoContent] when the content is not
// inside; those of the CMS, of doc and dst, after which what was written is to be discarded.
func Open(dst io.Writer, doc io.ReaderAt, size int64) error {
	w := &pdfWriter{dst: dst}
	if err := cades.CopyContent(w, doc, size); err != nil {
		return err
	}
	if !w.known {
		return ErrNotPDF
	}
	return nil
}

// headerWithin is how far from the beginning %PDF- may stand (ISO 32000-1, Annex H.3, note 13).
const headerWithin = 1024

// A pdfWriter passes on what it gets as soon as it has seen a PDF's header in it.
type pdfWriter struct {
	dst   io.Writer
	held  []byte
	known bool
}

func (w *pdfWriter) Write(p []byte) (int, error) {
	if w.known {
		return w.dst.Write(p)
	}
	w.held = append(w.held, p...)
	mark := []byte("%PDF-")
	switch at := bytes.Index(w.held[:min(len(w.held), headerWithin+len(mark))], mark); {
	case at >= 0:
		w.known = true
		if _, err := w.dst.Write(w.held); err != nil {
			return 0, err
		}
		w.held = nil
	case len(w.held) >= headerWithin+len(mark):
		return 0, ErrNotPDF
	}
	return len(p), nil
}
