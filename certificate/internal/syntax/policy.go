package syntax

import "github.com/rubrica/rubrica/certificate/internal/der"

// AnyPolicy is the contents octets of anyPolicy, 2.5.29.32.0.
const AnyPolicy = "\x55\x1d\x20\x00"

// PolicyInformation is RFC 5280, 4.2.1.4.
type PolicyInformation struct {
	OID        []byte // contents octets
	Qualifiers []byte // the whole sequence element, nil when absent
}

// PolicyMapping is RFC 5280, 4.2.1.5: OIDs as contents octets.
type PolicyMapping struct{ Issuer, Subject []byte }

// readPolicies also reports whether all qualifiers are of kinds that are known.
func readPolicies(r *der.Reader) (list []PolicyInformation, known bool) {
	const field = "certificatePolicies"
	seq := r.Read(field, der.Sequence)
	if seq.Empty() {
		seq.Fail(field, "empty")
		return nil, false
	}
	list, known = make([]PolicyInformation, 0, 2), true
	seen := newOIDSet()
	for !seq.Empty() {
		one := seq.Read(field, der.Sequence)
		p := PolicyInformation{OID: one.OID(field)}
		if one.Peek(der.Sequence) {
			var qualifiers der.Reader
			p.Qualifiers, qualifiers = one.Element(field, der.Sequence)
			known = readQualifiers(&qualifiers) && known
		}
		one.End(field)
		if !seen.add(p.OID) && !seq.Failed() {
			seq.Fail(field, "the same policy twice")
		}
		list = append(list, p)
	}
	return list, known
}

// The policy qualifiers of RFC 5280, 4.2.1.4, contents octets.
const (
	qualifierCPS    = "\x2b\x06\x01\x05\x05\x07\x02\x01"
	qualifierNotice = "\x2b\x06\x01\x05\x05\x07\x02\x02"
)

func readQualifiers(seq *der.Reader) (known bool) {
	const field = "certificatePolicies.policyQualifiers"
	if seq.Empty() {
		seq.Fail(field, "empty")
	}
	known = true
	for !seq.Empty() {
		one := seq.Read(field, der.Sequence)
		id := string(one.OID(field))
		known = known && (id == qualifierCPS || id == qualifierNotice)
		one.Any(field)
		one.End(field)
	}
	return known
}

func readMappings(r *der.Reader) []PolicyMapping {
	const field = "policyMappings"
	seq := r.Read(field, der.Sequence)
	if seq.Empty() {
		seq.Fail(field, "empty")
		return nil
	}
	list := make([]PolicyMapping, 0, 2)
	for !seq.Empty() {
		one := seq.Read(field, der.Sequence)
		list = append(list, PolicyMapping{Issuer: one.OID(field), Subject: one.OID(field)})
		one.End(field)
	}
	return list
}

func (k *Known) readPolicyConstraints(r *der.Reader) {
	const field = "policyConstraints"
	seq := r.Read(field, der.Sequence)
	if seq.Empty() {
		seq.Fail(field, "empty")
	}
	if seq.Peek(der.Primitive(0)) {
		k.SkipExplicit = seq.ImplicitSmall(field, der.Primitive(0), maxCounter)
	}
	if seq.Peek(der.Primitive(1)) {
		k.SkipMapping = seq.ImplicitSmall(field, der.Primitive(1), maxCounter)
	}
	seq.End(field)
}

// oidSet finds repeated identifiers: by comparing while there are few, by hashing after.
type oidSet struct {
	few  [][]byte
	many map[string]struct{}
}

const fewOIDs = 8

func newOIDSet() *oidSet { return &oidSet{} }

func (s *oidSet) add(oid []byte) bool {
	if s.many == nil {
		for _, o := range s.few {
			if string(o) == string(oid) {
				return false
			}
		}
		if s.few = append(s.few, oid); len(s.few) > fewOIDs {
			s.many = make(map[string]struct{})
			for _, o := range s.few {
				s.many[string(o)] = struct{}{}
			}
		}
		return true
	}
	if _, twice := s.many[string(oid)]; twice {
		return false
	}
	s.many[string(oid)] = struct{}{}
	return true
}
