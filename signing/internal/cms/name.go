package cms

import (
	"bytes"
	"strings"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// What bounds a Name that is compared piece by piece; beyond it only the same octets are the same.
const (
	maxNameParts = 64
	maxName      = 16 << 10 // each signer is compared with each certificate
)

// SameName compares two Names in DER as RFC 5280, 7.1 does in what occurs: the same attributes in
// the same order, string values without regard to their type, to case and to repeated spaces.
func SameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if len(a) > maxName || len(b) > maxName {
		return false
	}
	x, okX := nameParts(a)
	y, okY := nameParts(b)
	if !okX || !okY || len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

type namePart struct {
	rdn         int // which RelativeDistinguishedName it stands in
	kind, value string
}

func nameParts(der []byte) ([]namePart, bool) {
	in := cryptobyte.String(der)
	var name cryptobyte.String
	if !in.ReadASN1(&name, cbasn1.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	var parts []namePart
	for rdn := 0; !name.Empty(); rdn++ {
		var set cryptobyte.String
		if !name.ReadASN1(&set, cbasn1.SET) {
			return nil, false
		}
		for !set.Empty() {
			var atv, kind, value cryptobyte.String
			var tag cbasn1.Tag
			if len(parts) == maxNameParts || !set.ReadASN1(&atv, cbasn1.SEQUENCE) ||
				!atv.ReadASN1(&kind, cbasn1.OBJECT_IDENTIFIER) || !atv.ReadAnyASN1(&value, &tag) ||
				!atv.Empty() {
				return nil, false
			}
			parts = append(parts, namePart{rdn, string(kind), normalString(tag, value)})
		}
	}
	return parts, true
}

// normalString folds a directory string; other values stand for themselves, with their tag.
func normalString(tag cbasn1.Tag, v []byte) string {
	switch tag {
	case cbasn1.UTF8String, cbasn1.PrintableString, cbasn1.IA5String:
		return fold(string(v))
	case cbasn1.T61String: // Latin-1, as everybody writes it
		runes := make([]rune, len(v))
		for i, c := range v {
			runes[i] = rune(c)
		}
		return fold(string(runes))
	case cbasn1.Tag(30): // BMPString
		units := make([]uint16, len(v)/2)
		for i := range units {
			units[i] = uint16(v[2*i])<<8 | uint16(v[2*i+1])
		}
		return fold(string(utf16.Decode(units)))
	}
	return "\x00" + string(rune(tag)) + string(v)
}

func fold(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}
