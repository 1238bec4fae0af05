package cades

import (
	"bytes"
	"crypto"
	"hash"
	"io"

	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
	"github.com/rubrica/rubrica/signing/tsp"
)

// imprintV2 recomputes what an archive time stamp of version 2 covers (ETSI TS 101 733, 6.4.1):
// encapContentInfo, the detached content, certificates, crls, and all of the SignerInfo, with
// the unsigned attributes that were there before the time stamp. The standard leaves open whether
// the tag and length of the unsigned attributes belong to it, and producers differ: the token
// decides between the two.
func (v *validator) imprintV2(s *cms.SignerInfo, t stamp, h crypto.Hash) ([]byte, error) {
	token, err := tsp.ParseToken(t.der)
	if err != nil {
		return nil, err
	}
	f := h.New()
	if err := v.writeArchived(f, s); err != nil {
		return nil, err
	}
	before := attributesBefore(s, t, token)
	if len(before) == 0 {
		return f.Sum(nil), nil
	}
	bare, err := clone(f)
	if err != nil {
		return nil, err
	}
	for _, a := range before {
		bare.Write(a)
	}
	if sum := bare.Sum(nil); bytes.Equal(sum, token.Imprint.Digest) {
		return sum, nil
	}
	f.Write(ber.Tagged(1, before...))
	return f.Sum(nil), nil
}

// clone copies the state of a hash; all that are supported can be copied.
func clone(f hash.Hash) (hash.Hash, error) {
	c, ok := f.(hash.Cloner)
	if !ok {
		return nil, &FormatError{What: "a hash that cannot be copied"}
	}
	return c.Clone()
}

// writeArchived writes what comes before the unsigned attributes.
func (v *validator) writeArchived(f io.Writer, s *cms.SignerInfo) error {
	around, err := v.src.around(v.d)
	if err != nil {
		return err
	}
	if _, err := io.CopyBuffer(onlyWriter{f}, around, make([]byte, hashBuffer)); err != nil {
		return err
	}
	if !v.d.Attached {
		if err := v.writeDetached(f); err != nil {
			return err
		}
	}
	parts := append([][]byte(nil), s.Fields()...)
	if len(v.d.CRLs) > 0 {
		parts = append([][]byte{ber.Tagged(1, v.d.CRLs...)}, parts...)
	}
	if len(v.d.Certificates) > 0 {
		parts = append([][]byte{ber.Tagged(0, v.d.Certificates...)}, parts...)
	}
	for _, p := range parts {
		if _, err := f.Write(p); err != nil {
			return err
		}
	}
	return nil
}

func (v *validator) writeDetached(w io.Writer) error {
	if v.detached == nil {
		return cms.ErrNoContent
	}
	r, err := v.detached()
	if err != nil {
		return cms.ErrNoContent
	}
	defer r.Close()
	_, err = io.CopyBuffer(onlyWriter{w}, r, make([]byte, hashBuffer))
	return err
}

// attributesBefore are the unsigned attributes in their octets, without the archive time stamps
// that are not older than t.
func attributesBefore(s *cms.SignerInfo, t stamp, own *tsp.Token) [][]byte {
	var out [][]byte
	for i, a := range s.Unsigned {
		if i == t.index {
			continue
		}
		if a.Type.Equal(oidArchiveV2) || a.Type.Equal(oidArchiveV3) {
			other, err := tsp.ParseToken(a.Values[0])
			if err != nil || !other.Time.Before(own.Time) {
				continue
			}
		}
		out = append(out, a.Raw)
	}
	return out
}
