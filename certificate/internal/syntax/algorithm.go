package syntax

import "github.com/rubrica/rubrica/certificate/internal/der"

// AlgorithmIdentifier is RFC 5280, 4.1.1.2.
type AlgorithmIdentifier struct {
	Raw        []byte // the whole element
	OID        []byte // contents octets
	Parameters []byte // the whole element, nil when absent
}

// ReadAlgorithm reads an AlgorithmIdentifier.
func ReadAlgorithm(r *der.Reader, field string) AlgorithmIdentifier {
	raw, seq := r.Element(field, der.Sequence)
	a := AlgorithmIdentifier{Raw: raw, OID: seq.OID(field)}
	if !seq.Empty() {
		_, a.Parameters, _ = seq.Any(field)
	}
	seq.End(field)
	return a
}

// ParametersNull reports whether the parameters are NULL.
func (a AlgorithmIdentifier) ParametersNull() bool {
	return len(a.Parameters) == 2 && a.Parameters[0] == byte(der.Null)
}

// SubjectPublicKeyInfo is RFC 5280, 4.1.2.7.
type SubjectPublicKeyInfo struct {
	Raw       []byte // the whole element
	Algorithm AlgorithmIdentifier
	Key       []byte // octets of the BIT STRING
}

// ReadSubjectPublicKeyInfo reads a SubjectPublicKeyInfo.
func ReadSubjectPublicKeyInfo(r *der.Reader, field string) SubjectPublicKeyInfo {
	raw, seq := r.Element(field, der.Sequence)
	k := SubjectPublicKeyInfo{Raw: raw, Algorithm: ReadAlgorithm(&seq, field+".algorithm")}
	k.Key = seq.WholeBits(field + ".subjectPublicKey")
	seq.End(field)
	return k
}
