package xmldsig

import (
	"encoding/base64"
	"errors"
)

// errBase64 says that a text is not base64 as xsd:base64Binary defines it.
var errBase64 = errors.New("not base64")

// DecodeBase64 reads xsd:base64Binary (XML Schema part 2, 3.2.16): the RFC 4648 alphabet with its
// padding, and XML white space anywhere. Unlike lenient readers it refuses other characters, data
// after padding, missing padding and non-zero trailing bits, so one value has one reading.
func DecodeBase64(text []byte) ([]byte, error) {
	if len(text) == 0 {
		return []byte{}, nil
	}
	compact := text
	if hasSpace(text) {
		compact = make([]byte, 0, len(text))
		for _, c := range text {
			if !isSpace(c) {
				compact = append(compact, c)
			}
		}
	}
	// The standard decoder skips CR and LF by itself; they are gone by now.
	out := make([]byte, base64.StdEncoding.DecodedLen(len(compact)))
	n, err := strictBase64.Decode(out, compact)
	if err != nil {
		return nil, errBase64
	}
	return out[:n], nil
}

var strictBase64 = base64.StdEncoding.Strict()

func hasSpace(text []byte) bool {
	for _, c := range text {
		if isSpace(c) {
			return true
		}
	}
	return false
}

// isSpace reports XML white space (XML 1.0, production 3).
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
