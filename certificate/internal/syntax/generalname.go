package syntax

import (
	"bytes"

	"github.com/rubrica/rubrica/certificate/internal/der"
)

// NameForm is the alternative that a GeneralName takes (RFC 5280, 4.2.1.6).
type NameForm uint8

// The forms, by their tags.
const (
	OtherName NameForm = iota
	RFC822Name
	DNSName
	X400Address
	DirectoryName
	EDIPartyName
	URI
	IPAddress
	RegisteredID
)

// String returns the form as the standard spells it.
func (f NameForm) String() string {
	return [...]string{"otherName", "rfc822Name", "dNSName", "x400Address", "directoryName",
		"ediPartyName", "uniformResourceIdentifier", "iPAddress", "registeredID"}[f]
}

// A GeneralName is one name. Value is the contents octets; of a directoryName, the Name element.
type GeneralName struct {
	Form   NameForm
	Value  []byte
	Offset int
}

var formTags = [...]der.Tag{
	OtherName: der.Constructed(0), RFC822Name: der.Primitive(1), DNSName: der.Primitive(2),
	X400Address: der.Constructed(3), DirectoryName: der.Constructed(4),
	EDIPartyName: der.Constructed(5), URI: der.Primitive(6), IPAddress: der.Primitive(7),
	RegisteredID: der.Primitive(8),
}

// readGeneralName reads a GeneralName. A constraint's iPAddress carries a mask too.
func readGeneralName(r *der.Reader, field string, constraint bool) GeneralName {
	tag, _, contents := r.Any(field)
	if r.Failed() {
		return GeneralName{}
	}
	form := NameForm(tag & 0x1f)
	if int(form) >= len(formTags) || formTags[form] != tag {
		contents.Fail(field, "not a general name")
		return GeneralName{}
	}
	g := GeneralName{Form: form, Value: contents.Rest(), Offset: contents.Offset()}
	switch form {
	case RFC822Name, DNSName, URI:
		if !ascii(g.Value) {
			contents.Fail(field, form.String()+" that is not ASCII")
		}
	case IPAddress:
		checkAddress(&contents, field, constraint)
	case DirectoryName:
		g.Value = ReadName(&contents, field)
		contents.End(field)
	case OtherName:
		contents.OID(field)
		contents.Any(field) // [0] EXPLICIT, or what some make of it
		contents.End(field)
	case RegisteredID:
		if !der.ValidOID(g.Value) {
			contents.Fail(field, "not an object identifier")
		}
	}
	return g
}

func checkAddress(r *der.Reader, field string, constraint bool) {
	b := r.Rest()
	size := len(b)
	if constraint {
		size /= 2
	}
	if size != 4 && size != 16 || constraint && len(b) != 2*size {
		r.Fail(field, "address of wrong length")
		return
	}
	if constraint && !contiguous(b[size:]) {
		r.Fail(field, "mask that is not a prefix") // RFC 4632, 5.1
	}
}

func contiguous(mask []byte) bool {
	i := 0
	for i < len(mask) && mask[i] == 0xff {
		i++
	}
	if i == len(mask) {
		return true
	}
	if rest := ^mask[i]; rest&(rest+1) != 0 {
		return false
	}
	return len(bytes.Trim(mask[i+1:], "\x00")) == 0
}

// readGeneralNames reads the contents of a GeneralNames, which holds one name at least.
func readGeneralNames(seq *der.Reader, field string) []GeneralName {
	if seq.Empty() {
		seq.Fail(field, "no name")
		return nil
	}
	names := make([]GeneralName, 0, 2)
	for !seq.Empty() {
		names = append(names, readGeneralName(seq, field, false))
	}
	return names
}

// OtherNameParts returns type and value of an otherName that was read: the OID's contents octets,
// the value's tag and contents octets. A value that is tagged [0] IMPLICIT has that tag.
func (g GeneralName) OtherNameParts() (oid []byte, tag der.Tag, value []byte) {
	r := der.NewReader(g.Value)
	oid = r.OID("otherName")
	tag, _, contents := r.Any("otherName")
	if tag == der.Constructed(0) {
		value := contents
		if inner, _, octets := value.Any("otherName"); value.Empty() && !value.Failed() {
			return oid, inner, octets.Rest()
		}
	}
	return oid, tag, contents.Rest()
}
