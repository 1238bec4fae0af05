package pades

import (
	"crypto"
	"io"

	"github.com/rubrica/rubrica/signing"
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
