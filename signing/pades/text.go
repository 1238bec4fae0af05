package pades

import (
	"fmt"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// textString encodes a text string (7.9.2.2): ASCII as it is, the rest as UTF-16BE.
func textString(s string) pdf.String {
	plain := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] < ' ' && s[i] != '\n' && s[i] != '\r' && s[i] != '\t' {
			plain = false
		}
	}
	if plain {
		return pdf.Text(s)
	}
	out := []byte{0xfe, 0xff}
	for _, unit := range utf16.Encode([]rune(s)) {
		out = append(out, byte(unit>>8), byte(unit))
	}
	return pdf.String{Value: out, Hex: true}
}

// maxTextString bounds the octets of a text that are read: names, reasons and values of fields have some
// hundred, and a thousand signatures may share one string.
const maxTextString = 1 << 16

// decodeText decodes a text string: UTF-16BE or UTF-8 by their marks, PDFDocEncoding otherwise.
func decodeText(o pdf.Object) string {
	s, ok := o.(pdf.String)
	if !ok {
		return ""
	}
	b := s.Value[:min(len(s.Value), maxTextString)]
	switch {
	case len(b) >= 2 && b[0] == 0xfe && b[1] == 0xff:
		units := make([]uint16, 0, len(b)/2)
		for i := 2; i+1 < len(b); i += 2 {
			units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
		}
		return string(utf16.Decode(units))
	case len(b) >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf:
		return string(b[3:])
	}
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = docEncoding(c)
	}
	return string(out)
}

// docEncoding maps an octet of PDFDocEncoding (D.3) to its character.
func docEncoding(c byte) rune {
	const low = "˘ˇˆ˙˝˛˚˜"
	const high = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž"
	switch {
	case c >= 0x18 && c <= 0x1f:
		return []rune(low)[c-0x18]
	case c >= 0x80 && c <= 0x9e:
		return []rune(high)[c-0x80]
	case c == 0xa0:
		return '€'
	}
	return rune(c)
}

// dateString encodes a date (7.9.4).
func dateString(t time.Time) pdf.String {
	zone := "Z"
	if _, offset := t.Zone(); offset != 0 {
		sign := '+'
		if offset < 0 {
			sign, offset = '-', -offset
		}
		zone = fmt.Sprintf("%c%02d'%02d'", sign, offset/3600, offset/60%60)
	}
	return pdf.Text(t.Format("D:20060102150405") + zone)
}

// parseDate reads a date; false when it is none. Missing parts take their defaults, a missing
// zone is UTC.
func parseDate(o pdf.Object) (time.Time, bool) {
	s := decodeText(o)
	if len(s) > 2 && s[:2] == "D:" {
		s = s[2:]
	}
	part := [6]int{0, 1, 1, 0, 0, 0}
	for i := range part {
		n := 2
		if i == 0 {
			n = 4
		}
		v, ok := digits(s, n)
		if !ok {
			if i == 0 {
				return time.Time{}, false
			}
			break
		}
		part[i], s = v, s[n:]
	}
	zone, ok := parseZone(s)
	if !ok || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 {
		return time.Time{}, false
	}
	return time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], 0, zone), true
}

func digits(s string, n int) (int, bool) {
	if len(s) < n {
		return 0, false
	}
	v := 0
	for i := range n {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		v = v*10 + int(s[i]-'0')
	}
	return v, true
}

func parseZone(s string) (*time.Location, bool) {
	if s == "" || s[0] == 'Z' {
		return time.UTC, true
	}
	if s[0] != '+' && s[0] != '-' {
		return nil, false
	}
	hours, ok := digits(s[1:], 2)
	if !ok {
		return nil, false
	}
	minutes := 0
	if len(s) >= 6 && s[3] == '\'' {
		minutes, _ = digits(s[4:], 2)
	}
	offset := hours*3600 + minutes*60
	if s[0] == '-' {
		offset = -offset
	}
	if offset == 0 {
		return time.UTC, true
	}
	return time.FixedZone("", offset), true
}
