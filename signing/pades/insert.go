package pades

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// DocumentDigest returns what a service must sign that makes whole CMS signatures: the digest of
// the document with its update, and the hash.
func (p *Prepared) DocumentDigest() (crypto.Hash, []byte) { return p.cms.Hash(), p.digest }

// Insert writes the document to dst with a CMS signature that was made elsewhere over
// [Prepared.DocumentDigest]. It is checked first: one detached signature in DER or BER by the
// certificate that was prepared for, with the digest of this document, and, for PAdES, with the
// signing-certificate attribute. Errors: [*RefusalError] (foreign), those of [Prepared.Complete].
func (p *Prepared) Insert(ctx context.Context, dst io.Writer, r io.ReaderAt, size int64,
	der []byte) error {
	signed, err := p.checkForeign(der)
	if err != nil {
		return err
	}
	return p.complete(ctx, dst, r, size, signed)
}

// InsertInPlace is [Prepared.Insert] for a file that is signed where it lies; see
// [Prepared.CompleteInPlace].
func (p *Prepared) InsertInPlace(ctx context.Context, f File, size int64, der []byte) error {
	signed, err := p.checkForeign(der)
	if err != nil {
		return err
	}
	return p.completeInPlace(ctx, f, size, signed)
}

func (p *Prepared) checkForeign(der []byte) (*cms.SignedData, error) {
	foreign := func(format string, args ...any) (*cms.SignedData, error) {
		problem := fmt.Sprintf(format, args...)
		return nil, refuse("foreign", "the signature made elsewhere is refused: "+problem)
	}
	signed, err := cms.Parse(der)
	if err != nil {
		return foreign("%v", err)
	}
	if signed.Attached || len(signed.Signers) != 1 {
		return foreign("it is not one detached signature")
	}
	info, leaf := signed.Signers[0], p.cms.Leaf()
	if info.Signer([]*x509.Certificate{leaf}, cms.Digests{p.cms.Hash(): p.digest}) == nil {
		return foreign("it names another certificate")
	}
	if err := info.Verify(leaf, cms.Digests{p.cms.Hash(): p.digest}); err != nil {
		if errors.Is(err, cms.ErrDigest) {
			return foreign("it is over something else")
		}
		return foreign("%v", err)
	}
	if !holds(signed.X509(), leaf) {
		return foreign("it does not carry its certificate")
	}
	if len(info.Doubts) > 0 {
		return foreign("%s", info.Doubts[0])
	}
	if p.form == FormPAdES && info.Binding(leaf) != signing.BindingOK {
		return foreign("it does not name its certificate (EN 319 142-1, 6.3)")
	}
	return signed, nil
}
