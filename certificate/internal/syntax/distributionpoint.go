package syntax

import "github.com/rubrica/rubrica/certificate/internal/der"

// DistributionPoint is RFC 5280, 4.2.1.13.
type DistributionPoint struct {
	FullName []GeneralName // nil when absent
	Relative []byte        // nameRelativeToCRLIssuer: the contents of its RDN, nil when absent
	Reasons  uint16        // ReasonFlags, 0 when absent: all
	Issuer   []GeneralName // cRLIssuer, nil when absent
}

// ReadDistributionPoints reads a CRLDistributionPoints.
func ReadDistributionPoints(r *der.Reader, field string) []DistributionPoint {
	seq := r.Read(field, der.Sequence)
	if seq.Empty() {
		seq.Fail(field, "empty")
		return nil
	}
	list := make([]DistributionPoint, 0, 2)
	for !seq.Empty() {
		one := seq.Read(field, der.Sequence)
		list = append(list, readDistributionPoint(&one, field))
		one.End(field)
	}
	return list
}

func readDistributionPoint(one *der.Reader, field string) (p DistributionPoint) {
	if explicit, ok := one.Optional(field, der.Constructed(0)); ok {
		p.FullName, p.Relative = ReadDistributionPointName(&explicit, field)
	}
	if one.Peek(der.Primitive(1)) {
		p.Reasons = one.NamedBits(field, der.Primitive(1))
	}
	if names, ok := one.Optional(field, der.Constructed(2)); ok {
		p.Issuer = readGeneralNames(&names, field)
	}
	return p
}

// ReadDistributionPointName reads the contents of a DistributionPointName.
func ReadDistributionPointName(r *der.Reader, field string) (full []GeneralName, relative []byte) {
	if names, ok := r.Optional(field, der.Constructed(0)); ok {
		full = readGeneralNames(&names, field)
	} else {
		rdn := r.Read(field, der.Constructed(1))
		if rdn.Empty() {
			rdn.Fail(field, "relative name without attribute")
		}
		relative = rdn.Rest()
		readAttributes(&rdn, field)
	}
	r.End(field)
	return full, relative
}
