package xades

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A distinguished name in XML is a string by RFC 4514 (XMLDSig 1.1, 4.5.4.1). This file writes that
// string from a certificate's DER and compares such strings, as others write them, with the DER.

// attributeKeyword maps the DER of an attribute type (content octets) to its keyword of RFC 4514,
// section 3. Other types are written as dotted numbers with a hexadecimal value, which every reader
// of RFC 2253 or RFC 4514 knows.
func attributeKeyword(oid []byte) string {
	if len(oid) == 3 && oid[0] == 0x55 && oid[1] == 0x04 {
		switch oid[2] {
		case 3:
			return "CN"
		case 6:
			return "C"
		case 7:
			return "L"
		case 8:
			return "ST"
		case 9:
			return "STREET"
		case 10:
			return "O"
		case 11:
			return "OU"
		}
		return ""
	}
	switch {
	case bytes.Equal(oid, oidDomainComponent):
		return "DC"
	case bytes.Equal(oid, oidUserID):
		return "UID"
	}
	return ""
}

var (
	oidDomainComponent = []byte{0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19}
	oidUserID          = []byte{0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01}
)

// errName says that the DER of a distinguished name cannot be read.
var errName = errors.New("distinguished name: not DER")

// maxRDNs bounds the parts of a name; real ones have fewer than 20.
const maxRDNs = 256

// attribute is one AttributeTypeAndValue.
type attribute struct {
	oid   []byte // content octets
	value []byte // the whole DER element
}

// readName splits the DER of a Name into relative distinguished names.
func readName(der []byte) ([][]attribute, error) {
	var seq cryptobyte.String
	in := cryptobyte.String(der)
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() {
		return nil, errName
	}
	rdns := make([][]attribute, 0, 8)
	flat := make([]attribute, 0, 8)
	for !seq.Empty() {
		var set cryptobyte.String
		if !seq.ReadASN1(&set, cbasn1.SET) || set.Empty() || len(rdns) >= maxRDNs {
			return nil, errName
		}
		from := len(flat)
		for !set.Empty() {
			var pair, oid, value cryptobyte.String
			var tag cbasn1.Tag
			if !set.ReadASN1(&pair, cbasn1.SEQUENCE) ||
				!pair.ReadASN1(&oid, cbasn1.OBJECT_IDENTIFIER) ||
				!pair.ReadAnyASN1Element(&value, &tag) || !pair.Empty() {
				return nil, errName
			}
			flat = append(flat, attribute{oid, value})
		}
		rdns = append(rdns, flat[from:len(flat):len(flat)])
	}
	return rdns, nil
}

// nameString writes the DER of a Name by RFC 4514: the last relative name first.
func nameString(der []byte) (string, error) {
	rdns, err := readName(der)
	if err != nil {
		return "", err
	}
	out := make([]byte, 0, 2*len(der))
	for i := len(rdns) - 1; i >= 0; i-- {
		if i < len(rdns)-1 {
			out = append(out, ',')
		}
		for j, a := range rdns[i] {
			if j > 0 {
				out = append(out, '+')
			}
			out = appendAttribute(out, a)
		}
	}
	return string(out), nil
}

func appendAttribute(out []byte, a attribute) []byte {
	if keyword := attributeKeyword(a.oid); keyword != "" {
		if text, ok := stringValue(a.value); ok {
			out = append(append(out, keyword...), '=')
			return appendEscaped(out, text)
		}
		return appendHex(append(append(out, keyword...), '='), a.value)
	}
	out = append(append(out, dotted(a.oid)...), '=')
	return appendHex(out, a.value)
}

func appendHex(out, der []byte) []byte {
	return hex.AppendEncode(append(out, '#'), der)
}

// appendEscaped escapes a value by RFC 4514, 2.4; control characters and trailing spaces as
// hexadecimal pairs (XMLDSig 1.1, 4.5.4.1).
func appendEscaped(out []byte, text string) []byte {
	body := strings.TrimRight(text, " ")
	for i := 0; i < len(body); i++ {
		c := body[i]
		switch {
		case c < 0x20 || c == 0x7f:
			out = hex.AppendEncode(append(out, '\\'), []byte{c})
			continue
		case strings.IndexByte(`,+"\<>;=`, c) >= 0, i == 0 && (c == '#' || c == ' '):
			out = append(out, '\\')
		}
		out = append(out, c)
	}
	for i := len(body); i < len(text); i++ {
		out = append(out, `\20`...)
	}
	return out
}

// stringValue returns the text of a DER string, as UTF-8.
func stringValue(der []byte) (string, bool) {
	in := cryptobyte.String(der)
	var body cryptobyte.String
	var tag cbasn1.Tag
	if !in.ReadAnyASN1(&body, &tag) {
		return "", false
	}
	switch tag {
	case cbasn1.UTF8String:
		return string(body), utf8.Valid(body)
	case cbasn1.PrintableString, cbasn1.IA5String, cbasn1.Tag(18), cbasn1.Tag(26):
		return string(body), isASCII(body)
	case cbasn1.T61String:
		return latin1(body), true // in the field T61String holds ISO 8859-1
	case cbasn1.Tag(30):
		return utf16BE(body)
	}
	return "", false
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

func latin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

func utf16BE(b []byte) (string, bool) {
	if len(b)%2 != 0 {
		return "", false
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return string(utf16.Decode(units)), true
}

// dotted writes the content octets of an OBJECT IDENTIFIER as numbers and dots.
func dotted(oid []byte) string {
	var out []byte
	var value uint64
	first := true
	for _, c := range oid {
		value = value<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if first {
			top := min(value/40, 2)
			out = appendUint(out, top)
			value -= top * 40
			first = false
		}
		out = appendUint(append(out, '.'), value)
		value = 0
	}
	return string(out)
}

func appendUint(out []byte, v uint64) []byte {
	if v >= 10 {
		out = appendUint(out, v/10)
	}
	return append(out, byte('0'+v%10))
}
