package pades

import (
	"crypto"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// signedOctets hands back what a signature covers: the revision without the contents.
func (j *judgement) signedOctets(e *entry) []signing.Signed {
	if e.job == nil || e.broken != nil {
		return nil
	}
	out := signing.Signed{ID: e.found.id}
	if digest, ok := e.job.out[crypto.SHA256]; ok {
		copy(out.SHA256[:], digest)
	}
	b, r := e.span.ranges, j.file.Reader()
	out.Octets = func(w io.Writer) error {
		if err := copyOctets(w, r, b[0], b[1]); err != nil {
			return err
		}
		return copyOctets(w, r, b[2], b[3])
	}
	return []signing.Signed{out}
}

// WriteRevision writes the document as it was when a revision was finished, from 1 as in
// [signing.Signature.Revision]: what its signer saw. password opens an encrypted document, which
// stays encrypted.
func WriteRevision(dst io.Writer, r io.ReaderAt, size int64, revision int, password []byte) error {
	f, err := pdf.Open(r, size, pdf.Options{Password: password})
	if err != nil {
		return err
	}
	all := f.Revisions()
	if revision < 1 || revision > len(all) || all[revision-1].EOF == 0 {
		return refuse("no-revision", fmt.Sprintf("the document has no revision %d that ends", revision))
	}
	end := all[revision-1].Limit
	if revision == len(all) {
		end = size
	}
	return copyOctets(dst, r, 0, end)
}
