package cms

import (
	"bytes"
	"io"

	"github.com/rubrica/rubrica/signing/internal/ber"
)

// Marshal writes a detached signature in DER. Signatures that were read keep their octets.
func (d *SignedData) Marshal() ([]byte, error) {
	if len(d.Signers) == 0 {
		return nil, badFormat("no signature to write")
	}
	return d.wrap(ber.Sequence(OID(d.ContentType))), nil
}

// MarshalAttached writes a signature around content at hand in DER.
func (d *SignedData) MarshalAttached(content []byte) ([]byte, error) {
	if len(d.Signers) == 0 {
		return nil, badFormat("no signature to write")
	}
	return d.wrap(ber.Sequence(OID(d.ContentType), ber.Tagged(0, ber.Octet(content)))), nil
}

func (d *SignedData) wrap(encapContentInfo []byte) []byte {
	before, after := d.around()
	return ber.Sequence(OID(OIDSignedData),
		ber.Tagged(0, ber.Sequence(before, encapContentInfo, after)))
}

// around is what stands before and after encapContentInfo within SignedData.
func (d *SignedData) around() (before, after []byte) {
	before = append(smallInteger(d.wantVersion()), ber.Set(d.digestAlgorithms()...)...)
	if len(d.Certificates) > 0 {
		after = append(after, ber.Tagged(0, d.Certificates...)...)
	}
	if len(d.CRLs) > 0 {
		after = append(after, ber.Tagged(1, d.CRLs...)...)
	}
	signers := make([][]byte, len(d.Signers))
	for i, s := range d.Signers {
		signers[i] = s.Raw()
	}
	return before, append(after, ber.Set(signers...)...)
}

// digestAlgorithms are those that were read and those that signers need beside them.
func (d *SignedData) digestAlgorithms() [][]byte {
	out := append([][]byte(nil), d.digestAlgs...)
	for _, s := range d.Signers {
		known := false
		for _, raw := range out {
			known = known || sameAlgorithm(raw, s.digestAlg)
		}
		if !known && s.digestAlg != nil {
			out = append(out, s.digestAlg)
		}
	}
	return out
}

// WriteCopy writes the signature around the encapContentInfo of the input that it was read from,
// which r gives again from its first octet to its last ([SignedData.ContentStart] to
// ContentEnd): content of any size is copied, not read.
func (d *SignedData) WriteCopy(w io.Writer, r io.Reader) error {
	return d.writeAround(w, nil, r, d.ContentEnd-d.ContentStart)
}

// WriteAttached writes the signature in DER around content of size octets, which r gives.
func (d *SignedData) WriteAttached(w io.Writer, r io.Reader, size int64) error {
	oid := OID(d.ContentType)
	value := ber.AppendHeader(nil, ber.Universal, ber.TagOctetString, false, size)
	tagged := ber.AppendHeader(nil, ber.Context, 0, true, size+int64(len(value)))
	head := ber.AppendHeader(nil, ber.Universal, ber.TagSequence, true,
		int64(len(oid)+len(tagged)+len(value))+size)
	head = append(append(append(head, oid...), tagged...), value...)
	return d.writeAround(w, head, r, size)
}

// writeAround writes ContentInfo with head and then size octets of r as encapContentInfo.
func (d *SignedData) writeAround(w io.Writer, head []byte, r io.Reader, size int64) error {
	if len(d.Signers) == 0 {
		return badFormat("no signature to write")
	}
	before, after := d.around()
	inner := int64(len(before)+len(head)+len(after)) + size
	tagged := inner + int64(ber.HeaderSize(inner))
	info := tagged + int64(ber.HeaderSize(tagged)) + int64(len(OID(OIDSignedData)))
	out := ber.AppendHeader(nil, ber.Universal, ber.TagSequence, true, info)
	out = append(out, OID(OIDSignedData)...)
	out = ber.AppendHeader(out, ber.Context, 0, true, tagged)
	out = ber.AppendHeader(out, ber.Universal, ber.TagSequence, true, inner)
	if _, err := w.Write(append(append(out, before...), head...)); err != nil {
		return err
	}
	buf := buffers.Get().(*[copyBuffer]byte)
	defer buffers.Put(buf)
	n, err := io.CopyBuffer(onlyWriter{w}, io.LimitReader(r, size+1), buf[:])
	if err != nil {
		return err
	}
	if n != size {
		return ErrContentLength
	}
	_, err = w.Write(after)
	return err
}

// onlyWriter keeps io.CopyBuffer to its buffer.
type onlyWriter struct{ io.Writer }

// AddCertificates adds X.509 certificates in DER that are not there yet.
func (d *SignedData) AddCertificates(certs ...[]byte) {
	d.Certificates = merge(d.Certificates, certs)
}

// AddCRLs adds certificate lists in DER that are not there yet.
func (d *SignedData) AddCRLs(lists ...[]byte) { d.CRLs = merge(d.CRLs, lists) }

// AddOCSPs adds OCSP responses in DER that are not there yet (RFC 5940).
func (d *SignedData) AddOCSPs(responses ...[]byte) {
	others := make([][]byte, len(responses))
	for i, r := range responses {
		others[i] = OtherRevocation(r)
	}
	d.CRLs = merge(d.CRLs, others)
}

// merge appends what is new, and keeps the order of DER when it was kept before.
func merge(have, more [][]byte) [][]byte {
	ordered := isSorted(have)
	have = append([][]byte(nil), have...)
next:
	for _, m := range more {
		for _, h := range have {
			if bytes.Equal(h, m) {
				continue next
			}
		}
		have = append(have, m)
	}
	if ordered {
		ber.SortSet(have)
	}
	return have
}

func isSorted(list [][]byte) bool {
	for i := 1; i < len(list); i++ {
		if bytes.Compare(list[i-1], list[i]) > 0 {
			return false
		}
	}
	return true
}

// Merge adds the signatures of another SignedData over the same content type, with what they
// bring: parallel signatures (RFC 5652, 5.1).
func (d *SignedData) Merge(o *SignedData) {
	d.AddCertificates(o.Certificates...)
	d.AddCRLs(o.CRLs...)
	d.Signers = append(d.Signers, o.Signers...)
}
