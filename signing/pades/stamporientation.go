package pades

import (
	"bytes"
	"encoding/binary"
)

// An orientation says how the pixels of an image from a camera are to be turned (Exif 2.32, tag
// 0x0112). Readers of PDF do not look at it. The zero value is upright.
type orientation uint8

// orientationTag is the number of the tag, and the largest value that it has.
const (
	orientationTag  = 0x0112
	lastOrientation = 8
)

// sideways reports whether width and height change places.
func (o orientation) sideways() bool { return o >= 5 }

// matrix maps the unit square that an image fills (8.9.5.1) onto itself.
func (o orientation) matrix() string {
	return [...]string{"1 0 0 1 0 0", "1 0 0 1 0 0", "-1 0 0 1 1 0", "-1 0 0 -1 1 1", "1 0 0 -1 0 1",
		"0 -1 -1 0 1 1", "0 -1 1 0 0 1", "0 1 1 0 0 0", "0 1 -1 0 1 0"}[o]
}

// jpegOrientation finds the orientation in the segments before the picture's data.
func jpegOrientation(data []byte) orientation {
	const app1, startOfScan = 0xe1, 0xda
	for at := 2; at+4 <= len(data) && data[at] == 0xff && data[at+1] != startOfScan; {
		length := int(binary.BigEndian.Uint16(data[at+2:]))
		if length < 2 || at+2+length > len(data) {
			break
		}
		body := data[at+4 : at+2+length]
		if tiff, found := bytes.CutPrefix(body, []byte("Exif\x00\x00")); found && data[at+1] == app1 {
			return tiffOrientation(tiff)
		}
		at += 2 + length
	}
	return 0
}

// tiffOrientation looks through the first directory (TIFF 6.0, 2).
func tiffOrientation(tiff []byte) orientation {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II*\x00")) {
		order = binary.LittleEndian
	} else if !bytes.HasPrefix(tiff, []byte("MM\x00*")) {
		return 0
	}
	if len(tiff) < 8 {
		return 0
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	const row = 12
	rows := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(rows) < row {
			return 0
		}
		if order.Uint16(rows) == orientationTag {
			if v := order.Uint16(rows[8:]); v <= lastOrientation {
				return orientation(v)
			}
			return 0
		}
		rows = rows[row:]
	}
	return 0
}
