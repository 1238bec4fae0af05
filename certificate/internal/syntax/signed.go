package syntax

import "github.com/rubrica/rubrica/certificate/internal/der"

// Signed is what certificates and lists have in common (RFC 5280, 4.1 and 5.1): contents, the
// algorithm, and a signature over the contents.
type Signed struct {
	Raw            []byte
	RawTBS         []byte
	OuterAlgorithm AlgorithmIdentifier
	Signature      []byte // nil when it is not whole octets, which no signature is
}

// readSigned reads a whole document and returns a reader of the contents.
func readSigned(r *der.Reader, whole, contents string) (s Signed, tbs der.Reader) {
	var seq der.Reader
	s.Raw, seq = r.Element(whole, der.Sequence)
	r.End(whole)
	s.RawTBS, tbs = seq.Element(contents, der.Sequence)
	s.OuterAlgorithm = ReadAlgorithm(&seq, "signatureAlgorithm")
	if bits, unused := seq.Bits("signatureValue"); unused == 0 {
		s.Signature = bits
	}
	seq.End(whole)
	return s, tbs
}
