package xades

import (
	"encoding/hex"
	"slices"
	"strings"
)

// sameName reports whether text, a distinguished name as RFC 2253, RFC 4514 or a tool of the field
// writes it, names the same as the DER of a Name. Attribute types are compared as identifiers,
// values without regard to case and repeated spaces (RFC 5280, 7.1), the relative names in either
// order, because tools disagree on it. It answers false for a text that it cannot read.
func sameName(text string, der []byte) bool {
	if len(text) > maxNameText+perNameOctet*len(der) {
		return false // before it is read: hints are compared with every certificate at hand
	}
	if ours, err := nameString(der); err == nil && ours == text {
		return true // as this library and most others write it
	}
	theirs, ok := parseName(text)
	if !ok {
		return false
	}
	rdns, err := readName(der)
	if err != nil {
		return false
	}
	ours := make([]string, len(rdns))
	for i, rdn := range rdns {
		parts := make([]string, len(rdn))
		for j, a := range rdn {
			parts[j] = comparableAttribute(a.oid, a.value)
		}
		slices.Sort(parts)
		ours[i] = strings.Join(parts, "\x00")
	}
	if slices.Equal(ours, theirs) {
		return true
	}
	slices.Reverse(theirs)
	return slices.Equal(ours, theirs)
}

// comparableAttribute is a form of one attribute that is equal for equal attributes.
func comparableAttribute(oid, value []byte) string {
	if text, ok := stringValue(value); ok {
		return dotted(oid) + "=" + fold(text)
	}
	return dotted(oid) + "#" + string(value)
}

// fold is caseIgnoreMatch in short: case, and leading, trailing and repeated spaces, do not count.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// A distinguished name in XML is about as long as its DER. These leave room for escapes, keywords
// and white space.
const (
	maxNameText  = 256
	perNameOctet = 8
)

// parseName splits a distinguished name into comparable relative names, in the order written.
func parseName(text string) ([]string, bool) {
	var rdns, current []string
	for rest := strings.TrimSpace(text); ; {
		kind, after, ok := strings.Cut(rest, "=")
		if !ok {
			return nil, false
		}
		oid := attributeOID(strings.TrimSpace(kind))
		if oid == "" {
			return nil, false
		}
		value, separator, tail, ok := parseValue(after)
		if !ok {
			return nil, false
		}
		current = append(current, oid+value)
		if separator != '+' {
			slices.Sort(current)
			rdns, current = append(rdns, strings.Join(current, "\x00")), nil
		}
		if separator == 0 {
			return rdns, len(rdns) <= maxRDNs
		}
		rest = tail
	}
}

// parseValue reads one attribute value and the separator after it (0 at the end). The value comes
// as comparableAttribute has it, with "=" or "#" in front.
func parseValue(s string) (value string, separator byte, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t\r\n")
	if strings.HasPrefix(s, "#") {
		end := strings.IndexAny(s, ",+;")
		body, tail := s, ""
		if end >= 0 {
			separator, body, tail = s[end], s[:end], s[end+1:]
		}
		der, err := hex.DecodeString(strings.TrimSpace(body[1:]))
		if err != nil {
			return "", 0, "", false
		}
		if text, isText := stringValue(der); isText {
			return "=" + fold(text), separator, tail, true
		}
		return "#" + string(der), separator, tail, true
	}
	var out []byte
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			if i+2 < len(s) {
				if pair, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
					out = append(out, pair...)
					i += 2
					continue
				}
			}
			i++
			out = append(out, s[i])
		case c == '\\':
			return "", 0, "", false
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '+' || c == ';'):
			return "=" + fold(string(out)), c, s[i+1:], true
		default:
			out = append(out, c)
		}
	}
	return "=" + fold(string(out)), 0, "", !quoted
}

// attributeOID returns the dotted form of an attribute type as people write it, "" if unknown.
func attributeOID(kind string) string {
	kind = strings.ToUpper(kind)
	if rest, ok := strings.CutPrefix(kind, "OID."); ok {
		kind = rest
	}
	if kind != "" && kind[0] >= '0' && kind[0] <= '9' {
		return kind
	}
	if oid, ok := attributeNames[kind]; ok {
		return oid
	}
	return ""
}

// attributeNames are the keywords of RFC 4514 and those of Java, OpenSSL and Windows.
var attributeNames = map[string]string{
	"CN": "2.5.4.3", "COMMONNAME": "2.5.4.3",
	"SN": "2.5.4.4", "SURNAME": "2.5.4.4",
	"SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "COUNTRYNAME": "2.5.4.6",
	"L": "2.5.4.7", "LOCALITYNAME": "2.5.4.7",
	"ST": "2.5.4.8", "S": "2.5.4.8", "STATEORPROVINCENAME": "2.5.4.8",
	"STREET": "2.5.4.9", "STREETADDRESS": "2.5.4.9",
	"O": "2.5.4.10", "ORGANIZATIONNAME": "2.5.4.10",
	"OU": "2.5.4.11", "ORGANIZATIONALUNITNAME": "2.5.4.11",
	"T": "2.5.4.12", "TITLE": "2.5.4.12", "DESCRIPTION": "2.5.4.13",
	"POSTALCODE": "2.5.4.17", "NAME": "2.5.4.41",
	"G": "2.5.4.42", "GN": "2.5.4.42", "GIVENNAME": "2.5.4.42",
	"INITIALS": "2.5.4.43", "GENERATION": "2.5.4.44", "GENERATIONQUALIFIER": "2.5.4.44",
	"DNQ": "2.5.4.46", "DNQUALIFIER": "2.5.4.46", "PSEUDONYM": "2.5.4.65",
	"ORGANIZATIONIDENTIFIER": "2.5.4.97", "OI": "2.5.4.97",
	"DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
	"E": "1.2.840.113549.1.9.1", "EMAIL": "1.2.840.113549.1.9.1",
	"EMAILADDRESS": "1.2.840.113549.1.9.1",
}
