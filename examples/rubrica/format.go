package main

import (
	"bytes"
	"encoding/pem"
	"io"
	"os"

	"github.com/rubrica/rubrica/signing/cades"
)

// A format is what a file is, by its content and never by its name.
type format string

const (
	formatXML     format = "xml"
	formatPDF     format = "pdf"
	formatCMS     format = "cms"
	formatUnknown format = ""
)

// pdfHeaderWithin is how far from the start the PDF header may stand: readers have always tolerated
// 1,024 bytes before it (ISO 32000-2, 7.5.2, note; Annex of Adobe's implementation notes).
const pdfHeaderWithin = 1024

// sniff looks at the first bytes of a file.
func sniff(r io.ReaderAt, size int64) format {
	head := make([]byte, min(size, pdfHeaderWithin+8))
	n, _ := r.ReadAt(head, 0)
	head = head[:n]
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case isCMS(head):
		return formatCMS
	case isXML(head, text):
		return formatXML
	case bytes.Contains(head, []byte("%PDF-")):
		return formatPDF
	case cades.Armoured(head):
		return formatCMS
	}
	return formatUnknown
}

// isXML reports whether the bytes begin with a "<" in UTF-8, UTF-16 or what holds ASCII.
func isXML(head, text []byte) bool {
	for _, mark := range []string{"\xff\xfe<", "\xfe\xff\x00<", "\x00<"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return bytes.HasPrefix(text, []byte("<"))
}

// isCMS reports whether the bytes begin as a ContentInfo: a SEQUENCE whose first element is an
// object identifier below 1.2.840.113549.1.7 or 1.9 (RFC 5652, 3).
func isCMS(head []byte) bool {
	if len(head) < 4 || head[0] != 0x30 {
		return false
	}
	return bytes.Contains(head[:min(len(head), 24)], []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01})
}

// input is a file opened for judging or signing.
type input struct {
	name string
	file *os.File
	size int64
	kind format
}

func openInput(name string) (*input, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = &os.PathError{Op: "read", Path: name, Err: os.ErrInvalid}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	in := &input{name: name, file: f, size: info.Size()}
	in.kind = sniff(f, in.size)
	return in, nil
}

func (in *input) close() { in.file.Close() }

// armoured reports whether the file is PEM.
func (in *input) armoured() bool {
	head := make([]byte, 64)
	n, _ := in.file.ReadAt(head, 0)
	return bytes.Contains(head[:n], []byte("-----BEGIN "))
}

// whole reads the file whole, PEM armour taken off where it is CMS.
func (in *input) whole() ([]byte, error) {
	raw, err := readFile(in.name, maxXML)
	if err != nil || in.kind != formatCMS || !in.armoured() {
		return raw, err
	}
	if block, _ := pem.Decode(raw); block != nil {
		return block.Bytes, nil
	}
	return raw, nil
}
