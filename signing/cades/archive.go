package cades

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// hashIndex is ATSHashIndexV3 (EN 319 122-1, 5.5.2) or one of its predecessors: the digests of
// what an archive time stamp of version 3 covers beside the signature itself.
type hashIndex struct {
	version             asn1.ObjectIdentifier
	hash                crypto.Hash
	certs, crls, values [][]byte
	der                 []byte
}

// newIndex makes the index of everything that stands in the SignedData and on the signature now.
func newIndex(d *cms.SignedData, s *cms.SignerInfo, h crypto.Hash) (*hashIndex, error) {
	x := &hashIndex{version: oidHashIndexV3, hash: h}
	x.certs, x.crls, x.values = digests(h, d.Certificates), digests(h, d.CRLs), x.attributes(s)
	alg, err := algorithm.HashIdentifier(h)
	if err != nil {
		return nil, err
	}
	list := func(sums [][]byte) []byte {
		strings := make([][]byte, len(sums))
		for i, sum := range sums {
			strings[i] = ber.Octet(sum)
		}
		return ber.Sequence(strings...)
	}
	x.der = ber.Sequence(alg, list(x.certs), list(x.crls), list(x.values))
	return x, nil
}

func digests(h crypto.Hash, list [][]byte) [][]byte {
	out := make([][]byte, len(list))
	for i, e := range list {
		out[i] = algorithm.Digest(h, e)
	}
	return out
}

// attributes are the digests of the unsigned attributes: in version 3 of each value behind its
// type, in the older ones of each attribute.
func (x *hashIndex) attributes(s *cms.SignerInfo) [][]byte {
	var out [][]byte
	for i := range s.Unsigned {
		out = append(out, x.attribute(&s.Unsigned[i])...)
	}
	return out
}

func (x *hashIndex) attribute(a *cms.Attribute) [][]byte {
	if !x.version.Equal(oidHashIndexV3) {
		return [][]byte{algorithm.Digest(x.hash, a.Raw)}
	}
	out := make([][]byte, len(a.Values))
	for i, v := range a.Values {
		f := x.hash.New()
		f.Write(cms.OID(a.Type))
		f.Write(v)
		out[i] = f.Sum(nil)
	}
	return out
}

// archive adds an archive time stamp of version 3 over all that is there.
func (a *augmenter) archive(s *cms.SignerInfo) error {
	h := a.e.hash()
	content, err := a.content.Digest(h)
	if errors.Is(err, cms.ErrNoContent) {
		return ErrNoContent
	}
	if err != nil {
		return err
	}
	x, err := newIndex(a.d, s, h)
	if err != nil {
		return err
	}
	token, err := a.timestamp(h, archiveImprint(a.d, s, x, content, h))
	if err != nil {
		return err
	}
	token, err = withIndex(token, x)
	if err != nil {
		return fmt.Errorf("archive time stamp: %w", err)
	}
	s.AddUnsigned(cms.NewAttribute(oidArchiveV3, token))
	return nil
}

// archiveImprint is EN 319 122-1, 5.5.3: content type, digest of the content, the fields of the
// SignerInfo up to the signature, the index.
func archiveImprint(d *cms.SignedData, s *cms.SignerInfo, x *hashIndex, content []byte,
	h crypto.Hash) []byte {
	f := h.New()
	f.Write(cms.OID(d.ContentType))
	f.Write(content)
	for _, field := range s.Fields() {
		f.Write(field)
	}
	f.Write(x.der)
	return f.Sum(nil)
}

// withIndex puts the index into the token, as an unsigned attribute of its signature.
func withIndex(token []byte, x *hashIndex) ([]byte, error) {
	d, err := cms.Parse(token)
	if err != nil {
		return nil, err
	}
	whole, ok := d.Whole()
	if !ok || len(d.Signers) != 1 {
		return nil, &FormatError{What: "not a time stamp"}
	}
	d.Signers[0].AddUnsigned(cms.NewAttribute(x.version, x.der))
	return d.MarshalAttached(whole)
}

// errIndex says that an archive time stamp covers something that is not there any more.
var errIndex = errors.New("the archive time stamp covers what is not in the signature any more")

