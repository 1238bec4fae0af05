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
	f, err := v.contentHash(h)
	if err != nil {
		return nil, err
	}
	v.writeArchived(f, s)
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

// contentHash is the hash that has taken encapContentInfo and the detached content. Content is read
// once for a hash, however many time stamps cover it.
func (v *validator) contentHash(h crypto.Hash) (hash.Hash, error) {
	if f, ok := v.contents[h]; ok {
		return clone(f)
	}
	around, err := v.src.around(v.d)
	if err != nil {
		return nil, err
	}
	f := h.New()
	if _, err := io.CopyBuffer(onlyWriter{f}, around, make([]byte, hashBuffer)); err != nil {
		return nil, err
	}
	if !v.d.Attached {
		if err := v.writeDetached(f); err != nil {
			return nil, err
		}
	}
	if v.contents == nil {
		v.contents = make(map[crypto.Hash]hash.Hash)
	}
	v.contents[h] = f
	return clone(f)
}

// writeArchived writes what comes between the content and the unsigned attributes.
func (v *validator) writeArchived(f hash.Hash, s *cms.SignerInfo) {
	if len(v.d.Certificates) > 0 {
		f.Write(ber.Tagged(0, v.d.Certificates...))
	}
	if len(v.d.CRLs) > 0 {
		f.Write(ber.Tagged(1, v.d.CRLs...))
	}
	for _, field := range s.Fields() {
		f.Write(field)
	}
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
			if len(a.Values) == 0 {
				continue
			}
			other, err := tsp.ParseToken(a.Values[0])
			if err != nil || !other.Time.Before(own.Time) {
				continue
			}
		}
		out = append(out, a.Raw)
	}
	return out
}
