package ra

import (
	"bytes"
	"encoding/binary"
)

// tailWindow is where a PDF must say that it ends (ISO 32000-2, 7.5.5 and Annex I: readers look in
// the last 1,024 octets), and where they look for its beginning.
const tailWindow = 1024

// zipTail is where a ZIP archive must say that it ends: 22 octets and a comment of up to 65,535
// (APPNOTE 4.3.16).
const zipTail = 22 + 1<<16

// checkWhole refuses an upload that was cut: a PDF without its end, a JPEG without EOI, a PNG
// without IEND; and one that another program would open as something else, so that the operator
// would not see what was filed.
func checkWhole(t MediaType, content []byte, r Requirement) error {
	end := map[MediaType]string{TypePDF: "%%EOF", TypeJPEG: "\xff\xd9", TypePNG: "IEND\xaeB`\x82"}[t]
	tail := content
	switch t {
	case TypePDF:
		tail = tail[max(0, len(tail)-tailWindow):]
	case TypeJPEG:
		tail = tail[scanStart(content):]
	}
	if end != "" && !bytes.Contains(tail, []byte(end)) {
		return refuse("document-cut", r.Kind, "found", t.Name())
	}
	if also := alsoIs(t, content); also != typeUnknown {
		return refuse("document-double", r.Kind, "found", t.Name(), "also", also.Name())
	}
	return nil
}

// scanStart is where the picture of a JPEG begins: behind it EOI is the end of the picture, before
// it perhaps of a thumbnail (ITU-T T.81, B.1.1.4). 0 when the segments do not lead there.
func scanStart(content []byte) int {
	const sos, shortest = 0xda, 2
	at := 2 // behind SOI
	for at+4 <= len(content) && content[at] == 0xff {
		marker, length := content[at+1], int(binary.BigEndian.Uint16(content[at+2:]))
		if marker == 0xff { // a fill octet
			at++
			continue
		}
		if at += 2 + length; length < shortest || at > len(content) {
			return 0
		}
		if marker == sos {
			return at
		}
	}
	return 0
}

// alsoIs says what else a document is: a picture with the head of a PDF, or anything with the
// directory of a ZIP archive at its end. typeUnknown is nothing.
func alsoIs(t MediaType, content []byte) MediaType {
	head, tail := content[:min(len(content), tailWindow)], content[max(0, len(content)-zipTail):]
	switch {
	case t != TypePDF && bytes.Contains(head, []byte("%PDF-")):
		return TypePDF
	case t != typeZIP && bytes.Contains(tail, []byte("PK\x05\x06")) &&
		bytes.Contains(content, []byte("PK\x01\x02")):
		return typeZIP
	}
	return typeUnknown
}
