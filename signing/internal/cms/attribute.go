package cms

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing/internal/ber"
)

const (
	// maxAttributes in one set: long-lived archives carry a few dozen time stamps.
	maxAttributes = 512
	// maxValues of one attribute.
	maxValues = 512
)

// Attribute is a type with its values (RFC 5652, 5.3).
type Attribute struct {
	Type   asn1.ObjectIdentifier
	Values [][]byte // each in DER
	Raw    []byte   // the whole attribute in its original octets
}

// NewAttribute makes an attribute of values that are DER already.
func NewAttribute(oid asn1.ObjectIdentifier, values ...[]byte) Attribute {
	ordered := append([][]byte(nil), values...)
	ber.SortSet(ordered)
	return Attribute{Type: oid, Values: ordered, Raw: ber.Sequence(OID(oid), ber.Set(ordered...))}
}

// SigningTime is the attribute signing-time (RFC 5652, 11.3): UTCTime until 2049, whole seconds.
func SigningTime(t time.Time) (Attribute, error) {
	t = t.UTC().Truncate(time.Second)
	tag, layout := uint32(23), "060102150405Z"
	if t.Year() < 1950 || t.Year() > 9999 {
		return Attribute{}, fmt.Errorf("signing time in the year %d cannot be written", t.Year())
	}
	if t.Year() > 2049 {
		tag, layout = 24, "20060102150405Z"
	}
	value := ber.Wrap(ber.Universal, tag, false, []byte(t.Format(layout)))
	return NewAttribute(OIDSigningTime, value), nil
}

// parseTime reads Time (RFC 5652, 11.3), GeneralizedTime also before 2050, as some producers
// write it.
func parseTime(der []byte) (time.Time, bool) {
	in := cryptobyte.String(der)
	var t time.Time
	if in.PeekASN1Tag(cbasn1.UTCTime) { // years below 50 are of this century
		return t, in.ReadASN1UTCTime(&t) && in.Empty()
	}
	return t, in.ReadASN1GeneralizedTime(&t) && in.Empty()
}

// attributeSet is a SET OF Attribute as it was sent.
type attributeSet struct {
	list  []Attribute
	der   []byte // DER, with the identifier of SET
	raw   []byte // as sent, with the identifier of SET
	inDER bool   // it was sent as der
}

// parseAttributes reads a set that was sent under an implicit tag.
func parseAttributes(raw []byte, off int64) (*attributeSet, error) {
	flat, err := ber.ToDER(raw, off)
	if err != nil {
		return nil, err
	}
	set := &attributeSet{raw: ber.Retag(raw, 0x31)}
	in := cryptobyte.String(flat)
	var body cryptobyte.String
	var tag cbasn1.Tag
	if !in.ReadAnyASN1(&body, &tag) || !in.Empty() {
		return nil, &ber.Error{Offset: off, What: "malformed set of attributes"}
	}
	if body.Empty() { // SIZE (1..MAX)
		return nil, &ber.Error{Offset: off, What: "empty set of attributes"}
	}
	// Original octets of each, to be hashed again by those who hash attributes.
	pieces, err := elements(raw, off, maxAttributes, "attributes")
	if err != nil {
		return nil, err
	}
	var order [][]byte
	for i := 0; !body.Empty(); i++ {
		var one cryptobyte.String
		if i >= len(pieces) || !body.ReadASN1Element(&one, cbasn1.SEQUENCE) {
			return nil, &ber.Error{Offset: off, What: "malformed attribute"}
		}
		a, canonical, err := parseAttribute(one, off)
		if err != nil {
			return nil, err
		}
		a.Raw = pieces[i]
		set.list = append(set.list, a)
		order = append(order, canonical)
	}
	ber.SortSet(order)
	set.der = ber.Set(order...)
	set.inDER = bytes.Equal(set.der, set.raw)
	return set, nil
}

// parseAttribute reads Attribute, and gives it back with its values in the order of DER.
func parseAttribute(der []byte, off int64) (Attribute, []byte, error) {
	bad := &ber.Error{Offset: off, What: "malformed attribute"}
	in := cryptobyte.String(der)
	var seq, values cryptobyte.String
	var a Attribute
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1ObjectIdentifier(&a.Type) ||
		!seq.ReadASN1(&values, cbasn1.SET) || !seq.Empty() {
		return a, nil, bad
	}
	for !values.Empty() {
		if len(a.Values) == maxValues {
			return a, nil, &ber.Error{Offset: off, What: "too many values of an attribute",
				Limit: true}
		}
		v, rest, err := ber.First(values, off)
		if err != nil {
			return a, nil, bad
		}
		a.Values, values = append(a.Values, v), rest
	}
	ordered := append([][]byte(nil), a.Values...)
	if ber.SortSet(ordered) {
		return a, der, nil
	}
	return a, ber.Sequence(OID(a.Type), ber.Set(ordered...)), nil
}

// elements splits a constructed element, in any encoding, into its children.
func elements(raw []byte, off int64, limit int, what string) ([][]byte, error) {
	var out [][]byte
	err := ber.Children(raw, off, func(child []byte, at int64) error {
		if len(out) == limit {
			return &ber.Error{Offset: at, What: "too many " + what, Limit: true}
		}
		out = append(out, child)
		return nil
	})
	return out, err
}

// sole returns the only value of the only attribute of a type. found is false when there is none;
// more than one attribute or value is an error.
func sole(list []Attribute, oid asn1.ObjectIdentifier, name string) (v []byte, found bool,
	err error) {
	for _, a := range list {
		if !a.Type.Equal(oid) {
			continue
		}
		if found {
			return nil, true, badFormat("the attribute %s occurs twice", name)
		}
		if len(a.Values) != 1 {
			return nil, true, badFormat("the attribute %s has %d values", name, len(a.Values))
		}
		v, found = a.Values[0], true
	}
	return v, found, nil
}

// Find returns the attributes of a type, in their order.
func Find(list []Attribute, oid asn1.ObjectIdentifier) []Attribute {
	var out []Attribute
	for _, a := range list {
		if a.Type.Equal(oid) {
			out = append(out, a)
		}
	}
	return out
}
