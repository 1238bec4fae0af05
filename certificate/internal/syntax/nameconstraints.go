package syntax

import "github.com/rubrica/rubrica/certificate/internal/der"

// NameConstraints is RFC 5280, 4.2.1.10. Minimum is always 0 and maximum absent: anything else is
// refused when read.
type NameConstraints struct {
	Permitted, Excluded []GeneralName
}

// ReadNameConstraints reads the value of a nameConstraints extension.
func ReadNameConstraints(value []byte) (*NameConstraints, error) {
	r := der.NewReader(value)
	n := readNameConstraints(&r)
	r.End("nameConstraints")
	return n, r.Err()
}

// ReadAltNames reads the value of a subjectAltName extension.
func ReadAltNames(value []byte) ([]GeneralName, error) {
	r := der.NewReader(value)
	names := readNames(&r, "subjectAltName")
	r.End("subjectAltName")
	return names, r.Err()
}

func readNameConstraints(r *der.Reader) *NameConstraints {
	const field = "nameConstraints"
	seq := r.Read(field, der.Sequence)
	if seq.Empty() {
		seq.Fail(field, "neither permitted nor excluded subtrees")
	}
	n := &NameConstraints{}
	if subtrees, ok := seq.Optional(field, der.Constructed(0)); ok {
		n.Permitted = readSubtrees(&subtrees, "nameConstraints.permittedSubtrees")
	}
	if subtrees, ok := seq.Optional(field, der.Constructed(1)); ok {
		n.Excluded = readSubtrees(&subtrees, "nameConstraints.excludedSubtrees")
	}
	seq.End(field)
	return n
}

func readSubtrees(seq *der.Reader, field string) []GeneralName {
	if seq.Empty() {
		seq.Fail(field, "empty")
		return nil
	}
	list := make([]GeneralName, 0, 4)
	for !seq.Empty() {
		one := seq.Read(field, der.Sequence)
		list = append(list, readGeneralName(&one, field, true))
		one.End(field) // minimum other than 0, or maximum
	}
	return list
}