// imprintV3 recomputes what an archive time stamp of version 3 covers, and checks that everything
// that its index names is still there.
func (v *validator) imprintV3(s *cms.SignerInfo, t stamp, content cms.Content,
	h crypto.Hash) ([]byte, error) {
	x, err := indexOf(t.der)
	if err != nil {
		return nil, err
	}
	present := v.present(x, s)
	if !present.hasAll(x.certs) || !present.hasAll(x.crls) || !present.hasAll(x.values) {
		return nil, errIndex
	}
	digest, err := content.Digest(h)
	if err != nil {
		return nil, err
	}
	return archiveImprint(v.d, s, x, digest, h), nil
}

// digestSet is a set of digests.
type digestSet map[string]bool

func (d digestSet) hasAll(list [][]byte) bool {
	for _, n := range list {
		if !d[string(n)] {
			return false
		}
	}
	return true
}

// presentKey says of which signature, and in which way, digests were taken.
type presentKey struct {
	signer  *cms.SignerInfo
	hash    crypto.Hash
	version string
}

// present are the digests of all that an index of this kind can name; kept, because many time
// stamps may ask for the same.
func (v *validator) present(x *hashIndex, s *cms.SignerInfo) digestSet {
	key := presentKey{s, x.hash, x.version.String()}
	if have, ok := v.digests[key]; ok {
		return have
	}
	set := make(digestSet)
	for _, list := range [][][]byte{digests(x.hash, v.d.Certificates), digests(x.hash, v.d.CRLs),
		x.attributes(s)} {
		for _, sum := range list {
			set[string(sum)] = true
		}
	}
	if v.digests == nil {
		v.digests = make(map[presentKey]digestSet)
	}
	v.digests[key] = set
	return set
}

// covers says whether an index names every value of an attribute.
func (x *hashIndex) covers(a *cms.Attribute) bool {
	set := make(digestSet)
	for _, sum := range x.values {
		set[string(sum)] = true
	}
	return set.hasAll(x.attribute(a))
}

// indexOf reads the index inside a token.
func indexOf(token []byte) (*hashIndex, error) {
	d, err := cms.Parse(token)
	if err != nil {
		return nil, err
	}
	var found *hashIndex
	for _, a := range d.Signers[0].Unsigned {
		for _, version := range []asn1.ObjectIdentifier{oidHashIndex, oidHashIndexV2,
			oidHashIndexV3} {
			if !a.Type.Equal(version) {
				continue
			}
			if found != nil || len(a.Values) != 1 {
				return nil, &FormatError{What: "an archive time stamp with more than one index"}
			}
			if found, err = parseIndex(a.Values[0], version); err != nil {
				return nil, err
			}
		}
	}
	if found == nil {
		return nil, &FormatError{What: "an archive time stamp without its index"}
	}
	return found, nil
}

// parseIndex reads an index; the hash is SHA-256 when it is not named, as TS 101 733 had it.
func parseIndex(der []byte, version asn1.ObjectIdentifier) (*hashIndex, error) {
	bad := &FormatError{What: "malformed index of an archive time stamp"}
	x := &hashIndex{version: version, hash: crypto.SHA256, der: der}
	in := cryptobyte.String(der)
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() {
		return nil, bad
	}
	peek := seq
	var first cryptobyte.String
	if peek.ReadASN1(&first, cbasn1.SEQUENCE) && first.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER) {
		var alg cryptobyte.String
		seq.ReadASN1Element(&alg, cbasn1.SEQUENCE)
		var err error
		if x.hash, err = algorithm.ParseHash(alg); err != nil {
			return nil, err
		}
	}
	for _, into := range []*[][]byte{&x.certs, &x.crls, &x.values} {
		var list cryptobyte.String
		if !seq.ReadASN1(&list, cbasn1.SEQUENCE) {
			return nil, bad
		}
		for !list.Empty() {
			var sum cryptobyte.String
			if !list.ReadASN1(&sum, cbasn1.OCTET_STRING) {
				return nil, bad
			}
			*into = append(*into, bytes.Clone(sum))
		}
	}
	if !seq.Empty() {
		return nil, bad
	}
	return x, nil
}
